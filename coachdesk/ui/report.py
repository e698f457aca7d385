"""A call's photos with their marks, as pictures and as a report to keep."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QImage,
    QImageReader,
    QImageWriter,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from coachdesk.soundcourse import Minute, spells
from coachdesk.ui.inkshape import to_screen
from coachdesk.ui.presenters.gallery import Report, Still
from coachdesk.ui.sound_chart import paint_chart
from coachdesk.ui.sound_wording import spell
from coachdesk.ui.views.ink_paint import paint_mark
from signaling.pictureform import MAX_PIXELS

DOTS_PER_INCH = 200
MARGIN_MM = 18.0
PHOTO_SHARE, WORDS_SHARE = 0.37, 0.05
"""Of the page's height: a photo, and what is written over and under it."""
BYTES_PER_PIXEL = 4
CHART_SHARE = 0.03
"""Of the page's height."""
MOST_SPELLS = 4

QImageReader.setAllocationLimit(MAX_PIXELS * BYTES_PER_PIXEL >> 20)


def picture(still: Still) -> QImage:
    """The photo in its full size, marks and all; a null image if it cannot be read."""
    image = QImage.fromData(QByteArray(still.data)).convertToFormat(QImage.Format.Format_RGB32)
    if not image.isNull():
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_marks(painter, still, QRectF(image.rect()))
    return image


def paint_marks(painter: QPainter, still: Still, where: QRectF) -> None:
    """``where``: the photo is, pixels of the painter."""
    view = to_screen(where.left(), where.top(), where.width(), where.height())
    for mark in still.marks:
        paint_mark(painter, mark, view, where.height())


def save_png(still: Still, file: Path) -> bool:
    """Whether it could be written."""
    image, buffer = picture(still), QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    return not image.isNull() and QImageWriter(buffer, b"PNG").write(image) and _write(file, buffer)


def save_pdf(report: Report, file: Path) -> bool:
    """An A4 page or more: what the call was, then each photo with time and caption. Whether it could be written."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(report.about or "Call")
    writer.setCreator("CoachDesk")
    writer.setResolution(DOTS_PER_INCH)
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    portrait, unit = QPageLayout.Orientation.Portrait, QPageLayout.Unit.Millimeter
    writer.setPageLayout(QPageLayout(QPageSize(QPageSize.PageSizeId.A4), portrait, margins, unit))
    with QPainter(writer) as painter:
        sheet = _Sheet(painter, QSizeF(writer.width(), writer.height()))
        sheet.head(report)
        for place, still in enumerate(report.stills):
            if not sheet.has_room:
                writer.newPage()
                sheet.top = 0.0
            sheet.still(place + 1, still, len(report.stills))
    return _write(file, buffer)


def _write(file: Path, buffer: QBuffer) -> bool:
    try:
        file.write_bytes(buffer.data().data())
    except OSError:
        return False
    return True


class _Sheet:
    """The page that is written. ``top``: where the next line begins, in the writer's dots."""

    def __init__(self, painter: QPainter, size: QSizeF) -> None:
        self._painter, self._size = painter, size
        self.top = 0.0

    @property
    def has_room(self) -> bool:
        """For another photo."""
        return self.top <= self._size.height() * (1 - PHOTO_SHARE - WORDS_SHARE)

    def head(self, report: Report) -> None:
        self._line(report.about or "Call", 20, bold=True)
        until = f"to {_clock(report.ended_at)}" if report.ended_at is not None else "(still going on)"
        self._line(f"{_day(report.started_at)}, {_clock(report.started_at)} {until}", 11)
        for name, role in report.parties:
            self._line(f"{name} ({role})" if name else role, 11)
        for title, minutes in report.sound:
            self._sound(title, minutes, report.started_at)
        self.top += self._size.height() * 0.015

    def _sound(self, title: str, minutes: list[Minute], started_at: float) -> None:
        self.top += self._size.height() * 0.008
        self._line(title, 11, bold=True)
        height = self._size.height() * CHART_SHARE
        paint_chart(self._painter, minutes, QRectF(0, self.top, self._size.width(), height))
        self.top += height + 4
        found = spells(minutes)
        for each in found[:MOST_SPELLS]:
            self._line(spell(each, started_at), 9)
        if len(found) > MOST_SPELLS:
            self._line(f"and {len(found) - MOST_SPELLS} more times", 9)
        if not found:
            self._line("Good throughout", 9)

    def still(self, number: int, still: Still, count: int) -> None:
        self._line(f"{number} of {count}, {_clock(still.taken_at)}", 10)
        image = picture(still)
        height = self._size.height() * PHOTO_SHARE
        if not image.isNull():
            # A page has no use for more than its own dots.
            scaled = image.scaled(
                round(self._size.width()),
                round(height),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._painter.drawImage(0, round(self.top), scaled)
            self.top += scaled.height() + 12
        if still.caption:
            self._line(still.caption, 12)
        self.top += self._size.height() * 0.015

    def _line(self, words: str, points: float, *, bold: bool = False) -> None:
        font = QFont()
        font.setPointSizeF(points)
        font.setBold(bold)
        self._painter.setFont(font)
        room = QRectF(0, self.top, self._size.width(), self._size.height() - self.top)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
        taken = self._painter.boundingRect(room, flags, words)
        self._painter.drawText(room, flags, words)
        self.top += taken.height() * 1.1


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def _clock(at: float) -> str:
    return time.strftime("%H:%M", time.localtime(at))
