"""Stock aiortc as a party: its own tracks, encoders and jitter buffers, untouched.

It brings no loudspeaker. The one here is as plain as can be: it plays what comes out of the track, says nothing when nothing
is there, and starts anew with 20 ms in hand; beyond 200 ms the oldest goes.
"""

from __future__ import annotations

import asyncio
import fractions
import time
from pathlib import Path

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError

from bench.parties.wire import Party, Setup, serve
from bench.tape import Tape
from coachdesk.hearing import read_wav
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Block, Samples
from coachdesk.media.picture.camera import open_camera
from coachdesk.media.ticker import Ticker

FRAME = 960
IN_HAND, MOST = FRAME, 10 * FRAME
CONNECT_SECONDS = 20.0
BLACK = np.zeros((720, 1280, 3), np.uint8)
"""What the camera shows before its first picture."""


class SpeechTrack(MediaStreamTrack):
    """20 ms frames in real time: silence, and from ``speak`` on the speech, round and round."""

    kind = "audio"

    def __init__(self, said: Tape) -> None:
        super().__init__()
        self._said = said
        self._speech: Samples | None = None
        self._at = 0
        self._count = 0
        self._began = time.monotonic()

    def speak(self, speech: Samples) -> None:
        self._speech = speech

    async def recv(self) -> av.AudioFrame:
        self._count += 1
        due = self._began + self._count * FRAME / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        sound = np.zeros(FRAME, np.float32)
        if self._speech is not None:
            sound = np.take(self._speech, np.arange(self._at, self._at + FRAME), mode="wrap")
            self._at += FRAME
            self._said.spoken(sound)
        pcm = (sound * 32767).round().astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._count * FRAME, fractions.Fraction(1, RATE)
        return frame


class CameraTrack(VideoStreamTrack):
    """The moving test picture that CoachDesk has."""

    def __init__(self) -> None:
        super().__init__()
        self._camera = open_camera("test")

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        shot = self._camera.latest()
        picture = BLACK if shot is None else shot[0]
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame

    def stop(self) -> None:
        super().stop()
        self._camera.close()


class Loudspeaker:
    """Plays 10 ms at a time of what it was given."""

    def __init__(self) -> None:
        self._sound = np.zeros(0, np.float32)
        self._playing = False

    def give(self, sound: Samples) -> None:
        self._sound = np.concatenate([self._sound, sound])[-MOST:]

    def play(self) -> Block:
        self._playing = len(self._sound) >= (BLOCK_SAMPLES if self._playing else IN_HAND)
        if not self._playing:
            return SILENCE
        block, self._sound = self._sound[:BLOCK_SAMPLES], self._sound[BLOCK_SAMPLES:]
        return block


class AiortcParty:
    """One `RTCPeerConnection`."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._said, self._heard = Tape(), Tape()
        self._speaker = Loudspeaker()
        self._track = SpeechTrack(self._said)
        self._pc = RTCPeerConnection()
        self._connected = asyncio.Event()
        self._pc.on("track", self._arrived)
        self._pc.on("connectionstatechange", self._changed)
        self._pc.addTrack(self._track)
        if setup.video:
            self._pc.addTrack(CameraTrack())
        self._tasks = [asyncio.create_task(Ticker(lambda due: self._heard.heard(self._speaker.play())).run())]

    def _changed(self) -> None:
        if self._pc.connectionState == "connected":
            self._connected.set()

    def _arrived(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, av.AudioFrame):
                    for part in resampler.resample(frame):
                        self._speaker.give(part.to_ndarray().reshape(-1).astype(np.float32))
        except MediaStreamError:
            return

    async def offer(self) -> str:
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return str(self._pc.localDescription.sdp)

    async def answer(self, sdp: str) -> str:
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return str(self._pc.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def connect(self) -> None:
        await asyncio.wait_for(self._connected.wait(), CONNECT_SECONDS)

    async def speak(self) -> None:
        self._track.speak(read_wav(Path(self._setup.speech)))

    async def finish(self) -> dict[str, float]:
        folder = Path(self._setup.folder)
        self._said.save(folder / "said.npz")
        self._heard.save(folder / "heard.npz")
        return {}

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.wait_for(self._pc.close(), 5)


async def make(setup: Setup) -> Party:
    return AiortcParty(setup)


if __name__ == "__main__":
    serve(make)
