"""Pictures of a few bytes, as a JPEG or PNG says what it is; and what is none."""

from __future__ import annotations

APP0 = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def jpeg(length: int = 100, width: int = 4032, height: int = 3024) -> bytes:
    """The head of a JPEG, filled up to ``length`` bytes."""
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03" + bytes(9)
    return (b"\xff\xd8" + APP0 + frame).ljust(length, b"\x55")


def png(length: int = 100, width: int = 640, height: int = 480) -> bytes:
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + width.to_bytes(4) + height.to_bytes(4)
    return head.ljust(length, b"\x55")
