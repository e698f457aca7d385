"""Push-to-talk: nothing is cut off at either end, and nothing goes to another target than it was spoken to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from coachdesk.media.pcm import BLOCK_SAMPLES, Samples
from coachdesk.media.whisper import backlog
from coachdesk.media.whisper.preroll import IN_DOUBT_BLOCKS, PREROLL_BLOCKS, PRIVATE
from signaling.policy import Mode
from tests.fakes.talking import Desk, cut_bluntly, is_whole

TALKING = [mode for mode in Mode if mode is not Mode.LISTEN]


@pytest.fixture(autouse=True)
def traceable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "shorten", cut_bluntly)
    monkeypatch.setattr(backlog, "SILENT_DBFS", -200.0)


@pytest.mark.parametrize("late", [0, 3])
@pytest.mark.parametrize("round_trip", [0, 5, 40])
def test_the_first_syllable_is_said_before_the_key_and_heard(late: int, round_trip: int) -> None:
    desk = Desk(late)
    desk.tick(100)
    desk.mouth.press(Mode.WHISPER)
    assert desk.tick(round_trip) == 0, "nothing leaves before the grant"
    desk.mouth.grant(Mode.WHISPER)
    desk.tick(150)
    assert is_whole(desk.heard(Mode.WHISPER), 100 - late - PREROLL_BLOCKS, desk.now - late - 1)


def test_it_has_caught_up_a_second_after_a_quick_grant() -> None:
    desk = Desk()
    desk.tick(50)
    desk.mouth.press(Mode.WHISPER)
    desk.tick(10)
    desk.mouth.grant(Mode.WHISPER)
    desk.tick(110)
    assert max(desk.sent[-1][1]) >= (desk.now - 1) * BLOCK_SAMPLES


def test_a_grant_that_takes_its_time_leaves_the_newest() -> None:
    desk = Desk()
    desk.mouth.press(Mode.WHISPER)
    desk.tick(400)
    desk.mouth.grant(Mode.WHISPER)
    desk.tick()
    assert min(desk.heard(Mode.WHISPER)) == 400 + 1 - 150


@pytest.mark.parametrize("mode", TALKING)
def test_what_was_said_before_the_release_is_still_sent_and_no_more(mode: Mode) -> None:
    desk = Desk()
    desk.tick(100)
    desk.mouth.press(mode)
    desk.tick(10)
    desk.mouth.grant(mode)
    desk.tick(20)
    desk.mouth.release()
    assert desk.mouth.open_for is Mode.LISTEN
    assert desk.mouth.finishing
    took = desk.tick(40)
    assert not desk.mouth.finishing
    assert took < 22, "within 220 ms"
    if mode in PRIVATE:
        assert took > 10
        assert is_whole(desk.heard(mode), 80, 130)
    else:
        begin = 100 + IN_DOUBT_BLOCKS
        assert is_whole(desk.heard(mode), begin, 129), (
            "nothing from before the key, nor from after the release"
        )


def test_released_before_the_grant_it_was_never_said() -> None:
    desk = Desk()
    desk.tick(30)
    desk.mouth.press(Mode.WHISPER)
    desk.tick(5)
    desk.mouth.release()
    assert not desk.mouth.finishing
    desk.tick(30)
    desk.mouth.press(Mode.WHISPER)
    desk.mouth.grant(Mode.WHISPER)
    desk.tick(50)
    assert min(desk.heard(Mode.WHISPER)) >= 35


def word_in_a_released_key(mode: Mode, *, late: int = 0, key: int = 5, answer: int = 40) -> Desk:
    """Said from long before the key until long after its release, and granted ``answer`` blocks after that, if ever."""
    desk = Desk(late)
    desk.tick(100)
    desk.mouth.press(mode)
    desk.tick(key)
    desk.mouth.release(keep=True)
    assert desk.tick(answer) == 0, "nothing leaves before the grant"
    return desk


@pytest.mark.parametrize("mode", sorted(PRIVATE))
@pytest.mark.parametrize("late", range(IN_DOUBT_BLOCKS))
@pytest.mark.parametrize("key", [1, 2, 8, 60])
@pytest.mark.parametrize("answer", [0, 1, IN_DOUBT_BLOCKS, 40, 140])
def test_a_word_released_before_its_grant_is_heard_when_it_comes_and_no_more(
    mode: Mode, late: int, key: int, answer: int
) -> None:
    desk = word_in_a_released_key(mode, late=late, key=key, answer=answer)
    assert desk.mouth.unanswered
    desk.mouth.grant(mode)
    assert desk.mouth.open_for is Mode.LISTEN, "the mic stays closed"
    assert desk.mouth.finishing
    desk.tick(100)
    assert not desk.mouth.busy
    assert is_whole(desk.heard(mode), 100 - late - PREROLL_BLOCKS, 100 - late + key)


@pytest.mark.parametrize("mode", sorted(set(TALKING) - PRIVATE))
def test_what_the_customer_would_hear_is_not_said_once_its_key_is_released(mode: Mode) -> None:
    desk = word_in_a_released_key(mode)
    assert not desk.mouth.busy


@pytest.mark.parametrize("what", ["called off", "refused", "too late", "muted", *TALKING])
def test_a_released_word_is_dropped_for_whatever_comes_before_its_grant(what: str) -> None:
    desk = word_in_a_released_key(Mode.WHISPER)
    mouth = desk.mouth
    match what:
        case "called off":
            mouth.release()
        case "refused":
            mouth.discard()
        case "too late":
            mouth.drop_rest()
        case "muted":
            mouth.mute(True)
            mouth.mute(False)
        case _:
            mouth.press(Mode(what))
    if what == "muted":
        mouth.grant(Mode.WHISPER)
    elif what == Mode.WHISPER:
        assert mouth.wanted is Mode.WHISPER, "the same talk goes on"
        assert not mouth.unanswered
        return
    else:
        assert not mouth.unanswered
    desk.tick(100)
    assert not desk.sent


@pytest.mark.parametrize("mode", sorted(set(TALKING) - PRIVATE))
@pytest.mark.parametrize("late", range(IN_DOUBT_BLOCKS))
def test_who_begins_with_the_key_is_heard_by_the_customer_from_the_first_syllable(
    mode: Mode, late: int
) -> None:
    """Whoever has spoken before is not: what of it the microphone still has to hand over is for nobody."""
    for begin in (60, 99 - late, 100 - late, 98, 100):
        desk = Desk(late)
        desk.hushed = True
        desk.tick(begin)
        desk.hushed = False
        desk.tick(100 - begin)
        desk.mouth.press(mode)
        desk.tick(20)
        desk.mouth.grant(mode)
        desk.tick(60)
        first = begin if begin >= 100 - late else 100 + IN_DOUBT_BLOCKS - late
        assert first <= min(desk.heard(mode)) <= first + 1, "but for a pitch period cut out"


@pytest.mark.parametrize("ticks", [0, IN_DOUBT_BLOCKS, IN_DOUBT_BLOCKS + PREROLL_BLOCKS - 1])
def test_a_moment_of_silence_proves_nothing(ticks: int) -> None:
    """Where it is not known for long enough that it was still, a word from before may be on its way."""
    desk = Desk()
    desk.tick(50)
    desk.mouth.mute(True)
    desk.mouth.mute(False)
    desk.hushed = True
    desk.tick(ticks)
    desk.mouth.press(Mode.BARGE)
    desk.hushed = False
    desk.tick(20)
    desk.mouth.grant(Mode.BARGE)
    desk.tick(60)
    assert min(desk.heard(Mode.BARGE)) == 50 + ticks + IN_DOUBT_BLOCKS


@pytest.mark.parametrize("first", TALKING)
@pytest.mark.parametrize("second", TALKING)
@pytest.mark.parametrize("late", range(IN_DOUBT_BLOCKS))
def test_from_one_mode_to_another_each_word_goes_where_it_was_meant(
    first: Mode, second: Mode, late: int
) -> None:
    if first is second:
        return
    desk = Desk(late)
    desk.tick(40)
    desk.mouth.press(first)
    desk.tick(3)
    desk.mouth.grant(first)
    desk.tick(20)
    desk.mouth.press(second)
    desk.tick(30)
    desk.mouth.grant(second)
    desk.tick(60)
    assert max(desk.heard(first)) <= 63, "the 10 ms under way at the key press at most"
    assert min(desk.heard(second)) > 63
    assert min(desk.heard(second)) <= 63 + IN_DOUBT_BLOCKS


@pytest.mark.parametrize("what", ["refuse", "mute"])
def test_what_was_said_to_a_refused_mode_or_before_a_mute_is_never_heard(what: str) -> None:
    desk = Desk()
    desk.tick(40)
    desk.mouth.press(Mode.WHISPER)
    desk.tick(20)
    if what == "refuse":
        desk.mouth.discard()
        desk.tick(2)
        desk.mouth.press(Mode.BARGE)
    else:
        desk.mouth.mute(True)
        desk.mouth.mute(False)
    mode = Mode.BARGE if what == "refuse" else Mode.WHISPER
    desk.mouth.grant(mode)
    desk.tick(50)
    assert min(desk.heard(mode)) > 60


def test_the_key_pressed_again_at_once_goes_on_where_it_was() -> None:
    desk = Desk()
    desk.mouth.press(Mode.WHISPER)
    desk.tick(100)
    desk.mouth.grant(Mode.WHISPER)
    desk.tick(10)
    desk.mouth.release()
    desk.tick(12)
    desk.mouth.press(Mode.WHISPER)
    assert desk.mouth.open_for is Mode.WHISPER
    desk.tick(150)
    spoken = desk.heard(Mode.WHISPER)
    unheard = [
        each for each in range(110, 270) if not spoken & {each - 2, each - 1, each, each + 1, each + 2}
    ]
    in_doubt = range(110 + 1, 110 + IN_DOUBT_BLOCKS)
    assert set(unheard) <= set(in_doubt), "what cannot be told to be from before or after the release"


# --- any order of events ---


MODES = st.sampled_from(TALKING)
TICKS = st.sampled_from([0, 1, 2, 5, 9, 14, 30])


class AnyOrder(RuleBasedStateMachine):
    """Keys, grants, refusals, mutes and accidents between ticks, with microphones of any delay."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.choice = Mode.LISTEN
        self.chosen: list[set[Mode]] = [{Mode.LISTEN}]  # per 10 ms, everything chosen in it
        self.pending: Mode | None = None
        self.granted: set[Mode] = set()
        self.forgotten = -1  # the last 10 ms that ended before a refusal, an accident or a mute
        self.last = 0.0

    @initialize(late=st.integers(0, IN_DOUBT_BLOCKS - 1), polite=st.booleans())
    def begin(self, late: int, polite: bool) -> None:
        self.desk.late = late
        self.desk.mouth.polite = polite
        self.tick(30)

    def choose(self, mode: Mode) -> None:
        self.choice = mode
        self.chosen[-1].add(mode)

    def forget(self) -> None:
        self.forgotten = self.desk.now - 1

    @rule(mode=MODES, ticks=TICKS)
    def press(self, mode: Mode, ticks: int) -> None:
        self.desk.mouth.press(mode)
        self.pending = mode
        self.choose(mode)
        self.tick(ticks)

    @precondition(lambda self: self.pending is not None)
    @rule(answer=st.sampled_from(["grant", "grant", "refuse", "refuse and resume"]), ticks=TICKS)
    def answer(self, answer: str, ticks: int) -> None:
        assert self.pending is not None
        if answer == "grant":
            self.desk.mouth.grant(self.pending)
            self.granted = {self.pending}
        else:
            self.refuse(resume="resume" in answer)
        self.pending = None
        self.tick(ticks)

    def refuse(self, *, resume: bool) -> None:
        self.desk.mouth.discard()
        self.forget()
        if resume and self.granted:
            (mode,) = self.granted
            self.desk.mouth.grant(mode)
            self.choose(mode)
        else:
            self.granted = set()
            self.choose(Mode.LISTEN)

    @rule(ticks=TICKS)
    def begin_or_cease_to_speak(self, ticks: int) -> None:
        self.desk.speaks ^= True
        self.tick(ticks)

    @rule(keep=st.booleans(), ticks=TICKS)
    def release(self, keep: bool, ticks: int) -> None:
        self.desk.mouth.release(keep=keep)
        if not keep or self.pending not in PRIVATE:
            self.pending = None
        self.choose(Mode.LISTEN)
        self.tick(ticks)

    @rule(what=st.sampled_from(["accident", "mute", "unmute", "give up", "customer", "hush"]), ticks=TICKS)
    def trouble(self, what: str, ticks: int) -> None:
        if what == "accident":
            self.desk.mouth.discard()
            self.forget()
            self.pending, self.granted = None, set()
            self.choose(Mode.LISTEN)
        elif what == "give up":
            if self.desk.mouth.unanswered:
                self.pending = None
            self.desk.mouth.drop_rest()
        elif what == "hush":
            self.desk.hushed ^= True
        elif what == "customer":
            self.desk.customer_speaks ^= True
        else:
            self.desk.muted = what == "mute"
            self.desk.mouth.mute(self.desk.muted)
            self.forget()
        self.tick(ticks)

    def tick(self, times: int) -> None:
        for _ in range(times):
            sent = len(self.desk.sent)
            self.desk.tick()
            for mode, samples in self.desk.sent[sent:]:
                self.check(mode, samples)
            self.chosen.append({self.choice})

    def check(self, mode: Mode, samples: Samples) -> None:
        assert mode in self.granted, f"{mode} was not granted"
        if not len(samples):
            return
        assert samples[0] > self.last, "twice, or out of order"
        assert np.all(np.diff(samples) > 0), "twice, or out of order"
        self.last = samples[-1]
        for spoken in np.unique((samples - 1) // BLOCK_SAMPLES).astype(int):
            assert spoken > self.forgotten, "said before a refusal, an accident or a mute"
            meant = (
                mode in self.chosen[spoken] or self.is_preroll(spoken, mode) or self.is_onset(spoken, mode)
            )
            assert meant, f"{mode} was not chosen"

    def is_preroll(self, spoken: int, mode: Mode) -> bool:
        """Said while listening, and the next key, soon after, was that of ``mode``."""
        soon = spoken + PREROLL_BLOCKS + self.desk.late + 1
        following = self.chosen[spoken : soon + 1]
        pressed = next((modes for modes in following if modes != {Mode.LISTEN}), set())
        return mode in PRIVATE and Mode.LISTEN in self.chosen[spoken] and mode in pressed

    def is_onset(self, spoken: int, mode: Mode) -> bool:
        """Said after a silence, on its way when the key of ``mode`` was pressed."""
        late = self.desk.late
        for pressed in range(spoken, spoken + late + 1):
            before = range(pressed - late - PREROLL_BLOCKS, pressed - late)
            if mode in self.chosen[pressed] and not any(self.desk.is_loud(each) for each in before):
                return mode not in PRIVATE
        return False


def test_any_order_of_events() -> None:
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=300, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
