"""VP8 in RTP (RFC 7741): the payload descriptor read, and frames cut into payloads. Pure."""

from __future__ import annotations

from typing import NamedTuple

PAYLOAD_MAX = 1180
"""Bytes per payload: with RTP, SRTP, TURN and IPv6 headers this stays below 1280, the least MTU of the
internet.
"""

_EXTENDED, _START = 0x80, 0x10
_PICTURE_ID, _TL0PICIDX, _TID, _KEYIDX = 0x80, 0x40, 0x20, 0x10


class Vp8Payload(NamedTuple):
    """A parsed payload. ``start``: it begins a frame; ``keyframe`` is meaningful in that case only.

    ``layer``: temporal layer, 0 where there are none; no frame refers to one of a higher layer. ``sync``: the frame
    refers to layer 0 alone, so that this layer can be decoded from here on.
    """

    start: bool
    keyframe: bool
    data: bytes
    layer: int = 0
    sync: bool = False


def parse(payload: bytes) -> Vp8Payload:
    """Split a payload into what its descriptor says and the VP8 bytes. Raises ValueError when it is cut
    short.
    """
    offset, layer, sync = _descriptor(payload)
    data = payload[offset:]
    if not data:
        raise ValueError("VP8 payload without data")
    start = bool(payload[0] & _START) and not payload[0] & 0x07
    return Vp8Payload(start, start and not data[0] & 0x01, data, layer, sync)


def starts_keyframe(payload: bytes) -> bool:
    """Whether this payload is the first of a keyframe; False for anything malformed."""
    try:
        return parse(payload).keyframe
    except ValueError:
        return False


def _descriptor(payload: bytes) -> tuple[int, int, bool]:
    """Length of the descriptor, layer, sync."""
    layer, sync = 0, False
    try:
        if not payload[0] & _EXTENDED:
            return 1, layer, sync
        fields, length = payload[1], 2
        if fields & _PICTURE_ID:
            length += 2 if payload[length] & 0x80 else 1
        if fields & _TL0PICIDX:
            length += 1
        if fields & (_TID | _KEYIDX):
            if fields & _TID:
                layer, sync = payload[length] >> 6, bool(payload[length] & 0x20)
            length += 1
    except IndexError:
        raise ValueError("VP8 payload descriptor is cut short") from None
    return length, layer, sync


def packetize(frame: bytes, picture_id: int) -> list[bytes]:
    """Cut one encoded frame into payloads of about equal size; the picture id is 15 bits."""
    tail = bytes([_PICTURE_ID, 0x80 | (picture_id >> 8) & 0x7F, picture_id & 0xFF])
    room = PAYLOAD_MAX - 1 - len(tail)
    count = max(1, -(-len(frame) // room))
    size = -(-len(frame) // count)
    return [
        bytes([_EXTENDED | (_START if index == 0 else 0)]) + tail + frame[index * size : (index + 1) * size]
        for index in range(count)
    ]
