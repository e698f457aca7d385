"""The own microphone among the sounds of a call: whether it is shut, and how loud it is."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from coachdesk.ui.views.label import Icon
from coachdesk.ui.views.meter import Meter
from coachdesk.ui.views.style import column, row, text


class OwnMicrophone(QWidget):
    """``gap``: pixels between the words and the meter."""

    def __init__(self, gap: int) -> None:
        super().__init__()
        self._icon = Icon("microphone", 16, "muted")
        self._state = text("Your microphone")
        self._meter = Meter("your microphone")
        head = row(gap=7)
        head.addWidget(self._icon)
        head.addWidget(self._state, 1)
        self.column = column(self, gap=gap)
        self.column.addLayout(head)
        self.column.addWidget(self._meter)

    def show_sound(self, dbfs: float, *, muted: bool) -> None:
        self._meter.set(dbfs)
        self._icon.set("microphone-off" if muted else "microphone")
        self._state.setText("Microphone muted" if muted else "Your microphone")
