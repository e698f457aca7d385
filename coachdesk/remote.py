"""An endpoint in a child process, driven over its standard input and output. Demo, benchmarks and tests use it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from coachdesk import commands, events

E = TypeVar("E", bound=events.Event)
ANSWER_SECONDS = 20.0
QUIT_SECONDS = 20.0
"""Long, as busy machines are slow: asyncio loses the exit code of one who is ended just as they end, and warns of it."""
KEPT_EVENTS = 20_000
MAX_LINE = 1 << 20


class RemoteError(Exception):
    """The child refused a command (``code`` as in its ``error`` event), or is gone (``code`` "gone")."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class RemoteEndpoint:
    """``coachdesk endpoint`` (or ``coachdesk desktop --control``) as a child process.

    Attributes:
        log: every event so far with the monotonic time it was read at, oldest dropped beyond 20 000.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self.log: deque[tuple[float, events.AnyEvent]] = deque(maxlen=KEPT_EVENTS)
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[events.AnyEvent]] = {}
        self._changed = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        arguments: Sequence[str],
        *,
        token: str,
        stderr: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> RemoteEndpoint:
        """Starts ``python -m coachdesk ARGUMENTS`` with ``token`` in its environment, never on its command line."""
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(stderr.open("ab")) if stderr is not None else None
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "coachdesk",
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, **(env or {}), "COACHDESK_TOKEN": token},
                limit=MAX_LINE,
            )
        return cls(name, process)

    def send(self, command: commands.Command) -> None:
        """Sends a command without waiting for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(commands.dump(command))

    async def do(self, command: commands.Command, seconds: float = ANSWER_SECONDS) -> events.AnyEvent:
        """Sends a command and returns its answer. Raises RemoteError when refused, TimeoutError when unanswered."""
        number = next(self._ids)
        answer: asyncio.Future[events.AnyEvent] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self.send(msgspec.structs.replace(command, id=number))
        try:
            async with asyncio.timeout(seconds):
                result = await answer
        except TimeoutError:
            raise TimeoutError(f"{self.name} did not answer {command} in {seconds:g} s") from None
        finally:
            self._answers.pop(number, None)
        if isinstance(result, events.Error):
            raise RemoteError(result.code, result.message)
        return result

    async def wait(
        self,
        kind: type[E],
        matches: Callable[[E], bool] = lambda event: True,
        *,
        since: float = 0.0,
        seconds: float = ANSWER_SECONDS,
    ) -> E:
        """The first event of ``kind`` that matches, among those read after ``since`` or to come."""

        def found() -> E | None:
            for when, event in self.log:
                if when >= since and isinstance(event, kind) and matches(event):
                    return event
            return None

        try:
            async with asyncio.timeout(seconds), self._changed:
                while (event := found()) is None:
                    if self._reader.done():
                        raise RemoteError("gone", f"{self.name} ended (exit code {self.process.returncode})")
                    await self._changed.wait()
                return event
        except TimeoutError:
            recent = [event for _, event in list(self.log)[-5:]]
            raise TimeoutError(
                f"{self.name}: no {kind.__name__} as wanted in {seconds:g} s; last events: {recent}"
            ) from None

    async def quit(self) -> None:
        """Asks the child to end, and ends it if it does not in ``QUIT_SECONDS``."""
        if self.process.returncode is None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self.send(commands.Quit())
            try:
                async with asyncio.timeout(QUIT_SECONDS):
                    await self.process.wait()
            except TimeoutError:
                self.kill()
        await self._reader

    def kill(self) -> None:
        """Ends the child at once, as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            try:
                event = events.parse(line)
            except msgspec.DecodeError:
                continue
            answer = self._answers.get(event.id) if isinstance(event.id, int) else None
            if answer is not None and not answer.done():
                answer.set_result(event)
            async with self._changed:
                self.log.append((time.monotonic(), event))
                self._changed.notify_all()
        await self.process.wait()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(RemoteError("gone", f"{self.name} has ended"))
        async with self._changed:
            self._changed.notify_all()
