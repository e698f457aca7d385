"""A main window with a signed-in desk over a fake endpoint."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from coachdesk import events
from coachdesk.ui.presenters.desk import Desk
from coachdesk.ui.views.agent_desk import AgentDesk
from coachdesk.ui.views.desk import make_view
from coachdesk.ui.views.main_window import MainWindow
from coachdesk.ui.views.observer_desk import ObserverDesk
from tests.ui.samples import (
    FakeLink,
    make_desk,
)

PATIENCE_MS = 60_000


class Shown:
    """A main window with a signed-in desk."""

    def __init__(self, qtbot: QtBot, who: object, *told: events.AnyEvent) -> None:
        desk, link = make_desk(who)  # type: ignore[arg-type]
        self.desk: Desk = desk
        self.link: FakeLink = link
        self.window = MainWindow(lambda: None)
        qtbot.addWidget(self.window, before_close_func=lambda w: setattr(w, "_may_close", True))
        self.view = make_view(desk)
        self.window.show_desk(desk.session, desk.quality, self.view, lambda: None, lambda: None)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow, timeout=PATIENCE_MS)
        for event in told:
            desk.handle(event)
        QApplication.processEvents()
        self._qtbot = qtbot

    @property
    def call(self) -> Any:
        assert isinstance(self.view, ObserverDesk)
        return self.view.call

    @property
    def agent(self) -> AgentDesk:
        assert isinstance(self.view, AgentDesk)
        return self.view

    def dialog(self, kind: type[QDialog]) -> Any:
        found = [d for d in self.window.findChildren(kind) if d.isVisible()]
        assert found, f"no {kind.__name__} is open"
        self._qtbot.waitUntil(found[-1].isActiveWindow, timeout=PATIENCE_MS)
        return found[-1]
