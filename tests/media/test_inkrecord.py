"""Ink in files: what is read back, what is not believed, what is bounded, and who may read it."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from coachdesk.annotation import Begin, End, Entry, Point, Tool
from coachdesk.media.ink import inkrecord
from coachdesk.media.ink.inkkept import LOG, VERSION
from coachdesk.media.ink.inkrecord import InkRecord, remove_stale
from tests.conftest import LogWatch

CALL = "call-1"
BEGAN = 1_700_000_000.0
HOUR = 3600.0


def entries(count: int = 2, mark: str = "mark_0001", first: int = 1) -> list[Entry]:
    """A mark that begins, and ends as often as it takes."""
    begin = Begin(mark=mark, tool=Tool.PEN, colour="#2f7cf6", width=0.006, frame=90_000)
    end = End(mark=mark, path=[Point(0.1, 0.2), Point(0.3, 0.4, 0.5, 400)])
    edits = [begin, *[end] * (count - 1)]
    return [Entry(n=n, at=float(n), author="mia", edit=edit) for n, edit in enumerate(edits, first)]


def grey(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (360, 640), np.uint8)


class Disk:
    """The folder of all records, and those that tests have opened."""

    def __init__(self, records: Path) -> None:
        self.records = records
        self.now = BEGAN
        self.opened: list[InkRecord] = []

    def open(self, call: str = CALL) -> InkRecord:
        self.opened.append(InkRecord(self.records, call, clock=lambda: self.now))
        return self.opened[-1]

    def written(self) -> Path:
        """One with a mark, its picture, and somebody who was told of it; its program has ended. Its folder."""
        record = self.open()
        record.history("mark_0001", entries())
        record.party("mia", "Zk3vPq81", [1])
        record.told("mia", [2])
        record.epoch(3)
        record.drawn_on("mark_0001", "3-90000", grey())
        record.close(remove=False)
        return self.folder

    @property
    def folder(self) -> Path:
        (folder,) = self.records.iterdir()
        return folder

    @property
    def pictures(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.png"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "cache" / "ink")
    yield disk
    for record in disk.opened:
        record.close(remove=True)


def test_what_was_written_is_read_back(disk: Disk) -> None:
    disk.written()
    disk.now += 60
    kept = disk.open().kept
    assert kept is not None
    assert (list(kept.entries.values()), kept.epoch, kept.now) == (entries(), 3, 60.0)
    assert (kept.parties["mia"].log, kept.parties["mia"].told) == ("Zk3vPq81", [1, 2])
    picture = cv2.imdecode(np.frombuffer(kept.pictures["mark_0001"], np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(picture, grey())


def test_the_first_time_there_is_nothing_to_go_on_with(disk: Disk) -> None:
    disk.written()
    assert disk.open("call-2").kept is None


def test_a_record_goes_on_where_the_program_ended_in_the_middle_of_a_line(disk: Disk) -> None:
    folder = disk.written()
    with (folder / LOG).open("ab") as file:
        file.write(b'{"type":"epoch","epo')
    record = disk.open()
    assert record.kept is not None
    assert record.kept.epoch == 3
    record.history("mark_0001", entries(3))
    record.let_go("mark_0001")
    record.close(remove=False)
    kept = disk.open().kept
    assert kept is not None
    assert len(kept.entries) == 3
    assert (kept.pictures, disk.pictures) == ({}, [])


def test_the_clock_does_not_go_back_with_the_machines(disk: Disk) -> None:
    disk.written()
    disk.now -= HOUR
    kept = disk.open().kept
    assert kept is not None
    assert kept.now == entries()[-1].at


def _in_log(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = (folder / LOG).read_bytes()
        assert old in data
        (folder / LOG).write_bytes(data.replace(old, new, 1))

    return change


def _picture_as(data: bytes) -> Callable[[Path], None]:
    return lambda folder: next(folder.glob("*.png")).write_bytes(data) and None


BROKEN: dict[str, Callable[[Path], None]] = {
    "of another release": _in_log(b'"version":%d' % VERSION, b'"version":99'),
    "of another call": _in_log(b"call-1", b"call-7"),
    "no lines of ours": lambda folder: (folder / LOG).write_bytes(os.urandom(500) + b"\n") and None,
    "empty": lambda folder: (folder / LOG).write_bytes(b"") and None,
    "without its log": lambda folder: (folder / LOG).unlink(),
    "a damaged line": _in_log(b'"kind":"end"', b'"kind":"e\x00d"'),
    "a missing line": _in_log(b'{"type":"done"', b'{"type":"let_go","mark":"mark_0009"}\n{"type":"dune"'),
    "numbers out of range": _in_log(b"[0.1,0.2", b"[1.1,0.2"),
    "a place twice": _in_log(b'"n":2', b'"n":1'),
    "told of who is not there": _in_log(b'"type":"told","party":"mia"', b'"type":"told","party":"ben"'),
    "a picture from elsewhere": _in_log(b'"3-90000"', b'"../../3-90000"'),
    "a picture that is none": _picture_as(b"no picture"),
    "a picture of too many pixels": _picture_as(
        cv2.imencode(".png", np.zeros((2000, 2000), np.uint8))[1].tobytes()
    ),
    "without a picture": lambda folder: next(folder.glob("*.png")).unlink(),
}


@pytest.mark.allow_log("the record is damaged here")
@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_gone_on_with_is_told_once_and_begun_anew(
    disk: Disk, broken: str, logfail: LogWatch
) -> None:
    BROKEN[broken](disk.written())
    record = disk.open()
    assert record.kept is None
    assert len(logfail.lines) == 1
    assert "begins anew" in logfail.lines[0]
    record.history("mark_0001", entries())
    record.close(remove=False)
    kept = disk.open().kept
    assert kept is not None
    assert (len(kept.entries), disk.pictures) == (2, [])


@pytest.mark.skipif(os.name != "posix", reason="permissions are otherwise elsewhere")
@pytest.mark.allow_log("the record is open to others here")
def test_only_its_user_may_read_it_else_it_is_not_believed(disk: Disk) -> None:
    folder = disk.written()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o700}
    folder.chmod(0o755)
    assert disk.open().kept is None


@pytest.mark.allow_log("there is too much here")
def test_a_record_that_grows_too_large_is_given_up(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, logfail: LogWatch
) -> None:
    monkeypatch.setattr(inkrecord, "MOST_BYTES", 2000)
    record = disk.open()
    record.history("mark_0001", entries(40))
    record.close(remove=False)
    assert list(disk.records.iterdir()) == []
    assert len(logfail.lines) == 1


@pytest.mark.allow_log("the disk fails here")
def test_a_failing_disk_is_told_once_and_ink_goes_on(disk: Disk, logfail: LogWatch) -> None:
    disk.records.parent.mkdir()
    disk.records.write_text("in the way")
    record = disk.open()
    record.history("mark_0001", entries())
    record.close(remove=False)
    assert len(logfail.lines) == 1


@pytest.mark.allow_log("the disk is slow here")
def test_so_much_waits_for_a_slow_disk(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, logfail: LogWatch
) -> None:
    monkeypatch.setattr(inkrecord, "INBOX", 2)
    monkeypatch.setattr(InkRecord, "_run", lambda self: None)
    record = disk.open()
    record.history("mark_0001", entries(10))
    assert record._inbox.qsize() == 2
    assert len(logfail.lines) == 1


def test_a_picture_is_kept_once_and_as_long_as_a_mark_on_it_is_followed(disk: Disk) -> None:
    record = disk.open()
    for n, mark in enumerate(("mark_0001", "mark_0002"), 1):
        record.history(mark, entries(1, mark, n))
    record.drawn_on("mark_0001", "0-3000", grey())
    record.drawn_on("mark_0002", "0-3000", grey())
    record.drawn_on("mark_0002", "0-6000", grey(1))
    record.drawn_on("mark_0003", "0-9000", grey(2))  # of which nothing is written
    record.let_go("mark_0001")
    record.close(remove=False)
    assert disk.pictures == ["0-3000.png"]
    record = disk.open()
    record.let_go("mark_0002")
    record.close(remove=False)
    assert disk.pictures == []


def test_of_too_many_pictures_the_oldest_give_way(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inkrecord, "MOST_PICTURES", 2)
    record = disk.open()
    for number in range(4):
        record.history(f"mark_{number:04}", entries(1, f"mark_{number:04}", number + 1))
        record.drawn_on(f"mark_{number:04}", f"0-{number}", grey(number))
    record.close(remove=False)
    kept = disk.open().kept
    assert kept is not None
    assert disk.pictures == ["0-2.png", "0-3.png"]
    assert list(kept.pictures) == ["mark_0002", "mark_0003"]


def test_with_its_call_a_record_is_gone(disk: Disk) -> None:
    disk.written()
    disk.open().close(remove=True)
    assert list(disk.records.iterdir()) == []


def test_what_nobody_goes_on_with_is_removed_and_what_is_in_use_is_not(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inkrecord, "BEAT_SECONDS", 0.01)
    (disk.records / "something else").mkdir(parents=True)
    old = disk.records / "something else"
    os.utime(old, (0, 0))
    disk.open()
    deadline = time.monotonic() + 20
    log = disk.records / disk.opened[0]._folder.name / LOG
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.utime(log, (0, 0))
    while log.stat().st_mtime == 0 and time.monotonic() < deadline:
        time.sleep(0.005)
    remove_stale(disk.records, time.time())
    assert list(disk.records.iterdir()) == [log.parent]
    disk.opened[0].close(remove=False)
    remove_stale(disk.records, time.time() + HOUR)
    assert list(disk.records.iterdir()) == []
    remove_stale(disk.records / "nowhere", time.time())
