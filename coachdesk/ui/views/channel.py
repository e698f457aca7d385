"""One sound source: what it is called, how loud it is, whether it is speech, how loud it is played."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from coachdesk.ui.views.label import ElidedLabel, Icon
from coachdesk.ui.views.meter import Meter
from coachdesk.ui.views.style import column, row

QUIETEST, LOUDEST = -40, 12
"""dB on the slider; its left end means off, which an endpoint knows as -60 dB."""
OFF = -60.0


class Channel(QWidget):
    """Meter above, volume below; ``turned`` hears the gain in dB."""

    def __init__(self, name: str, icon: str, turned: Callable[[float], None]) -> None:
        super().__init__()
        self._turned = turned
        self.name = ElidedLabel(name, "body")
        self._gain = QLabel()
        self._gain.setProperty("type", "small")
        self.meter = Meter(name)
        self.slider = gain_slider(f"Volume of {name}", QUIETEST, LOUDEST)
        self.slider.valueChanged.connect(self._slid)
        head = row(gap=7)
        self._icon_name = icon
        self._icon = Icon(icon, 16, "muted")
        self.activity = QLabel()
        self.activity.setProperty("type", "small")
        head.addWidget(self._icon)
        head.addWidget(self.name, 1)
        head.addWidget(self.activity)
        head.addWidget(self._gain)
        layout = column(self, gap=5)
        layout.addLayout(head)
        layout.addWidget(self.meter)
        layout.addWidget(self.slider)
        self._write(0)

    def show_sound(self, dbfs: float, *, speaks: bool) -> None:
        """How loud it is; and by a word, too, whether that is speech."""
        self.meter.set(dbfs)
        self.activity.setText("speaks" if speaks else "")
        self._icon.set(self._icon_name, "success_text" if speaks else "muted")

    def show_gain(self, gain: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(max(QUIETEST, round(gain)))
        self._write(self.slider.value())

    def _slid(self, value: int) -> None:
        self._write(value)
        self._turned(OFF if value == QUIETEST else float(value))

    def _write(self, value: int) -> None:
        self._gain.setText("off" if value == QUIETEST else f"{value:+d} dB" if value else "0 dB")


def gain_slider(name: str, low: int, high: int) -> QSlider:
    """A slider in dB, steps of 1 and 6."""
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(low, high)
    slider.setPageStep(6)
    slider.setAccessibleName(name)
    slider.setToolTip(f"{name} (arrow keys)")
    return slider
