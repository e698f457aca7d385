"""A virtual screen for windows where there is no real one (Xvfb)."""

from __future__ import annotations

import asyncio
import contextlib
import os
from types import TracebackType

SIZE = "1920x1200x24"
START_SECONDS = 30.0


class ScreenError(Exception):
    """No virtual screen can be had; the message says what to do."""


class VirtualScreen:
    """An X server nobody sees. Within it, ``env`` shows windows there."""

    def __init__(self, size: str = SIZE) -> None:
        self._size = size
        self._process: asyncio.subprocess.Process | None = None
        self.display = ""

    @property
    def env(self) -> dict[str, str]:
        return {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    async def __aenter__(self) -> VirtualScreen:
        read, write = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                "Xvfb", "-displayfd", str(write), "-screen", "0", self._size, "-nolisten", "tcp", "-noreset",
                pass_fds=[write], stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except FileNotFoundError:
            os.close(read)
            raise ScreenError("There is no Xvfb. Install it: apt-get install xvfb") from None
        finally:
            os.close(write)
        async with asyncio.timeout(START_SECONDS):
            number = await asyncio.to_thread(_read_line, read)
        if not number:
            raise ScreenError("Xvfb did not start.")
        self.display = f":{number}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(5.0):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _read_line(descriptor: int) -> str:
    """The number Xvfb writes; read to its end, since the pipe's closing would end an Xvfb that still writes."""
    with os.fdopen(descriptor, "r") as pipe:
        return pipe.readline().strip()
