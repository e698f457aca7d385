"""One tick per 10 ms, whatever happens to the loop."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from coachdesk.media.ticker import CATCH_UP_TICKS, Ticker

PATIENCE = 40.0


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def run_for(ticker: Ticker, done: asyncio.Event) -> None:
    running = asyncio.create_task(ticker.run())
    await asyncio.wait_for(done.wait(), PATIENCE)
    ticker.stop()
    await asyncio.wait_for(running, PATIENCE)


async def test_ticks_follow_the_clock() -> None:
    began = time.monotonic()
    due: list[float] = []
    numbers: list[int] = []
    done = asyncio.Event()

    def tick(now: float) -> None:
        assert began < now <= time.monotonic()
        due.append(now)
        numbers.append(ticker.ticks + ticker.skipped)
        if len(due) == 20:
            done.set()

    ticker = Ticker(tick)
    await run_for(ticker, done)
    assert time.monotonic() - began >= 0.2
    steps = [b - a for a, b in itertools.pairwise(due)]
    assert steps == pytest.approx([0.01 * (b - a) for a, b in itertools.pairwise(numbers)])
    assert numbers[-1] - ticker.skipped == 20


async def test_a_short_stall_is_made_up_for_tick_by_tick() -> None:
    clock, done = Clock(), asyncio.Event()
    due: list[int] = []

    def tick(now: float) -> None:
        due.append(round((now - 1000.0) * 100))
        clock.now += 0.01
        if len(due) == 3:
            clock.now += 0.01 * (CATCH_UP_TICKS - 1)
        if len(due) == 40:
            done.set()

    ticker = Ticker(tick, lambda ticks: pytest.fail(f"{ticks} skipped"), clock=clock)
    clock_starts_late(clock)
    await run_for(ticker, done)
    assert due == list(range(1, 41))


async def test_a_long_stall_is_skipped_and_told() -> None:
    clock, done = Clock(), asyncio.Event()
    due: list[int] = []
    skips: list[int] = []

    def tick(now: float) -> None:
        due.append(round((now - 1000.0) * 100))
        clock.now += 0.01
        if len(due) == 3:
            clock.now += 5.0
        if len(due) == 10:
            done.set()

    ticker = Ticker(tick, skips.append, clock=clock)
    clock_starts_late(clock)
    await run_for(ticker, done)
    assert skips == [500]
    assert due == [1, 2, 3, *range(504, 511)]
    assert ticker.ticks + ticker.skipped == due[-1]


def clock_starts_late(clock: Clock) -> None:
    """Moves the clock to the first tick as soon as the loop runs."""

    def first() -> None:
        clock.now += 0.01

    asyncio.get_running_loop().call_later(0.005, first)


async def test_the_owner_gets_what_a_tick_raises() -> None:
    def tick(now: float) -> None:
        raise ZeroDivisionError("in the tick")

    with pytest.raises(ZeroDivisionError, match="in the tick"):
        await asyncio.wait_for(Ticker(tick).run(), PATIENCE)


async def test_a_cancelled_ticker_ticks_no_more() -> None:
    ticked = asyncio.Event()
    ticker = Ticker(lambda now: ticked.set())
    running = asyncio.create_task(ticker.run())
    await asyncio.wait_for(ticked.wait(), PATIENCE)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    ticked.clear()
    await asyncio.sleep(0.05)
    assert not ticked.is_set()
