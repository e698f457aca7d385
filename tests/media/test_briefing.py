"""Who sits in which audio slot, and what an observer is told of it."""

import msgspec

from coachdesk.media.briefing import Briefing, Seats
from signaling.protocol import MAX_COACHES


def test_a_coach_keeps_their_seat_while_others_come_and_go() -> None:
    seats = Seats()
    seats.seat(["mia", "ben"])
    before = seats.stream("ben")
    seats.seat(["ben", "sue"])
    assert seats.stream("ben") == before
    assert seats.stream("mia") is None
    assert seats.coaches == {before: "ben", seats.stream("sue"): "sue"}


def test_a_coach_without_a_free_seat_has_none_until_one_leaves() -> None:
    seats = Seats()
    coaches = [f"coach-{number}" for number in range(MAX_COACHES + 1)]
    seats.seat(coaches)
    assert seats.stream(coaches[-1]) is None
    seats.seat(coaches[1:])
    assert len({seats.stream(coach) for coach in coaches[1:]} - {None}) == MAX_COACHES


def test_no_coach_at_all_is_told_too() -> None:
    told = msgspec.json.decode(msgspec.json.encode(Briefing(slots={})), type=Briefing)
    assert told.slots == {}
    assert told.past is None
