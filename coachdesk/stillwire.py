"""The messages of stills between an agent's endpoint and everybody on the call, and their limits. Pure; docs/ink.md tells
the order in which they come.

A message is one JSON object in one text frame of the data channel ``stills``; ``kind`` names it. The picture itself follows
its ``still`` in binary frames, each of which is answered by ``got``: so that whoever sends knows what the line bears.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from coachdesk.annotation import FrameId
from coachdesk.inkwire import Message

LABEL, ID = "stills", 102
"""Of the data channel, on every connection, agreed on beforehand."""
MAX_MESSAGE_BYTES = 512
MAX_STILL_BYTES = 3 << 20
MAX_STILL_PIXELS = 1920 * 1920
PIECE_BYTES = 4096
"""Of every piece but the last, which is what sound may have to wait for: four packets on the wire."""


class StillError(ValueError):
    """A message of stills that is none, or breaks a limit."""


class Have(Message, frozen=True, tag="have"):
    """Party to hub, first on every connection: which still is here already, if any."""

    frame: FrameId | None = None


class Ask(Message, frozen=True, tag="ask"):
    """Hub to customer: send the picture that stands still as ``frame``."""

    frame: FrameId


class Still(Message, frozen=True, tag="still"):
    """A picture of ``size`` bytes follows, a JPEG. ``live``: one of many in place of a video that the line does not bear."""

    frame: FrameId
    size: Annotated[int, Meta(ge=1, le=MAX_STILL_BYTES)]
    live: bool = False


class Got(Message, frozen=True, tag="got"):
    """Of the picture that is being sent, so many bytes are here."""

    frame: FrameId
    received: Annotated[int, Meta(ge=0, le=MAX_STILL_BYTES)]


class Thaw(Message, frozen=True, tag="thaw"):
    """Customer to hub: there is no picture (any more) that could stand still: the camera is off."""

    frame: FrameId


class Freeze(Message, frozen=True, tag="freeze"):
    """Who has taken over, to hub: the picture stands still for everybody as it is now; or it is live again."""

    on: bool


class Line(Message, frozen=True, tag="line"):
    """Customer to hub: the line bears no video, so ``live`` stills come in its place; or it bears one again."""

    stills: bool


class Whole(Struct, frozen=True):
    """A still that is all here. ``data``: its bytes, whatever they are: nobody has looked at them yet."""

    frame: int
    live: bool
    data: bytes


AnyMessage = Have | Ask | Still | Got | Thaw | Freeze | Line

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


def parse(data: bytes) -> AnyMessage:
    """Raises StillError for whatever is not exactly one of the messages."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise StillError(f"{len(data)} bytes, more than {MAX_MESSAGE_BYTES}")
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StillError(str(error)) from error


def dump(message: Message) -> str:
    return _encoder.encode(message).decode()
