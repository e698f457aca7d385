"""What an endpoint tells: one JSON object per line, ``event`` names it. Pure; docs/endpoint.md lists them."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct, field

from coachdesk.event import Event as Event
from coachdesk.event import Id as Id
from coachdesk.inkevents import Drawn as Drawn
from coachdesk.inkevents import Laser as Laser
from coachdesk.inkevents import Mark as Mark
from coachdesk.inkevents import MarkPoints as MarkPoints
from coachdesk.inkevents import MarksGone as MarksGone
from coachdesk.inkevents import Poses as Poses
from coachdesk.inkevents import ReplayInk as ReplayInk
from coachdesk.inkevents import Stage as Stage
from coachdesk.inkevents import Surface as Surface
from coachdesk.screenevents import RequestState as RequestState
from coachdesk.screenevents import Screen as Screen
from coachdesk.screenevents import ScreenPointer as ScreenPointer
from coachdesk.screenevents import ScreenRequest as ScreenRequest
from coachdesk.screenevents import Screens as Screens
from coachdesk.screenevents import ScreenSize as ScreenSize
from coachdesk.screenevents import ShareOutline as ShareOutline
from coachdesk.screenevents import SharePlace as SharePlace
from coachdesk.screenevents import Sharer as Sharer
from coachdesk.screenevents import ShareState as ShareState
from coachdesk.screenevents import Sharing as Sharing
from coachdesk.screenevents import ShotMark as ShotMark
from coachdesk.screenevents import SourceView as SourceView
from coachdesk.soundevents import CatchingUp as CatchingUp
from coachdesk.soundevents import DeviceAdded as DeviceAdded
from coachdesk.soundevents import DeviceInUse as DeviceInUse
from coachdesk.soundevents import Devices as Devices
from coachdesk.soundevents import DeviceView as DeviceView
from coachdesk.soundevents import FirstSound as FirstSound
from coachdesk.soundevents import Grade as Grade
from coachdesk.soundevents import Leak as Leak
from coachdesk.soundevents import Levels as Levels
from coachdesk.soundevents import Muted as Muted
from coachdesk.soundevents import Quality as Quality
from coachdesk.soundevents import Reading as Reading
from coachdesk.soundevents import Replaying as Replaying
from coachdesk.soundevents import Sound as Sound
from coachdesk.soundevents import Speaking as Speaking
from coachdesk.soundevents import TalkTime as TalkTime
from coachdesk.soundevents import WhisperHeld as WhisperHeld
from signaling.photomessages import PhotoStage
from signaling.policy import Mode, Role
from signaling.protocol import Awareness, CallView, EndReason, LinkView, QuickReply, WaitingView


class Ready(Event, frozen=True, kw_only=True, tag="ready"):
    """Signed in: at first, and again whenever the server gave this user another place (party id)."""

    party: str
    name: str
    role: Role
    team: str
    awareness: Awareness


class Online(Event, frozen=True, kw_only=True, tag="online"):
    """The connection to the signaling server came or went; a running call's media goes on either way."""

    on: bool
    message: str = ""


class Ok(Event, frozen=True, kw_only=True, tag="ok"):
    """The command named by ``id`` was carried out."""


class Error(Event, frozen=True, kw_only=True, tag="error"):
    """A command was refused, or something broke; ``message`` says what to do."""

    code: str
    message: str


class Invited(Event, frozen=True, kw_only=True, tag="invited"):
    url: str
    link: str
    expires_at: float


class Lobby(Event, frozen=True, kw_only=True, tag="lobby"):
    """Agent: open links and who waits, whole, at every change."""

    links: list[LinkView]
    waiting: list[WaitingView]


class Waiting(Event, frozen=True, kw_only=True, tag="waiting"):
    """Agent: a customer has just entered the lobby."""

    party: str
    name: str
    label: str


class Calls(Event, frozen=True, kw_only=True, tag="calls"):
    """Observers: every call that may be listened to, whole, at every change."""

    calls: list[CallView]


class Call(Event, frozen=True, kw_only=True, tag="call"):
    """The call this endpoint is on, whole, at every change of it. For an agent, as far as policy shows observers."""

    call: CallView


class ModeChanged(Event, frozen=True, kw_only=True, tag="mode"):
    """Own mode. ``in_force``: the agent's endpoint has wired it; only then does anybody hear by it."""

    mode: Mode
    in_force: bool
    heard_by: list[str] = field(default_factory=list)
    """Names of those who hear this party now; empty unless ``in_force``."""


class Media(Event, frozen=True, kw_only=True, tag="media"):
    """State of the media connection to ``party``. ``lost``: being rebuilt."""

    party: str
    state: Literal["connecting", "connected", "lost", "closed"]


class Frames(Event, frozen=True, kw_only=True, tag="frames"):
    """Pictures of ``party``'s camera, or of their ``screen``, are in shared memory ``name``: see
    ``coachdesk.media.picture.framering``.
    """

    party: str
    name: str
    screen: bool = False


