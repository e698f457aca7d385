"""Sharing a screen in the windows: chosen, blanked and stopped by one key, always seen."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.screen.grab import MOST_LISTED
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.sharing import (
    NEVER,
    SHOWN,
    SharingPresenter,
)
from coachdesk.ui.views import share_tray
from coachdesk.ui.views.button import ActionButton
from coachdesk.ui.views.share_bar import WHO
from coachdesk.ui.views.share_picker import SharePicker
from coachdesk.ui.views.share_thumbnail import ShareThumbnail
from signaling.protocol import EndReason
from tests.ui.samples import MIA, SOURCES, FakeLink, call
from tests.ui.shown import PATIENCE_MS, Shown

ON = events.Sharing(state="on", label="Order 4711", seen_by=["Mia"])
BLANK = events.Sharing(state="blank", label="Order 4711", seen_by=["Mia"])
OFF = events.Sharing(state="off")


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.fixture
def presenter(link: FakeLink, notices: Notices) -> SharingPresenter:
    presenter = SharingPresenter(link, notices)
    presenter.handle(events.Call(call=call(MIA)))
    return presenter


def drag(qtbot: QtBot, widget: QWidget, begin: QPointF, end: QPointF) -> None:
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=begin.toPoint())
    qtbot.mouseMove(widget, end.toPoint())
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=end.toPoint())


def test_without_a_call_there_is_nothing_to_share_with(link: FakeLink, notices: Notices) -> None:
    presenter = SharingPresenter(link, notices)
    presenter.choose()
    presenter.stop()
    presenter.toggle_blank()
    assert link.sent == []


def test_the_words_say_who_sees_it_and_that_the_customer_does_not(presenter: SharingPresenter) -> None:
    presenter.handle(ON)
    assert presenter.title == "You are sharing: Order 4711"
    assert presenter.detail == f"{NEVER} Seen by Mia."
    presenter.handle(events.Sharing(state="on", label="HDMI-1"))
    assert presenter.detail == f"{NEVER} Seen by supervisors and trainees who listen."
    presenter.handle(BLANK)
    assert presenter.title == "Blanked: Order 4711"


def test_what_is_not_hidden_here_is_said_before_and_during_a_share(agent: Shown, dressed: QtBot) -> None:
    warning = "Other windows are not hidden."
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    picker = agent.dialog(SharePicker)
    agent.desk.handle(msgspec.structs.replace(SOURCES, warning=warning))
    assert picker.warning.isVisible()
    assert picker.warning.text() == warning
    dressed.keyClick(picker, Qt.Key.Key_Escape)
    agent.desk.handle(msgspec.structs.replace(ON, warning=warning))
    assert warning in agent.agent.share.accessibleName()
    agent.desk.handle(ON)
    assert warning not in agent.agent.share.accessibleName()


def test_a_share_that_ends_by_itself_says_why(presenter: SharingPresenter, notices: Notices) -> None:
    presenter.handle(ON)
    presenter.handle(events.Sharing(state="off", message="The shared window was closed."))
    assert not presenter.sharing
    assert [(each.title, each.text) for each in notices.shown] == [
        ("The share has ended", "The shared window was closed.")
    ]


def test_a_share_that_is_blanked_by_itself_says_why(presenter: SharingPresenter, notices: Notices) -> None:
    presenter.handle(ON)
    presenter.handle(msgspec.structs.replace(BLANK, message="The server cannot be reached."))
    assert presenter.sharing
    assert [(each.title, each.text) for each in notices.shown] == [
        ("Your screen is not shown now", "The server cannot be reached.")
    ]


@pytest.mark.parametrize(("code", "told"), [("device", ["No screen."]), ("superseded", [])])
def test_a_refusal_is_told(
    presenter: SharingPresenter, link: FakeLink, notices: Notices, code: str, told: list[str]
) -> None:
    presenter.share("screen:0")
    link.refuse(code, "No screen.")
    assert [each.text for each in notices.shown] == told
    presenter.choose()
    link.refuse(code, "No screen.")
    assert presenter.sources is None


@pytest.mark.parametrize("over", [events.Ended(call="c", reason=EndReason.HUNG_UP), None])
def test_nothing_is_shared_after_the_call_or_a_crash(
    presenter: SharingPresenter, over: events.Ended | None
) -> None:
    presenter.handle(ON)
    if over is not None:
        presenter.handle(over)
    else:
        presenter.endpoint_crashed()
    assert (presenter.sharing, presenter.in_call) == (False, False)


def test_agent_chooses_by_one_key(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    assert agent.link.sent[-1] == commands.Screens()
    picker = agent.dialog(SharePicker)
    agent.desk.handle(SOURCES)
    QApplication.processEvents()
    dressed.keyClick(picker, Qt.Key.Key_2)
    assert agent.link.sent[-1] == commands.Share(source="window:7")
    assert not picker.isVisible()
    agent.desk.handle(SOURCES)  # an answer that comes late opens nothing
    assert not any(each.isVisible() for each in agent.window.findChildren(SharePicker))


def test_the_picker_offers_everything_and_says_who_is_going_to_see_it(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    picker = agent.dialog(SharePicker)
    windows = [events.SourceView(f"window:{n}", "window", f"Order {n}", 800, 600) for n in range(MOST_LISTED)]
    agent.desk.handle(events.Screens(screens=windows))
    assert WHO in [label.text() for label in picker.findChildren(QLabel)]
    last = next(each for each in picker.findChildren(ActionButton) if each.text() == windows[-1].title)
    assert not last.action.key, "there are fewer keys than windows"
    dressed.mouseClick(last, Qt.MouseButton.LeftButton)
    assert agent.link.sent[-1] == commands.Share(source=windows[-1].source)


def test_a_video_is_chosen_to_be_smooth_before_sharp(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    picker = agent.dialog(SharePicker)
    agent.desk.handle(SOURCES)
    QApplication.processEvents()
    assert not picker.motion.isChecked()
    picker.motion.click()
    dressed.keyClick(picker, Qt.Key.Key_2)
    assert agent.link.sent[-1] == commands.Share(source="window:7", content="motion")


def test_a_part_of_a_screen_is_chosen_by_dragging_over_its_picture(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    picker = agent.dialog(SharePicker)
    agent.desk.handle(SOURCES)
    QApplication.processEvents()
    pictures = picker.findChildren(ShareThumbnail)
    screen, window = pictures[0], pictures[1]
    content = screen._content()  # 1920 x 1080 in 200 x 112.5
    begin, end = content.topLeft() + QPointF(50, 25), content.topLeft() + QPointF(100, 75)
    drag(dressed, screen, begin, end)
    x, y, width, height = (int(each) for each in screen.source.removeprefix("region:0:").split(","))
    assert (x, y, width, height) == pytest.approx((480, 240, 480, 480), abs=10)
    drag(dressed, window, QPointF(50, 50), QPointF(90, 90))
    assert window.source == "window:7"
    dressed.keyClick(picker, Qt.Key.Key_1)
    assert agent.link.sent[-1] == commands.Share(source=screen.source)


def test_a_part_reaches_no_farther_than_its_screen_and_a_click_gives_it_up(dressed: QtBot) -> None:
    picture = ShareThumbnail(SOURCES.screens[0])
    dressed.addWidget(picture)
    drag(dressed, picture, QPointF(100, 60), QPointF(900, 900))
    x, y, width, height = (int(each) for each in picture.source.removeprefix("region:0:").split(","))
    assert (x + width, y + height) == (1920, 1080)
    drag(dressed, picture, QPointF(100, 60), QPointF(101, 61))
    assert (picture.source, picture.divided) == ("screen:0", False)


def test_a_picker_that_is_closed_can_be_opened_again(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    dressed.keyClick(agent.dialog(SharePicker), Qt.Key.Key_Escape)
    agent.window.activateWindow()
    dressed.waitUntil(agent.window.isActiveWindow, timeout=PATIENCE_MS)
    asked = agent.link.sent.count(commands.Screens())
    dressed.keyClick(agent.window, Qt.Key.Key_F9)
    assert agent.link.sent.count(commands.Screens()) == asked + 1
    agent.link.refuse("device", "No screen can be captured here.")
    assert not any(each.isVisible() for each in agent.window.findChildren(SharePicker))


def test_agent_sees_the_share_and_stops_and_blanks_it_by_one_key(agent: Shown, dressed: QtBot) -> None:
    bar = agent.agent.share
    assert not bar.isVisible()
    agent.desk.handle(ON)
    assert bar.isVisible()
    assert "Order 4711" in bar.accessibleName()
    dressed.keyClick(agent.window, Qt.Key.Key_F11)
    assert agent.link.sent[-1] == commands.BlankShare(on=True)
    agent.desk.handle(BLANK)
    assert bar.blank.text() == "Show again"
    dressed.keyClick(agent.window, Qt.Key.Key_F11)
    assert agent.link.sent[-1] == commands.BlankShare(on=False)
    dressed.keyClick(agent.window, Qt.Key.Key_F10)
    assert agent.link.sent[-1] == commands.StopShare()
    agent.desk.handle(OFF)
    assert not bar.isVisible()


@pytest.mark.parametrize("told", [ON, BLANK, msgspec.structs.replace(ON, customer=True)])
def test_in_the_smallest_window_its_buttons_are_as_high_as_elsewhere(
    told: events.Sharing, agent: Shown, dressed: QtBot
) -> None:
    bar = agent.agent.share
    buttons = (bar.customer, bar.blank, bar.stop)
    agent.desk.handle(told)
    for size in ((1440, 900), (900, 600), (1440, 900)):
        agent.window.resize(*size)
        QApplication.processEvents()
        assert {button.height() for button in buttons} == {34}
        assert all(button.width() >= button.minimumSizeHint().width() for button in buttons)
        assert all(bar.rect().contains(button.geometry()) for button in buttons)


def test_agent_shows_it_to_the_customer_by_one_key_and_sees_that_they_do(
    agent: Shown, dressed: QtBot
) -> None:
    bar = agent.agent.share
    agent.desk.handle(ON)
    assert NEVER in bar.accessibleName()
    assert bar.property("notice") == "warning"
    dressed.keyClick(agent.window, Qt.Key.Key_F9, Qt.KeyboardModifier.ControlModifier)
    assert agent.link.sent[-1] == commands.ShowCustomer(on=True)
    agent.desk.handle(msgspec.structs.replace(ON, customer=True, seen_by=["Mia", "Dana"]))
    assert bar.title.text() == "Your customer sees: Order 4711"
    assert SHOWN in bar.accessibleName()
    assert "Dana" in bar.accessibleName()
    assert bar.badge.words.text() == "Your customer sees: Order 4711"
    assert bar.property("notice") == bar.badge.property("notice") == "error"
    assert bar.customer.accessibleName() == "Hide from the customer"
    dressed.keyClick(agent.window, Qt.Key.Key_F9, Qt.KeyboardModifier.ControlModifier)
    assert agent.link.sent[-1] == commands.ShowCustomer(on=False)
    agent.desk.handle(BLANK)
    assert not bar.customer.isEnabled()
    assert bar.badge.property("notice") == "warning"


def test_a_refusal_to_show_it_to_the_customer_is_told(
    presenter: SharingPresenter, link: FakeLink, notices: Notices
) -> None:
    presenter.toggle_customer()
    assert link.sent == []
    presenter.handle(ON)
    presenter.toggle_customer()
    link.refuse("not_allowed", "Your customer does not hear you at present.")
    assert [each.title for each in notices.shown] == ["Your customer is shown nothing"]


def test_what_is_shared_is_told_over_all_windows(agent: Shown, dressed: QtBot) -> None:
    badge = agent.agent.share.badge
    agent.desk.handle(ON)
    agent.window.showMinimized()
    assert badge.isVisible()
    assert badge.words.text() == "Shared: Order 4711"
    agent.desk.handle(events.Sharing(state="blank", label="x" * 100))
    assert badge.words.text() == f"Shared, but blanked: {'x' * 39}…"
    dressed.mouseClick(badge, Qt.MouseButton.LeftButton)
    assert not agent.window.isMinimized()
    agent.desk.handle(OFF)
    assert not badge.isVisible()


class Tray(QObject):
    """In place of the system's, which a machine without a desktop has not."""

    activated = Signal(QSystemTrayIcon.ActivationReason)
    ActivationReason = QSystemTrayIcon.ActivationReason
    there = True

    @staticmethod
    def isSystemTrayAvailable() -> bool:
        return Tray.there

    def setContextMenu(self, menu: QMenu) -> None:
        self.menu = menu

    def setIcon(self, icon: QIcon) -> None: ...

    def setToolTip(self, words: str) -> None:
        self.words = words

    def show(self) -> None:
        self.seen = True

    def hide(self) -> None:
        self.seen = False

    def isVisible(self) -> bool:
        return self.seen


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> type[Tray]:
    monkeypatch.setattr(share_tray, "QSystemTrayIcon", Tray)
    monkeypatch.setattr(Tray, "there", True)
    return Tray


