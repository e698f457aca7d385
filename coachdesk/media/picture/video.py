"""VP8 decoded and encoded on worker threads: packets to pictures, and a camera to packets for many."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.connection.rtpout import RtpOut
from coachdesk.media.packet import VIDEO_RATE, Packet
from coachdesk.media.picture import vp8
from coachdesk.media.picture.camera import Camera
from coachdesk.media.picture.encoding import CAMERA, Cadence, Encoding, Keyframes
from coachdesk.media.picture.smaller import Smaller
from coachdesk.media.picture.thinning import Gate
from coachdesk.media.picture.videobuffer import EncodedFrame, VideoBuffer
from coachdesk.media.picture.vp8codec import FRAME_RATE, TIME_BASE, compressed, open_codec
from coachdesk.media.priority import pictures_later
from coachdesk.media.screenshare.screenencoder import ScreenEncoder
from coachdesk.media.screenshare.screenrate import LineRate

log = logging.getLogger(__name__)

FRAMES_WAITING = 30
"""Encoded frames the decoder may be behind; more are dropped, up to the next keyframe."""
JOIN_SECONDS = 2.0
UNSEEN_SECONDS = RESTING_SECONDS = 0.1
"""Between two looks at a camera that nobody is sent, and at one that stands still and tells of its next picture."""
WAITING_SECONDS = 0.004
"""Between two looks at whether a picture that waits for the one before may go."""


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

    def luma(self) -> NDArray[np.uint8]:
        """The Y plane, height x width; its memory is the picture's."""
        plane = self.frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return rows[: self.frame.height, : self.frame.width]

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

    def __init__(self, patience: float | None = None) -> None:
        """``patience``: see `VideoBuffer`."""
        self.on_frame: Callable[[Picture], None] = _ignore
        self.on_picture: Callable[[Picture], None] = _ignore
        self.on_keyframe_needed: Callable[[], None] = _ignore
        self.decoded = self.dropped = 0
        self._buffer = VideoBuffer(patience)
        self._loop = asyncio.get_running_loop()
        self._frames: queue.Queue[EncodedFrame | None] = queue.Queue(FRAMES_WAITING)
        self._newest: Picture | None = None
        self._broken = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._decode, name="video-decode", daemon=True)
        self._thread.start()

    @property
    def needs_keyframe(self) -> bool:
        """Nothing but a keyframe can be decoded."""
        return self._buffer.needs_keyframe or self._broken.is_set()

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
    """Real-time VP8 of one size and bit rate; both may change between pictures, at the cost of a keyframe."""

    def __init__(self, encoding: Encoding = CAMERA) -> None:
        self.bitrate = encoding.start_bitrate
        self._encoding = encoding
        self._smaller = Smaller(encoding.pixel_rate)
        self._codec: av.VideoCodecContext | None = None
        self._picture_id = random.getrandbits(15)

    def encode(self, frame: av.VideoFrame, *, keyframe: bool = False, still: bool = False) -> list[bytes]:
        """Payloads of one picture (any pixel format; ``pts`` in `TIME_BASE`); empty when the encoder drops
        it. ``still`` makes no difference.
        """
        width, height = self._smaller.size(frame.width, frame.height, self.bitrate)
        frame = frame.reformat(width, height, "yuv420p")
        if self._codec is None or not self._fits(self._codec, frame):
            quantizers = self._encoding.best_quantizer, self._encoding.worst_quantizer
            self._codec = open_codec(
                frame.width, frame.height, self.bitrate, quantizers=quantizers, options={}
            )
        data = compressed(self._codec, frame, keyframe=keyframe)
        if not data:
            return []
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        return vp8.packetize(data, self._picture_id)

    def _fits(self, codec: av.VideoCodecContext, frame: av.VideoFrame) -> bool:
        near = abs(self.bitrate - (codec.bit_rate or 0)) <= self.bitrate * 0.15
        return near and (codec.width, codec.height) == (frame.width, frame.height)


class Line(Protocol):
    """What one stream bears, as `Gate` judges it for cameras and `LineRate` for screens.

    Attributes:
        open: pictures are sent on it.
        bitrate: bit/s, None as long as nothing is known of it.
    """

    open: bool

    @property
    def bitrate(self) -> int | None: ...
    def update(self, loss: float, congested: bool, limit: int | None, now: float) -> None: ...


class Encoder(Protocol):
    """As `Vp8Encoder` for cameras and `ScreenEncoder` for screens."""

    bitrate: int

    def encode(self, frame: av.VideoFrame, *, keyframe: bool = False, still: bool = False) -> list[bytes]:
        """``still``: the picture is the one before, which has got more time to become sharp."""


