"""Messages to the user: what happened and what to do, one per subject, a few at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coachdesk.ui import wording
from coachdesk.ui.link import Fault
from coachdesk.ui.presenters.base import Presenter

MOST = 3

NoticeKind = Literal["info", "success", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """``subject`` is what it is about: a newer one replaces it. A ``lasting`` one stays until its cause is gone."""

    subject: str
    kind: NoticeKind
    title: str
    text: str = ""
    lasting: bool = False


class Notices(Presenter):
    """The notices on screen, oldest first; beyond ``MOST`` the oldest that is not lasting goes."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Notice] = []

    def show(self, notice: Notice) -> None:
        self.shown = [n for n in self.shown if n.subject != notice.subject] + [notice]
        while len(self.shown) > MOST:
            passing = [n for n in self.shown if not n.lasting]
            self.shown.remove(passing[0] if passing else self.shown[0])
        self.changed()

    def report(self, fault: Fault) -> None:
        """Show what a fault means to the user."""
        title, text = wording.remedy(fault.code, fault.message)
        self.show(Notice(f"fault:{fault.code}", "error", title, text))

    def dismiss(self, subject: str) -> None:
        if any(n.subject == subject for n in self.shown):
            self.shown = [n for n in self.shown if n.subject != subject]
            self.changed()
