"""The rules of photos: who is sent for one, what may come, who may fetch it, and when it is gone. Pure.

A photo belongs to one call. It is held in memory alone, and goes with the call at the latest. What is sent and fetched over
HTTP is let in by tickets: unguessable, for one photo, expiring, good once.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from signaling.photomessages import AskPhoto, FailPhoto, OpenPhoto, PhotoState, PhotoTicket, PhotoWanted
from signaling.pictureform import form_of, kind_of
from signaling.policy import Role
from signaling.protocol import Code, Request
from signaling.state import Call, Party, Photo, State, fingerprint
from signaling.step import Refusal, Step

MAX_PHOTO_BYTES = 12 << 20
MIN_PIECE_BYTES, MAX_PIECE_BYTES = 32 << 10, 256 << 10
"""Of every piece but a photo's last, which may have less."""
KEPT_OF_CALL = 6
"""Photos of one call that can be fetched; beyond that the oldest is gone."""
MAX_OF_CALL = 100
"""Photos that may be asked for on one call."""
MAX_KEPT_BYTES = 256 << 20
"""Of all photos of all calls; one that is to come counts as the largest."""

_GONE = "there is no such photo (any more), or its ticket has been used"


# --- requests ------------------------------------------------------------------------------------------------


def ask(state: State, step: Step, _asker: Party, call: Call, _message: AskPhoto) -> None:
    _refuse_ask(state, step, call)
    call.photos += 1
    call.photo_at = step.now
    photo = Photo(photo=state.new_id(), call=call.call, asked_at=step.now, ticket=state.secret())
    state.photos[photo.photo] = photo
    _want(state, step, call, photo)
    _tell(state, step, call, photo)


def _refuse_ask(state: State, step: Step, call: Call) -> None:
    customer = state.parties[call.customer]
    if call.held:
        raise Refusal(Code.NOT_ALLOWED, "the call is on hold; take it off hold first")
    if not state.connected(call.customer):
        raise Refusal(Code.NO_SUCH_PARTY, "the customer's connection is gone; try again when it is back")
    if not customer.camera:
        raise Refusal(Code.CAMERA_OFF, "the customer's camera is off; ask them to start it")
    if any(not photo.ready for photo in _of_call(state, call.call)):
        raise Refusal(Code.BUSY, "a photo is on its way already")
    if call.photos and step.now - call.photo_at < state.limits.photo_interval:
        raise Refusal(Code.TOO_MANY_MESSAGES, f"wait {state.limits.photo_interval:.0f} s between two photos")
    if call.photos >= MAX_OF_CALL:
        raise Refusal(Code.TOO_MANY_MESSAGES, f"{MAX_OF_CALL} photos were taken on this call; no more can be")
    if sum(map(_weight, state.photos.values())) + MAX_PHOTO_BYTES > MAX_KEPT_BYTES:
        raise Refusal(Code.BUSY, "the server holds as many photos as it can; try again in some minutes")


def fail(state: State, step: Step, _customer: Party, call: Call, message: FailPhoto) -> None:
    photo = _need(state, call, message.photo)
    if photo.ready:
        raise Refusal(Code.NO_SUCH_PHOTO, _GONE)
    _drop(state, step, photo, message.reason)


def open_photo(state: State, step: Step, party: Party, call: Call, message: OpenPhoto) -> PhotoTicket:
    """Leave to fetch a photo once; what this party had for it before is void."""
    photo = _need(state, call, message.photo)
    if not photo.ready:
        raise Refusal(Code.NO_SUCH_PHOTO, "this photo is not all here yet")
    secret, until = state.secret(), step.now + state.limits.photo_opening
    photo.openings = {key: held for key, held in photo.openings.items() if held[0] != party.party}
    photo.openings[fingerprint(secret)] = (party.party, until)
    return PhotoTicket(message.id, photo.photo, secret, until)


RULES: dict[type[Request], Callable[[State, Step, Party, Any, Any], PhotoTicket | None]] = {
    AskPhoto: ask,
    FailPhoto: fail,
    OpenPhoto: open_photo,
}


# --- over HTTP -----------------------------------------------------------------------------------------------


def received(state: State, photo_id: str, ticket: str, now: float) -> int:
    """How many bytes of a photo are here; all of them too, for the last answer may be lost. Raises Refusal when ``ticket``
    is not its.
    """
    return len(_let_in(state, photo_id, ticket, now).data)


def receive(
    state: State, photo_id: str, ticket: str, offset: int, size: int, piece: bytes, now: float
) -> Step:
    """Takes the next piece of a photo that will have ``size`` bytes; one at 0 begins anew. Raises Refusal, and nothing
    has changed then. Where what came is no photo, or the camera was switched off meanwhile, the photo is gone.
    """
    photo = _let_in(state, photo_id, ticket, now)
    if photo.ready:
        raise Refusal(Code.NO_SUCH_PHOTO, _GONE)
    _check_piece(photo, offset, size, piece)
    step, call = Step(now), state.calls[photo.call]
    customer = state.parties[call.customer]
    if not customer.camera:
        _drop(state, step, photo, "camera_off")
        return step
    photo.size = size
    del photo.data[offset:]
    photo.data += piece
    if not kind_of(bytes(photo.data[:8])) or (len(photo.data) == size and not _finish(photo)):
        step.record(customer, "send_photo", call=call.call, target=photo.photo, code=Code.NOT_A_PHOTO)
        _drop(state, step, photo, "not_a_photo")
        return step
    if photo.ready:
        step.record(customer, "send_photo", call=call.call, target=photo.photo)
        _keep_newest(state, call)
    _tell(state, step, call, photo)
    return step


