"""Panels that tell by words, colour and icon: who hears you, what a coach does, what went wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QWidget

from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.views.button import Action, ActionButton
from coachdesk.ui.views.label import Icon
from coachdesk.ui.views.style import column, restyle, row, text
from coachdesk.ui.wording import HearingKind

HEARING_ICONS: dict[HearingKind, str] = {
    "nobody": "nobody",
    "pending": "pending",
    "private": "private",
    "trainees": "lane",
    "everyone": "everyone",
}
HEARING_INK: dict[HearingKind, str] = {
    "nobody": "on_nobody",
    "pending": "on_pending",
    "private": "on_state",
    "trainees": "on_state",
    "everyone": "on_state",
}
NOTICE_ICONS = {"info": "info", "success": "done", "warning": "warning", "error": "alert"}
NOTICE_INK = {
    "info": "accent_text",
    "success": "success_text",
    "warning": "warning_text",
    "error": "danger_text",
}
DISMISS = Action("Dismiss", "Ctrl+Backspace", "close", "Dismiss this message; the key dismisses the newest")
READING_MS = 8000
"""How long a notice stays whose cause is over at once."""


class HearingPanel(QFrame):
    """Says who hears whom: a line in large print and one of explanation."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self._caption = caption
        self._icon = Icon("nobody", 26)
        self.title = text("", wrap=True)
        self.title.setObjectName("hearingTitle")
        self.detail = text("", wrap=True)
        words = column(gap=1)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        layout = row(self, gap=14)
        layout.setContentsMargins(16, 9, 16, 9)
        layout.addWidget(self._icon)
        layout.addLayout(words, 1)

    def show_hearing(self, kind: HearingKind, title: str, detail: str) -> None:
        self.title.setText(title)
        self.detail.setText(detail)
        self.setAccessibleName(f"{self._caption}: {title}. {detail}")
        self._icon.set(HEARING_ICONS[kind], HEARING_INK[kind])
        restyle(self, "hearing", kind)


class NoticeBanner(QFrame):
    def __init__(self, notice: Notice, dismiss: Callable[[str], None]) -> None:
        super().__init__()
        self.notice = notice
        self.setProperty("notice", notice.kind)
        self.setAccessibleName(f"{notice.kind}: {notice.title}. {notice.text}")
        title = text(notice.title, "heading", wrap=True)
        words = column(gap=1)
        words.addWidget(title)
        if notice.text:
            words.addWidget(text(notice.text, wrap=True))
        layout = row(self, gap=10)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.addWidget(Icon(NOTICE_ICONS[notice.kind], 20, NOTICE_INK[notice.kind]))
        layout.addLayout(words, 1)
        button = ActionButton(DISMISS, "quiet", show_text=False)
        button.clicked.connect(lambda: dismiss(notice.subject))
        layout.addWidget(button)


class NoticeStack(QWidget):
    """The notices, newest below; those that only pass go by themselves."""

    def __init__(self, notices: Notices) -> None:
        super().__init__()
        self._notices = notices
        self._layout = column(self, gap=8)
        self._layout.setContentsMargins(16, 12, 16, 0)
        self._banners: dict[str, NoticeBanner] = {}
        shortcut = QShortcut(QKeySequence(DISMISS.key), self)
        shortcut.activated.connect(self._dismiss_newest)
        notices.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        shown = {notice.subject: notice for notice in self._notices.shown}
        for subject, banner in list(self._banners.items()):
            if shown.get(subject) is not banner.notice:
                del self._banners[subject]
                self._layout.removeWidget(banner)
                banner.hide()
                banner.deleteLater()
        for subject, notice in shown.items():
            if subject not in self._banners:
                self._add(notice)
        self.setVisible(bool(shown))

    def _add(self, notice: Notice) -> None:
        banner = NoticeBanner(notice, self._notices.dismiss)
        self._banners[notice.subject] = banner
        self._layout.addWidget(banner)
        if not notice.lasting:
            timer = QTimer(banner, singleShot=True, interval=READING_MS)
            timer.timeout.connect(lambda: self._pass(notice))
            timer.start()

    def _dismiss_newest(self) -> None:
        if self._notices.shown:
            self._notices.dismiss(self._notices.shown[-1].subject)

    def _pass(self, notice: Notice) -> None:
        if notice in self._notices.shown:
            self._notices.dismiss(notice.subject)
