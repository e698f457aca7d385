"""What an endpoint can be told: one JSON object per line, ``cmd`` names it. Pure; docs/endpoint.md lists them.

Any command may carry ``id``; the answer event carries the same.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
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
from coachdesk.command import Command as Command
from coachdesk.command import Id as Id
from coachdesk.screencommands import AskScreen as AskScreen
from coachdesk.screencommands import BlankShare as BlankShare
from coachdesk.screencommands import ScreenCommand as ScreenCommand
from coachdesk.screencommands import Screens as Screens
from coachdesk.screencommands import ScreenShown as ScreenShown
from coachdesk.screencommands import Share as Share
from coachdesk.screencommands import ShareRules as ShareRules
from coachdesk.screencommands import ShowCustomer as ShowCustomer
from coachdesk.screencommands import Snapshot as Snapshot
from coachdesk.screencommands import StopShare as StopShare
from signaling.policy import Mode
from signaling.protocol import QuickReply

Gain = Annotated[float, Meta(ge=-60, le=12)]
OwnColour = Annotated[str, Meta(pattern=r"^(#[0-9a-f]{6})?\Z")]
NewMark = Annotated[str, Meta(pattern=r"^([A-Za-z0-9_-]{8,32})?\Z")]


class CommandError(Exception):
    """A command that could not be carried out; ``code`` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Invite(Command, frozen=True, kw_only=True, tag="invite"):
    """Agent: make a join link. Answer: ``invited``."""

    label: str = ""
    uses: int = 1
    expires_in: int = 3600


class Revoke(Command, frozen=True, kw_only=True, tag="revoke"):
    """Agent: make a join link useless."""

    link: str


class Admit(Command, frozen=True, kw_only=True, tag="admit"):
    """Agent: answer a waiting customer; the call begins."""

    party: str


class Decline(Command, frozen=True, kw_only=True, tag="decline"):
    """Agent: turn a waiting customer away."""

    party: str


class Mute(Command, frozen=True, kw_only=True, tag="mute"):
    """Stop (or start) the own microphone, at the source."""

    on: bool


class Hold(Command, frozen=True, kw_only=True, tag="hold"):
    """Agent: the customer neither hears nor is heard."""

    on: bool


class HangUp(Command, frozen=True, kw_only=True, tag="hang_up"):
    """End the call for all. Agent, or a supervisor who has taken over."""


class AskHelp(Command, frozen=True, kw_only=True, tag="ask_help"):
    """Agent: ask the team's supervisors for help."""

    reason: str = ""


class CancelHelp(Command, frozen=True, kw_only=True, tag="cancel_help"):
    """Agent: help is no longer wanted."""


class ClaimHelp(Command, frozen=True, kw_only=True, tag="claim_help"):
    """Supervisor: tell the team that one sees to it."""

    call: str


class Reply(Command, frozen=True, kw_only=True, tag="reply"):
    """Agent: a silent answer to the coaches."""

    reply: QuickReply


class Listen(Command, frozen=True, kw_only=True, tag="listen"):
    """Observer: join a call, leaving the present one (a hop). ``catch_up``: begin with the last 20 s, faster than live."""

    call: str
    catch_up: bool = False


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """Observer: leave the call."""


class SetMode(Command, frozen=True, kw_only=True, tag="mode"):
    """Supervisor: who hears me. Answer: ``mode`` twice, first granted, then in force.

    ``released``, with ``listen``: the key was let go, rather than the talk called off. What was said with it in a mode that
    the customer does not hear is still sent if its grant comes within 1.5 s.
    """

    mode: Mode
    released: bool = False


class Polite(Command, frozen=True, kw_only=True, tag="polite"):
    """Supervisor: whether a whisper waits, 3 s at most, for the customer to pause."""

    on: bool


class Volume(Command, frozen=True, kw_only=True, tag="volume"):
    """How loud ``source`` (``customer``, ``agent``, ``coaches`` or a party id) plays here, in dB."""

    source: str
    gain: Gain


class Duck(Command, frozen=True, kw_only=True, tag="duck"):
    """Agent: how far the customer is turned down while a coach whispers, in dB (0 to -60)."""

    gain: Annotated[float, Meta(ge=-60, le=0)]


class AllowWhisper(Command, frozen=True, kw_only=True, tag="allow_whisper"):
    """Agent: the microphone picks up no whisper any more (a headset is on); coaches may ask for the whisper again."""


