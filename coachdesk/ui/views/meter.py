"""A level meter: dBFS as a bar, with a peak that falls slowly."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from coachdesk.ui.theme import theme

FLOOR, WARM, HOT = -60.0, -18.0, -6.0
"""dBFS: the left end, and where the bar turns to a warning and to too loud."""
PEAK_FALL = 20.0
"""dB per second."""


class Meter(QWidget):
    """Shows levels from -60 to 0 dB; ``warm`` and ``hot``: where the bar turns to a warning and to too much."""

    def __init__(self, name: str, warm: float = WARM, hot: float = HOT) -> None:
        super().__init__()
        self.level = FLOOR
        self._peak = FLOOR
        self._peak_at = 0.0
        self._warm, self._hot = warm, hot
        self.setAccessibleName(f"Level of {name}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 8)

    def set(self, dbfs: float) -> None:
        now = time.monotonic()
        level = min(max(dbfs, FLOOR), 0.0)
        peak = max(level, self._peak - PEAK_FALL * (now - self._peak_at))
        if (level, peak) != (self.level, self._peak):
            self.level, self._peak = level, peak
            self.setAccessibleDescription("silent" if level <= FLOOR else f"{level:.0f} decibels")
            self.update()
        self._peak_at = now

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.colour("border_strong" if theme.name == "contrast" else "border"))
            painter.setBrush(theme.colour("sunken"))
            bar = QRectF(0.5, 0.5, self.width() - 1, self.height() - 1)
            painter.drawRoundedRect(bar, 3, 3)
            for token, start, end in (
                ("meter_low", FLOOR, self._warm),
                ("meter_mid", self._warm, self._hot),
                ("meter_high", self._hot, 0.0),
            ):
                if self.level > start:
                    left, right = self._x(start), self._x(min(self.level, end))
                    painter.fillRect(QRectF(left, 1.5, right - left, self.height() - 3), theme.colour(token))
            if self._peak > FLOOR:
                painter.fillRect(
                    QRectF(self._x(self._peak) - 1, 1, 2, self.height() - 2), theme.colour("text")
                )

    def _x(self, dbfs: float) -> float:
        return 1.5 + (dbfs - FLOOR) / -FLOOR * (self.width() - 3)
