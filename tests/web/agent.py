"""The agent's end of the media: offers, sends a tone (and a picture), measures what comes from the customer."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import itertools
import json
import time
from collections import deque

import aiortc
import av
import numpy as np
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp
from numpy.typing import NDArray

from signaling.protocol import Answer, Candidate, Offer, SignalBody
from tests.web.desk import Desk

TONE_HZ = 440.0
RATE = 48000
SILENCE_DBFS = -120.0


class Tone(AudioStreamTrack):
    """20 ms blocks of a sine at -12 dBFS."""

    async def recv(self) -> av.AudioFrame:
        silence = await super().recv()  # paced
        start = round(float((silence.pts or 0) * (silence.time_base or 0)) * RATE)
        at = (np.arange(RATE // 50) + start) / RATE
        pcm = (np.sin(2 * np.pi * TONE_HZ * at) * 0.25 * 32767).astype(np.int16)
        tone = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
        tone.sample_rate, tone.pts, tone.time_base = RATE, start, fractions.Fraction(1, RATE)
        return tone


class Picture(VideoStreamTrack):
    """A plain orange picture at 30 fps."""

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), (40, 120, 230), np.uint8), format="bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Agent:
    """One peer connection to the customer, as the agent's endpoint lays it out.

    Attributes:
        pictures: how many have come; ``newest_picture`` when (monotonic).
        screens: how many pictures of the customer's screen have come; ``screen`` the newest, height x width x 3 (RGB).
        told: every message on the control channel.
    """

    def __init__(self, desk: Desk, session: str, *, camera: bool = False) -> None:
        self.desk = desk
        self.session = session
        bundle = aiortc.RTCConfiguration(iceServers=[], bundlePolicy=aiortc.RTCBundlePolicy.MAX_BUNDLE)
        self.pc = aiortc.RTCPeerConnection(bundle)
        self.answer = ""
        self.pictures = 0
        self.newest_picture = 0.0
        self.size = (0, 0)
        self.screens = 0
        self.screen: NDArray[np.uint8] | None = None
        self.told: list[bytes] = []
        self._levels: deque[tuple[float, float]] = deque(maxlen=3000)
        self._tasks: list[asyncio.Task[None]] = []
        self.pc.addTransceiver(Tone(), direction="sendrecv")
        self.pc.addTransceiver(Picture() if camera else "video", direction="sendrecv")
        self._screen = self.pc.addTransceiver("video", direction="sendrecv")
        self.control = self.pc.createDataChannel("control", negotiated=True, id=99)
        self.control.on("message", self._on_message)
        self.pc.on("track", self._on_track)

    async def call(self) -> None:
        """Sends the offer; the answer comes by ``hear``."""
        self.desk.on_signal = self.hear
        await self.pc.setLocalDescription(await self.pc.createOffer())
        await self.desk.signal(Offer(self.session, self.pc.localDescription.sdp))

    async def hear(self, body: SignalBody) -> None:
        if getattr(body, "session", "") != self.session or self.pc.signalingState == "closed":
            return
        if isinstance(body, Answer):
            self.answer = body.sdp
            await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(body.sdp, "answer"))
        if isinstance(body, Candidate) and body.candidate:
            candidate = candidate_from_sdp(body.candidate.removeprefix("candidate:"))
            candidate.sdpMid = body.mid
            await self.pc.addIceCandidate(candidate)

    def show_screen(self, on: bool) -> None:
        """The agent shows their screen, an orange one, to the customer, and says so; or no longer."""
        self.send_screen(on)
        self.control.send(json.dumps({"kind": "agent_screen", "on": on}))

    def send_screen(self, on: bool) -> None:
        """The same, unsaid."""
        self._screen.sender.replaceTrack(Picture() if on else None)

    @property
    def connected(self) -> bool:
        return self.pc.connectionState == "connected"

    def loudest(self, since: float = 0.0) -> float:
        """The loudest 20 ms of the last minute that came after ``since`` (monotonic), in dBFS; silence if nothing came."""
        return max((level for at, level in self._levels if at >= since), default=SILENCE_DBFS)

    def heard_for(self, since: float) -> float:
        """How many seconds of sound came after ``since`` (monotonic)."""
        return sum(0.02 for at, _ in self._levels if at >= since)

    def below_for(self, dbfs: float) -> float:
        """How many seconds of sound, up to the newest that came, were all quieter than ``dbfs``."""
        newest_first = (level for _, level in reversed(self._levels))
        return sum(0.02 for _ in itertools.takewhile(lambda level: level < dbfs, newest_first))

    async def stall(self, seconds: float) -> None:
        """The network holds for so long what is sent to the customer, and then delivers all of it."""
        transport = self.pc.getTransceivers()[0].sender.transport
        send, held = transport._send_rtp, list[bytes]()

        async def hold(data: bytes) -> None:
            held.append(data)

        transport._send_rtp = hold  # type: ignore[method-assign]
        await asyncio.sleep(seconds)
        transport._send_rtp = send  # type: ignore[method-assign]
        for data in held:
            await send(data)

    async def vanish(self) -> None:
        """The network to this agent is gone: nothing is sent or answered any more."""
        for transceiver in self.pc.getTransceivers():
            await transceiver.sender.transport.transport._connection.close()

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.pc.close(), 3)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_message(self, message: str | bytes) -> None:
        self.told.append(message.encode() if isinstance(message, str) else message)

    def _on_track(self, track: aiortc.MediaStreamTrack) -> None:
        if track.kind == "audio":
            consume = self._listen(track)
        else:
            consume = self._look(track) if track is self._screen.receiver.track else self._watch(track)
        self._tasks.append(asyncio.create_task(consume))

    async def _look(self, track: aiortc.MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.VideoFrame)
                self.screen = frame.to_ndarray(format="rgb24")
                self.screens += 1

    async def _listen(self, track: aiortc.MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                pcm = frame.to_ndarray().astype(np.float64) / 32768
                rms = float(np.sqrt(np.mean(pcm**2)))
                self._levels.append((time.monotonic(), 20 * np.log10(max(rms, 1e-6))))

    async def _watch(self, track: aiortc.MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.VideoFrame)
                self.pictures += 1
                self.newest_picture = time.monotonic()
                self.size = (frame.width, frame.height)
