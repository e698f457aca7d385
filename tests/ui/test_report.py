"""A call's photos as pictures, and its report."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from coachdesk import events
from coachdesk.annotation import Point, Tool
from coachdesk.events import Reading
from coachdesk.soundcourse import SoundCourse
from coachdesk.ui import report
from coachdesk.ui.presenters.gallery import PhotoMark, Report, Still
from coachdesk.ui.sound_chart import paint_chart
from signaling.protocol import EndReason, PartyView
from tests.ui.samples import AGENT, MIA, NOW, call, make_desk
from tests.ui.test_gallery import RED, jpeg

BAD = Reading(
    mos=2.1, grade="poor", delay_ms=410.0, playout_ms=90.0, jitter_ms=30.0, loss=0.12, concealed=0.08
)
GOOD = Reading(mos=4.3, grade="good", delay_ms=60.0, playout_ms=20.0, jitter_ms=3.0, loss=0.0, concealed=0.0)


def marked() -> Still:
    return Still(
        "one",
        jpeg(),
        NOW,
        "The lower screw",
        [PhotoMark(Tool.RECTANGLE, [Point(0.25, 0.25), Point(0.75, 0.75)])],
    )


def test_a_saved_photo_has_its_marks_in_their_places(dressed: QtBot, tmp_path: Path) -> None:
    assert report.save_png(marked(), tmp_path / "a.png")
    image = cv2.cvtColor(cv2.imread(str(tmp_path / "a.png")), cv2.COLOR_BGR2RGB)
    assert image.shape == (480, 640, 3)
    for y, x in ((120, 320), (360, 320), (240, 160), (240, 480)):
        assert np.abs(image[y, x] - RED).max() < 12, (x, y)
    assert np.abs(image[240, 320].astype(int) - 128).max() < 6
    assert not report.save_png(marked(), tmp_path / "nowhere" / "a.png")


def test_a_saved_photo_has_its_numbers_and_words(dressed: QtBot, tmp_path: Path) -> None:
    bare, written = Still("one", jpeg(), NOW), Still("two", jpeg(), NOW)
    written.marks = [
        PhotoMark(Tool.STAMP, [Point(0.25, 0.5)], number=7),
        PhotoMark(Tool.TEXT, [Point(0.6, 0.5)], text="this screw"),
    ]
    for still in (bare, written):
        assert report.save_png(still, tmp_path / f"{still.photo}.png")
    one, two = (cv2.imread(str(tmp_path / f"{name}.png")).astype(int) for name in ("one", "two"))
    _, across, _ = np.nonzero(np.abs(one - two) > 60)
    assert {round(x / 640, 1) for x in across} >= {0.2, 0.6, 0.7}
    assert not any(0.4 < x / 640 < 0.55 for x in across)


def test_a_photo_that_cannot_be_read_is_not_saved(dressed: QtBot, tmp_path: Path) -> None:
    assert not report.save_png(Still("one", b"broken", NOW), tmp_path / "a.png")


def test_a_report_has_a_page_for_every_two_photos(dressed: QtBot, tmp_path: Path) -> None:
    parties = [("Alex", "agent"), ("", "customer")]
    told = Report("Router down", parties, NOW - 100, NOW, [marked() for _ in range(5)])
    assert report.save_pdf(told, tmp_path / "a.pdf")
    data = (tmp_path / "a.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") == 3
    assert data.count(b"/Subtype /Image") == 5
    assert not report.save_pdf(told, tmp_path / "nowhere" / "a.pdf")


def test_photos_that_have_no_room_under_the_head_are_on_the_next_page(dressed: QtBot, tmp_path: Path) -> None:
    course = SoundCourse()
    for minute in range(20):
        course.add({"customer": BAD if minute % 3 else GOOD}, minute)
    sound = [("How it was", course.of("customer"))] * 2
    told = Report("Router down", [("Alex", "agent")], NOW, NOW, [marked() for _ in range(3)], sound)
    assert report.save_pdf(told, tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().count(b"/Type /Page\n") == 2


@pytest.mark.parametrize(
    ("who", "titles"),
    [
        (AGENT, ["How Alex heard Jana Novak", "How Jana Novak heard Alex"]),
        (MIA, ["How Jana Novak heard Alex"]),
    ],
)
def test_a_report_tells_how_the_call_sounded_and_not_who_listened(who: PartyView, titles: list[str]) -> None:
    clock = [NOW]
    desk, _ = make_desk(who, now=lambda: clock[0])
    view = msgspec.structs.replace(call(MIA), started_at=NOW)
    desk.handle(events.Call(call=view))
    desk.gallery.stills.append(marked())
    for minute, reading in enumerate((GOOD, BAD, BAD, GOOD)):
        clock[0] = NOW + 60 * minute
        sources = ("customer", "agent_at_customer", "at_customer", "agent", MIA.party)
        desk.handle(events.Quality(readings=dict.fromkeys(sources, reading)))
    told = desk.gallery.report
    assert told is not None
    assert [title for title, _ in told.sound] == titles
    for _, minutes in told.sound:
        assert [(each.minute, each.grade) for each in minutes] == [
            (0, "good"), (1, "poor"), (2, "poor"), (3, "good"),
        ]  # fmt: skip
    desk.handle(events.Ended(call=view.call, reason=EndReason.HUNG_UP))
    desk.handle(events.Quality(readings={"customer": BAD}))
    assert desk.gallery.report is not None
    assert (desk.gallery.report.sound, desk.gallery.report.ended_at) == (told.sound, clock[0])
    desk.handle(events.Call(call=msgspec.structs.replace(view, call="another")))
    desk.gallery.stills.append(marked())
    assert desk.gallery.report is not None
    assert desk.gallery.report.sound == []


def test_a_reports_chart_has_a_bar_for_each_minute(dressed: QtBot, tmp_path: Path) -> None:
    course = SoundCourse()
    for minute, reading in enumerate((GOOD, GOOD, BAD, GOOD)):
        course.add({"customer": reading}, minute)
    image = QImage(100, 50, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        paint_chart(painter, course.of("customer"), QRectF(0, 0, 100, 50))
    colours = [image.pixelColor(round(12 * minute + 4), 47) for minute in range(5)]
    assert [(each.red() > 150, each.green() > 150) for each in colours[:4]] == [
        (False, True), (False, True), (True, False), (False, True),
    ]  # fmt: skip
    assert colours[4] == QColor("white")
    told = Report("Router down", [], NOW, NOW + 240, [marked()], [("How it was", course.of("customer"))])
    assert report.save_pdf(told, tmp_path / "a.pdf")