def test_what_is_shared_is_told_in_the_tray_whose_menu_blanks_and_stops(
    tray: type[Tray], agent: Shown
) -> None:
    sign = agent.agent.share.tray
    assert not sign.shown
    agent.desk.handle(ON)
    assert sign.shown
    icon = agent.agent.share.findChild(Tray)
    assert icon is not None
    assert icon.words == "CoachDesk. Shared: Order 4711"
    agent.window.showMinimized()
    icon.activated.emit(Tray.ActivationReason.Context)
    assert agent.window.isMinimized()
    icon.activated.emit(Tray.ActivationReason.Trigger)
    assert not agent.window.isMinimized()
    sign.blank.trigger()
    assert agent.link.sent[-1] == commands.BlankShare(on=True)
    agent.desk.handle(BLANK)
    assert sign.blank.text() == "Show again"
    sign.stop.trigger()
    assert agent.link.sent[-1] == commands.StopShare()
    agent.desk.handle(OFF)
    assert not sign.shown


def test_without_a_tray_it_is_told_elsewhere_alone(tray: type[Tray], agent: Shown) -> None:
    tray.there = False
    agent.desk.handle(ON)
    assert not agent.agent.share.tray.shown
    assert agent.agent.share.badge.isVisible()
    agent.desk.handle(OFF)
