"""Around what one shares, on the real screen: a thin line that is in no capture, for as long as it is shared."""

from __future__ import annotations

from math import ceil, floor

from PySide6.QtCore import QObject, QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QRegion

from coachdesk.ui.presenters.sharing import SharingPresenter
from coachdesk.ui.views.desktop_window import LEFT_OUT, DesktopWindow, Monitors

LINE, DASH = 4, 12
"""Pixels before scaling: how thick it is, and how long are its dashes and the gaps between them."""
SHARED, EVERYONE, BLANKED = "#ff8c00", "#e5322d", "#8d949e"
"""Its colours: coaches see what is shared; the customer does, too; nobody does."""
NO_FRAME = "" if LEFT_OUT else "No frame is drawn around it: this system would show that to others."


class ShareFrame(QObject):
    """Where all of a screen is shared, or a window as large as that, along its edges within it; else around it."""

    def __init__(self, presenter: SharingPresenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._monitors = Monitors(MonitorFrame, self)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        p = self._presenter
        if p.place is None or not p.sharing or not LEFT_OUT:
            self._monitors.close()
            return
        blanked = p.state == "blank"
        colour = BLANKED if blanked else EVERYONE if p.shown else SHARED
        for monitor, here in self._monitors.at(p.place):
            monitor.show_frame(monitor.content(here) if here else QRectF(), colour, dashed=blanked)


class MonitorFrame(DesktopWindow):
    """What of it is on one monitor."""

    _shown: tuple[QRectF, str, bool] | None = None

    def show_frame(self, content: QRectF, colour: str, *, dashed: bool) -> None:
        """Around ``content``, which is in this window's pixels; empty: it is not on this monitor."""
        if (content, colour, dashed) != self._shown:
            self._shown = content, colour, dashed
            self.cut(outline(content, self.rect(), dashed=dashed))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shown is not None:
            with QPainter(self) as painter:
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                painter.fillRect(event.rect(), QColor(self._shown[1]))


def outline(content: QRectF, room: QRect, *, dashed: bool) -> QRegion:
    """What of ``room`` is around ``content``; a side with no space beside it is within; one that is outside is none."""
    if not content.intersects(QRectF(room)):
        return QRegion()
    left, top = floor(content.left()) - LINE, floor(content.top()) - LINE
    right, bottom = ceil(content.right()) + LINE, ceil(content.bottom()) + LINE
    left, top = (max(0, left) if left >= -LINE else left), (max(0, top) if top >= -LINE else top)
    width, height = room.width(), room.height()
    right = min(width, right) if right <= width + 1 + LINE else right  # a scaled monitor ends within a pixel
    bottom = min(height, bottom) if bottom <= height + 1 + LINE else bottom
    whole = QRect(left, top, right - left, bottom - top)
    inside = whole.adjusted(LINE, LINE, -LINE, -LINE)
    shape = QRegion(whole) - QRegion(inside)
    if dashed:
        for x in range(inside.left(), inside.right(), 2 * DASH):
            shape -= QRegion(x, top, DASH, bottom - top)
        for y in range(inside.top(), inside.bottom(), 2 * DASH):
            shape -= QRegion(left, y, right - left, DASH)
    return shape & QRegion(room)
