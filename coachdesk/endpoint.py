"""The headless endpoint: commands in, events out. Desktop, bots, tests and the command line all use it as it is.

>>> import asyncio
>>> from coachdesk.commands import Listen
>>> from coachdesk.endpoint import Endpoint
>>> async def bot(server: str, token: str) -> None:
...     async with Endpoint(server, token) as endpoint:
...         async for event in endpoint.events():
...             print(event)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType

from coachdesk import commands, events
from coachdesk.agent import AgentSession
from coachdesk.client import Client, SignalingError
from coachdesk.commands import CommandError
from coachdesk.diagnostics import report
from coachdesk.events import AnyEvent
from coachdesk.media.connection import compat
from coachdesk.media.devices import DeviceError, list_mics, list_speakers
from coachdesk.media.ink import inkrecord
from coachdesk.media.localsound import LocalSound
from coachdesk.media.pcm import BLOCK_SECONDS, SILENCE
from coachdesk.media.picture.camera import list_cameras, open_camera
from coachdesk.media.picture.pictures import Pictures
from coachdesk.media.ticker import Ticker
from coachdesk.media.voice import Processing, VoiceError
from coachdesk.observer import ObserverSession
from coachdesk.session import Session
from signaling import protocol
from signaling.policy import Role

QUALITY_TICKS = 200
"""Ticks between two ``quality`` events: two seconds."""
METER_TICKS = 10
"""Ticks between two ``levels`` events: 100 ms."""
QUEUED_EVENTS = 1000
"""Events a reader may be behind; the oldest are dropped beyond that."""

log = logging.getLogger(__name__)


class Endpoint:
    """One signed-in user's end of the line: a session with the server, and at most one call with its media.

    ``mic``, ``speaker``, ``camera``: a device's name, ``default``, ``none``, or a file. ``video_out``: a file for what the
    customer's camera shows. ``voice``: what is done to the mic's sound; None is all of it for a real microphone and none
    for a file. Use as an async context manager; raises SignalingError when the server refuses the token,
    DeviceError when a device cannot be opened, CompatError when the installed aiortc is not one this release knows.
    """

    def __init__(
        self,
        server: str,
        token: str,
        *,
        mic: str = "none",
        speaker: str = "none",
        camera: str = "none",
        video_out: Path | None = None,
        voice: Processing | None = None,
    ) -> None:
        compat.tune()
        self._server = server
        self._client = Client(server, token)
        self._client.on_message = self._message
        self._client.on_online = self._online
        self._sound = LocalSound(mic, speaker, voice)
        self._sound.on_fault = lambda text: self.emit(events.Error(code="device", message=text))
        self._sound.on_device = lambda kind, label: self.emit(events.DeviceInUse(kind=kind, label=label))
        self._pictures = Pictures(video_out)
        self._camera = open_camera(camera)
        self._ticker = Ticker(self._tick, self._skip)
        self._session: Session | None = None
        self._listeners: list[Callable[[AnyEvent], None]] = []
        self._meters = False
        self._ticks = 0
        self._party = ""
        self._ready = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Endpoint:
        self._tasks = [asyncio.create_task(self._client.run()), asyncio.create_task(self._ticker.run())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leaves the call, if any, and lets go of devices and server."""
        if self._session is not None:
            await self._session.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._camera.close()
        self._sound.close()
        await self._pictures.close()

    async def run(self) -> None:
        """Returns only by raising: SignalingError when the server will not have this endpoint any more."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    # --- events ----------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> None:
        """``listener`` is called on the loop with every event from now on."""
        self._listeners.append(listener)

    def emit(self, event: AnyEvent) -> None:
        for listener in self._listeners:
            listener(event)

    async def events(self) -> AsyncIterator[AnyEvent]:
        """Every event from now on. A reader far behind loses the oldest. Raises what ends the endpoint."""
        queue: deque[AnyEvent] = deque(maxlen=QUEUED_EVENTS)
        more = asyncio.Event()

        def put(event: AnyEvent) -> None:
            queue.append(event)
            more.set()

        self.subscribe(put)
        ended = asyncio.create_task(self.run())
        try:
            while True:
                while queue:
                    yield queue.popleft()
                more.clear()
                waiting = asyncio.create_task(more.wait())
                await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if ended.done():
                    ended.result()
        finally:
            self._listeners.remove(put)
            ended.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await ended

    # --- commands --------------------------------------------------------------------------------------------

    async def do(self, command: commands.AnyCommand) -> AnyEvent:
        """Carries out one command and returns its answer. Raises CommandError with a stable code."""
        try:
            return await self._carry_out(command)
        except SignalingError as error:
            raise CommandError(error.code, error.message) from error
        except DeviceError as error:
            raise CommandError("device", str(error)) from error
        except VoiceError as error:
            raise CommandError("voice", str(error)) from error

    async def _carry_out(self, command: commands.AnyCommand) -> AnyEvent:
        match command:
            case commands.Mute():
                self._sound.muted = command.on
                if self._session is not None:
                    self._session.mute(command.on)
                return events.Muted(on=command.on)
            case commands.Meters():
                self._meters = command.on
            case commands.Frames():
                self._pictures.publish(command.on)
                if self._session is not None:
                    self._session.publish(command.on)
                    if command.on:
                        self._session.request_keyframe()
            case commands.TestTone():
                self._sound.play_test_tone()
            case commands.VoiceProcessing():
                self._sound.process(Processing(echo=command.echo, noise=command.noise, gain=command.gain))
            case commands.UseDevice():
                await self._use(command)
            case commands.Devices():
                return await asyncio.to_thread(_devices)
            case commands.Stats():
                return await self._stats(command)
            case commands.Diagnostics():
                return await self._diagnostics()
            case _:
                return await self._in_session(command)
        return events.Ok()

    async def _in_session(self, command: commands.AnyCommand) -> AnyEvent:
        async with asyncio.timeout(10.0):
            await self._ready.wait()
        assert self._session is not None
        return await self._session.do(command)

    async def _stats(self, command: commands.Stats) -> AnyEvent:
        answer = await self._in_session(command)
        assert isinstance(answer, events.Stats)
        return events.Stats(streams=answer.streams | self._sound.stats())

    async def _diagnostics(self) -> AnyEvent:
        """Works at all times: what is not there, is said to be."""
        session = self._session
        streams = await session.streams() if session is not None else {}
        history = session.history.summary() if session is not None else {}
        return events.Diagnostics(text=report(history, streams | self._sound.stats()))

    async def _use(self, command: commands.UseDevice) -> None:
        if command.kind == "mic":
            await self._sound.use_mic(command.device, patient=command.patient)
        elif command.kind == "speaker":
            await self._sound.use_speaker(command.device, patient=command.patient)
        else:
            camera = await asyncio.to_thread(open_camera, command.device)
            self._camera.close()
            self._camera = camera
            if self._session is not None:
                self._session.use_camera(camera)

    # --- the server ------------------------------------------------------------------------------------------

    def _online(self, on: bool, reason: str) -> None:
        if on and self._session is None:
            self._begin()
        elif self._session is not None:
            self._session.online(on)
        if on:
            self._tell_place()
        self.emit(events.Online(on=on, message=reason))

    def _begin(self) -> None:
        welcome = self._client.welcome
        assert welcome is not None
        kind = AgentSession if welcome.role is Role.AGENT else ObserverSession
        self._session = kind(self._client, self._server, self._pictures, self.emit)
        if isinstance(self._session, AgentSession):
            self._session.keep_ink(inkrecord.folder())
        self._session.use_camera(self._camera)
        self._session.publish(self._pictures.looked_at)
        self._ready.set()

    def _tell_place(self) -> None:
        """Tells who this endpoint is, at first and whenever the server gave it another place."""
        welcome = self._client.welcome
        assert welcome is not None
        if welcome.party == self._party:
            return
        self._party = welcome.party
        self.emit(
            events.Ready(
                party=welcome.party,
                name=welcome.name,
                role=welcome.role,
                team=welcome.team,
                awareness=welcome.awareness,
            )
        )

    def _message(self, message: protocol.ServerMessage) -> None:
        if self._session is None:
            return
        try:
            self._session.message(message)
        except Exception:
            log.exception("message not handled: %s", type(message).__name__)
            self.emit(
                events.Error(code="internal", message="Something went wrong; the call goes on. See the log.")
            )

    # --- every 10 ms -----------------------------------------------------------------------------------------

    def _skip(self, ticks: int) -> None:
        """Keeps recordings aligned after a stall; before the first tick there is nothing to align."""
        if self._ticks:
            self._sound.skip(ticks)

    def _tick(self, now: float) -> None:
        mic = self._sound.read()
        session = self._session
        self._sound.write(session.tick(mic, now) if session is not None else SILENCE)
        if self._ticks == 0:
            self.emit(events.Sound(mic_time=now - BLOCK_SECONDS, speaker_time=now))
        self._ticks += 1
        if session is not None and self._ticks % QUALITY_TICKS == 0:
            session.measure()
        if self._meters and self._ticks % METER_TICKS == 0:
            levels = {"mic": self._sound.mic_dbfs, "speaker": self._sound.speaker_dbfs}
            if session is not None:
                levels |= session.levels()
            self.emit(events.Levels(levels={name: round(level, 1) for name, level in levels.items()}))


def _devices() -> events.Devices:
    return events.Devices(mics=list_mics(), speakers=list_speakers(), cameras=list_cameras())
