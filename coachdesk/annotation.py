"""What is drawn on a call's picture: marks, the edits that make them, and the board they add up to. Pure.

Coordinates are of the picture's content: x from 0 (left) to 1 (right), y from 0 (top) to 1 (bottom), of the very frame a
mark was drawn on. A mark is never rewritten: where it is in a later frame, the tracker's poses say. Of a shared screen
all pictures are one frame until its target or size is another: what was drawn on it stays where it is.

The log of a call holds *entries*: edits with their place in it (``n``). A board is what a set of entries adds up to, in
whatever order they come and however often: each property of a mark has the value of the entry with the highest ``n``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

MAX_PATH = 400
"""Points of a finished mark; see ``gestures.simplify``."""
MAX_GESTURE_MS = 600_000
MAX_MARKS = 4000
"""On one board."""
FADE_SECONDS = 30.0
"""How long a mark stays unless its author chose another time or it is pinned."""
FADING_SECONDS = 0.6
"""The last of that, in which it pales."""

Unit = Annotated[float, Meta(ge=0, le=1)]
Millis = Annotated[int, Meta(ge=0, le=MAX_GESTURE_MS)]
MarkId = Annotated[str, Meta(min_length=8, max_length=32, pattern=r"^[A-Za-z0-9_-]+\Z")]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z")]
Width = Annotated[float, Meta(ge=0.001, le=0.1)]
Text = Annotated[str, Meta(max_length=200)]
Number = Annotated[int, Meta(ge=0, le=999)]
Fade = Annotated[float, Meta(ge=1, le=3600)]
FrameId = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
Epoch = Annotated[int, Meta(ge=0, le=2**31)]
SurfaceName = Literal["camera", "screen", "coach", "customer"]
"""What is drawn on: the customer's picture, or the screen that the agent, a supervisor or the customer shares."""
ScreenName = Literal["screen", "coach", "customer"]


PointerSign = Literal["", "click", "spotlight"]
"""What a pointer says beside where it is: there was a click, or that place is to be looked at."""


class Point(NamedTuple):
    """``pressure``: 0 to 1, 0.5 where it is not known; ``ms``: since the gesture began."""

    x: Unit
    y: Unit
    pressure: Unit = 0.5
    ms: Millis = 0


Path = Annotated[list[Point], Meta(min_length=1, max_length=MAX_PATH)]


class Tool(StrEnum):
    """What a mark is, and what its path means.

    ``pen``, ``highlighter``: the line as drawn. ``arrow``: from tail to tip, anchored at the tip. ``circle``, ``rectangle``:
    two opposite corners of what it encloses (a circle is the ellipse in there). ``stamp``: its centre; it shows ``number``.
    ``text``: where the words begin, their left and middle. ``measure``: its two ends; ``text`` is the length.
    ``reference``: the four corners, in order round, of a thing of known size, named by ``text``: see ``measuring``.
    """

    PEN = "pen"
    HIGHLIGHTER = "highlighter"
    ARROW = "arrow"
    CIRCLE = "circle"
    RECTANGLE = "rectangle"
    STAMP = "stamp"
    TEXT = "text"
    MEASURE = "measure"
    REFERENCE = "reference"


PATH_POINTS: dict[Tool, tuple[int, int]] = {
    Tool.PEN: (1, MAX_PATH),
    Tool.HIGHLIGHTER: (1, MAX_PATH),
    Tool.ARROW: (2, MAX_PATH),
    Tool.CIRCLE: (2, 2),
    Tool.RECTANGLE: (2, 2),
    Tool.STAMP: (1, 1),
    Tool.TEXT: (1, 1),
    Tool.MEASURE: (2, 2),
    Tool.REFERENCE: (4, 4),
}
"""Fewest and most points of a finished mark's path. The laser pointer is no mark: it is never kept."""


class Audience(StrEnum):
    """Who may see a mark: see ``inkroutes``."""

    PUBLIC = "public"
    COACHING = "coaching"
    LEARNING = "learning"


