"""Windows over all others on X11, in an order of their own: where they are so already, the X server does nothing."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_int, c_ulong, c_void_p
from typing import Any

from PySide6.QtGui import QGuiApplication


def put_on_top(windows: Sequence[int]) -> None:
    """``windows``: their X numbers, the uppermost first; children of the root, that is, in no window manager's frames."""
    app: Any = QGuiApplication.instance()
    x11: Any = ctypes.CDLL("libX11.so.6")
    display = c_void_p(app.nativeInterface().display())
    x11.XRaiseWindow(display, c_ulong(windows[0]))
    x11.XRestackWindows(display, (c_ulong * len(windows))(*windows), c_int(len(windows)))
    x11.XFlush(display)
