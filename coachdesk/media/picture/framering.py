"""BGRA pictures handed from one process to another through shared memory: latest wins, never torn.

The memory is a header and `SLOTS` slots. Each slot has a sequence lock: its writer makes the number odd,
writes, and makes it even again; a reader copies the slot and keeps the copy if the number was even and the
same before and after. The writer goes round the slots, so a reader has the time of two more pictures for
its copy. Slots have room for the largest picture, but take up no more of the machine's memory than the pictures
in them; what a larger one took is given back (on Linux) when a smaller one comes.
"""

from __future__ import annotations

import mmap
import struct
import sys
import threading
from multiprocessing import resource_tracker, shared_memory
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = b"CDFR0003"
SLOTS = 3
MAX_PIXELS = 3840 * 2160
SLOT_BYTES = 64 + MAX_PIXELS * 4
HEADER_BYTES = 64
_HEADER = struct.Struct("=8sQ")  # magic, number of the newest picture (0: none yet)
_SLOT = struct.Struct("=QQIIdI")  # lock, number of the picture, width, height, time, frame


class SharedPicture(NamedTuple):
    """``bgra``: height x width x 4; ``number`` grows by one per picture; ``time``: ``time.monotonic()`` of
    its arrival; ``frame``: which of the customer's frames it is, by RTP timestamp (see docs/ink.md).
    """

    bgra: NDArray[np.uint8]
    number: int
    time: float
    frame: int


class FrameWriter:
    """Creates the memory ``name`` (at most 30 characters, for macOS) and writes pictures into it, from one
    thread.

    The memory goes away with ``close``, and with this process however that ends. Raises FileExistsError
    when the name is taken.
    """

    def __init__(self, name: str) -> None:
        self._memory = shared_memory.SharedMemory(name, create=True, size=HEADER_BYTES + SLOTS * SLOT_BYTES)
        self.name = name
        self._number = 0
        self._taken = 0  # bytes of the newest picture
        self._closed = False
        self._lock = threading.Lock()
        _HEADER.pack_into(_buffer(self._memory), 0, MAGIC, 0)

    def write(self, bgra: NDArray[np.uint8], time: float, frame: int = 0) -> None:
        """Publish a picture (height x width x 4), frame ``frame`` (32 bits) of its camera. One of more than
        3840 x 2160 pixels is published at a fraction of its size.
        """
        step = _step(bgra)
        bgra = bgra[::step, ::step]
        with self._lock:
            if not self._closed:
                self._write(bgra, time, frame)

    def _write(self, bgra: NDArray[np.uint8], time: float, frame: int) -> None:
        if bgra.size < self._taken:
            self._empty()
        self._taken = bgra.size
        number = self._number + 1
        offset = _slot_offset(number)
        buffer = _buffer(self._memory)
        height, width = bgra.shape[:2]
        _SLOT.pack_into(buffer, offset, 2 * number - 1, number, width, height, time, frame)
        _fence()
        pixels: NDArray[np.uint8] = np.ndarray(bgra.shape, np.uint8, buffer, offset + 64)
        pixels[...] = bgra
        del pixels  # the buffer cannot be closed while an array looks into it
        _fence()
        _SLOT.pack_into(buffer, offset, 2 * number, number, width, height, time, frame)
        _fence()
        _HEADER.pack_into(buffer, 0, MAGIC, number)
        self._number = number

    def _empty(self) -> None:
        """Gives all slots' memory back; of what is being copied from them, nothing is kept."""
        for number in range(SLOTS):
            _SLOT.pack_into(_buffer(self._memory), _slot_offset(number), 1, 0, 0, 0, 0.0, 0)
        _fence()
        _give_back(self._memory)

    def close(self) -> None:
        """Remove the memory; readers keep what they have mapped."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._memory.close()
            self._memory.unlink()


class FrameReader:
    """Attaches to the memory ``name`` of a `FrameWriter`, in this or another process.

    Raises FileNotFoundError when there is none of that name, ValueError when it is something else.
    """

    def __init__(self, name: str) -> None:
        self._memory = _attach(name)
        self._last = 0
        if self._memory.size < HEADER_BYTES + SLOTS * SLOT_BYTES or bytes(_buffer(self._memory)[:8]) != MAGIC:
            self._memory.close()
            raise ValueError(f"the shared memory {name!r} does not hold pictures of this version")

    def read(self) -> SharedPicture | None:
        """A copy of the newest picture; None when there is none newer than the last one read."""
        for _ in range(SLOTS):
            _, number = _HEADER.unpack_from(_buffer(self._memory), 0)
            if number == self._last:
                return None
            picture = self._copy(number)
            if picture is not None:
                self._last = number
                return picture
        return None  # the writer is far quicker; the next call will find something

    def _copy(self, number: int) -> SharedPicture | None:
        buffer, offset = _buffer(self._memory), _slot_offset(number)
        before = _SLOT.unpack_from(buffer, offset)
        lock, held, width, height, time, frame = before
        if lock % 2 or held != number or not 0 < width * height <= MAX_PIXELS:
            return None
        _fence()
        pixels: NDArray[np.uint8] = np.ndarray((height, width, 4), np.uint8, buffer, offset + 64)
        bgra = pixels.copy()
        del pixels
        _fence()
        if _SLOT.unpack_from(buffer, offset) != before:
            return None
        return SharedPicture(bgra, number, time, frame)

    def close(self) -> None:
        self._memory.close()


def _buffer(memory: shared_memory.SharedMemory) -> memoryview:
    if memory.buf is None:
        raise ValueError("the shared memory is closed")
    return memory.buf


def _slot_offset(number: int) -> int:
    return HEADER_BYTES + number % SLOTS * SLOT_BYTES


def _give_back(memory: shared_memory.SharedMemory) -> None:
    """All but the first page reads as zeros from now on, to everybody (madvise(2), ``MADV_REMOVE``)."""
    if sys.platform == "linux":
        place = Path("/dev/shm", memory.name)  # noqa: S108 - where shm_open(3) puts it
        with place.open("r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
            pages.madvise(mmap.MADV_REMOVE, mmap.PAGESIZE)


def _step(bgra: NDArray[np.uint8]) -> int:
    step = 1
    while -(-bgra.shape[0] // step) * -(-bgra.shape[1] // step) > MAX_PIXELS:
        step += 1
    return step


def _fence() -> None:
    """Taking and releasing a lock orders memory accesses on processors (ARM) that reorder them."""
    with _fence_lock:
        pass


_fence_lock = threading.Lock()
_attaching = threading.Lock()


def _attach(name: str) -> shared_memory.SharedMemory:
    """Attach without owning: before Python 3.13 the resource tracker would unlink the memory when the
    reader ends.
    """
    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, track=False)
    with _attaching:
        register = resource_tracker.register
        resource_tracker.register = _do_not_register
        try:
            return shared_memory.SharedMemory(name)
        finally:
            resource_tracker.register = register


def _do_not_register(name: object, rtype: str) -> None: ...
