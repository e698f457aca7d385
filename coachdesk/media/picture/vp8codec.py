"""libvpx in real time, as cameras and screens are encoded with it."""

from __future__ import annotations

import fractions
from typing import Any

import av

from coachdesk.media.packet import VIDEO_RATE

TIME_BASE = fractions.Fraction(1, VIDEO_RATE)
FRAME_RATE = 30


def open_codec(
    width: int, height: int, bitrate: int, *, quantizers: tuple[int, int], options: dict[str, str]
) -> av.VideoCodecContext:
    """One that takes pictures of this size (yuv420p) and gives keyframes where asked for. ``quantizers``: the best and the
    worst, 0 to 63; ``options``: as FFmpeg names them.
    """
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.bit_rate = bitrate
    codec.time_base, codec.framerate = TIME_BASE, fractions.Fraction(FRAME_RATE)
    codec.gop_size = 3000  # keyframes are sent when asked for
    codec.qmin, codec.qmax = quantizers
    codec.thread_count = 1  # the threads of libvpx wait for each other by spinning
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "-8",
        "lag-in-frames": "0",
        "error-resilient": "default",
        "static-thresh": "1",
        "noise-sensitivity": "0",
        "minrate": str(bitrate),
        "maxrate": str(bitrate),
        "bufsize": str(bitrate),
    } | options
    return codec  # type: ignore[no-any-return]


def compressed(codec: av.VideoCodecContext, frame: av.VideoFrame, *, keyframe: bool) -> bytes:
    """One picture, whose ``pts`` is in `TIME_BASE`; empty when the encoder drops it."""
    frame.time_base = TIME_BASE
    frame.pict_type = av.video.frame.PictureType.I if keyframe else av.video.frame.PictureType.NONE
    return b"".join(bytes(packet) for packet in codec.encode(frame))
