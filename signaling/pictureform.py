"""What a JPEG (ITU-T T.81) or PNG (ISO/IEC 15948) says of itself, read from its own bytes, without decoding it. Pure."""

from __future__ import annotations

from typing import NamedTuple

JPEG, PNG = "image/jpeg", "image/png"
MAX_PIXELS = 50_000_000
"""Of a picture that is taken at all: what is decoded from it stays below 150 MB."""

_JPEG_START, _PNG_START = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = b"\x00\x00\x00\x0dIHDR"
# Start of frame, of every coding: C0 to CF but for the tables DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset([0x01, *range(0xD0, 0xD8)])
"""Markers without a segment."""


class Form(NamedTuple):
    """``kind`` is a media type; sizes are in pixels."""

    kind: str
    width: int
    height: int


def kind_of(beginning: bytes) -> str:
    """The media type by a file's first 8 bytes; empty if it is neither."""
    if beginning.startswith(_JPEG_START):
        return JPEG
    return PNG if beginning.startswith(_PNG_START) else ""


def form_of(data: bytes | bytearray) -> Form | None:
    """What the picture in ``data`` says of itself; None if that is no picture, empty, or one of too many pixels."""
    kind = kind_of(bytes(data[:8]))
    size = {JPEG: _jpeg_size, PNG: _png_size}[kind](bytes(data)) if kind else None
    if size is None or not 0 < size[0] * size[1] <= MAX_PIXELS:
        return None
    return Form(kind, *size)


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[8:16] != _PNG_HEADER or len(data) < 24:
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the first frame header: segments up to there are skipped by their lengths."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            return width, height
        else:
            length = int.from_bytes(data[at + 2 : at + 4])
            if length < 2:
                return None
            at += 2 + length
    return None
