"""What a line bears of a screen, by estimate, loss and queue; who shares an encoder; what is sent again."""

from __future__ import annotations

import pytest

from coachdesk.media.connection.outqueue import QUEUE_PACKETS, QUEUE_SECONDS, UNKNOWN_RTT, OutQueue
from coachdesk.media.connection.resend import KEPT, LEAST_PACKETS, Resend
from coachdesk.media.packet import Packet
from coachdesk.media.screenshare.screenlimit import FREE_MS, Queue, ScreenLimit
from coachdesk.media.screenshare.screenlimit import START_BITRATE as TOLD_FIRST
from coachdesk.media.screenshare.screenrate import (
    CLOSED_AFTER,
    CLOSED_SECONDS,
    FIRST_GROWTH,
    GROWTH,
    HOLD_SECONDS,
    LEAST_BITRATE,
    MOST_BITRATE,
    SHARE,
    START_BITRATE,
    LineRate,
    slow,
)

RTT = 0.1


def after(
    line: LineRate, seconds: float, *, begin: float, loss: float = 0.0, limit: int | None = None
) -> float:
    """Updates ten times a second; returns when it ends."""
    steps = round(seconds * 10)
    for step in range(steps + 1):
        line.update(loss, False, limit, begin + step / 10)
    return begin + seconds


def test_it_begins_with_little_and_grows_to_the_estimate() -> None:
    line = LineRate()
    assert line.bitrate == START_BITRATE
    now = after(line, 20, begin=0.0, limit=2_000_000)
    assert line.bitrate == SHARE * 2_000_000
    after(line, 20, begin=now, limit=50_000_000)
    assert line.bitrate == MOST_BITRATE


def test_it_grows_fast_until_a_queue_has_overflowed_once() -> None:
    line = LineRate()
    now = after(line, HOLD_SECONDS + 2, begin=0.0, limit=50_000_000)
    assert line.bitrate == pytest.approx(START_BITRATE * FIRST_GROWTH**2, rel=0.12)
    line.update(0.8, False, 50_000_000, now)
    fallen = line.bitrate
    after(line, HOLD_SECONDS + 2, begin=now, limit=50_000_000)
    assert line.bitrate == pytest.approx(fallen * GROWTH**2, rel=0.12)


def test_other_video_on_the_same_line_has_shown_what_it_bears() -> None:
    assert LineRate(1_600_000).bitrate == 800_000
    assert LineRate(10_000).bitrate == LEAST_BITRATE


def test_an_estimate_is_followed_at_once_and_no_lower_than_the_least() -> None:
    line = LineRate()
    now = after(line, 5, begin=0.0, limit=4_000_000)
    line.update(0.0, False, 300_000, now)
    assert line.bitrate == SHARE * 300_000
    line.update(0.0, False, 1_000, now)
    assert line.bitrate == LEAST_BITRATE


def test_much_loss_is_an_overflowing_queue_and_little_is_not() -> None:
    line = LineRate()
    now = after(line, 10, begin=0.0, limit=2_000_000, loss=0.1)
    before = line.bitrate
    line.update(0.5, False, 2_000_000, now)
    assert line.bitrate == pytest.approx(before / 2, rel=0.01)
    after(line, 3, begin=now, limit=2_000_000)
    assert line.bitrate < before  # it comes back slowly to where it overflowed


def test_a_line_that_bears_sound_only_gets_no_pictures_for_a_while() -> None:
    line, now = LineRate(), 0.0
    while line.open and now < 60:
        line.update(0.3, True, 60_000, now)
        now += 0.5
    assert CLOSED_AFTER <= now < 30
    line.update(0.0, False, 60_000, now + CLOSED_SECONDS / 2)
    assert not line.open
    line.update(0.0, False, 60_000, now + CLOSED_SECONDS)
    assert line.open


def test_who_bears_much_less_than_the_best_is_apart_until_that_has_changed() -> None:
    assert slow({"a": 3_000_000, "b": 2_000_000, "c": 300_000}, set()) == {"c"}
    assert slow({"a": 3_000_000, "c": 1_500_000}, {"c"}) == {"c"}
    assert slow({"a": 3_000_000, "c": 1_500_000}, set()) == set()
    assert slow({"a": 3_000_000, "c": 2_000_000}, {"c"}) == set()
    assert slow({"c": 60_000}, {"c"}) == set()
    assert slow({}, set()) == set()


# --- what is sent again -------------------------------------------------------------------------------------


def test_what_is_asked_for_often_is_sent_again_once_in_a_round_trip() -> None:
    resend: Resend[str] = Resend()
    resend.keep(7, "seven")
    for _ in range(3):
        resend.ask(7, RTT, 1.0)
    resend.ask(8, RTT, 1.0)  # never sent
    assert len(resend) == 1
    assert resend.take(1.0) == (7, "seven")
    resend.ask(7, RTT, 1.05)
    assert not resend
    resend.ask(7, RTT, 1.01 + RTT)
    assert len(resend) == 1


def test_what_is_kept_is_bounded_and_forgotten_on_demand() -> None:
    resend: Resend[int] = Resend()
    for seq in range(KEPT + 10):
        resend.keep(seq, seq)
    resend.ask(3, RTT, 1.0)
    assert not resend
    resend.ask(KEPT, RTT, 1.0)
    resend.clear()
    resend.ask(KEPT + 1, RTT, 1.0)
    assert not resend