def _check_piece(photo: Photo, offset: int, size: int, piece: bytes) -> None:
    if offset not in (0, len(photo.data)):
        raise Refusal(Code.WRONG_OFFSET, f"{len(photo.data)} bytes are here; go on from there")
    if not 0 < size <= MAX_PHOTO_BYTES or len(piece) > MAX_PIECE_BYTES or offset + len(piece) > size:
        raise Refusal(Code.TOO_LARGE, f"a photo may have {MAX_PHOTO_BYTES} bytes, a piece {MAX_PIECE_BYTES}")
    if offset and photo.size != size:
        raise Refusal(Code.BAD_MESSAGE, f"this photo was said to have {photo.size} bytes")
    if len(piece) < MIN_PIECE_BYTES and offset + len(piece) < size:
        raise Refusal(Code.BAD_MESSAGE, f"a piece has at least {MIN_PIECE_BYTES} bytes, but for the last")


def _finish(photo: Photo) -> bool:
    """All of it is here: whether it is a photo."""
    form = form_of(photo.data)
    if form is None:
        return False
    photo.kind, photo.width, photo.height = form
    return True


def fetch(state: State, photo_id: str, ticket: str, now: float) -> Photo:
    """The photo that ``ticket`` opens, this once. Raises Refusal."""
    photo = state.photos.get(photo_id)
    party, until = photo.openings.pop(fingerprint(ticket), ("", 0.0)) if photo is not None else ("", 0.0)
    call = state.calls.get(photo.call) if photo is not None else None
    if photo is None or call is None or now >= until or party not in call.members:
        raise Refusal(Code.NO_SUCH_PHOTO, _GONE)
    return photo


# --- coming and going ----------------------------------------------------------------------------------------


def retell(state: State, step: Step, party: Party) -> None:
    """To one who has come (back) to a call: its photos; to the customer, which one is wanted."""
    call = state.calls.get(party.call)
    for photo in _of_call(state, party.call) if call is not None else []:
        if party.role is not Role.CUSTOMER:
            step.send(state, party.party, photo_state(photo))
        elif not photo.ready and call is not None:
            _want(state, step, call, photo)


def expire(state: State, step: Step) -> None:
    for photo in list(state.photos.values()):
        if not photo.ready and step.now - photo.asked_at >= state.limits.photo_lifetime:
            _drop(state, step, photo, "expired")


def forget(state: State, call: Call) -> None:
    """The call is over: nothing of its photos is kept."""
    for photo in _of_call(state, call.call):
        del state.photos[photo.photo]


def photo_state(photo: Photo, failed: str = "") -> PhotoState:
    stage = "failed" if failed else "ready" if photo.ready else "coming" if photo.data else "asked"
    return PhotoState(
        call=photo.call,
        photo=photo.photo,
        stage=stage,  # type: ignore[arg-type]
        received=len(photo.data),
        size=photo.size,
        width=photo.width,
        height=photo.height,
        reason=failed,
    )


def _of_call(state: State, call: str) -> list[Photo]:
    """Oldest first."""
    return [photo for photo in state.photos.values() if photo.call == call]


def _need(state: State, call: Call, photo_id: str) -> Photo:
    photo = state.photos.get(photo_id)
    if photo is None or photo.call != call.call:
        raise Refusal(Code.NO_SUCH_PHOTO, _GONE)
    return photo


def _let_in(state: State, photo_id: str, ticket: str, now: float) -> Photo:
    photo = state.photos.get(photo_id)
    good = photo is not None and hmac.compare_digest(photo.ticket.encode(), ticket.encode())
    if photo is None or not good or now - photo.asked_at >= state.limits.photo_lifetime:
        raise Refusal(Code.NO_SUCH_PHOTO, _GONE)
    return photo


def _weight(photo: Photo) -> int:
    return len(photo.data) if photo.ready else MAX_PHOTO_BYTES


def _keep_newest(state: State, call: Call) -> None:
    for photo in _of_call(state, call.call)[:-KEPT_OF_CALL]:
        del state.photos[photo.photo]


def _drop(state: State, step: Step, photo: Photo, reason: str) -> None:
    del state.photos[photo.photo]
    call = state.calls[photo.call]
    _tell(state, step, call, photo, reason)


def _want(state: State, step: Step, call: Call, photo: Photo) -> None:
    until = photo.asked_at + state.limits.photo_lifetime
    step.send(state, call.customer, PhotoWanted(call.call, photo.photo, photo.ticket, until))


def _tell(state: State, step: Step, call: Call, photo: Photo, failed: str = "") -> None:
    message = photo_state(photo, failed)
    for party in [call.agent, *call.observers]:
        step.send(state, party, message)
