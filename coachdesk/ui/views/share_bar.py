"""What one shares, for as long as they do, and the keys that blank and stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame

from coachdesk.ui.presenters.sharing import SharingPresenter
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.label import ElidedLabel, Icon
from coachdesk.ui.views.share_badge import ShareBadge
from coachdesk.ui.views.share_frame import NO_FRAME, ShareFrame
from coachdesk.ui.views.share_keys import BLANK_LETTER, STOP_LETTER, ShareKeys
from coachdesk.ui.views.share_picker import SharePicker
from coachdesk.ui.views.share_tray import ShareTray
from coachdesk.ui.views.style import column, restyle, row

SHARE = Action(
    "Share",
    "F9",
    "screen",
    "Show a screen or a window to supervisors and trainees; to your customer only if you say so then",
)
CUSTOMER = Action(
    "Show to the customer", "Ctrl+F9", "show", "Let your customer see it too, and what you draw on it"
)
TAKE_BACK = ("Hide from the customer", "Your customer sees it no longer", "blank")
STOP = Action("Stop", "F10", "screen-off", "Share nothing any more")
BLANK = Action("Blank", "F11", "blank", "Show a plain picture at once in place of what you share")
SHARE_BESIDE = Action(
    "Share",
    "Shift+F9",
    "screen",
    "Show a screen or a window to the agent and all who observe, not to the customer",
)
STOP_BESIDE = Action("Stop", "Shift+F10", STOP.icon, STOP.tip)
BLANK_BESIDE = Action("Blank", "Shift+F11", BLANK.icon, BLANK.tip)
WHO = "Supervisors and trainees on this call see it; your customer only if you show it to them then."
WHO_BESIDE = "The agent, trainees and other supervisors on this call see it. The customer never does."
BESIDE_WIDTH, ONE_LINE_WIDTH = 980, 560
"""Pixels the bar needs for words and buttons in one row, and for the buttons alone; in less, they are short."""
UNBLANK = ("Show again", "Show again what you share", "show")


class ShareBar(QFrame):
    """Shown while something is shared. ``button``, to be placed elsewhere, opens the picker. ``beside``: with keys
    beside those for the screens one sees.
    """

    def __init__(self, presenter: SharingPresenter, *, beside: bool = False) -> None:
        super().__init__()
        self._presenter = presenter
        self._picker: SharePicker | None = None
        self._who = WHO_BESIDE if beside else WHO
        self.badge = ShareBadge(self._to_front)
        self.tray = ShareTray(self, self._to_front, presenter.toggle_blank, presenter.stop)
        self.keys = ShareKeys(presenter, self)
        self.frame = ShareFrame(presenter, self)
        self.setProperty("notice", "warning")
        share, stop, blank = (SHARE_BESIDE, STOP_BESIDE, BLANK_BESIDE) if beside else (SHARE, STOP, BLANK)
        self.button = make_button(share, presenter.choose, "plain" if beside else "tall")
        self.title = ElidedLabel("", "heading")
        self.detail = ElidedLabel()
        self.customer = make_button(CUSTOMER, presenter.toggle_customer, show_key=True)
        if beside:
            self.customer.hide()
        self.blank = make_button(blank, presenter.toggle_blank, show_key=True)
        self.stop = make_button(stop, presenter.stop, "danger", show_key=True)
        words = column(gap=2)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        self._said = row(gap=12)
        self._said.addWidget(Icon("screen", 24, "warning_text"))
        self._said.addLayout(words, 1)
        self._buttons = row(gap=8)
        self._buttons.addWidget(self.customer)
        self._buttons.addWidget(self.blank, 1)
        self._buttons.addWidget(self.stop, 1)
        self._rows = row(self, gap=8)
        self._rows.setContentsMargins(14, 8, 10, 8)
        self._rows.addLayout(self._said, 1)
        self._rows.addLayout(self._buttons)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        p = self._presenter
        self.setVisible(p.sharing)
        detail = " ".join(filter(None, (p.detail, NO_FRAME, self.keys.said)))
        self.setAccessibleName(f"{p.title}. {detail}" if p.sharing else "")
        self.badge.tell(p.short if p.sharing else "", everyone=p.shown)
        self.tray.tell(p.short if p.sharing else "", blanked=p.state == "blank")
        restyle(self, "notice", "error" if p.shown else "warning")
        self.customer.describe(*(TAKE_BACK if p.shown else (CUSTOMER.text, CUSTOMER.tip, CUSTOMER.icon)))
        self.customer.set_state("everyone" if p.shown else "off")
        self.customer.setEnabled(p.state == "on")
        self.title.set(p.title)
        self.detail.set(detail)
        self._describe_keys(blanked=p.state == "blank")
        self.blank.set_state("pending" if p.state == "blank" else "off")
        self.button.setEnabled(p.in_call)
        self.button.set_state("private" if p.sharing else "off")
        self._show_picker()

    def _describe_keys(self, *, blanked: bool) -> None:
        words, tip, icon = UNBLANK if blanked else (BLANK.text, BLANK.tip, BLANK.icon)
        self.blank.describe(words, tip + self.keys.tip(BLANK_LETTER), icon)
        self.badge.setToolTip(self.keys.summary)
        self.stop.describe(STOP.text, STOP.tip + self.keys.tip(STOP_LETTER), STOP.icon)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words keep their line: where there is no room beside them, the buttons go below, two of them if they must."""
        directions = QBoxLayout.Direction
        below, narrow = self.width() < BESIDE_WIDTH, self.width() < ONE_LINE_WIDTH
        self._rows.setDirection(directions.TopToBottom if below else directions.LeftToRight)
        if narrow:
            self._said.addWidget(self.stop)
        else:
            self._buttons.addWidget(self.stop, 1)
        self.stop.shorten(key=True, words=not narrow)
        self.blank.shorten(key=True, words=not narrow)
        self.customer.shorten(key=not narrow, words=True)
        self._rows.activate()

    def _to_front(self) -> None:
        window = self.window()
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()

    def _show_picker(self) -> None:
        """Open for as long as one is choosing."""
        sources, picker = self._presenter.sources, self._picker
        if sources is None and picker is not None:
            self._picker = None
            picker.close()
        elif sources is not None and picker is None:
            self._picker = SharePicker(self.window(), self._who, self._presenter.share)
            self._picker.finished.connect(self._picked)
            self._picker.open()
        if sources and self._picker is not None:
            self._picker.offer(sources, self._presenter.warning)

    def _picked(self) -> None:
        self._picker = None
        self._presenter.give_up()
