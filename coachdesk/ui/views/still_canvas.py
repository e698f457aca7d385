"""One photo with its marks, to be drawn on."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QElapsedTimer, QEvent, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from coachdesk.annotation import Point, Tool
from coachdesk.gestures import SINGLE, finished
from coachdesk.ui.inkshape import to_screen
from coachdesk.ui.presenters.gallery import GalleryPresenter, PhotoMark, Still
from coachdesk.ui.report import paint_marks
from coachdesk.ui.views.ink_paint import paint_mark
from coachdesk.ui.views.ink_words import WordsField


class StillWords(WordsField):
    """Escape gives up what is typed, and does not close the gallery."""

    def event(self, event: QEvent) -> bool:
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # it comes as a key then
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.done()
        else:
            super().keyPressEvent(event)


class StillCanvas(QWidget):
    """Shows a photo as large as there is room; a drag with the left button draws on it. Numbers and words stand where it is
    touched.
    """

    def __init__(self, presenter: GalleryPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._still: Still | None = None
        self._image = QImage()
        self._drawn: list[Point] = []
        self._clock = QElapsedTimer()
        self._words_at: Point | None = None
        self.words = StillWords(self, self._say)
        self.words.returnPressed.connect(self.setFocus)
        self.setMinimumSize(420, 300)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("The photo; drag to draw on it")

    def show_still(self, still: Still | None) -> None:
        if still is not self._still:
            self.words.done()
            self._still, self._drawn = still, []
            self._image = QImage.fromData(QByteArray(still.data)) if still is not None else QImage()
        self.update()

    @property
    def content(self) -> QRectF:
        """Where the photo is, in pixels of this widget."""
        size = QSizeF(self._image.size()).scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        corner = QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2)
        return QRectF(corner, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._still is None or self._image.isNull():
            return
        content = self.content
        with QPainter(self) as painter:
            painter.setRenderHints(
                QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
            )
            painter.drawImage(content, self._image)
            paint_marks(painter, self._still, content)
            if len(self._drawn) > 1 and self._presenter.tool not in SINGLE:
                view = to_screen(content.left(), content.top(), content.width(), content.height())
                tool = self._presenter.tool
                paint_mark(painter, PhotoMark(tool, finished(tool, self._drawn)), view, content.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.words.isVisible():
            self.words.done()
        elif event.button() is Qt.MouseButton.LeftButton and self._still is not None:
            self._clock.start()
            self._drawn = [self._point(event)]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drawn:
            self._drawn.append(self._point(event))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drawn, self._drawn = self._drawn, []
        if drawn and self._still is not None:
            points = [*drawn, self._point(event)]
            if self._presenter.tool is Tool.TEXT:
                self._ask_words(points[-1])
            else:
                self._presenter.draw(self._still, points)
        self.update()

    def _ask_words(self, at: Point) -> None:
        self._words_at = at
        content = self.content
        self.words.open_at(content.left() + at.x * content.width(), content.top() + at.y * content.height())

    def _say(self, words: str) -> None:
        at, self._words_at = self._words_at, None
        if at is not None and self._still is not None:
            self._presenter.write(self._still, at, words)

    def _point(self, event: QMouseEvent) -> Point:
        content, at = self.content, event.position()
        x = (at.x() - content.left()) / max(content.width(), 1.0)
        y = (at.y() - content.top()) / max(content.height(), 1.0)
        return Point(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0), 0.5, self._clock.elapsed())
