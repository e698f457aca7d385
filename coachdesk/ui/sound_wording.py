"""What the windows say of the sound: how good it is, whether a whisper leaks, who speaks how long; and of the
picture that gives way to it. Pure.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from coachdesk.events import Grade, Leak, Reading, TalkTime
from coachdesk.media.whisper.leakmeter import NO_LEAK_DB
from coachdesk.soundcourse import Spell
from coachdesk.ui.wording import Tone, agent_name, customer_name, duration
from signaling.protocol import CallView

PictureQuality = Literal["full", "reduced", "keyframes", "none"]
PICTURES: dict[PictureQuality, str] = {
    "full": "",
    "reduced": "Fewer pictures: your line is slow",
    "keyframes": "A picture now and then: your line is slow",
    "none": "Picture stopped: your line is too slow. The sound goes on",
}
"""What is said of a picture that was thinned for one's own line alone."""
QUIET_FROM = 10.0
"""Seconds of silence from which on they are worth telling."""
LEAK_WARN_DB = -52.0
"""dB relative to the whisper: from here on a leak is worth a warning, though it is too soft to matter."""
GRADES: dict[Grade, tuple[str, Tone]] = {
    "good": ("Good", "success"),
    "fair": ("Fair", "warning"),
    "poor": ("Poor", "danger"),
}


NOT_COACHES = frozenset({"mic", "speaker", "customer", "agent"})


def coaches_level(levels: Mapping[str, float]) -> float:
    """dBFS of the loudest coach; ``levels`` are those of the ``levels`` event, where every other source is a coach."""
    return max((level for source, level in levels.items() if source not in NOT_COACHES), default=-120.0)


@dataclass(frozen=True, slots=True)
class Quality:
    """The badge: the grade of the worst sound as a word and a tone, and every sound's numbers as lines."""

    grade: Grade
    word: str
    tone: Tone
    lines: tuple[str, ...]


def quality(readings: Mapping[str, Reading], call: CallView) -> Quality:
    """``readings``: at least one, by source as in the ``quality`` event."""
    worst_first = sorted(readings.items(), key=lambda item: item[1].mos)
    grade = worst_first[0][1].grade
    word, tone = GRADES[grade]
    return Quality(grade, word, tone, tuple(_line(_whose(s, call), r) for s, r in worst_first))


def _whose(source: str, call: CallView) -> str:
    known = {
        "customer": customer_name(call),
        "agent": agent_name(call),
        "agent_at_customer": "You, as the customer hears you",
        "at_customer": "What the customer hears",
    }
    return known.get(source) or next((p.name for p in call.parties if p.party == source and p.name), "Coach")


def _line(whose: str, reading: Reading) -> str:
    return (
        f"{whose}: {GRADES[reading.grade][0].lower()} ({reading.mos:.1f} of 4.5), "
        f"delay {reading.delay_ms:.0f} ms, of this {reading.playout_ms:.0f} ms buffer, "
        f"jitter {reading.jitter_ms:.0f} ms, lost {reading.loss:.1%}, made up {reading.concealed:.1%}"
    )


def sounds_of(call: CallView, *, own: bool) -> dict[str, str]:
    """What a report says of the call's sound, by source as in the ``quality`` event: a title each. ``own``: it is the
    agent's. It tells how customer and agent heard each other, as far as that is known, and no more: a report is passed on,
    and must not tell who listened.
    """
    agent, customer = agent_name(call), customer_name(call)
    heard = f"How {customer} heard {agent}"
    return (
        {"customer": f"How {agent} heard {customer}", "agent_at_customer": heard}
        if own
        else {"at_customer": heard}
    )


def spell(of: Spell, started_at: float) -> str:
    """Minutes in which it did not sound well, and why. ``started_at``: of the call, Unix seconds."""
    begin, end = (time.localtime(started_at + 60 * minute) for minute in (of.first, of.last + 1))
    worst = of.worst
    return (
        f"{time.strftime('%H:%M', begin)} to {time.strftime('%H:%M', end)}: {GRADES[of.grade][0].lower()}, at worst "
        f"{worst.mos:.1f} of 4.5, delay {worst.delay_ms:.0f} ms, lost {worst.loss:.0%}, made up {worst.concealed:.0%}"
    )


def leak(told: Leak) -> tuple[str, str, Tone]:
    """Icon, words and tone for what the agent's microphone picks up of a whisper."""
    if told.closed:
        return ("alert", "Too much", "danger")
    if told.level_db <= NO_LEAK_DB:
        return ("done", "None", "neutral")
    level = f"{told.level_db:.0f} dB"
    return (
        ("warning", level, "warning")
        if told.level_db >= LEAK_WARN_DB
        else ("done", f"Faint, {level}", "neutral")
    )


def talk_time(told: TalkTime, agent: str = "You") -> str:
    """Who has spoken for how long; ``agent``: how the agent is called."""
    parts = [
        f"{agent} {duration(told.seconds.get('agent', 0.0))}",
        f"Customer {duration(told.seconds.get('customer', 0.0))}",
        f"Both talking {duration(told.together)}",
    ]
    if told.quiet_for >= QUIET_FROM:
        parts.append(f"Silence for {duration(told.quiet_for)}")
    return "  ·  ".join(parts)
