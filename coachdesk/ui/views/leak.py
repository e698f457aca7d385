"""How much of a whisper the agent's microphone picks up, and what to do when it is too much."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from coachdesk.media.whisper.leakguard import CLOSE_DB
from coachdesk.ui.presenters.whispers import WhispersPresenter
from coachdesk.ui.sound_wording import LEAK_WARN_DB, leak
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.label import Chip, ElidedLabel, Icon
from coachdesk.ui.views.meter import Meter
from coachdesk.ui.views.style import column, row, text

WHY = "Put on a headset. Your microphone picks up the whisper; the customer could hear it."
ALLOW = Action("Headset is on", "W", "agent", "Allow whispers again, once your headset is on")


class LeakGauge(QWidget):
    """A meter in dB relative to the whisper, with words; it turns to a warning, then to red where the guard closes."""

    def __init__(self, presenter: WhispersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        name = ElidedLabel("Whisper leak")
        self.meter = Meter("the coach's whisper in your microphone", LEAK_WARN_DB, CLOSE_DB)
        self.state = Chip()
        head = row(gap=7)
        head.addWidget(name, 1)
        head.addWidget(self.state)
        layout = column(self, gap=5)
        layout.addLayout(head)
        layout.addWidget(self.meter)
        self.setToolTip(
            "How much of a coach's whisper your microphone picks up, measured while one whispers.\n"
            f"From {CLOSE_DB:.0f} dB on, whispering is switched off, because the customer could hear it."
        )
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        told = self._presenter.leak
        self.meter.set(told.level_db)
        self.state.set(*leak(told))


class LeakBanner(QFrame):
    """Shown while whispering is off: why, the remedy, and the button that allows it again."""

    def __init__(self, presenter: WhispersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setProperty("notice", "error")
        title = text("Whispering is off", "heading", wrap=True)
        self.why = text(WHY, wrap=True)
        self.setAccessibleName(f"Whispering is off. {WHY}")
        self.allow = make_button(ALLOW, presenter.allow, "primary", show_key=True)
        words = column(gap=3)
        words.addWidget(title)
        words.addWidget(self.why)
        words.addSpacing(4)
        words.addWidget(self.allow, 0, Qt.AlignmentFlag.AlignLeft)
        layout = row(self, gap=12)
        layout.setContentsMargins(14, 8, 10, 8)
        layout.addWidget(Icon("agent", 24, "danger_text"))
        layout.addLayout(words, 1)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        self.setVisible(self._presenter.leak.closed)
