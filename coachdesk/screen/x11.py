"""Windows of other programs on X11, by libX11: which there are, their names and places, and what lies over them."""

from __future__ import annotations

import contextlib
import ctypes
from collections import defaultdict
from collections.abc import Collection, Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_short, c_uint, c_ulong, c_ushort, c_void_p
from typing import Any, NamedTuple

from coachdesk.screen.masks import Rect

VIEWABLE = 2
"""``IsViewable`` of X.h: mapped, and so are all its ancestors."""
INPUT_ONLY = 2
"""Of X.h: a window that shows nothing."""
BOUNDING = 0
"""``ShapeBounding`` of shapeconst.h: the shape that is seen."""
SEE_THROUGH = 32
"""Depth of windows that have an alpha channel."""
MAP_NOTIFY, CONFIGURE_NOTIFY, PROPERTY_NOTIFY = 19, 22, 28
PROPERTY_CHANGE, SUBSTRUCTURE_NOTIFY = 1 << 22, 1 << 19
"""Masks of events, of X.h."""
TELLING = (
    "_NET_WM_NAME",
    "WM_NAME",
    "WM_CLASS",
    "WM_TRANSIENT_FOR",
    "_NET_CLIENT_LIST",
    "_NET_WM_WINDOW_OPACITY",
)
"""Properties by which it is told which windows there are, and what they are."""
MOST_WINDOWS = 256
MOST_BYTES = 1024
DEEPEST = 3
"""A window that a user knows lies so deep in its frames, at most."""


class Top(NamedTuple):
    """A child of the root window that is on the screen.

    Attributes:
        place: with its border.
        windows: itself, and those in it that have a name.
        titles, programs: theirs.
        owners: whose dialogs or menus they are.
    """

    window: int
    place: Rect
    windows: frozenset[int]
    titles: frozenset[str]
    programs: frozenset[str]
    owners: frozenset[int]


class Change(NamedTuple):
    """What happened to a child of the root window, or to a property. ``place``: where it is from then on, if told."""

    kind: int
    window: int
    place: Rect | None


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


class _Event(ctypes.Structure):
    """``XEvent`` of Xlib.h, with the fields of ``XConfigureEvent``; ``window`` of ``XPropertyEvent`` is its atom."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("event", c_ulong),
        ("window", c_ulong),
        *((name, c_int) for name in ("x", "y", "width", "height", "border_width")),
        ("rest", c_long * 16),
    )


class _Rectangle(ctypes.Structure):
    """``XRectangle`` of Xlib.h."""

    _fields_ = (("x", c_short), ("y", c_short), ("width", c_ushort), ("height", c_ushort))


ignore_errors = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda *_: 0)
"""A window may go at any moment; Xlib's own handler would end the process."""


