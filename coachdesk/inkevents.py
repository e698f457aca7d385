"""What an endpoint tells of ink; ``events`` has these as well. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from coachdesk.annotation import Audience, Point, PointerSign, SurfaceName, Tool
from coachdesk.event import Event
from coachdesk.inkwire import Anchor, Gesture


class Drawn(Event, frozen=True, kw_only=True, tag="drawn"):
    """The mark that a ``draw`` or ``pen_down`` of one's own has begun."""

    mark: str


class Mark(Event, frozen=True, kw_only=True, tag="mark"):
    """A mark that is seen here, whole, at every change of it or of who sees it.

    Attributes:
        author: ``agent``, ``customer``, a party id, or ``coach`` where the policy hides who it is.
        path: on the picture of ``frame``, 0 to 1: ``[x, y, pressure, ms]``; empty while it is being drawn.
        audience: ``public``, ``coaching`` (agent and supervisors) or ``learning`` (trainees and supervisors).
        seen_by: names of those who see it, its author and oneself aside.
        surface: what it is drawn on: ``camera``, the customer's picture, or the screen that is shared by the agent
            (``screen``), a supervisor (``coach``) or the customer (``customer``).
        fades_at: when it goes, on the monotonic clock, seconds; None: not by itself.
    """

    mark: str
    author: str
    name: str
    tool: Tool
    colour: str
    width: float
    state: Literal["drawing", "drawn", "removed", "faded"]
    path: list[Point]
    audience: Audience
    seen_by: list[str]
    text: str = ""
    number: int = 0
    pinned: bool = False
    frame: int | None = None
    epoch: int = 0
    surface: SurfaceName = "camera"
    fades_at: float | None = None


class MarksGone(Event, frozen=True, kw_only=True, tag="marks_gone"):
    """All marks told of so far are of no account: another log of ink has begun."""


class MarkPoints(Event, frozen=True, kw_only=True, tag="mark_points"):
    """More of another's gesture, while it is drawn; ``first``: the place of the first of these in the whole gesture."""

    mark: str
    first: int
    points: list[Point]


class Laser(Event, frozen=True, kw_only=True, tag="laser"):
    """Another's pointer. ``stroke``: another number whenever it was lifted. ``sign``: they clicked there, or that is to be
    looked at.
    """

    author: str
    stroke: int
    colour: str
    width: float
    frame: int | None
    points: list[Point]
    surface: SurfaceName = "camera"
    sign: PointerSign = ""


class ReplayInk(Event, frozen=True, kw_only=True, tag="replay_ink"):
    """Marks are to be drawn again: each from ``start`` ms from now on, at the pace of its path's own ms."""

    gestures: list[Gesture]


class Stage(Event, frozen=True, kw_only=True, tag="stage"):
    """What is drawn on: another ``epoch`` is another picture (camera flipped, rotated, resized). ``colour``: one's own.
    ``shared``: frame of the screen that the agent shares, another for every target and size; 0: none is shared.
    ``customer``: the customer sees that screen too, and what is drawn on it for all. ``coach``, ``customers``: as
    ``shared``, of the screens that a supervisor and the customer share.
    """

    epoch: int
    colour: str
    shared: int = 0
    customer: bool = False
    coach: int = 0
    customers: int = 0


class Poses(Event, frozen=True, kw_only=True, tag="poses"):
    """Where marks are in one picture; asked for by ``poses``.

    Attributes:
        frame: the picture's id.
        anchors: state and homography, see docs/ink.md.
        places: the point that stands for each tracked mark: an arrow's tip, a circle's middle; 0 to 1.
        surface: ``screen``: in the picture of the agent's screen that has this id; ``coach``: of a supervisor's;
            ``customer``: of the customer's. At who shares it: on the screen itself, which goes by ``frame`` of
            ``share_place``.
    """

    frame: int
    epoch: int
    anchors: list[Anchor]
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    surface: SurfaceName = "camera"


class Surface(Event, frozen=True, kw_only=True, tag="surface"):
    """Whether a mark would hold there: ``good``, ``plain`` (too little to hold on to), ``dark``, ``glare``, ``blurred``."""

    surface: str