class Picture(Event, frozen=True, kw_only=True, tag="picture"):
    """Observers: the own line bears this much of the customer's picture. ``full``: all; ``reduced``: fewer pictures a
    second; ``keyframes``: one now and then; ``none``.
    """

    quality: Literal["full", "reduced", "keyframes", "none"]


class Photo(Event, frozen=True, kw_only=True, tag="photo"):
    """How far a photo of the customer's is: ``asked``, ``coming`` (bytes ``received`` of ``size``), ``ready``, ``failed``.
    Or a snapshot, taken at this endpoint ``of`` a shared ``screen``.

    Attributes:
        file: when ready, a JPEG or PNG on this machine, which goes when the endpoint ends.
        width, height: when ready, in pixels.
        reason: when failed: ``declined``, ``camera_off``, ``cannot``, ``not_sent``, ``not_a_photo``, ``expired``,
            ``not_fetched``.
        message: what there is to say of that.
        marks: what was drawn on a snapshot, and is not in its file.
    """

    photo: str
    stage: PhotoStage
    received: int = 0
    size: int = 0
    width: int = 0
    height: int = 0
    file: str = ""
    reason: str = ""
    message: str = ""
    of: Literal["camera", "screen"] = "camera"
    marks: list[ShotMark] = field(default_factory=list)


class CodeView(Struct, frozen=True):
    """``kind``: ``QR``, or a barcode's type such as ``EAN_13``. ``corners``: 0 to 1 of the picture."""

    kind: str
    text: str
    corners: list[tuple[float, float]]


class Frozen(Event, frozen=True, kw_only=True, tag="frozen"):
    """The customer's picture stands still for everybody (``on``), or is live again.

    ``frame``: id of what stands still. ``sharp``: the still from the customer's phone is here; until then it is the last
    picture that came. ``reason``: why it ended, if nobody asked for that: ``camera_off``.
    """

    on: bool
    frame: int | None = None
    sharp: bool = False
    reason: str = ""


class Stills(Event, frozen=True, kw_only=True, tag="stills"):
    """The customer's line bears no video, so single pictures come in its place (``on``); or it bears one again."""

    on: bool


class Codes(Event, frozen=True, kw_only=True, tag="codes"):
    """What was read. Whoever printed a code decides what it says: nothing of it is to be opened by itself."""

    codes: list[CodeView]


class VideoGone(Event, frozen=True, kw_only=True, tag="video_gone"):
    """``party``'s camera, or their ``screen``, stopped; the last picture is stale."""

    party: str
    screen: bool = False


class Replied(Event, frozen=True, kw_only=True, tag="replied"):
    """Observers: the agent answered silently."""

    name: str
    reply: QuickReply


class Ended(Event, frozen=True, kw_only=True, tag="ended"):
    call: str
    reason: EndReason


class Left(Event, frozen=True, kw_only=True, tag="left"):
    """Observers: no longer on the call, which may go on."""

    call: str


class Diagnostics(Event, frozen=True, kw_only=True, tag="diagnostics"):
    """All that support needs to know of this endpoint and its call, as text; no names, no secrets."""

    text: str


class Stats(Event, frozen=True, kw_only=True, tag="stats"):
    """Per stream (``customer.audio``, ``observer:NAME.camera``...) a flat table of numbers, units in the key's suffix."""

    streams: dict[str, dict[str, float]]


class Bye(Event, frozen=True, kw_only=True, tag="bye"):
    """The last event; the process ends."""


AnyEvent = (
    Ready
    | Online
    | Ok
    | Error
    | Sound
    | Invited
    | Lobby
    | Waiting
    | Calls
    | Call
    | ModeChanged
    | WhisperHeld
    | CatchingUp
    | Replaying
    | Leak
    | Media
    | FirstSound
    | Speaking
    | TalkTime
    | Levels
    | Frames
    | Drawn
    | Mark
    | MarksGone
    | MarkPoints
    | Laser
    | ReplayInk
    | Stage
    | Poses
    | Surface
    | Photo
    | Frozen
    | Screens
    | Sharing
    | SharePlace
    | ShareOutline
    | Screen
    | ScreenPointer
    | ScreenSize
    | ScreenRequest
    | Stills
    | Codes
    | VideoGone
    | Picture
    | Replied
    | Ended
    | Left
    | Devices
    | DeviceAdded
    | DeviceInUse
    | Muted
    | Quality
    | Diagnostics
    | Stats
    | Bye
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def dump(event: AnyEvent) -> bytes:
    """One line, newline included."""
    return _encoder.encode(event) + b"\n"


def parse(line: str | bytes) -> AnyEvent:
    """One line of an endpoint's output, typed. Raises msgspec.DecodeError."""
    return _decoder.decode(line)
