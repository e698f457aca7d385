"""Who goes first on a busy machine: sound before pictures, and both before other programs where the system allows it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

SOUND_NICE, PICTURE_NICE = -11, 0
"""As sound servers have it; pictures at the level of ordinary programs."""
_ABOVE_NORMAL_PRIORITY_CLASS = 0x8000


def sound_first() -> None:
    """Raises this process's priority, where its user may: on Windows, and on Linux with a nice limit (or as root)."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _ABOVE_NORMAL_PRIORITY_CLASS)
    elif sys.platform == "linux":
        _set_nice(SOUND_NICE)


def pictures_later() -> None:
    """Puts the calling thread back to ordinary priority; on Linux, where a thread has its own."""
    if sys.platform == "linux":
        _set_nice(PICTURE_NICE)


def _set_nice(nice: int) -> None:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