class Windows:
    """A connection of its own to the X server. Raises OSError where there is none, or no libX11."""

    def __init__(self, *, told: bool = True) -> None:
        """``told``: what happens is to be told by ``changes``, which is to be asked then: until that it is kept."""
        self._x: Any = ctypes.CDLL("libX11.so.6")
        self._x.XOpenDisplay.restype = c_void_p
        self._xext = _library("libXext.so.6")
        if self._xext is not None:
            self._xext.XShapeGetRectangles.restype = POINTER(_Rectangle)
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
        self._telling = {self._atom(name).value for name in TELLING}
        if told:
            self._watch(self._root, PROPERTY_CHANGE | SUBSTRUCTURE_NOTIFY)

    def listed(self) -> list[int]:
        """Windows a user would know: those the window manager lists, or those with a title where there is none."""
        listed = self._property(self._root, "_NET_CLIENT_LIST", c_ulong)
        found = list(listed) or [each for each in self._children(self._root) if self.title(each)]
        return [each for each in found if self.is_shown(each)][:MOST_WINDOWS]

    def title(self, window: int) -> str:
        name = bytes(self._property(window, "_NET_WM_NAME", ctypes.c_ubyte))
        name = name or bytes(self._property(window, "WM_NAME", ctypes.c_ubyte))
        return name.decode("utf-8", "replace")

    def programs(self, window: int) -> list[str]:
        """The names its program has given it."""
        names = bytes(self._property(window, "WM_CLASS", ctypes.c_ubyte)).split(b"\0")
        return [name.decode("utf-8", "replace") for name in names if name]

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

    def pointer(self) -> tuple[int, int, int]:
        """Where it is on the root window, x and y, and over which child of that; 0: over none."""
        over, root, x, y = c_ulong(), c_ulong(), c_int(), c_int()
        inside_x, inside_y, buttons = c_int(), c_int(), c_uint()
        self._x.XQueryPointer(
            *(self._display, c_ulong(self._root), byref(root), byref(over), byref(x), byref(y)),
            *(byref(inside_x), byref(inside_y), byref(buttons)),
        )
        return x.value, y.value, over.value

    def composited(self) -> bool:
        """Whether a compositor draws the screen, from windows that it keeps apart."""
        return bool(self._x.XGetSelectionOwner(self._display, self._compositor))

    def covers(self, window: int, but: Collection[int]) -> list[Rect]:
        """What lies over the window, ``but`` these, and would be captured in its place, a compositor or not."""
        top = self.top(window)
        stacked = self._children(self._root)
        above = stacked[stacked.index(top) + 1 :] if top in stacked else stacked
        places = (self.place(each) for each in above if self.is_shown(each) and each not in but)
        return [place for place in places if place is not None]

    def tops(self) -> list[Top]:
        """From the bottom to the top; ``changes`` tells from now on if this is no longer so."""
        clients = defaultdict(list)
        for client in self._property(self._root, "_NET_CLIENT_LIST", c_ulong):
            clients[self.top(client)].append(client)
        found = []
        for window in self._children(self._root):
            attributes = self._attributes(window)
            if attributes and attributes.map_state == VIEWABLE and attributes.c_class != INPUT_ONLY:
                found.append(self._described(window, [window, *(clients[window] or self._named(window))]))
        return [top for top in found if top is not None]

    def changes(self) -> list[Change]:
        """What has happened to windows since this was last asked, and before it returns."""
        self._x.XSync(self._display, 0)
        found = []
        event = _Event()
        for _ in range(self._x.XPending(self._display)):
            self._x.XNextEvent(self._display, byref(event))
            if event.type != PROPERTY_NOTIFY or event.window in self._telling:
                place = _place(event) if event.type == CONFIGURE_NOTIFY else None
                found.append(Change(event.type, event.window, place))
        return found

    def opaque(self, top: Top) -> list[Rect]:
        """Where surely nothing of what is below it can be seen."""
        if any(self._property(each, "_NET_WM_WINDOW_OPACITY", c_ulong) for each in top.windows):
            return []
        return [place for each in top.windows for place in self._solid(each)]

    def screen(self) -> Rect:
        """All that is on any monitor."""
        return self.place(self._root) or Rect(0, 0, 0, 0)

    def close(self) -> None:
        self._x.XCloseDisplay(self._display)

    def _described(self, window: int, inside: list[int]) -> Top | None:
        for each in inside:
            self._watch(each, PROPERTY_CHANGE)
        attributes, place = self._attributes(window), self.place(window)
        if attributes is None or place is None:
            return None
        border = attributes.border_width
        return Top(
            window,
            Rect(place.x - border, place.y - border, place.width + 2 * border, place.height + 2 * border),
            frozenset(inside),
            frozenset(self.title(each) for each in inside),
            frozenset(name for each in inside for name in self.programs(each)),
            frozenset(
                owner for each in inside for owner in self._property(each, "WM_TRANSIENT_FOR", c_ulong)
            ),
        )

    def _named(self, window: int, depth: int = DEEPEST) -> list[int]:
        """The windows nearest to ``window`` that have a name, itself or within it."""
        if depth == 0 or self.programs(window) or self.title(window):
            return [window]
        return [each for child in self._children(window) for each in self._named(child, depth - 1)]

    def _solid(self, window: int) -> list[Rect]:
        """Where every pixel of it is its own, as far as that is known."""
        attributes, place = self._attributes(window), self.place(window)
        if attributes is None or place is None or self._shaped(window):
            return []
        if attributes.depth != SEE_THROUGH:
            return [place]
        told = self._property(window, "_NET_WM_OPAQUE_REGION", c_ulong)
        parts = zip(*(iter(told),) * 4, strict=False)
        return [Rect(place.x + x, place.y + y, width, height) for x, y, width, height in parts]

    def _shaped(self, window: int) -> bool:
        """Whether it may have corners or holes through which others are seen; True where that cannot be told."""
        if self._xext is None:
            return True
        shaped, ignored = c_int(), [c_int() for _ in range(9)]
        known = self._xext.XShapeQueryExtents(
            self._display, c_ulong(window), byref(shaped), *(byref(each) for each in ignored)
        )
        return not known or bool(shaped.value)

    def shape(self, window: int) -> list[Rect]:
        """Where of its place something of it may be seen; nothing when it is gone."""
        place = self.place(window)
        if place is None or not self.is_shown(window):
            return []
        if self._xext is None:
            return [place]
        count, order = c_int(), c_int()
        parts = self._xext.XShapeGetRectangles(
            self._display, c_ulong(window), c_int(BOUNDING), byref(count), byref(order)
        )
        with self._freed(parts):
            found = parts[: count.value] if parts else []
            return [Rect(place.x + each.x, place.y + each.y, each.width, each.height) for each in found]

    def _watch(self, window: int, events: int) -> None:
        self._x.XSelectInput(self._display, c_ulong(window), c_long(events))

    def top(self, window: int) -> int:
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


def _place(event: _Event) -> Rect:
    """With the border, whose upper left corner X gives."""
    return Rect(event.x, event.y, event.width + 2 * event.border_width, event.height + 2 * event.border_width)


def _library(name: str) -> Any:
    """None where it is not installed."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
