"""The gallery: photos come, are drawn on, captioned, saved; codes are copied."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.ui import report
from coachdesk.ui.photo_wording import FAILURES
from coachdesk.ui.presenters.gallery import COLOUR, MOST_KEPT, GalleryPresenter, PhotoMark
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.views.gallery import GalleryWindow
from coachdesk.ui.views.photo_card import PhotoCard
from signaling.policy import Mode
from signaling.protocol import EndReason, PartyView
from tests.ui.samples import AGENT, MIA, NOW, SAM, FakeLink, call, with_mode
from tests.ui.samples import ready as signed_in
from tests.ui.shown import Shown

LINE = [Point(0.2, 0.2), Point(0.3, 0.25, 0.5, 40), Point(0.8, 0.8, 0.5, 90)]
RED = np.array([int(COLOUR[at : at + 2], 16) for at in (1, 3, 5)])


def jpeg(width: int = 640, height: int = 480) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), 128, np.uint8))[1].tobytes()


def photo(folder: Path, name: str = "one") -> events.Photo:
    file = folder / f"{name}.jpg"
    file.write_bytes(jpeg())
    return events.Photo(photo=name, stage="ready", file=str(file), width=640, height=480)


class Seat:
    """A presenter on a call, what it sent and said."""

    def __init__(self, who: PartyView) -> None:
        self.link, self.notices = FakeLink(), Notices()
        self.copied: list[str] = []
        self.gallery = GalleryPresenter(self.link, self.notices, lambda: NOW)
        self.gallery.to_clipboard = self.copied.append
        self.gallery.handle(signed_in(who))
        self.gallery.handle(events.Call(call=call(MIA)))

    @property
    def said(self) -> list[str]:
        return [notice.title for notice in self.notices.shown]


@pytest.fixture
def seat() -> Seat:
    return Seat(AGENT)


def test_a_photo_is_asked_for_once_and_told_of_until_it_is_there(seat: Seat, tmp_path: Path) -> None:
    seat.gallery.ask()
    assert seat.link.sent == [commands.Photo()]
    seat.gallery.handle(events.Photo(photo="one", stage="asked"))
    seat.gallery.ask()
    assert len(seat.link.sent) == 1
    seat.gallery.handle(events.Photo(photo="one", stage="coming", received=50, size=200))
    assert seat.gallery.coming == "A photo is coming: 25 %"
    seat.gallery.handle(photo(tmp_path))
    assert (seat.gallery.coming, [still.photo for still in seat.gallery.stills]) == ("", ["one"])
    assert seat.gallery.stills[0].data == jpeg()


@pytest.mark.parametrize("reason", list(FAILURES))
def test_why_no_photo_came_is_said(seat: Seat, reason: str) -> None:
    seat.gallery.handle(events.Photo(photo="one", stage="failed", reason=reason))
    assert seat.said == [FAILURES[reason][0]]
    assert not seat.gallery.coming


def test_a_file_that_is_gone_is_said(seat: Seat, tmp_path: Path) -> None:
    gone = photo(tmp_path)
    Path(gone.file).unlink()
    seat.gallery.handle(gone)
    assert seat.said == [FAILURES["not_fetched"][0]]
    assert not seat.gallery.stills


@pytest.mark.parametrize(("who", "mode", "may"), [
    (AGENT, Mode.LISTEN, True), (MIA, Mode.LISTEN, False), (MIA, Mode.BARGE, False), (MIA, Mode.TAKEOVER, True),
    (SAM, Mode.LISTEN, False),
])  # fmt: skip
def test_who_may_ask_for_a_photo(who: PartyView, mode: Mode, may: bool) -> None:
    seat = Seat(who)
    seat.gallery.handle(events.ModeChanged(mode=mode, in_force=True))
    seat.gallery.ask()
    assert bool(seat.link.sent) is may


def test_a_mark_on_a_photo_goes_to_the_live_picture_too(seat: Seat, tmp_path: Path) -> None:
    seat.gallery.handle(photo(tmp_path))
    still = seat.gallery.stills[0]
    seat.gallery.draw(still, LINE)
    sent = seat.link.last(commands.DrawOnPhoto)
    assert isinstance(sent, commands.DrawOnPhoto)
    assert (sent.photo, sent.tool, sent.points) == ("one", Tool.ARROW, [LINE[0], LINE[-1]])
    seat.link.refuse("not_in_view", "not there now")
    assert seat.said[-1] == "Marked on the photo alone"
    assert [mark.tool for mark in still.marks] == [Tool.ARROW]
    seat.gallery.undo(still)
    assert still.marks == []


def test_numbers_and_words_on_a_photo_go_to_the_live_picture_too(seat: Seat, tmp_path: Path) -> None:
    seat.gallery.handle(photo(tmp_path))
    still = seat.gallery.stills[0]
    seat.gallery.choose(Tool.STAMP)
    for at in (LINE[0], LINE[-1]):
        seat.gallery.draw(still, [at, at])
    sent = seat.link.last(commands.DrawOnPhoto)
    assert isinstance(sent, commands.DrawOnPhoto)
    assert (sent.tool, sent.number, sent.points) == (Tool.STAMP, 2, [LINE[-1]])
    seat.gallery.undo(still)
    seat.gallery.draw(still, [LINE[1], LINE[1]])
    seat.gallery.write(still, LINE[0], "  this screw ")
    seat.gallery.write(still, LINE[0], "  ")
    sent = seat.link.last(commands.DrawOnPhoto)
    assert isinstance(sent, commands.DrawOnPhoto)
    assert (sent.tool, sent.text, sent.points) == (Tool.TEXT, "this screw", [LINE[0]])
    assert [(mark.tool, mark.number, mark.text) for mark in still.marks] == [
        (Tool.STAMP, 1, ""),
        (Tool.STAMP, 2, ""),
        (Tool.TEXT, 0, "this screw"),
    ]


def test_after_the_call_photos_stay_until_the_next_and_marks_go_nowhere(seat: Seat, tmp_path: Path) -> None:
    seat.gallery.handle(photo(tmp_path))
    seat.gallery.handle(events.Ended(call="c-1", reason=EndReason.HUNG_UP))
    sent = len(seat.link.sent)
    seat.gallery.draw(seat.gallery.stills[0], LINE)
    seat.gallery.ask()
    seat.gallery.read_code()
    assert len(seat.link.sent) == sent
    told = seat.gallery.report
    assert told is not None
    assert (told.about, told.ended_at) == ("Router down", NOW)
    seat.gallery.handle(events.Call(call=call(call="c-2")))
    assert (seat.gallery.stills, seat.gallery.report) == ([], None)


@pytest.mark.parametrize(("mode", "in_force", "named"), [
    (Mode.LISTEN, True, False), (Mode.WHISPER, True, False), (Mode.BARGE, False, False), (Mode.BARGE, True, True),
    (Mode.TAKEOVER, True, True),
])  # fmt: skip
def test_a_report_names_those_alone_whom_the_customer_has_met(
    seat: Seat, tmp_path: Path, mode: Mode, in_force: bool, named: bool
) -> None:
    seat.gallery.handle(photo(tmp_path))
    seat.gallery.handle(events.Call(call=call(with_mode(MIA, mode, in_force=in_force), SAM)))
    seat.gallery.handle(events.Call(call=call(MIA, SAM)))
    told = seat.gallery.report
    assert told is not None
    assert told.parties == [
        ("Alex", "agent"),
        ("Jana Novak", "customer"),
        *([("Mia", "supervisor")] if named else []),
    ]


def test_the_newest_photos_are_kept(seat: Seat, tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 1):
        seat.gallery.handle(photo(tmp_path, f"p{number}"))
    assert [still.photo for still in seat.gallery.stills] == [f"p{n}" for n in range(1, MOST_KEPT + 1)]


def test_what_a_code_says_is_copied_and_shown(seat: Seat) -> None:
    seat.gallery.read_code()
    assert seat.link.last(commands.ReadCode) == commands.ReadCode()
    codes = [events.CodeView("QR", "x" * 500, []), events.CodeView("EAN_13", "4006381333931", [])]
    seat.gallery.handle(events.Codes(codes=codes[1:]))
    seat.gallery.handle(events.Codes(codes=codes))
    assert seat.copied == ["4006381333931", "x" * 500 + "\n4006381333931"]
    assert seat.said == ["2 codes copied"]
    assert len(seat.notices.shown[0].text) < 200


# --- in the window -------------------------------------------------------------------------------------------


def card(shown: Shown) -> PhotoCard:
    return shown.window.findChild(PhotoCard)


def test_the_agents_desk_takes_photos_and_opens_the_gallery(agent: Shown, tmp_path: Path) -> None:
    photos = card(agent)
    assert photos.photo.isVisible()
    assert not photos.gallery.isEnabled()
    QTest.keyClick(agent.window, Qt.Key.Key_F6)
    assert agent.link.sent[-1] == commands.Photo()
    agent.desk.handle(photo(tmp_path))
    assert photos.gallery.text() == "Gallery (1)"
    QTest.keyClick(agent.window, Qt.Key.Key_F7)
    gallery = agent.dialog(GalleryWindow)
    assert gallery.canvas.isVisible()


def test_a_supervisor_who_has_not_taken_over_has_the_gallery_alone(supervisor: Shown) -> None:
    photos = card(supervisor)
    assert not photos.photo.isVisible()
    assert photos.gallery.isVisible()
    QTest.keyClick(supervisor.window, Qt.Key.Key_F8)
    assert supervisor.link.sent[-1] == commands.ReadCode()


def test_a_drag_draws_on_the_photo_and_all_is_saved(agent: Shown, tmp_path: Path) -> None:
    agent.desk.handle(photo(tmp_path))
    agent.desk.handle(photo(tmp_path, "two"))
    card(agent).gallery.click()
    gallery = agent.dialog(GalleryWindow)
    still = agent.desk.gallery.stills[1]
    QTest.keyClick(gallery, Qt.Key.Key_2)
    content = gallery.canvas.content
    start, end = content.center().toPoint(), content.bottomRight().toPoint() - QPoint(40, 40)
    QTest.mousePress(gallery.canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(gallery.canvas, end)
    QTest.mouseRelease(gallery.canvas, Qt.MouseButton.LeftButton, pos=end)
    (mark,) = still.marks
    assert mark.tool is Tool.CIRCLE
    assert mark.path[0].x == pytest.approx(0.5, abs=0.01)
    assert 0.5 < mark.path[-1].x < 1
    gallery.caption.setFocus()
    QTest.keyClicks(gallery.caption, "Screw 12")
    assert still.caption == "Screw 12"
    assert [each.tool for each in still.marks] == [Tool.CIRCLE]
    gallery.write(tmp_path / "x.png", lambda file: report.save_png(still, file))
    assert gallery.outcome.text() == f"Saved as {tmp_path / 'x.png'}"
    assert not QImage(str(tmp_path / "x.png")).isNull()
    gallery.write(tmp_path / "nowhere" / "x.png", lambda file: report.save_png(still, file))
    assert "could not be saved" in gallery.outcome.text()
    gallery.undo.click()
    assert still.marks == []


def test_words_are_typed_where_they_stand_and_numbers_are_put_by_a_touch(
    agent: Shown, tmp_path: Path
) -> None:
    agent.desk.handle(photo(tmp_path))
    card(agent).gallery.click()
    gallery = agent.dialog(GalleryWindow)
    (still,) = agent.desk.gallery.stills
    middle = gallery.canvas.content.center().toPoint()
    QTest.keyClick(gallery, Qt.Key.Key_5)
    QTest.mouseClick(gallery.canvas, Qt.MouseButton.LeftButton, pos=middle)
    QTest.keyClick(gallery, Qt.Key.Key_6)
    words = gallery.canvas.words
    for typed, end in (("Model 3", Qt.Key.Key_Return), ("not this", Qt.Key.Key_Escape)):
        QTest.mouseClick(gallery.canvas, Qt.MouseButton.LeftButton, pos=middle)
        assert words.isVisible()
        QTest.keyClicks(words, typed)
        QTest.keyClick(words, end)
        assert not words.isVisible()
    QTest.mouseClick(gallery.canvas, Qt.MouseButton.LeftButton, pos=middle)
    QTest.keyClicks(words, "elsewhere")
    QTest.mouseClick(gallery.canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(0, 60))
    assert not words.isVisible()
    assert gallery.isVisible()
    QTest.keyClick(gallery.caption, Qt.Key.Key_Return)
    assert agent.desk.gallery.tool is Tool.TEXT
    assert [(mark.tool, mark.number, mark.text) for mark in still.marks] == [
        (Tool.STAMP, 1, ""),
        (Tool.TEXT, 0, "Model 3"),
        (Tool.TEXT, 0, "elsewhere"),
    ]
    assert still.marks[1].path[0].x == pytest.approx(0.5, abs=0.01)


# --- snapshots of a shared screen ----------------------------------------------------------------------------


def snapshot(folder: Path) -> events.Photo:
    marks = [events.ShotMark(tool=Tool.ARROW, path=LINE, colour="#00aa00", width=0.01)]
    return msgspec.structs.replace(photo(folder, "shot"), of="screen", marks=marks)


def test_who_may_have_photos_taken_takes_snapshots_of_what_is_shared(seat: Seat) -> None:
    seat.gallery.snap()
    assert seat.link.sent == []
    seat.gallery.handle(events.Sharing(state="on", label="HDMI-1"))
    seat.gallery.snap()
    assert seat.link.sent == [commands.Snapshot()]
    for state in ("blank", "off"):
        seat.gallery.handle(events.Sharing(state=state, label="HDMI-1"))
        assert not seat.gallery.may_snap


def test_while_either_of_two_screens_is_seen_there_is_one_to_take(seat: Seat) -> None:
    seat.gallery.handle(events.Screen(party="customer", state="on"))
    seat.gallery.handle(events.Sharing(state="on", label="HDMI-1"))
    seat.gallery.handle(events.Sharing(state="off"))
    assert seat.gallery.may_snap
    seat.gallery.handle(events.Screen(party="customer", state="off"))
    assert not seat.gallery.may_snap


def test_an_observer_takes_them_after_a_takeover_alone() -> None:
    mia = Seat(MIA)
    mia.gallery.handle(events.Screen(party="agent", state="on"))
    assert not mia.gallery.may_snap
    mia.gallery.handle(events.ModeChanged(mode=Mode.TAKEOVER, in_force=True))
    assert mia.gallery.may_snap
    mia.gallery.handle(events.Left(call="c-1"))
    assert not mia.gallery.may_snap


def test_a_snapshot_comes_with_its_marks_which_can_be_taken_off(seat: Seat, tmp_path: Path) -> None:
    seat.gallery.handle(snapshot(tmp_path))
    (still,) = seat.gallery.stills
    assert seat.said == ["A snapshot was taken"]
    assert still.marks == [PhotoMark(Tool.ARROW, LINE, "#00aa00", 0.01)]
    seat.gallery.draw(still, LINE)
    assert seat.link.sent == []  # it has no place in the customer's picture
    assert len(still.marks) == 2
    for _ in range(2):
        seat.gallery.undo(still)
    assert still.marks == []


def test_one_key_takes_a_snapshot(agent: Shown, dressed: QtBot) -> None:
    card = agent.window.findChild(PhotoCard)
    assert card is not None
    assert not card.snapshot.isVisible()
    agent.desk.handle(events.Sharing(state="on", label="HDMI-1"))
    assert card.snapshot.isVisible()
    dressed.keyClick(agent.window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert agent.link.sent[-1] == commands.Snapshot()