def test_the_share_lost_is_of_what_went_out_lately() -> None:
    resend: Resend[int] = Resend()
    for seq in range(100):
        resend.keep(seq, seq)
        resend.sent(seq, seq / 100)
    for seq in range(80, 100):
        resend.ask(seq, RTT, 1.0)
    assert resend.loss == pytest.approx(20 / 81, abs=0.02)
    for seq in range(100, 100 + 2 * LEAST_PACKETS):
        resend.sent(seq, 5.0)
    assert resend.loss == 0.0


def packet(seq: int) -> Packet:
    return Packet(seq, 0, True, bytes(1000), 1, 0.0)


def test_lost_packets_go_first_and_what_is_withdrawn_goes_never() -> None:
    queue: OutQueue[Packet] = OutQueue(video=True)
    for seq in range(4):
        queue.put(seq, packet(seq))
    assert queue.waiting == 4000
    first = queue.take(0.0)
    assert first is not None
    assert (first.seq, first.again) == (0, False)
    queue.ask(0, RTT, 0.2)
    again = queue.take(0.2)
    assert again is not None
    assert (again.seq, again.again) == (0, True)
    queue.ask(0, RTT, 2.0)
    assert queue.withdraw() == 1
    assert not queue
    assert queue.waiting == 0
    assert queue.take(2.0) is None
    assert queue.wait(None, 2.0) == 0.0


@pytest.mark.parametrize(("rtt", "answer"), [(0.02, 0.02), (None, UNKNOWN_RTT)])
@pytest.mark.parametrize("screen", [False, True])
def test_what_is_lost_again_is_sent_again_once_an_answer_would_be_there(
    screen: bool, rtt: float | None, answer: float
) -> None:
    """A camera's far end asks six times in 0.5 s: were all but one ignored, two losses would stop its picture."""
    queue: OutQueue[Packet] = OutQueue(video=True)
    queue.even_pace = 300_000 if screen else None
    queue.put(0, packet(0))
    assert queue.take(0.0) is not None
    queue.ask(0, rtt, 1.0)
    assert queue.take(1.0) is not None
    answer += QUEUE_SECONDS if screen else 0.0
    queue.ask(0, rtt, 1.0 + 0.9 * answer)
    assert queue.waiting == 0
    queue.ask(0, rtt, 1.0 + 1.1 * answer)
    assert queue.waiting > 0


def test_a_full_queue_leaves_the_oldest_out_and_can_still_send_it_again() -> None:
    queue: OutQueue[Packet] = OutQueue(video=True)
    for seq in range(QUEUE_PACKETS + 1):
        queue.put(seq, packet(seq))
    assert queue.dropped == 1
    queue.ask(0, RTT, 1.0)
    taken = queue.take(1.0)
    assert taken is not None
    assert taken.seq == 0


# --- the viewer ---------------------------------------------------------------------------------------------


def stamp(ms: float) -> int:
    """``abs_send_time``."""
    return int(ms * 262.144) & 0xFFFFFF


def test_a_queue_shows_in_the_least_delay_and_late_packets_alone_do_not() -> None:
    queue = Queue()
    waits = [
        queue.add(round(70_000 + 10 * at + (400 if at % 3 == 0 else 30)), stamp(60_000 + 10 * at))
        for at in range(100)
    ]
    assert max(waits) < 20  # the time stamps wrap meanwhile
    waits = [queue.add(round(71_000 + 10 * at + 230), stamp(61_000 + 10 * at)) for at in range(40)]
    assert waits[-1] == pytest.approx(200, abs=5)


def test_it_falls_with_a_queue_and_not_for_a_pause() -> None:
    limit, told, now = ScreenLimit(), [], 0
    for at in range(400):
        now = 10_000 + 10 * at
        told.append(limit.add(now + 50, stamp(now), 1200, 1))
    before = [each[0] for each in told if each][-1]
    assert before >= TOLD_FIRST
    now += 30_000
    told = [limit.add(now + 10 * at + 50, stamp(now + 10 * at), 1200, 1) for at in range(100)]
    assert min(each[0] for each in told if each) >= before
    now += 1000
    told = [limit.add(now + 10 * at + 50 + 4 * at, stamp(now + 10 * at), 1200, 1) for at in range(100)]
    assert [each[0] for each in told if each][-1] < before / 1.8


def test_the_estimate_grows_fast_until_it_has_fallen_once() -> None:
    limit, now, told = ScreenLimit(), 10_000, TOLD_FIRST

    def pass_by(milliseconds: int, later: int = 0) -> float:
        """By which factor it grows; ``later``: ms by which each packet takes longer than the one before."""
        nonlocal now, told
        before = told
        for number in range(milliseconds // 4):
            now += 4
            said = limit.add(now + 50 + later * number, stamp(now), 1200, 1)
            told = said[0] if said is not None else told
        return told / before

    assert pass_by(2000) > 1.9  # up to what arrives allows
    assert pass_by(1000, later=4) < 0.7
    pass_by(FREE_MS + 6000)
    assert pass_by(1000, later=4) < 0.7
    pass_by(FREE_MS)
    assert pass_by(1000) < 1.7
