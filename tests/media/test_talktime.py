"""Talk time, speaking at once, and silence."""

from __future__ import annotations

import pytest

from coachdesk.media.talktime import TalkTime


def test_each_has_their_time_and_the_time_of_both_is_told() -> None:
    talk = TalkTime()
    for who in (["agent"], ["agent", "customer"], ["customer"], []):
        for _ in range(100):
            talk.push(who)
    assert talk.seconds == pytest.approx({"agent": 2.0, "customer": 2.0})
    assert talk.together == pytest.approx(1.0)
    assert talk.silence == pytest.approx(1.0)


def test_a_silence_lasts_until_somebody_speaks() -> None:
    talk = TalkTime()
    for _ in range(250):
        talk.push([])
    assert talk.quiet_for == pytest.approx(2.5)
    talk.push(["agent"])
    assert talk.quiet_for == 0.0
    assert talk.silence == pytest.approx(2.5)


def test_the_same_party_on_two_lanes_speaks_once() -> None:
    talk = TalkTime()
    talk.push(["mia", "mia"])
    assert talk.together == 0.0
    assert talk.seconds == pytest.approx({"mia": 0.01})