class Placement(Command, frozen=True, kw_only=True, tag="placement"):
    """Agent: which ear of a stereo headset a whisper is heard in; the customer has the other. ``center``: both in both."""

    whisper: Literal["left", "center", "right"]


class Replay(Command, frozen=True, kw_only=True, tag="replay"):
    """Agent: hear the last whispers (10 s) of this call again."""


PhotoName = Annotated[str, Meta(min_length=1, max_length=64)]


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


class Photo(Command, frozen=True, kw_only=True, tag="photo"):
    """The customer's phone is to take a photo: ``photo`` events tell what comes of it. Agent, or who has taken over."""


class Freeze(Command, frozen=True, kw_only=True, tag="freeze"):
    """Who talks with the customer (the agent, or a supervisor who has taken over): everybody, the customer too, sees the
    customer's picture as it is at this moment; or sees it live again.
    """

    on: bool


class DrawOnPhoto(Command, frozen=True, kw_only=True, tag="draw_on_photo"):
    """As ``draw``, with ``points`` 0 to 1 of a photo: the mark appears in the live picture where the same thing is, if
    that is seen there within three seconds. Answer: ``drawn``.
    """

    photo: PhotoName
    tool: Tool
    points: Annotated[list[Point], Meta(min_length=1, max_length=20_000)]
    colour: OwnColour = ""
    width: Width = 0.006
    fade: Fade = FADE_SECONDS
    text: Text = ""
    number: Number = 0


class ReadCode(Command, frozen=True, kw_only=True, tag="read_code"):
    """Reads barcodes and QR codes in the customer's picture, or in a photo. Answer: ``codes``."""

    photo: Annotated[str, Meta(max_length=64)] = ""


class Devices(Command, frozen=True, kw_only=True, tag="devices"):
    """List microphones, speakers and cameras. Answer: ``devices``."""


class UseDevice(Command, frozen=True, kw_only=True, tag="use_device"):
    """Change a device during a call; ``device`` as in the options of ``coachdesk endpoint``. ``patient``: a microphone or
    speaker that cannot be used is waited for, with the default one in its place.
    """

    kind: Literal["mic", "speaker", "camera"]
    device: str
    patient: bool = False


class VoiceProcessing(Command, frozen=True, kw_only=True, tag="voice"):
    """What is done to the own microphone: echo cancellation, noise suppression, automatic gain."""

    echo: bool
    noise: bool
    gain: bool


class TestTone(Command, frozen=True, kw_only=True, tag="test_tone"):
    """Play a short tone on the speaker, for this user only."""


class Meters(Command, frozen=True, kw_only=True, tag="meters"):
    """Turn ``levels`` events (10 a second) on or off."""

    on: bool


class Frames(Command, frozen=True, kw_only=True, tag="frames"):
    """Publish decoded pictures through shared memory, announced by ``frames`` events; see docs/endpoint.md."""

    on: bool


class Stats(Command, frozen=True, kw_only=True, tag="stats"):
    """Numbers of the media connections. Answer: ``stats``."""


class Diagnostics(Command, frozen=True, kw_only=True, tag="diagnostics"):
    """What support needs to know of this endpoint and its call. Answer: ``diagnostics``."""


class Quit(Command, frozen=True, kw_only=True, tag="quit"):
    """Leave whatever is going on and end the process."""


class Screenshot(Command, frozen=True, kw_only=True, tag="screenshot"):
    """Save the window as a PNG. For ``coachdesk desktop --control`` alone, which takes all others as well."""

    file: str


AnyCommand = (
    Invite
    | Revoke
    | Admit
    | Decline
    | Mute
    | Hold
    | HangUp
    | AskHelp
    | CancelHelp
    | ClaimHelp
    | Reply
    | Listen
    | Leave
    | SetMode
    | Polite
    | Volume
    | Duck
    | Placement
    | Replay
    | AllowWhisper
    | Draw
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
    | Photo
    | Freeze
    | ScreenCommand
    | DrawOnPhoto
    | ReadCode
    | Devices
    | UseDevice
    | VoiceProcessing
    | TestTone
    | Meters
    | Frames
    | Stats
    | Diagnostics
    | Quit
)

_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_encoder = msgspec.json.Encoder()


def parse(line: str | bytes) -> AnyCommand:
    """One line of input, typed. Raises msgspec.DecodeError with a message that says what is wrong."""
    try:
        return _decoder.decode(line)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("JSON is UTF-8, and this is not") from None
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None


def dump(command: Command) -> bytes:
    """One line, newline included."""
    return _encoder.encode(command) + b"\n"