# --- edits ---------------------------------------------------------------------------------------------------


class Edit(Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """One change of one mark."""

    mark: MarkId


class Begin(Edit, frozen=True, kw_only=True, tag="begin"):
    """A gesture begins.

    Attributes:
        width: of the line, as a share of the picture's height.
        fade: seconds the mark stays after its end, unless pinned.
        frame: RTP timestamp of the customer's video frame it is drawn on; None from a party that cannot know: the newest.
            On a shared screen: as last told by ``inkwire.Shared``.
        picture: on a shared screen: RTP timestamp of the newest picture of it to whoever draws; None: the newest there is.
        epoch: as last told; it changes with every flip, rotation and change of resolution.
    """

    tool: Tool
    colour: Colour
    width: Width
    fade: Fade = FADE_SECONDS
    frame: FrameId | None = None
    epoch: Epoch = 0
    surface: SurfaceName = "camera"
    picture: FrameId | None = None


class End(Edit, frozen=True, kw_only=True, tag="end"):
    """It is drawn: the whole path, simplified; only now does the mark count."""

    path: Path
    text: Text = ""
    number: Number = 0


class Reshape(Edit, frozen=True, kw_only=True, tag="shape"):
    """A drawn mark becomes another shape: a hand-drawn arrow an arrow, or back."""

    tool: Tool
    path: Path


class Caption(Edit, frozen=True, kw_only=True, tag="caption"):
    text: Text


class Remove(Edit, frozen=True, tag="remove"):
    """Undo of a mark, or what clearing does to each."""


class Restore(Edit, frozen=True, tag="restore"):
    """Redo of a mark, or undo of its removal."""


class Pin(Edit, frozen=True, kw_only=True, tag="pin"):
    """A pinned mark does not fade; one that is let go does, its time from then."""

    on: bool


class Show(Edit, frozen=True, kw_only=True, tag="show"):
    """Whether the customer sees the mark, whatever its audience was when it was drawn."""

    on: bool


AnyEdit = Begin | End | Reshape | Caption | Remove | Restore | Pin | Show


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An edit in the log of a call.

    Attributes:
        n: its place, from 1; later entries win. Each party is told places of its own: of one mark all entries, in order.
        at: seconds since the log began.
        author: who did it: ``agent``, ``customer``, another's party id, or ``coach`` where that is not to be known.
        audience: of the mark, with ``Begin`` alone.
    """

    n: Annotated[int, Meta(ge=1, le=2**40)]
    at: Annotated[float, Meta(ge=0, le=1e8)]
    author: Annotated[str, Meta(min_length=1, max_length=64)]
    edit: AnyEdit
    audience: Audience | None = None


# --- the board -----------------------------------------------------------------------------------------------


class Mark(Struct, frozen=True, kw_only=True):
    """A mark as it is now. Not ``ended``: it is being drawn, and its path is not known yet."""

    mark: str
    author: str
    tool: Tool
    colour: str
    width: float
    frame: int | None
    epoch: int
    begun_at: float
    audience: Audience
    path: tuple[Point, ...]
    text: str
    number: int
    ended: bool
    removed: bool
    pinned: bool
    surface: SurfaceName
    fades_at: float | None
    """When it is gone, on the log's clock; None: never, or not ended yet."""
    picture: int | None = None

    def visible(self, now: float) -> bool:
        return not self.removed and (self.fades_at is None or now < self.fades_at)

    def opacity(self, now: float) -> float:
        """1, falling to 0 in the last of its time."""
        if self.fades_at is None:
            return 1.0
        return min(1.0, max(0.0, (self.fades_at - now) / FADING_SECONDS))


class Board:
    """What a set of entries adds up to."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._marks: dict[str, _Properties] = {}
        for entry in entries:
            self.apply(entry)

    def __len__(self) -> int:
        return len(self._marks)

    def apply(self, entry: Entry) -> bool:
        """Adds an entry; False if it changes nothing: it is known, overtaken, or one more mark than there may be."""
        mark = entry.edit.mark
        properties = self._marks.get(mark)
        if properties is None:
            if len(self._marks) >= MAX_MARKS:
                return False
            properties = self._marks[mark] = _Properties()
        return properties.apply(entry)

    def mark(self, mark: str) -> Mark | None:
        """None: it has not begun, as far as the entries tell."""
        properties = self._marks.get(mark)
        return properties.as_mark(mark) if properties is not None else None

    def marks(self) -> list[Mark]:
        """Every mark that has begun, removed and faded ones included, in the order they began."""
        known = ((properties, properties.as_mark(mark)) for mark, properties in self._marks.items())
        found = [(properties.begun_n, mark) for properties, mark in known if mark is not None]
        return [mark for _, mark in sorted(found, key=lambda each: each[0])]

    def visible(self, now: float) -> list[Mark]:
        """``now``: on the log's clock."""
        return [mark for mark in self.marks() if mark.visible(now)]


class _Value(NamedTuple):
    n: int
    at: float
    value: Any


_NONE = _Value(0, 0.0, None)


class _Properties:
    """Of one mark: each with the place in the log where it was set last."""

    def __init__(self) -> None:
        self._last: dict[str, _Value] = {}
        self._mark: Mark | None = None

    @property
    def begun_n(self) -> int:
        return self._last.get("begin", _NONE).n

    def apply(self, entry: Entry) -> bool:
        changed = False
        for name, value in _set_by(entry):
            if self._last.get(name, _NONE).n < entry.n:
                self._last[name] = _Value(entry.n, entry.at, value)
                changed = True
        if changed:
            self._mark = None
        return changed

    def as_mark(self, mark: str) -> Mark | None:
        if self._mark is None and "begin" in self._last:
            self._mark = self._build(mark)
        return self._mark

    def _get(self, name: str) -> _Value:
        return self._last.get(name, _NONE)

    def _build(self, mark: str) -> Mark:
        begun = self._get("begin")
        author, begin, audience = begun.value
        end = self._get("end")
        tool, path = self._get("form").value or (None, ())
        return Mark(
            mark=mark,
            author=author,
            tool=tool or begin.tool,
            colour=begin.colour,
            width=begin.width,
            frame=begin.frame,
            epoch=begin.epoch,
            begun_at=begun.at,
            audience=_seen_by(audience, self._get("show").value),
            path=path,
            text=self._get("text").value or "",
            number=end.value or 0,
            ended=end.n > 0,
            removed=bool(self._get("removed").value),
            pinned=bool(self._get("pin").value),
            surface=begin.surface,
            picture=begin.picture,
            fades_at=self._fades_at(begin.fade),
        )

    def _fades_at(self, fade: float) -> float | None:
        end, pin = self._get("end"), self._get("pin")
        if not end.n or pin.value:
            return None
        return max(end.at, pin.at) + fade


def _set_by(entry: Entry) -> list[tuple[str, Any]]:
    """The properties an entry sets."""
    edit = entry.edit
    match edit:
        case Begin():
            return [("begin", (entry.author, edit, entry.audience or Audience.COACHING))]
        case End():
            return [("end", edit.number), ("text", edit.text), ("form", (None, tuple(edit.path)))]
        case Reshape():
            return [("form", (edit.tool, tuple(edit.path)))]
        case Caption():
            return [("text", edit.text)]
        case Remove() | Restore():
            return [("removed", isinstance(edit, Remove))]
        case Pin():
            return [("pin", edit.on)]
        case Show():
            return [("show", edit.on)]


def _seen_by(drawn_for: Audience, shown: bool | None) -> Audience:
    if shown is None:
        return drawn_for
    if shown:
        return Audience.PUBLIC
    return Audience.COACHING if drawn_for is Audience.PUBLIC else drawn_for
