"""Pictures through shared memory: between threads, between processes, and when either side dies."""

from __future__ import annotations

import mmap
import multiprocessing
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import shared_memory
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.media.picture import framering
from coachdesk.media.picture.framering import SLOTS, FrameReader, FrameWriter


@pytest.fixture
def name() -> str:
    return f"cdk-{secrets.token_hex(6)}"


@pytest.fixture
def writer(name: str) -> Iterator[FrameWriter]:
    with_name = FrameWriter(name)
    yield with_name
    with_name.close()


def plain(shade: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    return np.full((height, width, 4), shade, np.uint8)


def exists(name: str) -> bool:
    try:
        FrameReader(name).close()
    except FileNotFoundError:
        return False
    return True


def test_the_newest_picture_is_read_once(writer: FrameWriter) -> None:
    reader = FrameReader(writer.name)
    assert reader.read() is None
    writer.write(plain(1), 1.5)
    writer.write(plain(2), 2.5, 0xFFFFFFFF)
    picture = reader.read()
    assert picture is not None
    assert (picture.number, picture.time, picture.frame) == (2, 2.5, 0xFFFFFFFF)
    assert (picture.bgra == plain(2)).all()
    assert reader.read() is None
    reader.close()


def test_the_size_may_change(writer: FrameWriter) -> None:
    reader = FrameReader(writer.name)
    for width, height in ((1280, 720), (720, 1280), (2, 2)):
        writer.write(plain(7, width, height), 0.0)
        picture = reader.read()
        assert picture is not None
        assert picture.bgra.shape == (height, width, 4)
    reader.close()


def test_a_picture_too_large_is_reduced(writer: FrameWriter) -> None:
    reader = FrameReader(writer.name)
    writer.write(plain(7, 3842, 2162), 0.0)
    picture = reader.read()
    assert picture is not None
    assert picture.bgra.shape == (1081, 1921, 4)
    reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the memory's pages, as Linux counts them")
def test_it_takes_as_much_memory_as_the_pictures_in_it_and_gives_back_the_rest(writer: FrameWriter) -> None:
    def taken() -> int:
        return Path("/dev/shm", writer.name).stat().st_blocks * 512

    reader = FrameReader(writer.name)
    writer.write(plain(7, 640, 480), 0.0)
    small = taken()
    assert small < 1.1 * 640 * 480 * 4
    for _ in range(SLOTS):
        writer.write(plain(8, 3840, 2160), 0.0)
    assert 3 * 3840 * 2160 * 4 < taken() < 3.1 * 3840 * 2160 * 4
    large = reader.read()
    writer.write(plain(9, 640, 480), 0.0)
    assert taken() <= small + 2 * mmap.PAGESIZE
    picture = reader.read()
    assert large is not None
    assert (large.bgra == plain(8, 3840, 2160)).all(), "what was read is the reader's"
    assert picture is not None
    assert (picture.bgra == plain(9, 640, 480)).all()
    reader.close()


def test_a_picture_that_is_a_view_is_written(writer: FrameWriter) -> None:
    reader = FrameReader(writer.name)
    writer.write(plain(9, 640, 480)[::2, ::-2], 0.0)
    picture = reader.read()
    assert picture is not None
    assert picture.bgra.shape == (240, 320, 4)
    reader.close()


def test_no_picture_is_ever_torn(writer: FrameWriter) -> None:
    reader = FrameReader(writer.name)
    done = threading.Event()

    def width(shade: int) -> int:
        """Larger and smaller by turns, for then memory is given back."""
        return 320 + (shade if shade % 2 else 256 - shade)

    def write() -> None:
        shade = 0
        while not done.is_set():
            shade = (shade + 1) % 256
            writer.write(plain(shade, width(shade), 200), float(shade))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = 0
        deadline = time.monotonic() + 100
        while seen < 200 and time.monotonic() < deadline:
            picture = reader.read()
            if picture is not None:
                seen += 1
                assert (picture.bgra == int(picture.time)).all()
                assert picture.bgra.shape[1] == width(int(picture.time))
    finally:
        done.set()
        thread.join()
        reader.close()
    assert seen == 200


def test_a_slot_that_is_being_written_is_not_read(writer: FrameWriter) -> None:
    reader = FrameReader(writer.name)
    writer.write(plain(1), 0.0)
    offset = framering._slot_offset(1)
    framering._SLOT.pack_into(framering._buffer(writer._memory), offset, 1, 1, 64, 48, 0.0, 0)
    assert reader.read() is None
    reader.close()


@pytest.mark.parametrize("size", [(0, 5), (2**31, 2**31)])
def test_nonsense_in_the_memory_is_not_followed(writer: FrameWriter, size: tuple[int, int]) -> None:
    reader = FrameReader(writer.name)
    writer.write(plain(1), 0.0)
    slot = framering._slot_offset(1)
    framering._SLOT.pack_into(framering._buffer(writer._memory), slot, 2, 1, *size, 0.0, 0)
    assert reader.read() is None
    reader.close()


def test_no_memory_of_that_name_and_memory_of_something_else_are_told_apart(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        FrameReader(name)
    other = shared_memory.SharedMemory(name, create=True, size=100)
    with pytest.raises(ValueError, match="does not hold pictures"):
        FrameReader(name)
    other.close()
    other.unlink()


def test_closing_twice_and_writing_afterwards_are_harmless(name: str) -> None:
    writer = FrameWriter(name)
    writer.close()
    writer.close()
    writer.write(plain(1), 0.0)
    assert not exists(name)


WRITE = """
import sys, time, numpy as np
from coachdesk.media.picture.framering import FrameWriter
writer = FrameWriter(sys.argv[1])
writer.write(np.full((48, 64, 4), 5, np.uint8), 1.0)
print("ready", flush=True)
sys.stdin.read()
"""

READ = """
import sys
from coachdesk.media.picture.framering import FrameReader
reader = FrameReader(sys.argv[1])
picture = reader.read()
print(picture.bgra.mean(), flush=True)
sys.stdin.read()
"""


def start(code: str, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("end", ["returns", "is killed"])
def test_a_reader_that_ends_leaves_the_memory_to_others(writer: FrameWriter, end: str) -> None:
    writer.write(plain(5), 0.0)
    process = start(READ, writer.name)
    assert first_line(process) == "5.0"
    if end == "is killed":
        process.kill()
    _, errors = process.communicate(timeout=60)
    assert errors == ""
    assert exists(writer.name)


def test_a_writer_that_is_killed_leaves_nothing_behind(name: str) -> None:
    process = start(WRITE, name)
    assert first_line(process) == "ready"
    reader = FrameReader(name)
    process.kill()
    process.wait(60)
    picture = reader.read()
    assert picture is not None  # what is mapped stays readable
    reader.close()
    deadline = time.monotonic() + 60
    while exists(name):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.communicate()


def read_in_child(name: str, answer: multiprocessing.SimpleQueue[float]) -> None:
    reader = FrameReader(name)
    picture = reader.read()
    answer.put(float(picture.bgra.mean()) if picture is not None else -1.0)
    reader.close()


def test_a_child_process_can_read(writer: FrameWriter) -> None:
    writer.write(plain(5), 0.0)
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.SimpleQueue[float] = context.SimpleQueue()
    child = context.Process(target=read_in_child, args=(writer.name, answer))
    child.start()
    assert answer.get() == 5.0
    child.join(60)
    assert child.exitcode == 0
    assert exists(writer.name)
