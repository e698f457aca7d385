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


class Sound(Event, frozen=True, kw_only=True, tag="sound"):
    """The sound devices run: sample n of the mic was captured at ``mic_time`` + n/48000, sample n of the speaker played at
    ``speaker_time`` + n/48000. Monotonic clock, seconds.
    """

    mic_time: float
    speaker_time: float


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


class WhisperHeld(Event, frozen=True, kw_only=True, tag="whisper_held"):
    """Supervisor: the own polite whisper waits for the customer to pause (``on``), or goes out or was discarded."""

    on: bool


class Leak(Event, frozen=True, kw_only=True, tag="leak"):
    """How much of a whisper the agent's microphone picks up, and whether the whisper is closed because of it.

    Agent: at every change, at most twice a second. Coaches: when it is closed or may be asked for again; without levels.
    """

    closed: bool
    level_db: float = -120.0
    """Relative to the whisper; -120 is none."""
    at_customer_dbfs: float = -120.0
    message: str = ""
    """While closed: why, and what to do."""


class CatchingUp(Event, frozen=True, kw_only=True, tag="catching_up"):
    """Observer: what is heard is from before (``on``), or live again."""

    on: bool


class Replaying(Event, frozen=True, kw_only=True, tag="replaying"):
    """Agent: the last whispers begin (``on``) or cease to be heard again."""

    on: bool


class Media(Event, frozen=True, kw_only=True, tag="media"):
    """State of the media connection to ``party``. ``lost``: being rebuilt."""

    party: str
    state: Literal["connecting", "connected", "lost", "closed"]


class FirstSound(Event, frozen=True, kw_only=True, tag="first_sound"):
    """The first decoded frame of a source since it was last silent for a second. ``time``: monotonic clock, seconds."""

    source: str
    time: float


class Speaking(Event, frozen=True, kw_only=True, tag="speaking"):
    """``party`` began or ceased to speak, on ``lane``."""

    party: str
    name: str
    lane: str
    on: bool


class TalkTime(Event, frozen=True, kw_only=True, tag="talk_time"):
    """Who has spoken how long on this call, as the agent's endpoint has counted, every 5 s. Whispers are not counted."""

    seconds: dict[str, float]
    """By ``agent``, ``customer`` or a coach's party id."""
    together: float
    """Seconds in which two or more spoke at once."""
    silence: float
    """Seconds in which nobody spoke, in all."""
    quiet_for: float
    """Seconds for which nobody has spoken by now."""


class Levels(Event, frozen=True, kw_only=True, tag="levels"):
    """RMS level in dBFS over the last 100 ms of what this endpoint hears and says: ``mic``, ``customer``, ``agent``, ..."""

    levels: dict[str, float]


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


class DeviceView(Struct, frozen=True):
    device: str
    label: str
    default: bool = False


class Devices(Event, frozen=True, kw_only=True, tag="devices"):
    mics: list[DeviceView]
    speakers: list[DeviceView]
    cameras: list[DeviceView]


class DeviceAdded(Event, frozen=True, kw_only=True, tag="device_added"):
    """A sound device was plugged in that is not used: ``use_device`` would. ``kind`` is ``mic`` or ``speaker``."""

    kind: str
    label: str


class DeviceInUse(Event, frozen=True, kw_only=True, tag="device_in_use"):
    """Another device than before plays or records though nobody chose it: the default one in place of one that failed, or
    the chosen one that is back. ``kind`` is ``mic`` or ``speaker``; without ``label`` there is none.
    """

    kind: str
    label: str


class Muted(Event, frozen=True, kw_only=True, tag="muted"):
    on: bool


Grade = Literal["good", "fair", "poor"]


class Reading(Struct, frozen=True):
    """One sound where it is heard, since the reading before.

    Attributes:
        mos: mean opinion score, 1 to 4.5.
        delay_ms: one way, from mouth to ear, sound cards apart.
        playout_ms: of this, the wait in the playout buffer.
        jitter_ms: of the arrival of packets.
        loss: share of packets that were not there in time, 0 to 1.
        concealed: share of the sound that was made up, 0 to 1.
    """

    mos: float
    grade: Grade
    delay_ms: float
    playout_ms: float
    jitter_ms: float
    loss: float
    concealed: float


class Quality(Event, frozen=True, kw_only=True, tag="quality"):
    """How good each sound is here, every two seconds of a call: ``customer``, ``agent``, a coach's party id; at the agent
    also ``agent_at_customer``, how the customer hears the agent, and at the others ``at_customer``, what the customer hears.
    Sounds that were silent are left out.
    """

    readings: dict[str, Reading]


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
