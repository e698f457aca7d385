"""What a PulseAudio sink plays, recorded, and when its first sample was played."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from coachdesk.hearing import write_wav
from coachdesk.media.pcm import RATE

CHUNK_BYTES = 960
FRAGMENT_MS = 10
MAX_SECONDS = 1800


class SinkRecorder:
    """Records the monitor of ``sink`` by ``parec``, at most half an hour.

    The start is the least of (arrival of a chunk minus the length of all before it): what the quickest chunk says. It is
    late by about one fragment, 10 ms.
    """

    def __init__(self, sink: str, env: Mapping[str, str]) -> None:
        self._sink = sink
        self._env = dict(env)
        self._data = bytearray()
        self._started = float("inf")
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            "parec", f"--device={self._sink}.monitor", "--format=s16le", f"--rate={RATE}", "--channels=1",
            "--raw", f"--latency-msec={FRAGMENT_MS}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=self._env,
        )  # fmt: skip
        self._task = asyncio.create_task(self._read())

    @property
    def started(self) -> float:
        """When sample 0 was played, on the monotonic clock in seconds."""
        return self._started

    async def stop(self, path: Path) -> None:
        """Ends the recording and writes it to ``path``, a 16-bit mono WAV file."""
        await self.close()
        write_wav(path, (np.frombuffer(bytes(self._data), "<i2") / 32768).astype(np.float32))

    async def close(self) -> None:
        """Ends the recording."""
        if self._process is None or self._task is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        async with asyncio.timeout(5.0):
            await self._process.wait()
        await self._task

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            while len(self._data) < MAX_SECONDS * RATE * 2:
                chunk = await self._process.stdout.readexactly(CHUNK_BYTES)
                self._data += chunk
                self._started = min(self._started, time.monotonic() - len(self._data) / 2 / RATE)
