"""VP8 decoded and encoded on worker threads: packets to pictures, and a camera to packets for many."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from coachdesk.media import vp8
from coachdesk.media.camera import Camera
from coachdesk.media.compat import RtpOut
from coachdesk.media.encoding import CAMERA, Cadence, Encoding
from coachdesk.media.packet import Packet
from coachdesk.media.priority import pictures_later
from coachdesk.media.thinning import LEAST_BITRATE, Gate
from coachdesk.media.videobuffer import EncodedFrame, VideoBuffer

log = logging.getLogger(__name__)

CLOCK_RATE = 90000
TIME_BASE = fractions.Fraction(1, CLOCK_RATE)
FRAMES_WAITING = 30
"""Encoded frames the decoder may be behind; more are dropped, up to the next keyframe."""
FRAME_RATE = 30
JOIN_SECONDS = 2.0


@dataclass(frozen=True)
class Picture:
    """A decoded picture. ``timestamp``: RTP, 90 kHz; ``arrival``: ``time.monotonic()`` of its last packet."""

    frame: av.VideoFrame
    timestamp: int
    arrival: float

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.frame.width, self.frame.height

    def bgra(self) -> NDArray[np.uint8]:
        """Height x width x 4, contiguous; takes 2 ms at 720p."""
        return np.ascontiguousarray(self.frame.reformat(format="bgra").to_ndarray())


class VideoReceiver:
    """Packets in on the loop, pictures out: `on_frame` on the loop (the newest only), `on_picture` on the
    worker.

    Attributes:
        on_frame: called on the loop with a picture; one that came while the loop was busy replaces the one
        before.
        on_picture: called with every picture on the decoding thread: for what copies or writes pictures.
        on_keyframe_needed: called on the loop, with every packet while no picture can be decoded.
        dropped: pictures the loop was too busy for, and frames the decoder was too slow for.
    """

    def __init__(self) -> None:
        self.on_frame: Callable[[Picture], None] = _ignore
        self.on_picture: Callable[[Picture], None] = _ignore
        self.on_keyframe_needed: Callable[[], None] = _ignore
        self.decoded = self.dropped = 0
        self._buffer = VideoBuffer()
        self._loop = asyncio.get_running_loop()
        self._frames: queue.Queue[EncodedFrame | None] = queue.Queue(FRAMES_WAITING)
        self._newest: Picture | None = None
        self._broken = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._decode, name="video-decode", daemon=True)
        self._thread.start()

    def put(self, packet: Packet) -> None:
        if self._closed.is_set():
            return
        if self._broken.is_set():
            self._broken.clear()
            self._buffer.skip_to_keyframe()
        for frame in self._buffer.put(packet, packet.arrival):
            self._submit(frame)
        if self._buffer.needs_keyframe:
            self.on_keyframe_needed()

    def close(self) -> None:
        """Stop the worker; nothing is called any more afterwards."""
        self._closed.set()
        _make_room(self._frames)
        self._frames.put_nowait(None)
        self._thread.join(JOIN_SECONDS)

    def _submit(self, frame: EncodedFrame) -> None:
        try:
            self._frames.put_nowait(frame)
        except queue.Full:
            self.dropped += _make_room(self._frames) + 1
            self._buffer.skip_to_keyframe()

    def _decode(self) -> None:
        pictures_later()
        decoder: Any = av.CodecContext.create("libvpx", "r")
        while (frame := self._frames.get()) is not None and not self._closed.is_set():
            packet = av.Packet(frame.data)
            packet.pts, packet.time_base = frame.timestamp, TIME_BASE
            try:
                for decoded in decoder.decode(packet):
                    self._show(Picture(decoded, frame.timestamp, frame.arrival))
            except av.FFmpegError as error:
                log.info("picture not decoded: %s", error)
                self._broken.set()

    def _show(self, picture: Picture) -> None:
        self.decoded += 1
        try:
            self.on_picture(picture)
        except Exception:
            log.exception("picture not handled")
        unseen, self._newest = self._newest, picture
        if unseen is not None:
            self.dropped += 1
            return
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        picture, self._newest = self._newest, None
        if picture is not None and not self._closed.is_set():
            self.on_frame(picture)


class Vp8Encoder:
    """Real-time VP8 of one size and bit rate; both may change between pictures, at the cost of a keyframe.

    One of a screen is large: there another bit rate waits for the next keyframe that is wanted anyway. Until then `Cadence`
    has pictures come more or less often.
    """

    def __init__(self, encoding: Encoding = CAMERA) -> None:
        self.bitrate = encoding.start_bitrate
        self._encoding = encoding
        self._codec: VideoCodecContext | None = None
        self._picture_id = random.getrandbits(15)

    def encode(self, frame: av.VideoFrame, *, keyframe: bool = False) -> list[bytes]:
        """Payloads of one picture (any pixel format; ``pts`` in `TIME_BASE`); empty when the encoder drops
        it.
        """
        frame = frame.reformat(format="yuv420p")
        if self._codec is None or not self._fits(self._codec, frame, keyframe):
            self._codec = self._open(frame.width, frame.height)
        frame.time_base = TIME_BASE
        frame.pict_type = av.video.frame.PictureType.I if keyframe else av.video.frame.PictureType.NONE
        data = b"".join(bytes(packet) for packet in self._codec.encode(frame))
        if not data:
            return []
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        return vp8.packetize(data, self._picture_id)

    def _fits(self, codec: VideoCodecContext, frame: av.VideoFrame, keyframe: bool) -> bool:
        near = abs(self.bitrate - (codec.bit_rate or 0)) <= self.bitrate * 0.15
        waits = self._encoding.screen_content and not keyframe
        return (near or waits) and (codec.width, codec.height) == (frame.width, frame.height)

    def _open(self, width: int, height: int) -> VideoCodecContext:
        codec: Any = av.CodecContext.create("libvpx", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.bit_rate = self.bitrate
        codec.time_base, codec.framerate = TIME_BASE, fractions.Fraction(FRAME_RATE)
        codec.gop_size = 3000  # keyframes are sent when asked for
        codec.qmin, codec.qmax = 4, self._encoding.worst_quantizer
        codec.thread_count = 1  # the threads of libvpx wait for each other by spinning
        rate = str(self.bitrate)
        codec.options = {
            "deadline": "realtime",
            "cpu-used": "-8",
            "lag-in-frames": "0",
            "error-resilient": "default",
            "static-thresh": "1",
            "noise-sensitivity": "0",
            "screen-content-mode": str(int(self._encoding.screen_content)),
            "minrate": rate,
            "maxrate": rate,
            "bufsize": rate,
        }
        return codec  # type: ignore[no-any-return]


class VideoSender:
    """A camera or a screen, encoded once on a worker thread, sent on many streams.

    A picture is encoded only while some stream is open, and only when there is a new one or one is due again. The bit
    rate follows the lowest estimate of those who receive it; a line that bears sound only gets no pictures.
    """

    def __init__(self, camera: Camera, encoding: Encoding = CAMERA) -> None:
        self.encoded = 0
        self._camera = camera
        self._turn = 0  # grows with every camera; of an earlier one nothing is sent any more
        self._gates: dict[RtpOut, Gate] = {}
        self._loop = asyncio.get_running_loop()
        self._encoding = encoding
        self._cadence = Cadence(encoding)
        self._encoder = Vp8Encoder(encoding)
        self._keyframe = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="video-encode", daemon=True)
        self._thread.start()

    def use(self, camera: Camera) -> None:
        """Send ``camera`` from now on; the one before stays open and the caller's."""
        self._camera = camera
        self._turn += 1
        self.request_keyframe()

    def send_to(self, outs: list[RtpOut]) -> None:
        """Send on exactly these streams from now on."""
        self._gates = {out: self._gates.get(out, Gate()) for out in outs}
        self.request_keyframe()

    def request_keyframe(self) -> None:
        self._keyframe.set()

    def close(self) -> None:
        """Stop the worker, send nothing any more; the camera stays open and the caller's."""
        self._turn += 1
        self._closed.set()
        self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        pictures_later()
        begun = 0
        while not self._closed.wait(1 / (2 * FRAME_RATE)):
            turn = self._turn  # before the camera: whatever it shows is then of this turn or a later one
            latest = self._camera.latest()
            if turn != begun:
                begun = turn
                self._cadence.restart()
                self._keyframe.set()  # nothing may refer to what is not sent any more
            if latest is None or not any(out.open for out in self._gates):
                continue
            picture, captured = latest
            stamp = self._cadence.due(captured, time.monotonic(), keyframe=self._keyframe.is_set())
            if stamp is None:
                continue
            try:
                self._encode(picture, stamp, turn)
            except av.FFmpegError:
                log.exception("picture not encoded")

    def _encode(self, picture: NDArray[np.uint8], stamp: float, turn: int) -> None:
        start, most = self._encoding.start_bitrate, self._encoding.max_bitrate
        outs = [out for out, gate in self._gates.items() if gate.open]
        limits = [out.bitrate_limit for out in outs if out.bitrate_limit is not None]
        self._encoder.bitrate = max(LEAST_BITRATE, min([most, *limits] if limits else [start]))
        keyframe = self._keyframe.is_set()
        self._keyframe.clear()
        form = "bgra" if picture.shape[2] == 4 else "bgr24"
        frame = av.VideoFrame.from_numpy_buffer(
            _even(picture), format=form
        )  # not copied: read at once, below
        frame.pts = round(stamp * CLOCK_RATE)
        payloads = self._encoder.encode(frame, keyframe=keyframe)
        self.encoded += 1
        self._cadence.spent(sum(map(len, payloads)), self._encoder.bitrate, time.monotonic())
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._send, payloads, frame.pts, turn)

    def _send(self, payloads: list[bytes], timestamp: int, turn: int) -> None:
        if turn != self._turn:
            return
        for out, gate in self._gates.items():
            was_open = gate.open
            gate.update(out.path.congested, out.bitrate_limit, time.monotonic())
            if not gate.open:
                if was_open:
                    out.forget()  # pictures asked for again would keep the queue as it is
                continue
            if not was_open:
                self.request_keyframe()
            for index, payload in enumerate(payloads):
                out.send(payload, timestamp & 0xFFFFFFFF, marker=index == len(payloads) - 1)


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """VP8's colour planes are half as large: cut an odd last row or column off."""
    height, width = picture.shape[:2]
    return np.ascontiguousarray(picture[: height & ~1, : width & ~1])


def _make_room(frames: queue.Queue[EncodedFrame | None]) -> int:
    """Empty the queue; return how many were in it."""
    removed = 0
    with contextlib.suppress(queue.Empty):
        while True:
            frames.get_nowait()
            removed += 1
    return removed


def _ignore(*_: object) -> None: ...
