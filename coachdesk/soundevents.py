"""What an endpoint tells of sound: the devices, who is heard, how well; ``coachdesk.events`` has it all. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from coachdesk.event import Event


class Sound(Event, frozen=True, kw_only=True, tag="sound"):
    """The sound devices run: sample n of the mic was captured at ``mic_time`` + n/48000, sample n of the speaker played at
    ``speaker_time`` + n/48000. Monotonic clock, seconds.
    """

    mic_time: float
    speaker_time: float


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
