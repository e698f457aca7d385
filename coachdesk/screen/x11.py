"""Windows of other programs on X11, by libX11: which there are, where they are, and what lies over them."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from typing import Any, NamedTuple

VIEWABLE = 2
"""``IsViewable`` of X.h: mapped, and so are all its ancestors."""
MOST_WINDOWS = 256
MOST_BYTES = 1024


class Rect(NamedTuple):
    """In pixels of the root window."""

    x: int
    y: int
    width: int
    height: int


class _Attributes(ctypes.Structure):
    """``XWindowAttributes`` of Xlib.h."""

    _fields_ = (
        *((name, c_int) for name in ("x", "y", "width", "height", "border_width", "depth")),
        ("visual", c_void_p),
        ("root", c_ulong),
        *((name, c_int) for name in ("c_class", "bit_gravity", "win_gravity", "backing_store")),
        *((name, c_ulong) for name in ("backing_planes", "backing_pixel")),
        ("save_under", c_int),
        ("colormap", c_ulong),
        *((name, c_int) for name in ("map_installed", "map_state")),
        *((name, c_long) for name in ("all_event_masks", "your_event_mask", "do_not_propagate_mask")),
        ("override_redirect", c_int),
        ("screen", c_void_p),
    )


ignore_errors = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda *_: 0)
"""A window may go at any moment; Xlib's own handler would end the process."""


class Windows:
    """A connection of its own to the X server. Raises OSError where there is none, or no libX11."""

    def __init__(self) -> None:
        self._x: Any = ctypes.CDLL("libX11.so.6")
        self._x.XOpenDisplay.restype = c_void_p
        display = self._x.XOpenDisplay(None)
        if not display:
            raise OSError("the X server cannot be reached")
        self._display = c_void_p(display)
        self._x.XSetErrorHandler(ignore_errors)
        self._x.XDefaultRootWindow.restype = c_ulong
        self._x.XInternAtom.restype = self._x.XGetSelectionOwner.restype = c_ulong
        self._root: int = self._x.XDefaultRootWindow(self._display)
        screen = self._x.XDefaultScreen(self._display)
        self._compositor = self._atom(f"_NET_WM_CM_S{screen}")

    def listed(self) -> list[int]:
        """Windows a user would know: those the window manager lists, or those with a title where there is none."""
        listed = self._property(self._root, "_NET_CLIENT_LIST", c_ulong)
        found = list(listed) or [each for each in self._children(self._root) if self.title(each)]
        return [each for each in found if self.is_shown(each)][:MOST_WINDOWS]

    def title(self, window: int) -> str:
        name = bytes(self._property(window, "_NET_WM_NAME", ctypes.c_ubyte))
        name = name or bytes(self._property(window, "WM_NAME", ctypes.c_ubyte))
        return name.decode("utf-8", "replace")

    def is_shown(self, window: int) -> bool:
        """False for what is minimized, on another desktop, or gone."""
        attributes = self._attributes(window)
        return attributes is not None and attributes.map_state == VIEWABLE

    def place(self, window: int) -> Rect | None:
        """Where it is; None when it is gone."""
        attributes = self._attributes(window)
        if attributes is None:
            return None
        x, y, child = c_int(), c_int(), c_ulong()
        self._x.XTranslateCoordinates(
            self._display, c_ulong(window), c_ulong(self._root), 0, 0, byref(x), byref(y), byref(child)
        )
        return Rect(x.value, y.value, attributes.width, attributes.height)

    def covers(self, window: int) -> list[Rect]:
        """What lies over the window, and would be captured in its place: nothing where a compositor keeps each apart."""
        if self._x.XGetSelectionOwner(self._display, self._compositor):
            return []
        top = self._top(window)
        stacked = self._children(self._root)
        above = stacked[stacked.index(top) + 1 :] if top in stacked else stacked
        places = (self.place(each) for each in above if self.is_shown(each))
        return [place for place in places if place is not None]

    def screen(self) -> Rect:
        """All that is on any monitor."""
        return self.place(self._root) or Rect(0, 0, 0, 0)

    def close(self) -> None:
        self._x.XCloseDisplay(self._display)

    def _top(self, window: int) -> int:
        """The ancestor that is a child of the root: the window manager's frame, if there is one."""
        for _ in range(MOST_WINDOWS):
            parent = self._tree(window)[0]
            if parent in (0, self._root):
                break
            window = parent
        return window

    def _children(self, window: int) -> list[int]:
        """From the bottom to the top."""
        return self._tree(window)[1]

    def _tree(self, window: int) -> tuple[int, list[int]]:
        root, parent, count = c_ulong(), c_ulong(), c_uint()
        children = POINTER(c_ulong)()
        found = self._x.XQueryTree(
            self._display, c_ulong(window), byref(root), byref(parent), byref(children), byref(count)
        )
        with self._freed(children):
            return (parent.value, children[: count.value]) if found else (0, [])

    def _attributes(self, window: int) -> _Attributes | None:
        attributes = _Attributes()
        found = self._x.XGetWindowAttributes(self._display, c_ulong(window), byref(attributes))
        return attributes if found else None

    def _property(self, window: int, name: str, kind: type[Any]) -> list[Any]:
        actual, form, count, rest = c_ulong(), c_int(), c_ulong(), c_ulong()
        data = c_void_p()
        wanted = (c_long(0), c_long(MOST_BYTES // 4), 0, c_ulong(0))
        self._x.XGetWindowProperty(
            *(self._display, c_ulong(window), self._atom(name), *wanted),
            *(byref(actual), byref(form), byref(count), byref(rest), byref(data)),
        )
        with self._freed(data):
            fits = form.value == (8 if kind is ctypes.c_ubyte else 32)
            return list(ctypes.cast(data, POINTER(kind))[: count.value]) if data and fits else []

    def _atom(self, name: str) -> c_ulong:
        return c_ulong(self._x.XInternAtom(self._display, c_char_p(name.encode()), 0))

    @contextlib.contextmanager
    def _freed(self, pointer: Any) -> Iterator[None]:
        try:
            yield
        finally:
            if pointer:
                self._x.XFree(pointer)
