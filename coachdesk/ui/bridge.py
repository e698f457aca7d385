"""The endpoint's process: commands out, events in, and a new process when it crashes."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from coachdesk import commands, events
from coachdesk.ui.link import ENDPOINT_GONE, NO_ANSWER, TOO_MANY_COMMANDS, Fault

log = logging.getLogger(__name__)

DEADLINE = 10.0
"""Seconds until a command without an answer counts as failed."""
MAX_PENDING = 64
MAX_LINE_BYTES = 1 << 20
MAX_UNSENT_BYTES = 1 << 20
BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before each restart of a crashed endpoint; the last one repeats."""
STEADY_AFTER = 30.0
"""Seconds of life after which a crash counts as the first again."""
TOKEN_VARIABLE = "COACHDESK_TOKEN"  # noqa: S105


class BridgeState(StrEnum):
    STOPPED = "stopped"
    RUNNING = "running"
    CRASHED = "crashed"


def endpoint_command(server: str, mic: str = "", speaker: str = "", camera: str = "") -> list[str]:
    """The child's command line. The token is not on it: others on this machine can read command lines."""
    options = {"--server": server, "--mic": mic, "--speaker": speaker, "--camera": camera}
    chosen = [part for option, value in options.items() if value for part in (option, value)]
    return [sys.executable, "-m", "coachdesk", "endpoint", *chosen]


class Bridge(QObject):
    """Owns the child process, which quits by itself when its stdin ends: it never outlives this one for long.

    Signals:
        told: an ``events.AnyEvent``.
        state_changed: (BridgeState, seconds until the restart or 0, what the child last wrote to stderr).
    """

    told = Signal(object)
    state_changed = Signal(object, float, str)

    def __init__(
        self,
        command: Sequence[str],
        token: str,
        loop: asyncio.AbstractEventLoop,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._loop = loop
        self.state = BridgeState.STOPPED
        self._command = list(command)
        self._token = token
        self._pending: dict[str, asyncio.Future[events.AnyEvent]] = {}
        self._count = 0
        self._crashes = 0
        self._unread = b""
        self._last_words: deque[str] = deque(maxlen=20)
        self._process: QProcess | None = None
        self._restart = QTimer(self, singleShot=True)
        self._restart.timeout.connect(self.start)
        self._steady = QTimer(self, singleShot=True, interval=int(STEADY_AFTER * 1000))
        self._steady.timeout.connect(self._forget_crashes)

    def start(self) -> None:
        """Start the child, unless it runs."""
        if self._process is not None:
            return
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert(TOKEN_VARIABLE, self._token)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_errors)
        process.errorOccurred.connect(self._failed)
        process.finished.connect(self._finished)
        self._process = process
        self._unread = b""
        self._set_state(BridgeState.RUNNING)
        process.start(self._command[0], self._command[1:])
        self._steady.start()

    def request(
        self, command: commands.Command, deadline: float = DEADLINE
    ) -> asyncio.Future[events.AnyEvent]:
        """Send ``command`` now; the future holds its answer, or raises Fault on refusal, silence or death."""
        future: asyncio.Future[events.AnyEvent] = self._loop.create_future()
        if self._process is None:
            future.set_exception(
                Fault(ENDPOINT_GONE, "The call engine is not running. It is being restarted.")
            )
        elif len(self._pending) >= MAX_PENDING or self._process.bytesToWrite() > MAX_UNSENT_BYTES:
            future.set_exception(Fault(TOO_MANY_COMMANDS, "The call engine does not keep up. Try again."))
        else:
            self._send(self._process, command, future, deadline)
        return future

    def forward(self, line: bytes) -> None:
        """Pass one command line on as it is; its answer is an event with the sender's own id."""
        if self._process is not None and self._process.bytesToWrite() <= MAX_UNSENT_BYTES:
            self._process.write(line.rstrip(b"\n") + b"\n")

    async def stop(self, patience: float = 3.0) -> None:
        """Ask the child to leave and quit; kill it after ``patience`` seconds."""
        self._restart.stop()
        self._steady.stop()
        process, self._process = self._process, None
        self._fail_pending()
        self._set_state(BridgeState.STOPPED)
        if process is None or process.state() is QProcess.ProcessState.NotRunning:
            return
        ended: asyncio.Future[None] = self._loop.create_future()
        process.finished.connect(lambda *_: _resolve(ended))
        process.write(commands.dump(commands.Quit()))
        process.closeWriteChannel()
        try:
            async with asyncio.timeout(patience):
                await ended
        except TimeoutError:
            process.kill()
            process.waitForFinished(1000)

    def _send(
        self,
        process: QProcess,
        command: commands.Command,
        future: asyncio.Future[events.AnyEvent],
        deadline: float,
    ) -> None:
        self._count += 1
        identity = f"ui-{self._count}"
        self._pending[identity] = future
        timer = self._loop.call_later(deadline, self._give_up, identity)
        future.add_done_callback(lambda _: timer.cancel())
        # Command is the base of the AnyCommand union, which is what ``dump`` is annotated with.
        process.write(commands.dump(msgspec.structs.replace(command, id=identity)))

    def _give_up(self, identity: str) -> None:
        future = self._pending.pop(identity, None)
        if future is not None and not future.done():
            future.set_exception(Fault(NO_ANSWER, "The call engine did not answer. Try again."))

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._unread = (self._unread + bytes(self._process.readAllStandardOutput().data())).split(
            b"\n"
        )
        if len(self._unread) > MAX_LINE_BYTES:
            log.error("the endpoint wrote a line longer than %d bytes: dropped", MAX_LINE_BYTES)
            self._unread = b""
        for line in filter(None, lines):
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            event = events.parse(line)
        except msgspec.DecodeError as error:
            log.warning("the endpoint wrote what is no event: %s", error)
            return
        future = self._pending.pop(event.id, None) if isinstance(event.id, str) else None
        if future is not None and not future.done():
            if isinstance(event, events.Error):
                future.set_exception(Fault(event.code, event.message))
                return  # whoever sent the command tells; a second notice would repeat it
            future.set_result(event)
        self.told.emit(event)

    def _read_errors(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
            self._last_words.extend(text.splitlines())

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._last_words.append(self._process.errorString())
            self._finished()

    def _finished(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.deleteLater()
        self._steady.stop()
        self._fail_pending()
        delay = BACKOFF[min(self._crashes, len(BACKOFF) - 1)]
        self._crashes += 1
        log.error("the endpoint ended by itself; last words: %s", " | ".join(self._last_words) or "none")
        self._restart.start(int(delay * 1000))
        self._set_state(BridgeState.CRASHED, delay)

    def _forget_crashes(self) -> None:
        self._crashes = 0

    def _fail_pending(self) -> None:
        pending, self._pending = self._pending, {}
        for future in pending.values():
            if not future.done():
                future.set_exception(Fault(ENDPOINT_GONE, "The call engine stopped before it answered."))

    def _set_state(self, state: BridgeState, delay: float = 0.0) -> None:
        self.state = state
        self.state_changed.emit(state, delay, "\n".join(self._last_words))


def _resolve(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
