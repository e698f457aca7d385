"""Keys that are held on Windows: asked for, heard, given free; the library of Windows is played."""

from __future__ import annotations

import ctypes
from ctypes.wintypes import MSG

from PySide6.QtWidgets import QApplication

from coachdesk.ui.windows_keys import ALT, CONTROL, NO_REPEAT, SHIFT, WM_HOTKEY, WindowsKeys


class User32:
    """Another program holds ``taken``."""

    def __init__(self, taken: str = "") -> None:
        self._taken = taken
        self.held: dict[int, tuple[int, str]] = {}

    def RegisterHotKey(self, window: None, number: int, modifiers: int, key: int) -> int:
        if chr(key) in self._taken:
            return 0
        self.held[number] = modifiers, chr(key)
        return 1

    def UnregisterHotKey(self, window: None, number: int) -> int:
        del self.held[number]
        return 1


def test_keys_are_held_heard_and_given_free(qapp: QApplication) -> None:
    system, heard = User32(), list[str]()
    keys = WindowsKeys("BS", heard.append, system)
    modifiers = ALT | CONTROL | SHIFT | NO_REPEAT
    assert list(system.held.values()) == [(modifiers, "B"), (modifiers, "S")]
    assert keys.taken == []
    for kind, number, stopped in ((WM_HOTKEY, 2, True), (WM_HOTKEY, 7, False), (WM_HOTKEY + 1, 1, False)):
        message = MSG(message=kind, wParam=number)
        assert keys.nativeEventFilter(b"windows_generic_MSG", ctypes.addressof(message)) == (stopped, 0)
    assert heard == ["S"]
    keys.close()
    assert system.held == {}


def test_a_key_of_another_program_is_told(qapp: QApplication) -> None:
    system = User32(taken="B")
    keys = WindowsKeys("BS", list[str]().append, system)
    assert keys.taken == ["B"]
    keys.close()
    assert system.held == {}
