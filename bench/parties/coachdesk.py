"""CoachDesk as a party: the media of an agent's or a supervisor's endpoint, whole, with files as devices.

`AgentHub` and `ObserverMedia` are driven by the endpoint's `Ticker`, over real legs, peer connections, playout buffers and
mixes: all that sound passes through in the product. What is left out is the signaling server, whose place the benchmark
takes, and PortAudio. Towards a browser this is the agent; towards another CoachDesk the offering side is the agent, the
answering one a supervisor who barges in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.parties.wire import Party, Setup, serve
from bench.tape import Tape
from coachdesk.media.agent_hub import AgentHub
from coachdesk.media.connection.peer import CUSTOMER, Peer, State
from coachdesk.media.ears import Ear
from coachdesk.media.filesound import FileMic
from coachdesk.media.observer import ObserverMedia
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import SILENCE, Block
from coachdesk.media.picture.camera import open_camera
from coachdesk.media.picture.video import VideoSender
from coachdesk.media.playout import Playout
from coachdesk.media.priority import sound_first
from coachdesk.media.ticker import Ticker
from signaling.policy import Mode, Role
from signaling.protocol import Answer, CallPhase, CallView, Offer, PartyView, SignalBody

AGENT, BROWSER, SUPERVISOR = "agent", "customer", "supervisor"
CONNECT_SECONDS = 20.0


class TimedPlayout(Playout):
    """A playout buffer that knows what it cost, decoding included.

    Attributes:
        cpu_seconds: of this thread, so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cpu_seconds = 0.0

    def put(self, packet: Packet) -> None:
        began = time.thread_time()
        super().put(packet)
        self.cpu_seconds += time.thread_time() - began

    def pull(self, now: float) -> Block:
        began = time.thread_time()
        block = super().pull(now)
        self.cpu_seconds += time.thread_time() - began
        return block


class TimedEar(Ear):
    """An ear with such a buffer; what else an ear does, like telling speech from noise, is not counted."""

    def __init__(self) -> None:
        super().__init__()
        self._playout: TimedPlayout = TimedPlayout()

    @property
    def cpu_seconds(self) -> float:
        return self._playout.cpu_seconds


class CoachDeskParty:
    """What both roles share: the devices, the heartbeat, the numbers."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._mic: FileMic | None = None
        self._said, self._heard = Tape(), Tape()
        self._ears: list[TimedEar] = []
        self._connected = asyncio.Event()
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._session = ""
        self._tick: Callable[[Block, float], Block] = lambda mic, now: SILENCE
        self._closers: list[Callable[[], object]] = []
        self._ticker = asyncio.create_task(Ticker(self._beat).run())
        sound_first()

    def _beat(self, now: float) -> None:
        block = SILENCE
        if self._mic is not None:
            read = self._mic.read()
            block = SILENCE if read is None else read
            self._said.spoken(block)
        heard = self._tick(block, now)
        self._heard.heard(heard if heard.ndim == 1 else np.asarray(heard.mean(axis=1), np.float32))

    def _new_ear(self, source: str, lane: str) -> Ear:
        self._ears.append(TimedEar())
        return self._ears[-1]

    async def _signal(self, body: SignalBody) -> None:
        """What would go through the server: descriptions go to the benchmark."""
        if isinstance(body, Offer | Answer):
            self._session = body.session
            await self._answers.put(body.sdp)

    def _state(self, state: State) -> None:
        if state == "connected":
            self._connected.set()

    async def connect(self) -> None:
        await asyncio.wait_for(self._connected.wait(), CONNECT_SECONDS)

    async def speak(self) -> None:
        self._mic = FileMic(Path(self._setup.speech))
        self._began = time.monotonic()

    async def finish(self) -> dict[str, float]:
        if self._ticker.done():
            await self._ticker  # raises what has ended it
        folder = Path(self._setup.folder)
        self._said.save(folder / "said.npz")
        self._heard.save(folder / "heard.npz")
        seconds = time.monotonic() - self._began
        cpu = sum(ear.cpu_seconds for ear in self._ears) / max(1, len(self._ears)) / seconds * 100
        numbers = {"playout_cpu_percent": cpu}
        for ear in self._ears:
            numbers |= {f"playout.{name}": float(value) for name, value in ear.stats().items()}
        return numbers

    async def close(self) -> None:
        self._ticker.cancel()
        for close in self._closers:
            close()


class AgentParty(CoachDeskParty):
    """The agent's endpoint; the far end is a browser (``customer``) or a supervisor."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._far = SUPERVISOR if setup.far == "coachdesk" else BROWSER
        self._hub = AgentHub(
            ice=list, signal=lambda party, body: self._signalled_to(party, body), new_ear=self._new_ear
        )
        self._hub.on_media = lambda party, state: self._state(state) if party == self._far else None
        self._tick = self._hub.tick
        if setup.video and self._far == BROWSER:
            self._hub.on_customer_connected = self._show_camera
        self._bystander = Bystander() if setup.video and self._far == SUPERVISOR else None

    async def offer(self) -> str:
        self._hub.apply(call_view(self._far, *([BROWSER] if self._bystander else [])))
        return await asyncio.wait_for(self._answers.get(), CONNECT_SECONDS)

    async def answer(self, sdp: str) -> str:
        raise RuntimeError("the agent's endpoint always offers")

    async def accept(self, sdp: str) -> None:
        await self._hub.signalled(self._far, Answer(self._session, sdp))

    async def _signalled_to(self, party: str, body: SignalBody) -> None:
        if party == self._far:
            await self._signal(body)
        elif self._bystander is not None and isinstance(body, Offer):
            answer = await self._bystander.answer(body.sdp)
            await self._hub.signalled(party, Answer(body.session, answer))

    def _show_camera(self, peer: Peer) -> None:
        self._closers.append(show_camera(peer))

    async def close(self) -> None:
        await super().close()
        if self._bystander is not None:
            await self._bystander.close()
        await self._hub.close()


