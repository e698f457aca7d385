"""The line above a call: what it is about, with whom, for how long, in which state, how good it sounds."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from coachdesk.ui import wording
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.views.label import Chip, ElidedLabel
from coachdesk.ui.views.quality_badge import QualityBadge
from coachdesk.ui.views.style import column, row
from signaling.protocol import CallPhase, CallView

CATCHING_UP = ("catch-up", "Catching up", "private")


class CallHeader(QWidget):
    """Label large, people small, then chips for state, age and quality of sound."""

    def __init__(self, quality: QualityPresenter) -> None:
        super().__init__()
        self.title = ElidedLabel("", "title")
        self.people = ElidedLabel("", "muted")
        self.phase = Chip()
        self.age = Chip()
        self.quality = QualityBadge(quality)
        words = column(gap=1)
        words.addWidget(self.title)
        words.addWidget(self.people)
        self.line = row(self, gap=8)
        self.line.addLayout(words, 1)
        self.line.addWidget(self.phase)
        self.line.addWidget(self.age)
        self.line.addWidget(self.quality)

    def show_call(self, call: CallView, now: float, me: str = "", *, catching_up: bool = False) -> None:
        """``catching_up``: what is heard is from before, so it is not called live."""
        self.title.set(call.label or wording.customer_name(call))
        agent = "" if me == call.agent else f"  ·  with {wording.agent_name(call)}"
        self.people.set(wording.customer_name(call) + agent)
        self.phase.set(*(CATCHING_UP if catching_up else phase_chip(call)))
        self.age.set(*age_chip(now - call.started_at))
        self.quality.refresh()


def phase_chip(call: CallView) -> tuple[str, str, str]:
    if call.phase is CallPhase.HELD:
        return ("hold", "On hold", "warning")
    return ("answer", "Live", "success")


def age_chip(seconds: float) -> tuple[str, str, str]:
    """Time in call; its tone also has its own icon and word."""
    tone = wording.age_tone(seconds)
    note = {"warning": " long", "danger": " over time"}.get(tone, "")
    return ("clock" if tone == "success" else "clock-alert", wording.duration(seconds) + note, tone)
