"""What the agent shares, for as long as they do, and the keys that blank and stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from coachdesk.ui.presenters.sharing import SharingPresenter
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.label import ElidedLabel, Icon
from coachdesk.ui.views.share_badge import ShareBadge
from coachdesk.ui.views.share_picker import SharePicker
from coachdesk.ui.views.share_tray import ShareTray
from coachdesk.ui.views.style import column, row

SHARE = Action(
    "Share", "F9", "screen", "Show a screen or a window to supervisors and trainees, not to your customer"
)
STOP = Action("Stop", "F10", "screen-off", "Share nothing any more")
BLANK = Action("Blank", "F11", "blank", "Show a plain picture at once in place of what you share")
UNBLANK = ("Show again", "Show again what you share", "show")


class ShareBar(QFrame):
    """Shown while something is shared. ``button``, to be placed elsewhere, opens the picker."""

    def __init__(self, presenter: SharingPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._picker: SharePicker | None = None
        self.badge = ShareBadge(self._to_front)
        self.tray = ShareTray(self, self._to_front, presenter.toggle_blank, presenter.stop)
        self.setProperty("notice", "warning")
        self.button = make_button(SHARE, presenter.choose, "tall")
        self.title = ElidedLabel("", "heading")
        self.detail = ElidedLabel()
        self.blank = make_button(BLANK, presenter.toggle_blank, show_key=True)
        self.stop = make_button(STOP, presenter.stop, "danger", show_key=True)
        below = row(gap=8)
        below.addWidget(self.detail, 1)
        below.addWidget(self.blank)
        below.addWidget(self.stop)
        words = column(gap=2)
        words.addWidget(self.title)
        words.addLayout(below)
        layout = row(self, gap=12)
        layout.setContentsMargins(14, 8, 10, 8)
        layout.addWidget(Icon("screen", 24, "warning_text"))
        layout.addLayout(words, 1)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        p = self._presenter
        self.setVisible(p.sharing)
        self.setAccessibleName(f"{p.title}. {p.detail}" if p.sharing else "")
        self.badge.tell(p.short if p.sharing else "")
        self.tray.tell(p.short if p.sharing else "", blanked=p.state == "blank")
        self.title.set(p.title)
        self.detail.set(p.detail)
        self.blank.describe(*(UNBLANK if p.state == "blank" else (BLANK.text, BLANK.tip, BLANK.icon)))
        self.blank.set_state("pending" if p.state == "blank" else "off")
        self.button.setEnabled(p.in_call)
        self.button.set_state("private" if p.sharing else "off")
        self._show_picker()

    def _to_front(self) -> None:
        window = self.window()
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()

    def _show_picker(self) -> None:
        """Open for as long as the agent is choosing."""
        sources, picker = self._presenter.sources, self._picker
        if sources is None and picker is not None:
            self._picker = None
            picker.close()
        elif sources is not None and picker is None:
            self._picker = SharePicker(self.window(), self._presenter.share)
            self._picker.finished.connect(self._picked)
            self._picker.open()
        if sources and self._picker is not None:
            self._picker.offer(sources, self._presenter.warning)

    def _picked(self) -> None:
        self._picker = None
        self._presenter.give_up()
