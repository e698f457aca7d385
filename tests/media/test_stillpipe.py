"""Stills on the wire: whole or not at all, at a pace that leaves room for sound, whatever the far end says."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from coachdesk.media.connection.peer import CUSTOMER
from coachdesk.media.ink.stillpipe import LATEST, MOST_AT_ONCE, Pace, StillPipe
from coachdesk.stillwire import MAX_STILL_BYTES, PIECE_BYTES, Ask, StillError, Whole, parse
from tests.media.peers import pair, until

PICTURE = bytes(range(256)) * 40


class Channel:
    """A data channel without a network: what is sent waits until it is carried to the other end."""

    readyState = "open"

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[..., None]] = {}
        self.sent: deque[str | bytes] = deque()

    def on(self, event: str, handler: Callable[..., None]) -> None:
        self.handlers[event] = handler

    def send(self, data: str | bytes) -> None:
        self.sent.append(data)


class End:
    """A pipe, and what came out of it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.channel = Channel()
        pc: Any = type("Pc", (), {"createDataChannel": lambda *_, **__: self.channel})()
        self.pipe = StillPipe(pc, clock=lambda: self.time)
        self.came: list[object] = []
        self.pipe.on_message = self.came.append

    def put(self, data: str | bytes) -> None:
        self.channel.handlers["message"](data)


def carry(one: End, other: End) -> None:
    while one.channel.sent or other.channel.sent:
        for here, there in ((one, other), (other, one)):
            while here.channel.sent:
                there.put(here.channel.sent.popleft())


def test_a_still_comes_out_as_it_went_in_and_then_the_newest_of_those_that_waited() -> None:
    one, other = End(), End()
    one.pipe.send_still(Whole(1, False, PICTURE))
    one.pipe.send_still(Whole(2, True, b"overtaken"))
    one.pipe.send_still(Whole(3, True, b"newest"))
    carry(one, other)
    assert other.came == [Whole(1, False, PICTURE), Whole(3, True, b"newest")]


def test_no_more_is_on_the_way_than_has_been_found_to_fit() -> None:
    one = End()
    one.pipe.send_still(Whole(1, False, bytes(100 * PIECE_BYTES)))
    assert len(one.channel.sent) == 1 + 2  # what it is, and two pieces
    received = 0
    most = 0
    while received < 100 * PIECE_BYTES:
        most = max(most, sum(isinstance(each, bytes) for each in one.channel.sent))
        received += len(next(each for each in one.channel.sent if isinstance(each, bytes)))
        one.channel.sent.remove(next(each for each in one.channel.sent if isinstance(each, bytes)))
        one.time += 0.01
        one.put(json.dumps({"kind": "got", "frame": 1, "received": received}))
    assert most == MOST_AT_ONCE


def test_the_pace_is_halved_when_pieces_begin_to_queue_and_recovers() -> None:
    pace = Pace()
    for _ in range(40):
        pace.answered(0.05)
    assert pace.at_once == MOST_AT_ONCE
    for _ in range(LATEST - 1):
        pace.answered(0.3)
        assert pace.at_once == MOST_AT_ONCE
    pace.answered(0.3)
    assert pace.at_once == MOST_AT_ONCE // 2
    for _ in range(MOST_AT_ONCE):
        pace.answered(0.3)  # sent before
    assert pace.at_once == MOST_AT_ONCE // 2
    for _ in range(200):
        pace.answered(0.3)
    assert pace.at_once == 1
    for _ in range(40):
        pace.answered(0.05)
    assert pace.at_once == MOST_AT_ONCE


def test_answers_that_are_late_one_by_one_are_no_queue() -> None:
    """The machine at either end stood still for a moment: the next answer is as quick as ever."""
    pace = Pace()
    for _ in range(40):
        for seconds in (0.05, 0.4, 0.3, 0.2):
            pace.answered(seconds)
    assert pace.at_once == MOST_AT_ONCE


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{", '{"kind":"fly"}', '{"kind":"still","frame":1,"size":0}',
        f'{{"kind":"still","frame":1,"size":{MAX_STILL_BYTES + 1}}}', '{"kind":"still","frame":-1,"size":9}',
        '{"kind":"still","frame":4294967296,"size":9}', '{"kind":"still","frame":1,"size":9,"more":1}',
        '{"kind":"got","frame":1,"received":-1}', '{"kind":"line","stills":1}', '{"kind":"ask"}',
        '{"kind":"have","frame":1' + " " * 600 + "}", "[" * 400,
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_and_the_pipe_goes_on(text: str) -> None:
    with pytest.raises(StillError):
        parse(text.encode())
    end = End()
    end.put(text)
    end.put('{"kind":"ask","frame":7}')
    assert end.came == [Ask(frame=7)]
    assert end.pipe.refused["malformed"] == 1


def test_pieces_of_nothing_and_too_many_of_something_are_refused() -> None:
    end = End()
    end.put(b"piece")
    end.put('{"kind":"still","frame":1,"size":4}')
    end.put(b"piece")
    end.put(b"more")
    assert end.came == []
    assert end.pipe.refused["malformed"] == 3


def test_answers_that_nobody_waits_for_change_nothing() -> None:
    one, other = End(), End()
    one.put('{"kind":"got","frame":1,"received":9}')
    one.pipe.send_still(Whole(1, False, PICTURE))
    one.put('{"kind":"got","frame":2,"received":3145728}')
    carry(one, other)
    assert other.came == [Whole(1, False, PICTURE)]


async def test_a_still_crosses_a_real_connection() -> None:
    async with pair(CUSTOMER) as (hub, far):
        came: list[object] = []
        hub.stills.on_message = came.append
        await until(lambda: far.stills.send(Ask(frame=1)))
        far.stills.send_still(Whole(5, True, PICTURE * 20))
        await until(lambda: Whole(5, True, PICTURE * 20) in came)
