"""The messages of ink between an agent's endpoint and everybody on the call, and their limits. Pure; docs/ink.md tells the
order in which they come.

A message is one JSON object in one text frame of a data channel; ``kind`` names it. ``parse_*`` raises InkError for whatever
is not exactly that: everything that comes from a peer goes through one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from coachdesk.annotation import (
    PATH_POINTS,
    AnyEdit,
    Colour,
    Entry,
    Epoch,
    FrameId,
    MarkId,
    Point,
    PointerSign,
    ScreenName,
    SurfaceName,
    Tool,
    Unit,
    Width,
)

RELIABLE, LIVE = "ink", "ink-live"
RELIABLE_ID, LIVE_ID = 100, 101
"""Of the two data channels, on every connection, agreed on beforehand."""
MAX_RELIABLE_BYTES = 48 * 1024
MAX_LIVE_BYTES = 4 * 1024
MAX_EDITS = 500
MAX_LIVE_POINTS = 64
REPEATED_POINTS = 8
"""How many points of the packet before each packet of live points begins with."""
MAX_GESTURE_POINTS = 20_000
MAX_ANCHORS = 64
ANCHORS_IN_PACKET = 8

LogId = Annotated[str, Meta(max_length=32)]
Seq = Annotated[int, Meta(ge=0, le=2**40)]
Side = Annotated[int, Meta(ge=1, le=2**16)]
Number = Annotated[float, Meta(ge=-1e6, le=1e6)]
AnchorState = Literal["tracked", "hidden", "lost", "off_screen"]
RefusalCode = Literal["not_allowed", "too_many", "too_fast", "bad_shape"]
HintWord = Literal["", "closer", "more_light", "slower"]


class InkError(ValueError):
    """A message of ink that is none, or breaks a limit."""


class Message(Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    pass


# --- party to hub, reliable ----------------------------------------------------------------------------------


class Have(Message, frozen=True, tag="have"):
    """First on every connection: how much of which log is here already; the rest follows as ``log``."""

    log: LogId = ""
    seq: Seq = 0


class Edits(Message, frozen=True, tag="edits"):
    """What this party did, in order."""

    edits: Annotated[list[AnyEdit], Meta(min_length=1, max_length=MAX_EDITS)]


class Again(Message, frozen=True, tag="again"):
    """Show me the last gestures again. Answer: ``replay``, if there is anything."""


class Turned(Message, frozen=True, tag="turned"):
    """Customer: from now on the picture is another (camera flipped, phone rotated). The epoch goes up."""


class Sheet(Message, frozen=True, tag="sheet"):
    """Supervisor: how large what they share is, pixels; None: it cannot be drawn on, or there is nothing.

    Attributes:
        turn: another whenever the target or its size is another: what was drawn before is not on that.
    """

    turn: Seq
    size: tuple[Side, Side] | None = None


# --- hub to party, reliable ----------------------------------------------------------------------------------


class Log(Message, frozen=True, tag="log"):
    """The next entries of this party's log.

    Attributes:
        log: which log; another than before begins anew, from an empty board.
        seq: how many entries came before these.
        now: the log's clock, seconds.
    """

    log: LogId
    seq: Seq
    now: Annotated[float, Meta(ge=0, le=1e8)]
    entries: Annotated[list[Entry], Meta(max_length=MAX_EDITS)]


class Stage(Message, frozen=True, tag="stage"):
    """What marks are to be drawn on now: at first, and at every change.

    Attributes:
        epoch: goes into ``begin``.
        offset: observers: what to add (modulo 2**32) to the RTP timestamps of ``camera`` as they come in, to get frame ids.
        colour: this party's own, unless they choose another.
        frozen: what stands still for everybody, in place of the live picture; None: nothing does.
        stills: the customer's line bears no video: single pictures come in its place.
    """

    epoch: Epoch
    colour: Colour
    offset: FrameId = 0
    frozen: FrameId | None = None
    stills: bool = False


class Shared(Message, frozen=True, tag="shared", omit_defaults=True):
    """To whom a shared screen is shown, and to the supervisor or customer who shares it: it may be drawn on, or no longer;
    nothing is said before the first. To the customer, of the agent's: they see it, and what is drawn there for them.

    Attributes:
        surface: ``screen``, the agent's, ``coach``, a supervisor's, or ``customer``, the customer's.
        frame: goes into ``begin``: what all its pictures go by until its target or size is another; 0: none is shared.
        width, height: of what is shared, pixels.
        customer: the customer sees the agent's too.
    """

    frame: FrameId = 0
    width: Side = 1
    height: Side = 1
    customer: bool = False
    surface: ScreenName = "screen"


class Refused(Message, frozen=True, tag="refused"):
    """An edit of this mark was not done, nor will what follows for the mark be."""

    mark: MarkId
    code: RefusalCode


class Gesture(Struct, frozen=True, forbid_unknown_fields=True):
    """``start``: ms from the beginning of the replay; its pace is that of the path's own ms."""

    mark: MarkId
    start: Annotated[int, Meta(ge=0, le=10 * 60_000)]


class Replay(Message, frozen=True, tag="replay"):
    """These marks are to be drawn again, now, on the live picture, as fast as they were drawn."""

    gestures: Annotated[list[Gesture], Meta(min_length=1, max_length=64)]


class Hint(Message, frozen=True, tag="hint"):
    """Customer: what would make marks stick better; empty: all is well."""

    hint: HintWord


