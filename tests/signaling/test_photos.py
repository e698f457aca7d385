"""Photos: asked for, sent in pieces, fetched; and everybody who may not."""

from __future__ import annotations

import logging

import pytest

from signaling import photos
from signaling.photos import KEPT_OF_CALL, MAX_OF_CALL, MAX_PHOTO_BYTES, MAX_PIECE_BYTES, MIN_PIECE_BYTES
from signaling.policy import Mode
from signaling.protocol import (
    AskPhoto,
    Code,
    FailPhoto,
    HangUp,
    Hold,
    Leave,
    Listen,
    OpenPhoto,
    PhotoState,
    PhotoTicket,
    PhotoWanted,
    SetMode,
    UpdateConsent,
)
from signaling.step import Refusal
from signaling.switchboard import Clock

from .desk import Client, Desk
from .pictures import jpeg
from .wire import Site, on_call

SENT = jpeg(MIN_PIECE_BYTES + 1000)


def wanted(agent: Client, customer: Client, call: str) -> PhotoWanted:
    customer.inbox.clear()
    agent.do(AskPhoto, call=call)
    return customer.last(PhotoWanted)


def send(desk: Desk, photo: PhotoWanted, data: bytes = SENT, piece: int = MAX_PIECE_BYTES) -> None:
    for offset in range(0, len(data), piece):
        part = data[offset : offset + piece]
        desk.apply(
            photos.receive(desk.hub.state, photo.photo, photo.ticket, offset, len(data), part, desk.now)
        )


def refusal(desk: Desk, photo: PhotoWanted, offset: int, size: int, piece: bytes, ticket: str = "") -> Code:
    with pytest.raises(Refusal) as refused:
        photos.receive(desk.hub.state, photo.photo, ticket or photo.ticket, offset, size, piece, desk.now)
    return refused.value.code


def fetch(desk: Desk, opened: PhotoTicket, ticket: str = "") -> bytes:
    return bytes(photos.fetch(desk.hub.state, opened.photo, ticket or opened.ticket, desk.now).data)


def opened(party: Client, call: str, photo: str) -> PhotoTicket:
    answer = party.do(OpenPhoto, call=call, photo=photo)
    assert isinstance(answer, PhotoTicket)
    return answer


def test_a_photo_goes_from_the_customer_to_agent_and_observers(desk: Desk) -> None:
    agent, observer = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    observer.do(Listen, call=call)
    photo = wanted(agent, customer, call)
    assert agent.last(PhotoState).stage == "asked"
    send(desk, photo, piece=MIN_PIECE_BYTES)
    for party in (agent, observer):
        told = [message for message in party.inbox if isinstance(message, PhotoState)]
        assert [message.stage for message in told[-2:]] == ["coming", "ready"]
        assert (told[-1].received, told[-1].width, told[-1].height) == (len(SENT), 4032, 3024)
        assert fetch(desk, opened(party, call, photo.photo)) == SENT
    assert not any(isinstance(message, PhotoState) for message in customer.inbox)
    actions = [(entry.action, entry.actor, entry.target) for entry in desk.audit[-4:]]
    assert actions == [
        ("ask_photo", "amy", ""),
        ("send_photo", "customer", photo.photo),
        ("open_photo", "amy", photo.photo),
        ("open_photo", "sue", photo.photo),
    ]


def test_secrets_of_a_photo_go_to_their_party_alone_and_are_never_journaled(desk: Desk) -> None:
    agent, observer = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    observer.do(Listen, call=call)
    photo = wanted(agent, customer, call)
    assert not [text for text in agent.traffic + observer.traffic if photo.ticket in text]
    send(desk, photo)
    fetching = opened(agent, call, photo.photo)
    assert not [text for text in customer.traffic + observer.traffic if fetching.ticket in text]
    assert photo.ticket not in repr(desk.journal) + repr(desk.audit) + repr(desk.changes)


