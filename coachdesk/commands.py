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
    Number,
    Point,
    Text,
    Tool,
    Width,
)
from coachdesk.command import Command as Command
from coachdesk.command import Id as Id
from coachdesk.inkcommands import Caption as Caption
from coachdesk.inkcommands import Clear as Clear
from coachdesk.inkcommands import Draw as Draw
from coachdesk.inkcommands import Drawing as Drawing
from coachdesk.inkcommands import InkCommand as InkCommand
from coachdesk.inkcommands import Laser as Laser
from coachdesk.inkcommands import OwnColour
from coachdesk.inkcommands import PenDown as PenDown
from coachdesk.inkcommands import PenMove as PenMove
from coachdesk.inkcommands import PenUp as PenUp
from coachdesk.inkcommands import Pin as Pin
from coachdesk.inkcommands import Poses as Poses
from coachdesk.inkcommands import Redo as Redo
from coachdesk.inkcommands import ReplayInk as ReplayInk
from coachdesk.inkcommands import Show as Show
from coachdesk.inkcommands import Surface as Surface
from coachdesk.inkcommands import Undo as Undo
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
    | InkCommand
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
