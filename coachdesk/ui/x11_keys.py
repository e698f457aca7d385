"""Keys that are heard on X11 whichever program has the focus, by libX11: held for as long as this is open."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_ubyte, c_uint, c_ulong, c_void_p
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier

SHIFT, LOCK, CONTROL, ALT, NUM_LOCK = 1, 2, 4, 8, 16
"""Masks of X.h; ``Mod1`` is Alt and ``Mod2`` is NumLock on every usual keyboard."""
MODIFIERS = CONTROL | ALT | SHIFT
LOCKS = (0, LOCK, NUM_LOCK, LOCK | NUM_LOCK)
"""To X a key while a lock is on is another one."""
KEY_PRESS, KEY_RELEASE = 2, 3
REPEAT_MS = 2000
"""A key that is held is said to be pressed more often than that; one whose release was missed is not dead for longer."""
GRAB_MODE_ASYNC = 1
BAD_ACCESS = 10
"""Error of X.h: another program holds the key."""


class _KeyEvent(ctypes.Structure):
    """``XEvent`` of Xlib.h, with the fields of ``XKeyEvent``."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        *((name, c_ulong) for name in ("window", "root", "subwindow", "time")),
        *((name, c_int) for name in ("x", "y", "x_root", "y_root")),
        *((name, c_uint) for name in ("state", "keycode")),
        ("rest", c_long * 16),
    )


class _ErrorEvent(ctypes.Structure):
    """``XErrorEvent`` of Xlib.h."""

    _fields_ = (
        ("type", c_int),
        ("display", c_void_p),
        *((name, c_ulong) for name in ("resourceid", "serial")),
        *((name, c_ubyte) for name in ("error_code", "request_code", "minor_code")),
    )


_HANDLER = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(_ErrorEvent))


class X11Keys:
    """A connection of its own to the X server. Raises OSError where there is none, or no libX11.

    Attributes:
        taken: the letters that cannot be had: another program holds them, or the keyboard has none.
    """

    def __init__(self, letters: Iterable[str], pressed: Callable[[str], None], parent: QObject) -> None:
        """``pressed`` is told, once for however long it is held, which letter is pressed with Ctrl, Alt and Shift."""
        self._pressed = pressed
        self._x: Any = ctypes.CDLL("libX11.so.6")
        self._x.XOpenDisplay.restype = c_void_p
        self._x.XDefaultRootWindow.restype = self._x.XStringToKeysym.restype = c_ulong
        self._x.XKeysymToKeycode.restype = c_ubyte
        self._x.XSetErrorHandler.restype = c_void_p
        display = self._x.XOpenDisplay(None)
        if not display:
            raise OSError("the X server cannot be reached")
        self._display = c_void_p(display)
        self._root = c_ulong(self._x.XDefaultRootWindow(self._display))
        self._x.XkbSetDetectableAutoRepeat(
            self._display, c_int(1), None
        )  # else it is released again and again
        self._down: dict[int, int] = {}
        self._letters = {code: letter for letter in letters if (code := self._held(letter))}
        self.taken = [letter for letter in letters if letter not in self._letters.values()]
        self._notifier = QSocketNotifier(
            self._x.XConnectionNumber(self._display), QSocketNotifier.Type.Read, parent
        )
        self._notifier.activated.connect(self._read)
        self._read()

    def close(self) -> None:
        """The server gives the keys free."""
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._x.XCloseDisplay(self._display)

    def _held(self, letter: str) -> int:
        """The code of its key, which is held from now on; 0 where that cannot be."""
        symbol = self._x.XStringToKeysym(c_char_p(letter.lower().encode()))
        code = int(self._x.XKeysymToKeycode(self._display, c_ulong(symbol)))
        if not code:
            return 0
        with self._errors() as errors:
            for lock in LOCKS:
                self._x.XGrabKey(
                    *(self._display, c_int(code), c_uint(MODIFIERS | lock), self._root),
                    *(c_int(0), c_int(GRAB_MODE_ASYNC), c_int(GRAB_MODE_ASYNC)),
                )
        if BAD_ACCESS not in errors:
            return code
        for lock in LOCKS:
            self._x.XUngrabKey(self._display, c_int(code), c_uint(MODIFIERS | lock), self._root)
        return 0

    @contextmanager
    def _errors(self) -> Iterator[list[int]]:
        """What the server refuses meanwhile. Xlib's handler is one for the whole process."""
        found: list[int] = []

        def note(display: int, error: Any) -> int:
            if display == self._display.value:
                found.append(error.contents.error_code)
            return 0

        handler = _HANDLER(note)
        before = self._x.XSetErrorHandler(handler)
        try:
            yield found
            self._x.XSync(self._display, c_int(0))
        finally:
            self._x.XSetErrorHandler(c_void_p(before))

    def _read(self) -> None:
        event = _KeyEvent()
        pressed = []
        while self._x.XPending(self._display):
            self._x.XNextEvent(self._display, byref(event))
            if event.type == KEY_RELEASE:
                self._down.pop(event.keycode, None)
            elif event.type == KEY_PRESS:
                last = self._down.get(event.keycode)
                if last is None or event.time - last > REPEAT_MS:
                    pressed.append(self._letters[event.keycode])
                self._down[event.keycode] = event.time
        for letter in pressed:  # which may close this
            self._pressed(letter)
