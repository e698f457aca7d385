"""The messages about photos, which the customer's phone takes on request; PROTOCOL.md tells their order. Pure.

The picture itself goes over HTTP, in pieces, see ``photo_pages``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from signaling.fields import Identifier, Request

PhotoStage = Literal["asked", "coming", "ready", "failed"]
PhotoFailure = Literal["declined", "camera_off", "cannot", "not_sent"]
"""Why the customer's page sends none: the customer would not, no camera is on, the camera or the network failed."""


class AskPhoto(Request, frozen=True, tag="ask_photo"):
    """The customer's phone is to take a photo."""

    call: Identifier


class FailPhoto(Request, frozen=True, tag="fail_photo"):
    """The customer's page: this photo will not come."""

    call: Identifier
    photo: Identifier
    reason: PhotoFailure


class OpenPhoto(Request, frozen=True, tag="open_photo"):
    """Asks for leave to fetch a photo that is there. Answer: ``photo_ticket``."""

    call: Identifier
    photo: Identifier


class PhotoWanted(Struct, frozen=True, tag="photo_wanted"):
    """To the customer: take a photo, after saying so, and send it with this ticket, once."""

    call: str
    photo: str
    ticket: str
    expires_at: float


class PhotoState(Struct, frozen=True, tag="photo_state"):
    """To the agent and observers: how far a photo is.

    ``failed`` says why: as the customer's page does, or ``not_a_photo``, ``expired``. Bytes ``received`` of ``size``;
    ``width`` and ``height`` in pixels, once it is ``ready``.
    """

    call: str
    photo: str
    stage: PhotoStage
    received: int = 0
    size: int = 0
    width: int = 0
    height: int = 0
    reason: str = ""


class PhotoTicket(Struct, frozen=True, tag="photo_ticket"):
    """For one fetch by this party."""

    re: int
    photo: str
    ticket: str
    expires_at: float
