"""The child process that sees sound devices come and go."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from coachdesk.media.soundcards import soundwatch
from coachdesk.media.soundcards.soundwatch import SoundWatch
from tests.media.peers import until

pytestmark = pytest.mark.media


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundWatch]:
    monkeypatch.setattr(soundwatch, "AGAIN_SECONDS", 0.01)
    watch = SoundWatch()
    watch.start()
    yield watch
    watch.stop()


async def test_one_that_dies_is_started_anew_and_sees_again(watch: SoundWatch) -> None:
    for _ in range(2):
        await until(lambda: watch.seen is not None)
        died = watch._process
        assert died is not None
        watch.seen = None
        died.kill()
        await until(lambda died=died: watch._process is not died)  # type: ignore[misc]
    await until(lambda: watch.seen is not None)


async def test_once_it_is_stopped_none_is_left_nor_started(watch: SoundWatch) -> None:
    await until(lambda: watch.seen is not None)
    child, threads = watch._process, threading.active_count()
    assert child is not None
    watch.stop()
    assert child.poll() is not None
    assert (watch._process, watch.seen, threading.active_count()) == (None, None, threads - 1)
    watch.start()
    await until(lambda: watch.seen is not None)
