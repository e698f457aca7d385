"""The line above a call: what it is about, with whom, for how long, in which state."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from coachdesk.ui import wording
from coachdesk.ui.views.label import Chip, ElidedLabel
from coachdesk.ui.views.style import column, row
from signaling.protocol import CallPhase, CallView


class CallHeader(QWidget):
    """Label large, people small, then chips for state and age."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ElidedLabel("", "title")
        self.people = ElidedLabel("", "muted")
        self.phase = Chip()
        self.age = Chip()
        words = column(gap=1)
        words.addWidget(self.title)
        words.addWidget(self.people)
        self.line = row(self, gap=8)
        self.line.addLayout(words, 1)
        self.line.addWidget(self.phase)
        self.line.addWidget(self.age)

    def show_call(self, call: CallView, now: float, me: str = "") -> None:
        self.title.set(call.label or wording.customer_name(call))
        agent = "" if me == call.agent else f"  ·  with {wording.agent_name(call)}"
        self.people.set(wording.customer_name(call) + agent)
        self.phase.set(*phase_chip(call))
        self.age.set(*age_chip(now - call.started_at))


def phase_chip(call: CallView) -> tuple[str, str, str]:
    if call.phase is CallPhase.HELD:
        return ("hold", "On hold", "warning")
    return ("answer", "Live", "success")


def age_chip(seconds: float) -> tuple[str, str, str]:
    """Time in call; its tone also has its own icon and word."""
    tone = wording.age_tone(seconds)
    note = {"warning": " long", "danger": " over time"}.get(tone, "")
    return ("clock" if tone == "success" else "clock-alert", wording.duration(seconds) + note, tone)
