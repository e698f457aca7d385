"""An endpoint on standard input and output: one JSON object per line, commands in, events out."""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import threading
from collections.abc import Callable

import msgspec

from coachdesk import commands, events
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from coachdesk.endpoint import Endpoint
from coachdesk.lines import lines
from coachdesk.media.priority import sound_first

MAX_LINE = 64 * 1024
MAX_RUNNING = 64
"""Commands carried out at once."""
QUEUED_LINES = 10_000
"""Lines of output a slow reader may be behind before ``levels`` and then all events are dropped."""
SWITCH_SECONDS = 0.001
"""How long a picture's thread may keep the interpreter from the sound; Python's default is 5 ms."""

log = logging.getLogger(__name__)


class Output:
    """Writes events to standard output on a thread of its own, so that a slow reader never stalls the media."""

    def __init__(self) -> None:
        self._lines: queue.Queue[bytes | None] = queue.Queue(QUEUED_LINES)
        self._full = False
        self._thread = threading.Thread(target=self._write, name="output", daemon=True)
        self._thread.start()

    def put(self, event: events.AnyEvent) -> None:
        if isinstance(event, events.Levels) and self._lines.qsize() > QUEUED_LINES // 10:
            return
        try:
            self._lines.put_nowait(events.dump(event))
            self._full = False
        except queue.Full:
            if not self._full:
                log.warning("the reader of this endpoint's events is too slow; events are dropped")
            self._full = True

    def close(self) -> None:
        """Writes what is queued, for at most two seconds."""
        try:
            self._lines.put(None, timeout=1.0)
        except queue.Full:
            return
        self._thread.join(2.0)

    def _write(self) -> None:
        out = sys.stdout.buffer
        while (line := self._lines.get()) is not None:
            try:
                out.write(line)
                out.flush()
            except (OSError, ValueError):
                return


def _read_lines(put: Callable[[bytes | None], object]) -> None:
    """Runs on a thread: every line of standard input, then None."""
    # One byte too many is kept of a line that is too long: it tells.
    for line in lines(sys.stdin.fileno(), MAX_LINE + 1):
        put(line)
    put(None)


class Shell:
    """Runs commands as they come, each in a task of its own, and prints what the endpoint says."""

    def __init__(self, endpoint: Endpoint, output: Output) -> None:
        self._endpoint = endpoint
        self._output = output
        self._running: set[asyncio.Task[None]] = set()
        self._quit = asyncio.Event()

    async def run(self) -> int:
        """Until ``quit``, end of input, or the server's final refusal; returns the exit code."""
        loop = asyncio.get_running_loop()
        self._endpoint.subscribe(self._output.put)

        def put(line: bytes | None) -> None:
            loop.call_soon_threadsafe(self._line, line)

        threading.Thread(target=_read_lines, args=(put,), name="input", daemon=True).start()
        quitting = asyncio.create_task(self._quit.wait())
        ended = asyncio.create_task(self._endpoint.run())
        await asyncio.wait({quitting, ended}, return_when=asyncio.FIRST_COMPLETED)
        for task in (quitting, *self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        return self._result(ended)

    def _result(self, ended: asyncio.Task[None]) -> int:
        if not ended.done():
            ended.cancel()
            return 0
        error = ended.exception()
        if isinstance(error, SignalingError):
            self._output.put(events.Error(code=error.code, message=error.message))
        elif error is not None:
            log.error("the endpoint failed", exc_info=error)
            self._output.put(events.Error(code="internal", message=f"The endpoint failed: {error}"))
        return 1

    def _line(self, line: bytes | None) -> None:
        if line is None:
            self._quit.set()
            return
        if not line.strip():
            return
        try:
            if len(line) > MAX_LINE:
                raise msgspec.DecodeError(f"a line may have {MAX_LINE} bytes")
            command = commands.parse(line)
        except msgspec.DecodeError as error:
            self._output.put(
                events.Error(id=_id_of(line), code="bad_command", message=f"Not a command: {error}")
            )
            return
        if isinstance(command, commands.Quit):
            self._output.put(events.Ok(id=command.id))
            self._quit.set()
            return
        if len(self._running) >= MAX_RUNNING:
            self._output.put(
                events.Error(
                    id=command.id,
                    code="too_many_commands",
                    message="Too many commands at once. Wait for answers.",
                )
            )
            return
        task = asyncio.create_task(self._do(command))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _do(self, command: commands.AnyCommand) -> None:
        try:
            answer = await self._endpoint.do(command)
        except CommandError as error:
            answer = events.Error(code=error.code, message=error.message)
        except TimeoutError:
            answer = events.Error(code="timeout", message="Not done in time. Try again.")
        except Exception:
            log.exception("command failed: %s", type(command).__name__)
            answer = events.Error(
                code="internal", message="Something went wrong; the call goes on. See the log."
            )
        self._output.put(msgspec.structs.replace(answer, id=command.id))


class _AnyId(msgspec.Struct):
    id: commands.Id = None


def _id_of(line: bytes) -> events.Id:
    """The ``id`` of a line that is no command, as far as it can be read."""
    try:
        return msgspec.json.decode(line, type=_AnyId).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def run_stdio(make: Callable[[], Endpoint]) -> int:
    """An endpoint on standard input and output until it ends; returns the process's exit code."""
    sys.setswitchinterval(SWITCH_SECONDS)
    sound_first()
    # The proactor loop, the default on Windows, can lose UDP sockets.
    factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(_run(make))


async def _run(make: Callable[[], Endpoint]) -> int:
    output = Output()
    try:
        async with make() as endpoint:
            return await Shell(endpoint, output).run()
    finally:
        output.put(events.Bye())
        output.close()