class VideoSender:
    """A camera or a screen, encoded once on a worker thread, sent on many streams.

    A picture is encoded only while some stream is open, and only when there is a new one or one is due again. The bit
    rate follows the lowest estimate of those who receive it; a line that bears sound only gets no pictures.

    Attributes:
        lines: what the streams bear that it is sent on.
        watch: called on the worker thread with each look at the camera: the newest picture, and when it was taken.
        scale: called there with the width and height of what is to be sent: how much smaller it is sent, 1 at most.
        on_sent: called on the loop after each picture: the streams it went out on, its timestamp there before their origin
            is added, when it was taken, and its width and height before it was made smaller.
    """

    def __init__(
        self, camera: Camera, encoding: Encoding = CAMERA, line_of: Callable[[RtpOut], Line] | None = None
    ) -> None:
        """``line_of``: what is known of a stream that is new here; as a rule, nothing."""
        self.encoded = 0
        self.lines: dict[RtpOut, Line] = {}
        self.watch: Callable[[NDArray[np.uint8], float], None] = _ignore
        self.scale: Callable[[tuple[int, int]], float] = lambda size: 1.0
        self.on_sent: Callable[[list[RtpOut], int, float, tuple[int, int]], None] = _ignore
        self._line_of = line_of or (lambda out: LineRate() if encoding.screen_content else Gate())
        self._camera = camera
        self._turn = 0  # grows with every camera; of an earlier one nothing is sent any more
        self._loop = asyncio.get_running_loop()
        self._encoding = encoding
        self._cadence = Cadence(encoding)
        self._encoder: Encoder = ScreenEncoder(encoding) if encoding.screen_content else Vp8Encoder(encoding)
        self._keyframes = Keyframes(encoding)
        self._fresh: set[RtpOut] = set()  # those that have had no keyframe yet
        self._closed = threading.Event()
        self._woken = threading.Event()
        self._told = float("-inf")  # when the camera said last that there is another picture
        self._thread = threading.Thread(target=self._run, name="video-encode", daemon=True)
        self._thread.start()

    def use(self, camera: Camera) -> None:
        """Send ``camera`` from now on; the one before stays open and the caller's."""
        self._camera = camera
        self._turn += 1
        self._told = float("-inf")
        self._need_keyframe()

    def send_to(self, outs: list[RtpOut]) -> None:
        """Send on exactly these streams from now on."""
        fresh = set(outs) - self.lines.keys()
        if fresh:
            self._fresh |= fresh
            self._keyframes.need()
        for out in self.lines.keys() - outs:
            out.queue.even_pace = None
        self.lines = {out: self.lines.get(out) or self._line_of(out) for out in outs}
        for out, line in self.lines.items():
            out.on_feedback = functools.partial(self._judge, out, line)
        self._woken.set()

    def request_keyframe(self) -> None:
        self._keyframes.ask(time.monotonic())
        self._woken.set()

    def _need_keyframe(self) -> None:
        self._keyframes.need()
        self._woken.set()

    def look(self) -> None:
        """The camera has another picture. It is looked at anyway, but not at once. Called on any thread."""
        self._told = time.monotonic()
        self._woken.set()

    def close(self) -> None:
        """Stop the worker, send nothing any more; the camera stays open and the caller's."""
        self._turn += 1
        for out in self.lines:
            out.on_feedback = _ignore
            out.queue.even_pace = None
        self._closed.set()
        self._woken.set()
        self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        pictures_later()
        begun, captured, scaled = 0, float("-inf"), 1.0
        while self._waited(self._pause(captured)):
            turn = self._turn  # before the camera: whatever it shows is then of this turn or a later one
            latest = self._camera.latest()
            if turn != begun:
                begun = turn
                self._cadence.restart()
                self._keyframes.need()  # nothing may refer to what is not sent any more
            if latest is None:
                continue
            picture, captured = latest
            self._watched(picture, captured)
            if not any(out.open for out in self.lines):
                continue
            scale = self.scale(_size(picture))
            if scale != scaled:
                scaled = scale
                self._cadence.again()
                self._keyframes.need()
            self._encoder.bitrate = self._bitrate()
            self._cadence.follow(self._encoder.bitrate, time.monotonic())
            self._keyframes.follow(self._encoder.bitrate, time.monotonic())
            if not self._cadence.ready(self._waiting, time.monotonic()):
                continue
            stamp = self._cadence.due(captured, time.monotonic(), keyframe=self._keyframes.due)
            if stamp is None:
                continue
            try:
                self._encode(picture, scale, captured, stamp, turn)
            except av.FFmpegError:
                log.exception("picture not encoded")

    def _waited(self, seconds: float) -> bool:
        """Returns when there may be another picture, or after so long; False: this is closed."""
        self._woken.wait(seconds)
        self._woken.clear()
        return not self._closed.is_set()

    def _pause(self, captured: float) -> float:
        """Seconds to the next look, at most; ``captured``: when the picture looked at last was taken."""
        if not self.lines:
            return UNSEEN_SECONDS
        if self._told >= captured and self._cadence.rests(captured):
            return RESTING_SECONDS
        waits = self._cadence.is_new(captured) and any(out.open for out in self.lines)
        return WAITING_SECONDS if waits else 1 / (2 * FRAME_RATE)

    def _watched(self, picture: NDArray[np.uint8], captured: float) -> None:
        try:
            self.watch(picture, captured)
        except Exception:
            log.exception("picture not looked at")

    @property
    def _waiting(self) -> int:
        """Bytes of earlier pictures, on the stream that is furthest behind."""
        return max((out.queue.waiting for out, line in self.lines.items() if line.open), default=0)

    def _bitrate(self) -> int:
        start, most = self._encoding.start_bitrate, self._encoding.max_bitrate
        rates = [line.bitrate for line in self.lines.values() if line.open and line.bitrate is not None]
        return min([most, *rates] if rates else [start])

    def _encode(
        self, picture: NDArray[np.uint8], scale: float, captured: float, stamp: float, turn: int
    ) -> None:
        keyframe = self._keyframes.taken()
        frame = _scaled(picture, scale)
        timestamp = frame.pts = round(stamp * VIDEO_RATE)
        payloads = self._encoder.encode(frame, keyframe=keyframe, still=self._cadence.still)
        self.encoded += 1
        size, now = sum(map(len, payloads)), time.monotonic()
        self._cadence.spent(size, self._encoder.bitrate, now)
        if payloads and vp8.starts_keyframe(payloads[0]):
            self._keyframes.sent(size, self._encoder.bitrate, now)
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._send, payloads, timestamp, captured, _size(picture), turn)

    def _send(
        self, payloads: list[bytes], timestamp: int, captured: float, size: tuple[int, int], turn: int
    ) -> None:
        if turn != self._turn or self._closed.is_set():
            return
        keyframe = bool(payloads) and vp8.starts_keyframe(payloads[0])
        outs = []
        for out, line in self.lines.items():
            self._judge(out, line)
            if line.open and (keyframe or out not in self._fresh):
                self._fresh.discard(out)
                outs.append(out)
                for index, payload in enumerate(payloads):
                    out.send(payload, timestamp & 0xFFFFFFFF, marker=index == len(payloads) - 1)
        self.on_sent(outs, timestamp & 0xFFFFFFFF, captured, size)

    def _judge(self, out: RtpOut, line: Line) -> None:
        """By the newest that the far end has said."""
        if out not in self.lines:
            return
        was_open = line.open
        line.update(out.queue.loss, out.path.congested, out.bitrate_limit, time.monotonic())
        if self._encoding.screen_content:
            out.queue.even_pace = line.bitrate
        if was_open and not line.open:
            out.forget()  # pictures asked for again would keep the queue as it is
        elif line.open and not was_open:
            self._fresh.add(out)
            self._need_keyframe()


def _size(picture: NDArray[np.uint8]) -> tuple[int, int]:
    """Width, height."""
    return picture.shape[1], picture.shape[0]


def _scaled(picture: NDArray[np.uint8], scale: float) -> av.VideoFrame:
    """For the encoder, which is to read it at once: at scale 1 it is not copied. VP8's colour planes are half as large, so
    sides are even: an odd last row or column is cut off.
    """
    whole = np.ascontiguousarray(picture[: picture.shape[0] & ~1, : picture.shape[1] & ~1])
    frame = av.VideoFrame.from_numpy_buffer(whole, format="bgra" if picture.shape[2] == 4 else "bgr24")
    if scale == 1.0:
        return frame
    width, height = (round(side * scale) & ~1 for side in _size(picture))
    return frame.reformat(width, height, "yuv420p", interpolation="AREA")


def _make_room(frames: queue.Queue[EncodedFrame | None]) -> int:
    """Empty the queue; return how many were in it."""
    removed = 0
    with contextlib.suppress(queue.Empty):
        while True:
            frames.get_nowait()
            removed += 1
    return removed


def _ignore(*_: object) -> None: ...
