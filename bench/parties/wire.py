"""How the benchmark talks with a party, a process on a host of its own: one JSON line there, one back.

A party's life: ``offer`` and ``accept``, or ``answer``; then ``connect``, ``speak``, ``finish``; it ends with its input.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec
import psutil

from bench.netlab import ROOT, NetLab

COMMAND_SECONDS = 40.0
LINE_BYTES = 1 << 20

Action = Literal["offer", "answer", "accept", "connect", "speak", "finish"]


class Command(msgspec.Struct, frozen=True):
    do: Action
    sdp: str = ""


class Reply(msgspec.Struct, frozen=True):
    sdp: str = ""
    numbers: dict[str, float] = {}
    fault: str = ""


class PartyError(Exception):
    """A party could not do what it was told; the message says which and why."""


class Setup(msgspec.Struct, frozen=True):
    """What a party is made from, its only argument.

    Attributes:
        speech: a 48 kHz mono WAV that it says round and round from ``speak`` on.
        folder: gets ``said.npz`` and ``heard.npz`` (see ``tape.py``) with ``finish``.
        video: whether a camera picture is sent as well.
        far: the kind of party at the other end.
        offers: whether this one makes the offer.
    """

    speech: str
    folder: str
    video: bool
    far: str
    offers: bool


class Party(Protocol):
    """One end of a call."""

    async def offer(self) -> str: ...
    async def answer(self, sdp: str) -> str: ...
    async def accept(self, sdp: str) -> None: ...
    async def connect(self) -> None:
        """Returns when media can flow."""

    async def speak(self) -> None:
        """Begins to say the speech, from its first sample; or to share a screen, or to watch it."""

    async def finish(self) -> dict[str, float]:
        """Writes the tapes. Returns numbers of its own."""

    async def close(self) -> None: ...


def serve(make: Callable[[Setup], Awaitable[Party]]) -> None:
    """The main program of a party's process: until its input ends."""
    logging.basicConfig(level=logging.WARNING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve(make, msgspec.json.decode(sys.argv[1], type=Setup)))


async def _serve(make: Callable[[Setup], Awaitable[Party]], setup: Setup) -> None:
    lines = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    party = await make(setup)
    try:
        while line := await lines.readline():
            command = msgspec.json.decode(line, type=Command)
            try:
                reply = await _obey(party, command)
            except Exception as error:
                logging.getLogger(__name__).exception("%s failed", command.do)
                reply = Reply(fault=f"{type(error).__name__}: {error}")
            sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n")
            sys.stdout.buffer.flush()
    finally:
        await party.close()


async def _obey(party: Party, command: Command) -> Reply:
    match command.do:
        case "offer":
            return Reply(sdp=await party.offer())
        case "answer":
            return Reply(sdp=await party.answer(command.sdp))
        case "accept":
            await party.accept(command.sdp)
        case "connect":
            await party.connect()
        case "speak":
            await party.speak()
        case "finish":
            return Reply(numbers=await party.finish())
    return Reply()


class RemoteParty:
    """A party as the benchmark sees it. A context manager: inside it, its process runs on ``host`` of the lab.

    ``realtime``: before all other programs, so that what else the machine does is not measured as well. ``env``: variables
    beside ours.

    Attributes:
        said, heard: paths of its tapes after ``finish``.
    """

    def __init__(
        self,
        lab: NetLab,
        host: str,
        module: str,
        setup: Setup,
        *,
        realtime: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> None:
        program = [sys.executable, "-m", f"bench.parties.{module}", msgspec.json.encode(setup).decode()]
        first = ["chrt", "--rr", "1"] if realtime else []
        self._command = lab.command(host, [*first, *program])
        self._env = {**os.environ, **(env or {})}
        self._name = f"{module} on {host}"
        self.said = Path(setup.folder) / "said.npz"
        self.heard = Path(setup.folder) / "heard.npz"

    async def __aenter__(self) -> RemoteParty:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            env=self._env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            for process in self._tree():
                process.kill()
            await self._process.wait()

    async def ask(self, do: Action, sdp: str = "") -> Reply:
        """Raises PartyError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(Command(do, sdp)) + b"\n")
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), COMMAND_SECONDS)
        except TimeoutError:
            raise PartyError(f"{self._name}: no answer to {do} within {COMMAND_SECONDS:.0f} s") from None
        if not line:
            raise PartyError(f"{self._name}: ended during {do}; its last words are above")
        reply = msgspec.json.decode(line, type=Reply)
        if reply.fault:
            raise PartyError(f"{self._name}: {do} failed: {reply.fault}")
        return reply

    def cpu_seconds(self, *, helpers_alone: bool = False) -> float:
        """Of its process and all that it started and that still runs; or without its own."""
        spent = 0.0
        for process in self._tree()[helpers_alone:]:
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            spent += times.user + times.system
        return spent

    def _tree(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
