"""A call on stage: three of the staff, the customer in Chromium, and everybody's mouth and ears on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

from coachdesk import commands, events
from coachdesk.demo.customer import Customer
from coachdesk.demo.recorder import SinkRecorder
from coachdesk.demo.recording import Recording
from coachdesk.demo.stage import Stage
from coachdesk.demo.walk import PARTIES
from coachdesk.hearing import TONES, read_wav, tone, write_wav
from coachdesk.remote import RemoteEndpoint

VOICE_SECONDS = 8
DUCK_DB = -6.0
"""Under a whisper the customer is turned down by so little that they still count as heard."""
STAFF = ("agent", "supervisor", "trainee")
DESKS = ("agent", "supervisor")
"""Those with a window, where there are windows."""


class Scene:
    """Agent, supervisor and trainee signed in, and the customer's browser on the agent's join link.

    ``sink`` is the PulseAudio sink that is the customer's ear; ``env`` shows programs the sound server and the screen.
    ``windows``: agent and supervisor have desktop windows, else all are headless endpoints.
    ``fps``: pictures a second of the customer's camera; ``camera``: a video in its place; ``tab``: as in ``Customer.open``.

    Attributes:
        staff: endpoints by name.
        call: the call's id, once it is answered.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        sink: str,
        env: Mapping[str, str],
        windows: bool,
        fps: int = 10,
        camera: Path | None = None,
        tab: str = "",
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.stage = stage
        self.staff: dict[str, RemoteEndpoint] = {}
        self.call = ""
        self._env = {**env, "PULSE_SINK": sink}
        self._windows = windows
        self._fps = fps
        self._camera = camera
        self._tab = tab
        self._tell = tell
        self._stack = AsyncExitStack()
        self._recorder = SinkRecorder(sink, env)

    async def __aenter__(self) -> Scene:
        folder = self.stage.folder
        for name in PARTIES:
            write_wav(folder / f"{name}-says.wav", tone(TONES[name], VOICE_SECONDS, keyed=True))
        await self._recorder.start()
        self._stack.push_async_callback(self._recorder.close)
        try:
            await self._begin()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _begin(self) -> None:
        self._tell(
            f"{'opening the windows of' if self._windows else 'starting'} agent and supervisor; a trainee shadows"
        )
        browser = asyncio.create_task(self._open_browser())
        try:
            await asyncio.gather(*(self.enter(name) for name in STAFF))
        finally:
            await browser
        invited = await self.staff["agent"].do(commands.Invite(label="Router is down"))
        assert isinstance(invited, events.Invited)
        self._tell("the agent made a join link; Chromium opens it as the customer")
        await self.customer.visit(invited.url)

    async def _open_browser(self) -> None:
        customer = await Customer.open(
            voice=self.stage.folder / "customer-says.wav",
            env=self._env,
            headless=not self._windows,
            fps=self._fps,
            camera=self._camera,
            tab=self._tab,
        )
        self.customer = await self._stack.enter_async_context(customer)

    async def enter(self, name: str) -> RemoteEndpoint:
        """(Re)starts a member of the staff; a later recording replaces an earlier one."""
        folder = self.stage.folder
        devices = ("--mic", str(folder / f"{name}-says.wav"), "--speaker", str(folder / f"{name}-hears.wav"))
        self.staff[name] = await self.stage.endpoint(
            name, PARTIES[name], *devices, window=self._windows and name in DESKS
        )
        return self.staff[name]

    async def answer(self) -> str:
        """The customer consents and waits, the agent answers, they hear each other; returns the call's id."""
        await self.customer.agree()
        agent = self.staff["agent"]
        waiting = await agent.wait(events.Waiting)
        self._tell("the customer agreed and waits; the agent answers")
        await agent.do(commands.Duck(gain=DUCK_DB))
        await agent.do(commands.Admit(party=waiting.party))
        self.call = (await agent.wait(events.Call)).call.call
        await agent.wait(events.Media, lambda event: event.state == "connected")
        await agent.wait(events.FirstSound, lambda event: event.source == "customer")
        self._tell("agent and customer hear each other")
        return self.call

    async def finish(self) -> tuple[dict[str, Recording], dict[str, Recording]]:
        """Ends the endpoints and the recording; returns what everybody said and what everybody heard.

        Of one that has crashed, the recording goes as far as it was written.
        """
        folder = self.stage.folder
        customer_started = await self.customer.voice_started()
        await self._recorder.stop(folder / "customer-hears.wav")
        starts = {name: await endpoint.wait(events.Sound) for name, endpoint in self.staff.items()}
        await asyncio.gather(*(endpoint.quit() for endpoint in self.staff.values()))
        said = {name: _said(folder, name, start.mic_time) for name, start in starts.items()}
        heard = {name: _heard(folder, name, start.speaker_time) for name, start in starts.items()}
        said["customer"] = _said(folder, "customer", customer_started)
        heard["customer"] = _heard(folder, "customer", self._recorder.started)
        return said, heard


def _said(folder: Path, name: str, started: float) -> Recording:
    return Recording(read_wav(folder / f"{name}-says.wav"), started, looped=True)


def _heard(folder: Path, name: str, started: float) -> Recording:
    return Recording(read_wav(folder / f"{name}-hears.wav"), started)