class SupervisorParty(CoachDeskParty):
    """A supervisor's endpoint, in barge."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._media = ObserverMedia(ice=list, signal=self._signal, new_ear=self._new_ear)
        self._media.on_media = self._state
        self._media.mouth.press(Mode.BARGE)
        self._media.mouth.grant(Mode.BARGE)
        self._tick = self._media.tick

    async def offer(self) -> str:
        raise RuntimeError("a supervisor's endpoint always answers")

    async def answer(self, sdp: str) -> str:
        await self._media.signalled(Offer("bench", sdp))
        return await asyncio.wait_for(self._answers.get(), CONNECT_SECONDS)

    async def accept(self, sdp: str) -> None:
        raise RuntimeError("a supervisor's endpoint always answers")

    async def close(self) -> None:
        await super().close()
        await self._media.close()


class Bystander:
    """A silent customer on the agent's host, whose camera the agent forwards to the supervisor."""

    def __init__(self) -> None:
        self._peer = Peer(CUSTOMER, offers=False, ice=[])
        self._peer.on_state = self._state
        self._close_camera: Callable[[], None] = lambda: None

    async def answer(self, sdp: str) -> str:
        return await self._peer.answer(sdp)

    def _state(self, state: State) -> None:
        if state == "connected":
            self._close_camera = show_camera(self._peer)

    async def close(self) -> None:
        self._close_camera()
        await self._peer.close()


def show_camera(peer: Peer) -> Callable[[], None]:
    """Sends a moving test picture on ``peer``; returns what ends that."""
    camera = open_camera("test")
    video = VideoSender(camera)
    video.send_to([peer.outs["camera"]])
    peer.on_keyframe_request = lambda stream: video.request_keyframe()

    def close() -> None:
        video.close()
        camera.close()

    return close


def call_view(*far: str) -> CallView:
    """A call of the agent with these, as the server would tell it."""
    roles = {BROWSER: Role.CUSTOMER, SUPERVISOR: Role.SUPERVISOR, AGENT: Role.AGENT}
    modes = {SUPERVISOR: Mode.BARGE}
    return CallView(
        call="bench",
        label="",
        team="bench",
        agent=AGENT,
        customer=BROWSER,
        phase=CallPhase.LIVE,
        started_at=0.0,
        revision=1,
        parties=[
            PartyView(each, each, roles[each], modes.get(each, Mode.LISTEN), True, True)
            for each in (AGENT, *far)
        ],
    )


async def make(setup: Setup) -> Party:
    return AgentParty(setup) if setup.offers else SupervisorParty(setup)


if __name__ == "__main__":
    serve(make)