# --- both ways, live -----------------------------------------------------------------------------------------


class Points(Message, frozen=True, tag="points"):
    """More of a gesture that has begun. ``first``: the place of the first of these among all its points, from 0; a packet
    begins with the last few of the one before.
    """

    mark: MarkId
    first: Annotated[int, Meta(ge=0, le=MAX_GESTURE_POINTS)]
    points: Annotated[list[Point], Meta(min_length=1, max_length=MAX_LIVE_POINTS)]


class Laser(Message, frozen=True, tag="laser"):
    """A pointer's trail, never kept. ``stroke`` grows when it is lifted; ``author`` is the hub's word."""

    stroke: Annotated[int, Meta(ge=0, le=2**31)]
    colour: Colour
    width: Width
    points: Annotated[list[Point], Meta(min_length=1, max_length=MAX_LIVE_POINTS)]
    frame: FrameId | None = None
    epoch: Epoch = 0
    author: Annotated[str, Meta(max_length=64)] = ""
    surface: SurfaceName = "camera"
    sign: PointerSign = ""


class Anchor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where marks are in one frame.

    Attributes:
        h: row by row, the homography from the coordinates of the frame the marks were drawn on to those of this frame, both
            0 to 1; only if ``tracked``.
        toward: ``off_screen`` alone: where it would be, as an angle from the middle of the picture in radians, 0 to the
            right, growing clockwise.
    """

    marks: Annotated[list[MarkId], Meta(min_length=1, max_length=MAX_ANCHORS)]
    state: AnchorState
    h: tuple[Number, Number, Number, Number, Number, Number, Number, Number, Number] | None = None
    toward: Annotated[float, Meta(ge=-7, le=7)] | None = None


class Poses(Message, frozen=True, tag="poses"):
    """Where all anchored marks that this party sees are in frame ``frame``; hub to party, for every frame it decoded. Many
    anchors come as several messages.

    ``surface`` ``screen``: in the picture of the agent's screen that has this RTP timestamp; for every one that is sent to
    this party, on the reliable channel. ``coach``: the same of a supervisor's, who tells the hub so. ``customer``: of the
    customer's, who is told it by the timestamp they sent the picture with.
    """

    frame: FrameId
    epoch: Epoch
    anchors: Annotated[list[Anchor], Meta(max_length=MAX_ANCHORS)]
    surface: SurfaceName = "camera"


class Cursor(Message, frozen=True, tag="cursor"):
    """Where the sharer's own pointer is on the screen they share: from a supervisor, and to observers. ``number`` grows.

    Attributes:
        at: x and y from 0 to 1; None while it is not there.
        of: whose screen that is. It is the hub that says so; what a party says of it is ignored.
    """

    number: Seq
    at: tuple[Unit, Unit] | None = None
    of: Literal["agent", "supervisor"] = "agent"


FromParty = Have | Edits | Again | Turned | Sheet | Poses
FromHub = Log | Stage | Shared | Refused | Replay | Hint | Poses
LiveFromParty = Points | Laser | Cursor
LiveFromHub = Points | Laser | Poses | Cursor

T = TypeVar("T")
_encoder = msgspec.json.Encoder(order=None)
_from_party: msgspec.json.Decoder[FromParty] = msgspec.json.Decoder(FromParty)
_from_hub: msgspec.json.Decoder[FromHub] = msgspec.json.Decoder(FromHub)
_live_from_party: msgspec.json.Decoder[LiveFromParty] = msgspec.json.Decoder(LiveFromParty)
_live_from_hub: msgspec.json.Decoder[LiveFromHub] = msgspec.json.Decoder(LiveFromHub)


def signed(message: Points | Laser, author: str) -> Points | Laser:
    """With the author's name, as far as such a message has one: nobody's own word is believed."""
    return msgspec.structs.replace(message, author=author) if isinstance(message, Laser) else message


def parse_from_party(data: bytes) -> FromParty:
    return _parse(_from_party, data, MAX_RELIABLE_BYTES)


def parse_from_hub(data: bytes) -> FromHub:
    return _parse(_from_hub, data, MAX_RELIABLE_BYTES)


def parse_live_from_party(data: bytes) -> LiveFromParty:
    return _parse(_live_from_party, data, MAX_LIVE_BYTES)


def parse_live_from_hub(data: bytes) -> LiveFromHub:
    return _parse(_live_from_hub, data, MAX_LIVE_BYTES)


def dump(message: Message) -> bytes:
    return _encoder.encode(message)


def size_of(entry: Entry) -> int:
    """Bytes it takes in a message."""
    return len(_encoder.encode(entry))


def in_packets(anchors: list[Anchor]) -> Iterator[list[Anchor]]:
    """As many to a message as go into one packet on the wire: each can be lost without the others."""
    for first in range(0, len(anchors), ANCHORS_IN_PACKET):
        yield anchors[first : first + ANCHORS_IN_PACKET]


def _parse(decoder: msgspec.json.Decoder[T], data: bytes, limit: int) -> T:
    if len(data) > limit:
        raise InkError(f"{len(data)} bytes, more than {limit}")
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InkError(str(error)) from error


def fits(tool: Tool, path: list[Point] | tuple[Point, ...]) -> bool:
    """Whether a finished path has as many points as its tool needs, in an order that time allows."""
    fewest, most = PATH_POINTS[tool]
    return fewest <= len(path) <= most and all(before.ms <= after.ms for before, after in pairwise(path))
