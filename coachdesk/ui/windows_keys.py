"""Keys that are heard on Windows whichever program has the focus: held for as long as this is open."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from ctypes.wintypes import MSG
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication

ALT, CONTROL, SHIFT, NO_REPEAT = 0x1, 0x2, 0x4, 0x4000
"""``MOD_ALT`` and so on of winuser.h."""
WM_HOTKEY = 0x0312


class WindowsKeys(QAbstractNativeEventFilter):
    """Of this thread. ``user32``: that library of Windows.

    Attributes:
        taken: the letters that another program holds.
    """

    def __init__(self, letters: Iterable[str], pressed: Callable[[str], None], user32: Any = None) -> None:
        """``pressed`` is told which letter is pressed with Ctrl, Alt and Shift."""
        super().__init__()
        self._pressed = pressed
        self._user32 = user32 if user32 is not None else ctypes.windll.user32  # type: ignore[attr-defined]
        self._letters = {
            number: letter for number, letter in enumerate(letters, 1) if self._held(number, letter)
        }
        self.taken = [letter for letter in letters if letter not in self._letters.values()]
        self._app().installNativeEventFilter(self)

    def close(self) -> None:
        self._app().removeNativeEventFilter(self)
        for number in self._letters:
            self._user32.UnregisterHotKey(None, number)

    def nativeEventFilter(
        self, kind: QByteArray | bytes | bytearray | memoryview, message: int
    ) -> tuple[bool, int]:
        told = MSG.from_address(int(message))
        if told.message == WM_HOTKEY and told.wParam in self._letters:
            self._pressed(self._letters[told.wParam])
            return True, 0
        return False, 0

    def _held(self, number: int, letter: str) -> bool:
        held = CONTROL | ALT | SHIFT | NO_REPEAT
        return bool(self._user32.RegisterHotKey(None, number, held, ord(letter)))

    @staticmethod
    def _app() -> QCoreApplication:
        app = QCoreApplication.instance()
        assert app is not None
        return app
