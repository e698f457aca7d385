"""Words at the edges of the picture: who sees what is drawn, that the picture stands still, why a mark may not hold."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QFrame, QWidget

from coachdesk.ui.ink_wording import SURFACES, frozen
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.views.label import ElidedLabel, Icon
from coachdesk.ui.views.panels import HEARING_INK
from coachdesk.ui.views.style import restyle, row
from coachdesk.ui.wording import HearingKind

MARGIN = 10
AROUND_WORDS = 9 + 16 + 7 + 11
"""Pixels of a note's width that are not its words: the icon, and the room around it."""
SEEN_ICONS: dict[HearingKind, str] = {
    "nobody": "unseen",
    "pending": "unseen",
    "private": "seen",
    "trainees": "seen",
    "everyone": "seen",
}


class InkNote(QFrame):
    """One line with an icon, in the colours of who hears what; mouse and pen go through it."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._name = name
        self._icon = Icon("seen", 16)
        self.label = ElidedLabel()
        layout = row(self, gap=7)
        layout.setContentsMargins(9, 4, 11, 4)
        layout.addWidget(self._icon)
        layout.addWidget(self.label, 1)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_words(self, kind: HearingKind, icon: str, words: str) -> None:
        self.label.set(words)
        self.setAccessibleName(f"{self._name}: {words}")
        self._icon.set(icon, HEARING_INK[kind])
        restyle(self, "hearing", kind)

    def put(self, content: QRectF, line: int) -> None:
        """In the left top corner of the picture, in one of its first ``line``s, from 0; elided if it is too wide."""
        wide = min(AROUND_WORDS + self.label.sizeHint().width(), int(content.width()) - 2 * MARGIN)
        high = self.sizeHint().height()
        left, top = content.left() + MARGIN, content.top() + MARGIN + line * (high + 4)
        self.setGeometry(round(left), round(top), max(wide, 40), high)
        self.show()


class InkNotes:
    """The three notes of one picture."""

    def __init__(self, parent: QWidget, presenter: InkPresenter) -> None:
        self._presenter = presenter
        self.seen = InkNote(parent, "Who sees what you draw")
        self.still = InkNote(parent, "The picture")
        self.surface = InkNote(parent, "This place")

    def covers(self, place: QRectF) -> bool:
        """Whether something at ``place`` of the parent could not be read."""
        notes = (self.seen, self.still, self.surface)
        return any(note.isVisible() and QRectF(note.geometry()).intersects(place) for note in notes)

    def refresh(self, content: QRectF) -> None:
        presenter = self._presenter
        seen = presenter.seen
        drawing = presenter.pen.tool is not None and not content.isEmpty()
        if seen is not None and drawing:
            usual = seen.kind == "everyone" and presenter.own == "agent"
            self.seen.show_words("nobody" if usual else seen.kind, SEEN_ICONS[seen.kind], seen.title)
            self.seen.setAccessibleDescription(seen.detail)
            self.seen.put(content, 0)
        else:
            self.seen.hide()
        why = SURFACES.get(presenter.surface, "")
        if why and drawing and presenter.pen.hand is None:
            self.surface.show_words("pending", "warning", why)
            self.surface.put(content, 1)
        else:
            self.surface.hide()
        if presenter.frozen is not None and not content.isEmpty():
            self.still.show_words("nobody", "still", frozen(presenter.frozen))
            self.still.put(content, 2 if self.surface.isVisible() else 1)
        elif presenter.pen.still is not None and not content.isEmpty():
            self.still.show_words("nobody", "still", "Stands still while you draw")
            self.still.put(content, 1)
        else:
            self.still.hide()
