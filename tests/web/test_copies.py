"""What the customer's sound carries again: of packets made here, read again by what receives them."""

from __future__ import annotations

from typing import Any

import pytest

from coachdesk.media.connection.red import Copy, unwrap, wrap
from tests.web.conftest import Visit
from tests.web.desk import Desk
from tests.web.test_modules import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OPUS = 96
FRAME = 480
"""RTP ticks: 10 ms."""
FIRST = (1 << 32) - 5 * FRAME
"""The clock goes through zero on the way."""
CHANGE = """([plan, packets]) => {
  const copies = new it.Copies();
  copies.plan = plan;
  return packets.map(([at, bytes]) => Array.from(copies.instead(Uint8Array.from(bytes), at)));
}"""


def spoken(count: int, length: int = 60, without: range = range(0)) -> list[tuple[int, list[int]]]:
    """What a browser sends: each frame with the one before; ``without``: a pause (DTX)."""
    sent: list[tuple[int, list[int]]] = []
    before: Copy | None = None
    for number in range(count):
        if number in without:
            before = None
            continue
        payload = bytes([number]) * length
        packet = wrap(payload, [before] if before else [], OPUS)
        sent.append(((FIRST + number * FRAME) % (1 << 32), list(packet)))
        before = Copy(FRAME, payload)
    return sent


async def carried(
    desk: Desk, visit: Visit, plan: dict[str, int] | None, sent: Any
) -> list[tuple[list[tuple[int, int]], int]]:
    """Per packet: the copies, how many frames before and what number is in them; and the packet's own number."""
    customer = await load(desk, visit, "copies.js")
    found = []
    for packet in await customer.ask(CHANGE, [plan, sent]):
        copies, own = unwrap(bytes(packet), OPUS)
        assert all(len(set(copy.payload)) == 1 for copy in copies)
        found.append(([(copy.offset // FRAME, copy.payload[0]) for copy in copies], own[0]))
    return found


async def test_without_a_plan_packets_are_as_the_browser_makes_them(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "copies.js")
    sent = spoken(4)
    assert await customer.ask(CHANGE, [None, sent]) == [packet for _, packet in sent]


async def test_where_much_is_lost_some_frames_are_carried_again(desk: Desk, visit: Visit) -> None:
    found = await carried(desk, visit, {"frames": 3, "ms": 0}, spoken(12))
    assert found[0] == ([], 0)
    assert found[2] == ([(2, 0), (1, 1)], 2)
    assert found[9] == ([(3, 6), (2, 7), (1, 8)], 9)


async def test_in_bursts_a_frame_from_before_them_is_carried_again(desk: Desk, visit: Visit) -> None:
    found = await carried(desk, visit, {"frames": 1, "ms": 80}, spoken(20))
    assert found[7] == ([], 7)
    assert found[12] == ([(8, 4)], 12)


async def test_nothing_is_carried_that_is_too_old_or_too_large(desk: Desk, visit: Visit) -> None:
    after_pause = await carried(desk, visit, {"frames": 2, "ms": 0}, spoken(50, without=range(10, 46)))
    assert after_pause[10] == ([], 46), "a copy says no more than 341 ms"
    large = await carried(desk, visit, {"frames": 3, "ms": 0}, spoken(8, length=500))
    assert large[7] == ([(1, 6)], 7), "a packet has its limit"


@pytest.mark.parametrize("packet", [[], [0x80 | OPUS, 0, 0], [0x80 | OPUS, 0, 7, 255, OPUS, 1], [OPUS]])
async def test_what_is_no_such_packet_goes_as_it_is(desk: Desk, visit: Visit, packet: list[int]) -> None:
    customer = await load(desk, visit, "copies.js")
    plan = {"frames": 1, "ms": 0}
    assert await customer.ask(CHANGE, [plan, [(FIRST, packet)]]) == [packet]
