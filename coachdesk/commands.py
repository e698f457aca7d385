"""What an endpoint can be told: one JSON object per line, ``cmd`` names it. Pure; docs/endpoint.md lists them.

Any command may carry ``id``; the answer event carries the same.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from signaling.policy import Mode
from signaling.protocol import QuickReply

Gain = Annotated[float, Meta(ge=-60, le=12)]
Id = str | Annotated[int, Meta(ge=-(2**53), le=2**53)] | None


class Command(Struct, frozen=True, tag_field="cmd", forbid_unknown_fields=True):
    id: Id = None


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
    """Supervisor: who hears me. Answer: ``mode`` twice, first granted, then in force."""

    mode: Mode


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


class Devices(Command, frozen=True, kw_only=True, tag="devices"):
    """List microphones, speakers and cameras. Answer: ``devices``."""


class UseDevice(Command, frozen=True, kw_only=True, tag="use_device"):
    """Change a device during a call; ``device`` as in the options of ``coachdesk endpoint``."""

    kind: Literal["mic", "speaker", "camera"]
    device: str


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
