"""What two endpoints say to each other, passed on by the server, to set up a peer connection. Pure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from signaling.fields import Identifier, Request

Sdp = Annotated[str, Meta(max_length=48 * 1024)]


class Offer(Struct, frozen=True, tag="offer", forbid_unknown_fields=True):
    """``session`` names one peer connection; a new one replaces the old (make before break)."""

    session: Identifier
    sdp: Sdp


class Answer(Struct, frozen=True, tag="answer", forbid_unknown_fields=True):
    session: Identifier
    sdp: Sdp


class Candidate(Struct, frozen=True, tag="candidate", forbid_unknown_fields=True):
    """A trickled ICE candidate in the browser's form; an empty ``candidate`` ends the list."""

    session: Identifier
    candidate: Annotated[str, Meta(max_length=1024)]
    mid: Annotated[str, Meta(max_length=16)] = "0"


class Restart(Struct, frozen=True, tag="restart", forbid_unknown_fields=True):
    """Asks the agent's endpoint, which always offers, for a new peer connection."""

    session: Annotated[str, Meta(max_length=64)] = ""


SignalBody = Offer | Answer | Candidate | Restart


class Signal(Request, frozen=True, tag="signal"):
    call: Identifier
    to: Identifier
    body: SignalBody
