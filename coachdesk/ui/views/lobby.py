"""The agent's left column: who waits, and the open join links."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QWidget

from coachdesk.ui import wording
from coachdesk.ui.presenters.agent import AgentPresenter
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.dialogs import NewLink, ShareLink
from coachdesk.ui.views.label import Chip, ElidedLabel, Icon
from coachdesk.ui.views.style import card, clear, column, row, scrolled, text
from signaling.protocol import LinkView, WaitingView

NEW_LINK = Action("New link", "Ctrl+N", "link", "Make a join link for a customer")
ANSWER_NEXT = Action("Answer next", "Ctrl+Return", "answer", "Answer the customer who has waited longest")
LONG_WAIT, TOO_LONG_WAIT = 60, 180
"""Seconds in the lobby after which a wait is shown as long, and as too long."""


class WaitingRow(QFrame):
    """A customer in the lobby. With the focus on it, Return answers and Delete declines."""

    def __init__(self, waiting: WaitingView, presenter: AgentPresenter) -> None:
        super().__init__()
        self.waiting = waiting
        self._presenter = presenter
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        name = waiting.name or "Customer"
        self.setAccessibleName(f"{name} is waiting, {waiting.label}")
        self._wait = Chip("wait")
        head = row(gap=8)
        head.addWidget(ElidedLabel(name, "heading"), 1)
        head.addWidget(self._wait)
        self.answer = make_button(
            Action("Answer", "Return", "answer", f"Answer {name}"), self._admit, "primary", scope=self
        )
        decline = Action("Decline", "Delete", "close", f"Turn {name} away")
        self.decline = make_button(decline, lambda: presenter.decline(waiting.party), scope=self)
        actions = row(gap=8)
        actions.addWidget(self.answer, 1)
        actions.addWidget(self.decline, 1)
        layout = column(self, gap=7, margin=12)
        layout.addLayout(head)
        layout.addWidget(ElidedLabel(self._about(), "small"))
        layout.addLayout(actions)
        self.refresh()

    def refresh(self) -> None:
        waited = self._presenter.now() - self.waiting.since
        tone = "danger" if waited >= TOO_LONG_WAIT else "warning" if waited >= LONG_WAIT else "success"
        self._wait.set("clock-alert" if waited >= LONG_WAIT else "clock", wording.duration(waited), tone)
        self.answer.setEnabled(self._presenter.call is None and self._presenter.answering is None)
        answering = self._presenter.answering == self.waiting.party
        self.answer.describe("Answering…" if answering else "Answer", self.answer.accessibleDescription())

    def _admit(self) -> None:
        self._presenter.admit(self.waiting.party)

    def _about(self) -> str:
        has = {
            (True, True): "camera, microphone",
            (True, False): "camera only",
            (False, True): "microphone only",
        }
        brings = has.get((self.waiting.camera, self.waiting.microphone), "no camera or microphone")
        return f"{self.waiting.label} · {brings}" if self.waiting.label else brings


class LinkRow(QFrame):
    """An open link. With the focus on it, C copies, Q shows the QR code, Delete revokes."""

    def __init__(self, link: LinkView, presenter: AgentPresenter, share: Callable[[LinkView], None]) -> None:
        super().__init__()
        self.link = link
        self._presenter = presenter
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        label = link.label or "Join link"
        self.setAccessibleName(f"Link: {label}")
        words = column(gap=1)
        words.addWidget(ElidedLabel(label, "heading"))
        self._state = ElidedLabel("", "small")
        words.addWidget(self._state)
        copy = Action("Copy", "C", "copy", f"Copy the address of {label}")
        show = Action("QR code", "Q", "qr", f"Show the address of {label} as a QR code")
        revoke = Action("Revoke", "Delete", "delete", f"Make the link {label} useless")
        self.copy = make_button(copy, self._copy, "quiet", scope=self, show_text=False)
        self.qr = make_button(show, lambda: share(link), "quiet", scope=self, show_text=False)
        revoke_it = make_button(
            revoke, lambda: presenter.revoke(link.link), "quiet", scope=self, show_text=False
        )
        layout = row(self, gap=2)
        layout.setContentsMargins(12, 8, 6, 8)
        layout.addLayout(words, 1)
        for button in (self.copy, self.qr, revoke_it):
            layout.addWidget(button)
        self.refresh()

    def refresh(self) -> None:
        left = "1 use" if self.link.uses_left == 1 else f"{self.link.uses_left} uses"
        self._state.set(f"{left}, {wording.expiry(self.link.expires_at, self._presenter.now())}")
        known = self.link.link in self._presenter.addresses
        for button in (self.copy, self.qr):
            button.setEnabled(known)
        if not known:
            self.copy.setToolTip(
                "Made in an earlier session: its address is not known here. Make a new link. (C)"
            )

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._presenter.addresses[self.link.link])
        self._state.set("Copied to the clipboard")


class LobbyColumn(QFrame):
    """Waiting customers above, links below; both scroll together."""

    def __init__(self, presenter: AgentPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown: tuple[list[WaitingView], list[LinkView]] | None = None
        self._offered = presenter.newest_link
        self._rows: list[WaitingRow | LinkRow] = []
        self._sharing: tuple[str, ShareLink] | None = None
        inner = QWidget()
        self._list = column(inner, gap=8)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._answer_next = make_button(ANSWER_NEXT, presenter.admit_next, "primary", show_key=True)
        layout = column(self)
        layout.addWidget(make_button(NEW_LINK, self.new_link, show_key=True))
        layout.addWidget(scrolled(inner), 1)
        layout.addWidget(self._answer_next)
        presenter.subscribe(self.refresh)
        self.refresh()

    def new_link(self) -> None:
        NewLink(self.window(), self._presenter.invite).open()

    def refresh(self) -> None:
        now = (self._presenter.waiting, self._presenter.links)
        if now != self._shown:
            self._shown = (list(now[0]), list(now[1]))
            self._rebuild()
        for each in self._rows:
            each.refresh()
        self._answer_next.setVisible(bool(self._presenter.waiting) and self._presenter.call is None)
        self._share_newest()
        self._stop_sharing_used()

    def share(self, link: LinkView) -> None:
        """Shows the address of ``link`` until it is closed, or the link is of no more use."""
        window = ShareLink(self.window(), link.label, self._presenter.addresses[link.link])
        self._sharing = (link.link, window)
        window.finished.connect(self._shared)
        window.open()

    def _shared(self) -> None:
        self._sharing = None

    def _stop_sharing_used(self) -> None:
        if self._sharing is None:
            return
        link, window = self._sharing
        if all(each.link != link for each in self._presenter.links):
            window.accept()

    def _share_newest(self) -> None:
        """A link just made here is what its maker wants to send now."""
        newest = self._presenter.newest_link
        rows = [r for r in self._rows if isinstance(r, LinkRow) and r.link.link == newest]
        if newest != self._offered and rows and self.isVisible():
            self._offered = newest
            self.share(rows[0].link)

    def _rebuild(self) -> None:
        clear(self._list)
        waiting = [WaitingRow(w, self._presenter) for w in self._presenter.waiting]
        links = [LinkRow(link, self._presenter, self.share) for link in self._presenter.links]
        self._rows = [*waiting, *links]
        self._section(
            f"Waiting ({len(waiting)})", list(waiting), "empty-lobby", "Nobody waits. Send a customer a link."
        )
        self._section(f"Open links ({len(links)})", list(links), "link", "No open links.")
        self._list.addStretch(1)

    def _section(self, title: str, rows: list[QWidget], icon: str, empty: str) -> None:
        self._list.addWidget(text(title, "section"))
        for each in rows:
            self._list.addWidget(each)
        if not rows:
            self._list.addWidget(_empty(icon, empty))


def _empty(icon: str, words: str) -> QWidget:
    frame = card()
    layout = row(frame, gap=10, margin=14)
    layout.addWidget(Icon(icon, 22, "muted"))
    layout.addWidget(text(words, "muted", wrap=True), 1)
    return frame
