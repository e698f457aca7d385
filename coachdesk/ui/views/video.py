"""The customer's picture: the latest one from shared memory, its aspect kept, or words in its place."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from coachdesk.media.picture.framering import FrameReader, SharedPicture
from coachdesk.ui import icons
from coachdesk.ui.presenters.ink_frames import PictureQueue
from coachdesk.ui.theme import theme

log = logging.getLogger(__name__)

LOOK_EVERY_MS = 16
REOPEN_AFTER_LOOKS = 30
Picture = NDArray[np.uint8]


class Pictures(Protocol):
    """A reader of shared pictures: ``coachdesk.media.picture.framering.FrameReader``."""

    def read(self) -> SharedPicture | None:
        """The latest picture; None if there is nothing new."""

    def close(self) -> None: ...


def open_pictures(name: str) -> Pictures:
    """The pictures in shared memory ``name``. Raises OSError or ValueError when they are not there."""
    return FrameReader(name)


class VideoView(QWidget):
    """Polls for pictures only while it is visible. ``content_rect`` is where the picture itself is.

    Attributes:
        queue: pictures that wait for what is to be painted over them.
        image: the picture shown, or None; frame: its id.

    Signals:
        looked: it has been looked for a new picture, which is shown if there was one.
    """

    looked = Signal()

    def __init__(self, open_source: Callable[[str], Pictures] = open_pictures) -> None:
        super().__init__()
        self._open = open_source
        self._name: str | None = None
        self._source: Pictures | None = None
        self._looks = 0
        self.queue = PictureQueue(lambda _: True, time.monotonic)
        self.image: QImage | None = None
        self.frame: int | None = None
        self._picture: Picture | None = None
        self._still = False
        self._scaled: QPixmap | None = None
        self._calm = False
        self._words = ("camera-off", "No picture", "")
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The customer's camera")

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 112)

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def show_source(self, name: str | None) -> None:
        """Show the pictures in shared memory ``name``; None: there are none."""
        if name == self._name:
            return
        self._close()
        self._name = name
        self._picture = self.image = self._scaled = self.frame = None
        self.queue.clear()
        self.update()

    def hold(self, still: bool) -> None:
        """The picture that is shown stands still, or is live again with the next look."""
        if still is not self._still:
            self._still = still
            self._scaled = None
            self.update()

    def say(self, icon: str, title: str, detail: str = "", *, calm: bool = False) -> None:
        """What stands there while there is no picture; ``calm`` where none is expected: on the page's own ground."""
        self._calm = calm
        if self._words != (icon, title, detail):
            self._words = (icon, title, detail)
            self.setAccessibleDescription(f"{title}. {detail}")
            self.update()

    def content_rect(self) -> QRectF:
        """Where the picture is painted, in widget coordinates; empty without a picture."""
        if self.image is None:
            return QRectF()
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - size.width()) / 2,
            (self.height() - size.height()) / 2,
            size.width(),
            size.height(),
        )

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            frame = QPainterPath()
            frame.addRoundedRect(QRectF(self.rect()), 8, 8)
            calm = self._calm and self.image is None
            painter.fillPath(frame, theme.colour("sunken" if calm else "video"))
            if self.image is not None:
                painter.setClipPath(frame)
                self._paint_picture(painter, self.image)
            else:
                self._paint_words(painter, "muted" if self._calm else "on_video")

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        """One that stands still is painted for every stroke on it: it is scaled once."""
        content = self.content_rect()
        if not self._still:
            painter.drawImage(content, image)
            return
        size = (content.size() * self.devicePixelRatio()).toSize()
        if self._scaled is None or self._scaled.size() != size:
            aspect, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._scaled = QPixmap.fromImage(image.scaled(size, aspect, smooth))
        painter.drawPixmap(content, self._scaled, QRectF(self._scaled.rect()))

    def _paint_words(self, painter: QPainter, ink: str) -> None:
        icon, title, detail = self._words
        middle = self.height() // 2
        icons.paint(painter, QRect(self.width() // 2 - 24, middle - 62, 48, 48), icon, ink)
        painter.setPen(theme.colour(ink))
        font = painter.font()
        font.setPixelSize(16)
        font.setBold(True)
        painter.setFont(font)
        wide = self.rect().adjusted(20, 0, -20, 0)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(QRect(wide.x(), middle, wide.width(), 24), flags, title)
        font.setPixelSize(13)
        font.setBold(False)
        painter.setFont(font)
        painter.drawText(QRect(wide.x(), middle + 28, wide.width(), 60), flags, detail)

    def _look(self) -> None:
        if self._name is not None:
            source = self._source or self._reopen(self._name)
            found = source.read() if source is not None else None
            if found is not None:
                self.queue.put(found)
            still = self._still and self.image is not None
            if not still and (ready := self.queue.next()) is not None:
                self._show(ready)
        self.looked.emit()

    def _reopen(self, name: str) -> Pictures | None:
        self._looks += 1
        if self._looks % REOPEN_AFTER_LOOKS != 1:
            return None
        try:
            self._source = self._open(name)
        except (OSError, ValueError) as error:
            log.info("pictures %s cannot be opened yet: %s", name, error)
        return self._source

    def _show(self, shared: SharedPicture) -> None:
        picture = shared.bgra
        height, width = picture.shape[:2]
        # The image borrows the array's memory: the array is kept as long as the image.
        self._picture, self.frame, self._scaled = picture, shared.frame, None
        self.image = QImage(picture.data, width, height, picture.strides[0], QImage.Format.Format_RGB32)
        self.update()

    def _close(self) -> None:
        source, self._source = self._source, None
        self._looks = 0
        if source is not None:
            source.close()
