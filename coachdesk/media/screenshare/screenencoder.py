"""VP8 of a screen, each picture within a budget: what is worth more is coarse at first, and sharpened by later ones.

The bit rate of libvpx cannot be changed without a keyframe. So the encoder runs by a clock of its own, on which every
picture has as much time as its budget takes at ``NOMINAL_BITRATE``; what the line bears decides how often there is one
(`Cadence`).
"""

from __future__ import annotations

import random

import av

from coachdesk.media.packet import VIDEO_RATE
from coachdesk.media.picture import vp8
from coachdesk.media.picture.encoding import LEAST_BUDGET, Encoding, budget
from coachdesk.media.picture.vp8codec import compressed, open_codec

NOMINAL_BITRATE = 1_000_000
BUFFER_BITS = LEAST_BUDGET * 8
"""How much of what earlier pictures spared or overspent counts."""
SPEED = "-6"
"""Of libvpx: the fastest that still looks for where a window has been dragged from, which takes a quarter of the bytes."""
INTRA_PERCENT = 100
"""A keyframe has no more than any other picture."""
OVERSHOOT = 2.5, 1.2
"""A picture that takes so many times its budget, and so many times the last keyframe, is encoded anew, as a keyframe: where
most has changed, the encoder makes it as sharp as the picture before."""
NARROW_BITRATE, NARROW_QUANTIZER = 600_000, 63
"""On a line that bears less, a picture may get as coarse as can be; when it bears more, until most has changed."""
COARSE = 1.3, 0.7
"""As `OVERSHOOT`, of a picture by which that shows."""


class ScreenEncoder:
    """Real-time VP8 of a screen of any size; another size costs a keyframe, another bit rate does not.

    Attributes:
        bitrate: what the line bears, bit/s.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.bitrate = encoding.start_bitrate
        self._encoding = encoding
        self._codec: av.VideoCodecContext | None = None
        self._coarsest = encoding.worst_quantizer
        self._keyframe_size = 0
        self._clock = 0
        self._picture_id = random.getrandbits(15)

    def encode(self, frame: av.VideoFrame, *, keyframe: bool = False, still: bool = False) -> list[bytes]:
        """Payloads of one picture (any pixel format); empty when the encoder drops it. ``still``: it is the one before."""
        frame = frame.reformat(format="yuv420p")
        size = budget(self.bitrate, still=still)
        if (
            keyframe
            or self._codec is None
            or (self._codec.width, self._codec.height) != (frame.width, frame.height)
        ):
            data = self._anew(frame, size)
        else:
            data = self._next(self._codec, frame, size)
            if len(data) > self._most(size):
                data = self._anew(frame, size)
        if not data:
            return []
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        return vp8.packetize(data, self._picture_id)

    @property
    def _quantizer(self) -> int:
        """How coarse a picture may get now."""
        return NARROW_QUANTIZER if self.bitrate < NARROW_BITRATE else self._encoding.worst_quantizer

    def _most(self, size: int) -> float:
        """Bytes above which a picture, of which ``size`` are to be had, is encoded anew."""
        times, keyframes = COARSE if self._quantizer < self._coarsest else OVERSHOOT
        return max(times * size, keyframes * self._keyframe_size)

    def _anew(self, frame: av.VideoFrame, size: int) -> bytes:
        """A keyframe, by an encoder that knows nothing of the pictures before."""
        self._coarsest = self._quantizer
        self._codec = open_codec(
            frame.width,
            frame.height,
            NOMINAL_BITRATE,
            quantizers=(self._encoding.best_quantizer, self._coarsest),
            options={
                "cpu-used": SPEED,
                "screen-content-mode": "1",
                "bufsize": str(BUFFER_BITS),
                "max-intra-rate": str(INTRA_PERCENT),
            },
        )
        data = self._next(self._codec, frame, size)
        self._keyframe_size = len(data)
        return data

    def _next(self, codec: av.VideoCodecContext, frame: av.VideoFrame, size: int) -> bytes:
        self._clock += size * 8 * VIDEO_RATE // NOMINAL_BITRATE
        frame.pts = self._clock
        return compressed(codec, frame, keyframe=False)
