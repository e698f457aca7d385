"""Screens that others share, in the windows: seen beside the camera, asked for by one key."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.presenters.asking import DECLINED, AskingPresenter
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.sharing import (
    FIRST,
    ScreenPresenter,
)
from coachdesk.ui.views.screen_pane import ScreenPane
from signaling.protocol import EndReason
from tests.ui.samples import FakeLink, StillPictures, desktop_picture
from tests.ui.shown import PATIENCE_MS, Shown

ON = events.Sharing(state="on", label="Order 4711", seen_by=["Mia"])
SEEN = events.Screen(party="agent", state="on")
PICTURES = events.Frames(party="agent", name="screen", screen=True)


def test_an_observer_sees_the_screen_beside_the_camera(supervisor: Shown, dressed: QtBot) -> None:
    page = supervisor.call
    pane: ScreenPane = page.screen_pane
    supervisor.desk.handle(events.Frames(party="customer", name="camera"))
    assert not pane.isVisible()
    pane.video._open = lambda _: StillPictures(desktop_picture(1280, 720))
    supervisor.desk.handle(SEEN)
    supervisor.desk.handle(PICTURES)
    QApplication.processEvents()
    assert supervisor.desk.observer is not None
    assert supervisor.desk.observer.video == "camera"
    assert pane.isVisible()
    assert page.video.isVisible()
    assert pane.width() > page.video.width()
    dressed.keyClick(supervisor.window, Qt.Key.Key_F10)
    QApplication.processEvents()
    assert pane.width() < page.video.width()
    supervisor.desk.handle(events.Screen(party="agent", state="off"))
    assert not pane.isVisible()


def test_what_was_seen_goes_with_the_call() -> None:
    presenter = ScreenPresenter(FakeLink())
    presenter.handle(SEEN)
    presenter.handle(PICTURES)
    assert (presenter.shown, presenter.pictures) == (True, "screen")
    presenter.handle(events.VideoGone(party="agent", screen=True))
    assert presenter.pictures is None
    presenter.handle(events.Left(call="c-1"))
    assert not presenter.shown


def test_whose_screen_it_is_and_what_waits_is_told(supervisor: Shown) -> None:
    pane: ScreenPane = supervisor.call.screen_pane
    pane.video._open = lambda _: StillPictures(desktop_picture(1280, 720))
    supervisor.desk.handle(events.Screen(party="customer", state="on"))
    assert pane.whose.whole == pane.video.accessibleName() == "The customer's screen"
    supervisor.desk.handle(events.Screen(party="customer", state="blank"))
    assert supervisor.desk.screen is not None
    assert supervisor.desk.screen.blanked == "The customer does not show the screen at present."
    supervisor.desk.handle(events.Screen(party="customer", state="off"))
    supervisor.desk.handle(events.Screen(party="agent", state="on", also="customer"))
    assert pane.whose.whole == (
        "The agent's screen. The customer shares theirs too: it is shown once the agent stops."
    )
    supervisor.desk.handle(events.Screen(party="supervisor", state="on", name="Ben"))
    assert pane.whose.whole == "Ben's screen"
    supervisor.desk.handle(events.Screen(party="supervisor", state="blank"))
    assert (pane.whose.whole, supervisor.desk.screen.blanked) == (
        "A supervisor's screen",
        "The supervisor does not show the screen at present.",
    )


def test_the_agent_sees_the_customers_screen_beside_the_camera(agent: Shown) -> None:
    desk = agent.agent
    pane = desk.screen_pane
    pane.video._open = lambda _: StillPictures(desktop_picture(1280, 720))
    agent.desk.handle(events.Frames(party="customer", name="camera"))
    agent.desk.handle(events.Screen(party="customer", state="on"))
    agent.desk.handle(events.Frames(party="customer", name="screen", screen=True))
    QApplication.processEvents()
    assert agent.desk.agent is not None
    assert agent.desk.agent.video == "camera"
    assert pane.isVisible()
    assert pane.width() > desk.video.width() > 0
    agent.desk.handle(ON)
    assert FIRST in desk.share.accessibleName()
    agent.desk.handle(events.VideoGone(party="customer", screen=True))
    agent.desk.handle(events.Screen(party="customer", state="off"))
    assert not pane.isVisible()
    assert agent.desk.agent.video == "camera"
    assert FIRST not in desk.share.accessibleName()


def test_with_both_screens_each_key_does_one_thing(agent: Shown, dressed: QtBot) -> None:
    agent.desk.handle(events.Screen(party="customer", state="on"))
    agent.desk.handle(ON)
    agent.window.activateWindow()  # not the badge that has just come
    dressed.waitUntil(agent.window.isActiveWindow, timeout=PATIENCE_MS)
    dressed.keyClick(agent.window, Qt.Key.Key_F11)
    assert agent.link.sent[-1] == commands.BlankShare(on=True)
    dressed.keyClick(agent.window, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert agent.desk.screen is not None
    assert not agent.desk.screen.large
    dressed.keyClick(agent.window, Qt.Key.Key_F10)
    assert agent.link.sent[-1] == commands.StopShare()


def test_the_agent_asks_and_takes_it_back_by_one_key(agent: Shown, dressed: QtBot) -> None:
    button = agent.agent.ask_screen
    shift = Qt.KeyboardModifier.ShiftModifier
    assert not button.isEnabled()
    agent.desk.handle(events.ScreenRequest(state="none"))
    dressed.keyClick(agent.window, Qt.Key.Key_F9, shift)
    assert agent.link.sent[-1] == commands.AskScreen(on=True)
    agent.desk.handle(events.ScreenRequest(state="asked"))
    assert button.text() == "Asked…"
    dressed.keyClick(agent.window, Qt.Key.Key_F9, shift)
    assert agent.link.sent[-1] == commands.AskScreen(on=False)
    agent.desk.handle(events.ScreenRequest(state="declined"))
    assert [each.title for each in agent.desk.session.notices.shown] == [DECLINED.title]
    agent.desk.handle(events.Screen(party="customer", state="on"))
    assert not button.isEnabled()
    agent.desk.handle(events.Ended(call="c", reason=EndReason.HUNG_UP))
    assert not button.isEnabled()


def test_a_question_that_cannot_be_put_is_told() -> None:
    link, notices = FakeLink(), Notices()
    asking = AskingPresenter(link, notices)
    asking.toggle()
    assert link.sent == []
    asking.handle(events.ScreenRequest(state="none"))
    asking.toggle()
    link.refuse("unable", "The browser can't.")
    assert [each.text for each in notices.shown] == ["The browser can't."]
    asking.endpoint_crashed()
    assert not asking.possible