def test_no_photo_without_a_camera_a_connection_or_while_on_hold(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    customer.do(UpdateConsent, camera=False, microphone=True)
    assert agent.refused(AskPhoto, call=call) is Code.CAMERA_OFF
    customer.do(UpdateConsent, camera=True, microphone=True)
    agent.do(Hold, call=call, on=True)
    assert agent.refused(AskPhoto, call=call) is Code.NOT_ALLOWED
    agent.do(Hold, call=call, on=False)
    customer.leave()
    assert agent.refused(AskPhoto, call=call) is Code.NO_SUCH_PARTY
    assert agent.refused(AskPhoto, call="another") is Code.NO_SUCH_CALL


def test_only_the_agent_or_who_took_over_asks(desk: Desk) -> None:
    agent, supervisor, trainee = desk.agent(), desk.supervisor(), desk.trainee()
    customer, call = desk.call(agent)
    for party in (supervisor, trainee):
        party.do(Listen, call=call)
        assert party.refused(AskPhoto, call=call) is Code.NOT_ALLOWED
    assert customer.refused(AskPhoto, call=call) is Code.NOT_ALLOWED
    assert desk.agent("bea").refused(AskPhoto, call=call) is Code.NOT_ALLOWED
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    assert supervisor.do(AskPhoto, call=call)


def test_one_at_a_time_not_too_soon_and_not_without_end(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    assert agent.refused(AskPhoto, call=call) is Code.BUSY
    send(desk, photo)
    assert agent.refused(AskPhoto, call=call) is Code.TOO_MANY_MESSAGES
    desk.pass_time(desk.limits.photo_interval)
    desk.hub.state.calls[call].photos = MAX_OF_CALL
    assert agent.refused(AskPhoto, call=call) is Code.TOO_MANY_MESSAGES


def test_all_calls_together_hold_no_more_than_memory_allows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MAX_KEPT_BYTES", 2 * MAX_PHOTO_BYTES)
    asking = [desk.agent(name) for name in ("amy", "bea", "cat")]
    calls = [desk.call(agent)[1] for agent in asking]
    for agent, call in zip(asking[:2], calls, strict=False):
        agent.do(AskPhoto, call=call)
    assert asking[2].refused(AskPhoto, call=calls[2]) is Code.BUSY


def test_the_oldest_photo_makes_room(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    taken = []
    for _ in range(KEPT_OF_CALL + 1):
        taken.append(wanted(agent, customer, call))
        send(desk, taken[-1])
        desk.pass_time(desk.limits.photo_interval)
    assert agent.refused(OpenPhoto, call=call, photo=taken[0].photo) is Code.NO_SUCH_PHOTO
    assert opened(agent, call, taken[1].photo)


def test_a_piece_is_taken_once_in_its_place_and_within_bounds(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    first, size = SENT[:MIN_PIECE_BYTES], len(SENT)
    assert refusal(desk, photo, 0, MAX_PHOTO_BYTES + 1, first) is Code.TOO_LARGE
    assert refusal(desk, photo, 0, 0, first) is Code.TOO_LARGE
    assert refusal(desk, photo, 0, MIN_PIECE_BYTES - 1, first) is Code.TOO_LARGE
    assert refusal(desk, photo, 0, size, jpeg(MAX_PIECE_BYTES + 1)) is Code.TOO_LARGE
    assert refusal(desk, photo, 0, size, first[:-1]) is Code.BAD_MESSAGE
    assert refusal(desk, photo, 1, size, first) is Code.WRONG_OFFSET
    send_first = photos.receive(desk.hub.state, photo.photo, photo.ticket, 0, size, first, desk.now)
    desk.apply(send_first)
    assert refusal(desk, photo, len(first) - 1, size, first) is Code.WRONG_OFFSET
    assert refusal(desk, photo, len(first), size + 1, SENT[len(first) :]) is Code.BAD_MESSAGE
    assert photos.received(desk.hub.state, photo.photo, photo.ticket, desk.now) == len(first)


def test_a_page_that_was_reloaded_sends_another_photo_from_its_beginning(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    cut = SENT[:MIN_PIECE_BYTES]
    photos.receive(desk.hub.state, photo.photo, photo.ticket, 0, len(SENT), cut, desk.now)
    again = jpeg(MIN_PIECE_BYTES + 7, width=800)
    send(desk, photo, again, MIN_PIECE_BYTES)
    assert fetch(desk, opened(agent, call, photo.photo)) == again


def test_a_ticket_is_of_one_photo_good_once_and_for_a_time(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    for ticket in ("guess", photo.ticket + "x", customer.resume):
        assert refusal(desk, photo, 0, len(SENT), SENT, ticket) is Code.NO_SUCH_PHOTO
    send(desk, photo)
    assert refusal(desk, photo, 0, len(SENT), SENT) is Code.NO_SUCH_PHOTO
    assert photos.received(desk.hub.state, photo.photo, photo.ticket, desk.now) == len(SENT)
    desk.pass_time(desk.limits.photo_interval)
    late = wanted(agent, customer, call)
    assert refusal(desk, late, 0, len(SENT), SENT, photo.ticket) is Code.NO_SUCH_PHOTO
    desk.now += desk.limits.photo_lifetime
    assert refusal(desk, late, 0, len(SENT), SENT) is Code.NO_SUCH_PHOTO
    desk.pass_time(0)
    assert (agent.last(PhotoState).stage, agent.last(PhotoState).reason) == ("failed", "expired")


@pytest.mark.parametrize("data", [b"GIF89a".ljust(200, b"x"), jpeg(width=60000, height=60000), b"<html>"])
def test_what_is_no_photo_is_dropped_and_told(desk: Desk, data: bytes) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    send(desk, photo, data)
    assert (agent.last(PhotoState).stage, agent.last(PhotoState).reason) == ("failed", "not_a_photo")
    assert (desk.audit[-1].action, desk.audit[-1].code) == ("send_photo", Code.NOT_A_PHOTO)
    assert photo.photo not in desk.hub.state.photos


def test_who_switches_the_camera_off_sends_no_photo(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    customer.do(UpdateConsent, camera=False, microphone=True)
    send(desk, photo)
    assert (agent.last(PhotoState).stage, agent.last(PhotoState).reason) == ("failed", "camera_off")


def test_a_customer_may_decline_and_another_may_not_for_them(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    stranger, _ = desk.call(desk.agent("bea"))
    fields = {"call": call, "photo": photo.photo, "reason": "declined"}
    assert stranger.refused(FailPhoto, **fields) is Code.NOT_ALLOWED
    assert agent.refused(FailPhoto, **fields) is Code.NOT_ALLOWED
    customer.do(FailPhoto, **fields)
    assert (agent.last(PhotoState).stage, agent.last(PhotoState).reason) == ("failed", "declined")
    assert customer.refused(FailPhoto, **fields) is Code.NO_SUCH_PHOTO
    assert refusal(desk, photo, 0, len(SENT), SENT) is Code.NO_SUCH_PHOTO


def test_who_may_see_a_photo_fetches_it_once_while_on_the_call(desk: Desk) -> None:
    agent, observer, outsider = desk.agent(), desk.supervisor(), desk.supervisor("sam", "south")
    customer, call = desk.call(agent)
    observer.do(Listen, call=call)
    photo = wanted(agent, customer, call)
    assert agent.refused(OpenPhoto, call=call, photo=photo.photo) is Code.NO_SUCH_PHOTO
    send(desk, photo)
    for party in (customer, outsider, desk.trainee()):
        assert party.refused(OpenPhoto, call=call, photo=photo.photo) is Code.NOT_ALLOWED
    first = opened(observer, call, photo.photo)
    second = opened(observer, call, photo.photo)
    with pytest.raises(Refusal):
        fetch(desk, first)
    assert fetch(desk, second) == SENT
    with pytest.raises(Refusal):
        fetch(desk, second)
    left = opened(observer, call, photo.photo)
    observer.do(Leave, call=call)
    with pytest.raises(Refusal):
        fetch(desk, left)
    late = opened(agent, call, photo.photo)
    desk.now += desk.limits.photo_opening
    with pytest.raises(Refusal):
        fetch(desk, late)


def test_a_photo_of_one_call_is_not_opened_from_another(desk: Desk) -> None:
    agent, other = desk.agent(), desk.agent("bea")
    customer, call = desk.call(agent)
    _, elsewhere = desk.call(other)
    photo = wanted(agent, customer, call)
    send(desk, photo)
    assert other.refused(OpenPhoto, call=elsewhere, photo=photo.photo) is Code.NO_SUCH_PHOTO


def test_nothing_of_a_photo_is_left_after_the_call(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    send(desk, photo)
    fetching = opened(agent, call, photo.photo)
    agent.do(HangUp, call=call)
    with pytest.raises(Refusal):
        fetch(desk, fetching)
    assert not desk.hub.state.photos


def test_who_comes_back_is_told_what_there_is(desk: Desk) -> None:
    agent, observer = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    photo = wanted(agent, customer, call)
    customer.leave()
    back = desk.back(customer)
    assert back.last(PhotoWanted) == photo
    send(desk, photo)
    back.leave()
    assert not desk.back(back).got(PhotoWanted)
    agent.leave()
    assert desk.back(agent).last(PhotoState).stage == "ready"
    observer.do(Listen, call=call)
    assert observer.last(PhotoState).photo == photo.photo


# --- over HTTP -----------------------------------------------------------------------------------------------


def headers(ticket: str, offset: int = 0, size: int = len(SENT)) -> dict[str, str]:
    return {"Authorization": f"Bearer {ticket}", "Upload-Offset": str(offset), "Upload-Length": str(size)}


async def test_a_photo_is_sent_in_pieces_resumed_and_fetched(
    office: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    people, call = await on_call(office)
    await people["amy"].do(AskPhoto, call=call)
    photo = await people["customer"].until(PhotoWanted)
    url = f"{office.url}/api/photos/{photo.photo}"
    cut = MIN_PIECE_BYTES
    async with office.session.patch(url, data=SENT[:cut], headers=headers(photo.ticket)) as answer:
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(cut))
    async with office.session.patch(url, data=SENT[cut:], headers=headers(photo.ticket, 1)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, Code.WRONG_OFFSET)
    async with office.session.head(url, headers=headers(photo.ticket)) as answer:
        assert answer.headers["Upload-Offset"] == str(cut)
    async with office.session.patch(url, data=SENT[cut:], headers=headers(photo.ticket, cut)) as answer:
        assert answer.status == 204
    for name in ("amy", "tim"):
        await people[name].until(PhotoState, stage="ready")
        ticket = await people[name].do(OpenPhoto, call=call, photo=photo.photo)
        assert isinstance(ticket, PhotoTicket)
        async with office.session.get(url, headers=headers(ticket.ticket)) as answer:
            assert (answer.content_type, await answer.read()) == ("image/jpeg", SENT)
            assert answer.headers["Cache-Control"] == "no-store"
        async with office.session.get(url, headers=headers(ticket.ticket)) as answer:
            assert answer.status == 404
    assert "/api/photos/{photo}" in caplog.text
    assert photo.ticket not in caplog.text
    assert photo.photo not in caplog.text


async def test_refusals_over_http_say_why(office: Site) -> None:
    people, call = await on_call(office)
    await people["amy"].do(AskPhoto, call=call)
    photo = await people["customer"].until(PhotoWanted)
    url = f"{office.url}/api/photos/{photo.photo}"
    good = headers(photo.ticket)
    for status, code, changed, data in [
        (403, Code.NOT_ALLOWED, {"Origin": "https://elsewhere.example"}, SENT),
        (404, Code.NO_SUCH_PHOTO, {"Authorization": "Bearer guess"}, SENT),
        (404, Code.NO_SUCH_PHOTO, {"Authorization": photo.ticket}, SENT),
        (400, Code.BAD_MESSAGE, {"Upload-Offset": "-1"}, SENT),
        (400, Code.BAD_MESSAGE, {"Upload-Length": "many"}, SENT),
        (413, Code.TOO_LARGE, {"Upload-Length": str(MAX_PHOTO_BYTES + 1)}, SENT),
        (413, Code.TOO_LARGE, {}, jpeg(MAX_PIECE_BYTES + 1)),
        (413, Code.TOO_LARGE, {}, b""),
        (415, Code.NOT_A_PHOTO, {}, b"x" * len(SENT)),
        (404, Code.NO_SUCH_PHOTO, {}, SENT),
    ]:
        async with office.session.patch(url, data=data, headers=good | changed) as answer:
            assert (answer.status, (await answer.json())["code"]) == (status, code)
    assert (await people["amy"].until(PhotoState, stage="failed")).reason == "not_a_photo"


async def test_guessing_tickets_is_slowed_down(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "__call__", lambda _: 1e9)
    statuses = set()
    for n in range(40):
        async with office.session.get(f"{office.url}/api/photos/x", headers=headers(f"guess{n}")) as answer:
            statuses.add(answer.status)
    assert statuses == {404, 429}
