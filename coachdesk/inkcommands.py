"""What an endpoint can be told of ink; ``coachdesk.commands`` has it all. Pure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from coachdesk.annotation import (
    FADE_SECONDS,
    Fade,
    FrameId,
    MarkId,
    Number,
    Point,
    PointerSign,
    SurfaceName,
    Text,
    Tool,
    Width,
)
from coachdesk.command import Command

OwnColour = Annotated[str, Meta(pattern=r"^(#[0-9a-f]{6})?\Z")]
NewMark = Annotated[str, Meta(pattern=r"^([A-Za-z0-9_-]{8,32})?\Z")]


class Drawing(Command, frozen=True, kw_only=True):
    """How a mark looks. ``colour``: ``#rrggbb``, empty: one's own. ``width``: a share of the picture's height. ``fade``:
    seconds until it is gone, unless pinned. ``frame``: id of the frame it is drawn on, as in the memory of ``frames``; None:
    the newest. ``surface``: ``camera``, the customer's picture, or the screen that is shared by the agent (``screen``), a
    supervisor (``coach``) or the customer (``customer``); its frame: None.
    """

    tool: Tool
    colour: OwnColour = ""
    width: Width = 0.006
    fade: Fade = FADE_SECONDS
    frame: FrameId | None = None
    surface: SurfaceName = "camera"


class Draw(Drawing, frozen=True, kw_only=True, tag="draw"):
    """A whole mark at once; ``points``: ``[x, y]`` or ``[x, y, pressure, ms]``, 0 to 1 of the picture. Answer: ``drawn``."""

    points: Annotated[list[Point], Meta(min_length=1, max_length=20_000)]
    text: Text = ""
    number: Number = 0


class PenDown(Drawing, frozen=True, kw_only=True, tag="pen_down"):
    """A gesture begins. ``mark``: an id of one's own making, 8 to 32 letters and digits. Answer: ``drawn``."""

    mark: NewMark = ""


class PenMove(Command, frozen=True, kw_only=True, tag="pen_move"):
    """More points of a gesture, which others see at once."""

    mark: MarkId
    points: Annotated[list[Point], Meta(min_length=1, max_length=1000)]


class PenUp(Command, frozen=True, kw_only=True, tag="pen_up"):
    """The gesture ends, and the mark is there. ``complete``: a hand-drawn arrow, circle or rectangle becomes one (``undo``:
    it is again as it was drawn).
    """

    mark: MarkId
    text: Text = ""
    number: Number = 0
    complete: bool = False


class Laser(Command, frozen=True, kw_only=True, tag="laser"):
    """Moves the pointer; nothing of it is kept. ``stroke``: another number whenever it was lifted. ``surface``: as of
    marks. ``sign``: ``click`` (somebody clicked there), ``spotlight`` (that is to be looked at).
    """

    points: Annotated[list[Point], Meta(min_length=1, max_length=64)]
    stroke: Annotated[int, Meta(ge=0, le=2**31)] = 0
    colour: OwnColour = ""
    width: Width = 0.01
    frame: FrameId | None = None
    surface: SurfaceName = "camera"
    sign: PointerSign = ""


class Undo(Command, frozen=True, kw_only=True, tag="undo"):
    """Undoes what this endpoint drew, cleared, pinned, showed or completed last."""


class Redo(Command, frozen=True, kw_only=True, tag="redo"):
    """Does again what was undone last."""


class Clear(Command, frozen=True, kw_only=True, tag="clear"):
    """Removes one's own marks; ``everybody``: all that are seen here, supervisors only."""

    everybody: bool = False


class Pin(Command, frozen=True, kw_only=True, tag="pin"):
    """Keeps a mark from fading, or no longer."""

    mark: MarkId
    on: bool


class Show(Command, frozen=True, kw_only=True, tag="show"):
    """Lets the customer see a coach's mark, or no longer. Agent; or a coach whom the customer hears, of their own marks."""

    mark: MarkId
    on: bool = True


class Caption(Command, frozen=True, kw_only=True, tag="caption"):
    """Changes the words of one's own mark."""

    mark: MarkId
    text: Text


class ReplayInk(Command, frozen=True, kw_only=True, tag="replay_ink"):
    """Show the last gestures again: the agent's asking shows them to everybody, another's to themselves."""


class Poses(Command, frozen=True, kw_only=True, tag="poses"):
    """Turn ``poses`` events, one for every picture, on or off."""

    on: bool


class Surface(Command, frozen=True, kw_only=True, tag="surface"):
    """Agent: whether a mark around ``points`` would hold. Answer: ``surface``; the customer is told what would help."""

    points: Annotated[list[Point], Meta(min_length=1, max_length=64)]
    frame: FrameId | None = None


InkCommand = (
    Draw
    | PenDown
    | PenMove
    | PenUp
    | Laser
    | Undo
    | Redo
    | Clear
    | Pin
    | Show
    | Caption
    | ReplayInk
    | Poses
    | Surface
)
