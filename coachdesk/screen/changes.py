"""Whether something on an X11 screen may have changed, as the X server tells it (extension DAMAGE, by libXdamage)."""

from __future__ import annotations

import ctypes
import select
from collections.abc import Iterable
from ctypes import byref, c_int, c_long, c_ulong, c_void_p
from typing import Any

from coachdesk.screen.x11 import ignore_errors

NON_EMPTY = 3
"""``XDamageReportNonEmpty`` of damagewire.h: one event, and no more until that damage is taken."""
EVENT_LONGS = 24
"""Of an ``XEvent``."""


class Changes:
    """Of the whole screen, and of ``windows`` of their own, which a compositor keeps apart.

    Raises OSError where the X server cannot be reached or does not tell.
    """

    def __init__(self, windows: Iterable[int] = ()) -> None:
        self._x: Any = ctypes.CDLL("libX11.so.6")
        self._extension: Any = ctypes.CDLL("libXdamage.so.1")
        self._x.XOpenDisplay.restype = c_void_p
        self._x.XDefaultRootWindow.restype = self._extension.XDamageCreate.restype = c_ulong
        display = self._x.XOpenDisplay(None)
        if not display:
            raise OSError("the X server cannot be reached")
        self._display = c_void_p(display)
        self._x.XSetErrorHandler(ignore_errors)
        events, errors = c_int(), c_int()
        if not self._extension.XDamageQueryExtension(self._display, byref(events), byref(errors)):
            self.close()
            raise OSError("the X server does not tell of changes")
        watched = [self._x.XDefaultRootWindow(self._display), *windows]
        self._damages = [
            c_ulong(self._extension.XDamageCreate(self._display, c_ulong(window), c_int(NON_EMPTY)))
            for window in watched
        ]

    def wait(self, seconds: float) -> bool:
        """Whether there was a change since the last call said so, or is one within so many seconds."""
        if not self._x.XPending(self._display):
            select.select([self._x.XConnectionNumber(self._display)], [], [], seconds)
        changed = False
        event = (c_long * EVENT_LONGS)()
        while self._x.XPending(self._display):
            self._x.XNextEvent(self._display, byref(event))
            changed = True
        if changed:
            for damage in self._damages:
                self._extension.XDamageSubtract(self._display, damage, c_ulong(0), c_ulong(0))
            self._x.XSync(self._display, 0)
        return changed

    def close(self) -> None:
        self._x.XCloseDisplay(self._display)
