"""Marks in the picture after the agent's program was started again in a call: found where their things are, or lost."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from coachdesk.annotation import Caption, Remove, Reshape, Restore, Tool
from coachdesk.media.ink import markfollower
from coachdesk.media.ink.inkrecord import InkRecord
from coachdesk.media.ink.markfollower import KEPT_SECONDS
from coachdesk.media.picture.video import Picture
from coachdesk.media.tracker import FrameId, State
from tests.fakes.following import PATH, FakeWorker, Scene, textured
from tests.media.peers import until


def anchored(scene: Scene, mark: str) -> None:
    """The tracker holds on to the mark, and says so."""
    frame, _ = scene.worker.anchored[mark]
    scene.worker.on_anchored(mark, frame, np.full((360, 640), 7, np.uint8))


def started_again(scene: Scene, records: Path) -> Scene:
    scene.follower.close(over=False)
    return Scene(InkRecord(records, "call-1"))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """With a mark whose picture is kept, and one that is not held on to; the agent's program was started again."""
    FakeWorker.made = []
    monkeypatch.setattr(markfollower, "TrackWorker", FakeWorker)
    before = Scene(InkRecord(tmp_path, "call-1"))
    before.follower.tick()
    before.show(3000)
    for mark in ("mark_0001", "mark_gone"):
        before.draw(mark)
        anchored(before, mark)
    before.ink.submit(Remove("mark_gone"))
    before.draw("mark_lost", frame=9000)
    before.draw("mark_none", frame=None)
    again = started_again(before, tmp_path)
    again.follower.tick()
    return again


def test_marks_of_before_are_looked_for_by_the_picture_they_were_drawn_on(kept: Scene) -> None:
    assert set(kept.worker.recalled) == {"mark_0001", "mark_gone"}
    picture, outline = kept.worker.recalled["mark_0001"]
    seen = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert seen is not None
    assert (seen.shape, int(seen.max())) == ((360, 640), 7)
    assert outline.tolist() == [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]
    kept.show(90_000)
    assert kept.worker.put_in == [1]
    states = {each["mark"]: each["state"] for each in kept.found(mark_0001=State.TRACKED)}
    assert states == {"mark_0001": "tracked", "mark_lost": "lost", "mark_none": "lost"}
    kept.follower.close(over=True)


def test_no_frame_of_now_is_taken_for_one_of_before(kept: Scene) -> None:
    kept.show(3000, 9000)
    kept.ink.submit(Restore("mark_gone"))
    for mark in ("mark_0001", "mark_lost", "mark_none"):
        kept.ink.submit(Caption(mark=mark, text="this one"))
        kept.ink.submit(Reshape(mark=mark, tool=Tool.CIRCLE, path=PATH))
    kept.follower.tick()
    assert kept.worker.anchored == {}
    assert set(kept.worker.recalled) == {"mark_0001", "mark_gone"}
    kept.draw("mark_new1", frame=9000)
    assert kept.worker.anchored["mark_new1"][0] == FrameId(1, 9000)
    kept.follower.close(over=True)


def test_what_is_kept_is_let_go_with_its_mark_and_with_the_call(
    kept: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.monotonic() + KEPT_SECONDS + 1
    monkeypatch.setattr("coachdesk.media.ink.markfollower.time.monotonic", lambda: later)
    kept.follower.tick()
    assert kept.worker.released == ["mark_gone"]
    again = started_again(kept, tmp_path)
    again.follower.tick()
    assert set(again.worker.recalled) == {"mark_0001"}
    again.follower.close(over=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("seed", "state"), [(4, "tracked"), (5, "lost")])
async def test_after_a_restart_a_mark_is_found_on_its_thing_and_nowhere_else(
    tmp_path: Path, seed: int, state: str
) -> None:
    before = Scene(InkRecord(tmp_path, "call-1"))
    before.follower.tick()
    look = before.pictures.watcher
    assert look is not None
    look(Picture(textured(0), 3000, 0.0))
    before.draw("mark_0001")
    await until(lambda: list(tmp_path.glob("*/*.png")) != [])
    again = started_again(before, tmp_path)
    again.follower.tick()
    look = again.pictures.watcher
    assert look is not None
    for step in range(12):
        count = len(again.told)
        look(Picture(textured(30 + step, seed), 90_000 + 3000 * step, 0.0))
        await until(lambda count=count: len(again.told) > count)
    (anchor,) = again.told[-1].anchors
    assert anchor.state == state
    if anchor.h is not None:
        x, y, w = np.array(anchor.h).reshape(3, 3) @ [0.5, 0.5, 1]
        assert (x / w * 640, y / w * 360) == pytest.approx((320 + 41, 180), abs=1.5)
    again.follower.close(over=True)
