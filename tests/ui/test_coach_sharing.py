"""A supervisor's own share in the windows, and who of two who share is seen by whom."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.sharing import BEHIND, FIRST_OF_COACH, NEVER, SharingPresenter
from coachdesk.ui.views.share_bar import WHO_BESIDE
from coachdesk.ui.views.share_picker import SharePicker
from tests.ui.samples import SAM, SOURCES, FakeLink, call
from tests.ui.shown import PATIENCE_MS, Shown

ON = events.Sharing(state="on", label="Order 4711", seen_by=["Mia"])
OFF = events.Sharing(state="off")


def test_a_supervisor_shares_blanks_and_stops_by_one_key(supervisor: Shown, dressed: QtBot) -> None:
    shift, bar = Qt.KeyboardModifier.ShiftModifier, supervisor.call.share
    assert bar is not None
    dressed.keyClick(supervisor.window, Qt.Key.Key_F9, shift)
    picker = supervisor.dialog(SharePicker)
    assert WHO_BESIDE in [label.text() for label in picker.findChildren(QLabel)]
    supervisor.desk.handle(SOURCES)
    QApplication.processEvents()
    dressed.keyClick(picker, Qt.Key.Key_2)
    assert supervisor.link.sent[-1] == commands.Share(source="window:7")
    supervisor.desk.handle(ON)
    assert bar.isVisible()
    assert bar.badge.isVisible()
    supervisor.window.activateWindow()  # not the badge that has just come
    dressed.waitUntil(supervisor.window.isActiveWindow, timeout=PATIENCE_MS)
    dressed.keyClick(supervisor.window, Qt.Key.Key_F11, shift)
    assert supervisor.link.sent[-1] == commands.BlankShare(on=True)
    dressed.keyClick(supervisor.window, Qt.Key.Key_F10, shift)
    assert supervisor.link.sent[-1] == commands.StopShare()
    supervisor.desk.handle(OFF)
    assert not bar.isVisible()


def test_a_trainee_has_nothing_to_share_by(dressed: QtBot) -> None:
    trainee = Shown(dressed, SAM, events.Calls(calls=[call(SAM)]), events.Call(call=call(SAM)))
    assert (trainee.desk.sharing, trainee.call.share) == (None, None)


def test_who_sees_which_of_two_screens_is_told_to_who_shares() -> None:
    link, notices = FakeLink(), Notices()
    presenter = SharingPresenter(link, notices)
    presenter.handle(ON)
    presenter.handle(events.Screen(party="supervisor", state="on", name="Ben"))
    assert presenter.detail == f"{NEVER} Seen by Mia. {FIRST_OF_COACH}"
    coachs = SharingPresenter(link, notices, coachs=True)
    coachs.handle(ON)
    coachs.handle(events.Screen(party="customer", state="on"))
    assert coachs.detail == f"{NEVER} Seen by Mia."
    coachs.handle(events.Screen(party="agent", state="on"))
    assert coachs.detail == f"{NEVER} Seen by Mia. {BEHIND}"
    coachs.handle(events.Left(call="c-1"))
    assert (coachs.sharing, coachs.in_call) == (False, False)
