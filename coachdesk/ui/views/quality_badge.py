"""How good the call sounds, in a word; the numbers behind it on hovering, or on the focus."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QToolTip

from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.views.label import Chip

HINT = "Copy diagnostics (Ctrl+D) puts more in the clipboard, for support."


class QualityBadge(Chip):
    """Hidden while nothing was measured of late. Tab, or a click, shows the numbers, too."""

    def __init__(self, presenter: QualityPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        shown = self._presenter.shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        self.set(f"quality-{shown.grade}", shown.word, shown.tone)
        self.setAccessibleName(f"Sound: {shown.word}")
        self.setAccessibleDescription("; ".join(shown.lines))
        self.setToolTip("\n".join([f"Sound: {shown.word}", *shown.lines, "", HINT]))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self.toolTip(), self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        QToolTip.hideText()
