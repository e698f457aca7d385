"""A supervisor's or trainee's window: the wall, and the call page while on a call."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from coachdesk.ui.presenters.observer import ObserverPresenter
from coachdesk.ui.views.call_view import CallPage
from coachdesk.ui.views.wall import Wall


class ObserverDesk(QStackedWidget):
    """Shows the call page from the moment a call is asked for until it is left."""

    def __init__(self, presenter: ObserverPresenter, wall: Wall, call: CallPage) -> None:
        super().__init__()
        self._presenter = presenter
        self.wall, self.call = wall, call
        self.addWidget(self.wall)
        self.addWidget(self.call)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        on_call = self._presenter.call is not None or self._presenter.target is not None
        page = self.call if on_call else self.wall
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
            page.setFocus()
