"""A whole CoachDesk on this machine: the server, accounts, and endpoints in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from coachdesk import events
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Role
from signaling.server import StoreError, add_user, token_for

START_SECONDS = 30.0
TEAM = "north"


class StageError(Exception):
    """A part of the stage did not come up; the message names its log."""


class Stage:
    """Starts and ends the parts in order. Their logs and recordings lie in ``folder``; the records are new each time.

    ``env`` is set for the endpoints.

    Attributes:
        url: the server's address, the same after a restart.
        endpoints: those that were started, by name.
    """

    def __init__(
        self, folder: Path, *, server_options: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.url = ""
        self.endpoints: dict[str, RemoteEndpoint] = {}
        self._options = list(server_options)
        self._env = dict(env or {})
        self._server: asyncio.subprocess.Process | None = None
        self._port = "0"
        self._records = tempfile.TemporaryDirectory(prefix="coachdesk-records-")
        self.db = f"sqlite:///{Path(self._records.name) / 'coachdesk.db'}"

    async def __aenter__(self) -> Stage:
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob("*.log"):
            old.unlink()
        await self.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(each.quit() for each in self.endpoints.values()), return_exceptions=True)
        await self.stop_server()
        self._records.cleanup()

    async def start_server(self) -> None:
        """Starts the server; after the first time on the same port. Raises StageError if it does not come up."""
        with self._log("server") as log:
            self._server = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "coachdesk", "--log-level", "info", "server",
                "--port", self._port, "--db", self.db, *self._options,
                stdout=asyncio.subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        assert self._server.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await self._server.stdout.readline()
        except TimeoutError:
            line = b""
        if not line.startswith(b"listening on "):
            raise StageError(f"The server did not start; see {self.folder / 'server.log'}")
        self.url = line.decode().removeprefix("listening on ").strip()
        self._port = self.url.rsplit(":", 1)[1]

    async def stop_server(self) -> None:
        """Ends the server in good order."""
        if self._server is not None and self._server.returncode is None:
            self._server.terminate()
            try:
                async with asyncio.timeout(10.0):
                    await self._server.wait()
            except TimeoutError:
                self._server.kill()
                await self._server.wait()

    async def kill_server(self) -> None:
        """Ends the server as a power cut would."""
        assert self._server is not None
        self._server.kill()
        await self._server.wait()

    async def token(self, name: str, role: Role) -> str:
        """A sign-in token for ``name``, whose account is made if there is none."""
        with contextlib.suppress(StoreError):
            await add_user(self.db, name, role, TEAM, None)
        return await token_for(self.db, name)

    async def endpoint(self, name: str, role: Role, *options: str, window: bool = False) -> RemoteEndpoint:
        """A signed-in endpoint for ``name``, in a desktop window if ``window``; waits until it is ready."""
        command = ["desktop", "--control"] if window else ["endpoint"]
        remote = await RemoteEndpoint.start(
            name,
            [*command, "--server", self.url, *options],
            token=await self.token(name, role),
            stderr=self.folder / f"{name}.log",
            env=self._env,
        )
        self.endpoints[name] = remote
        await remote.wait(events.Ready, seconds=START_SECONDS)
        return remote

    def _log(self, name: str) -> BinaryIO:
        return (self.folder / f"{name}.log").open("ab")
