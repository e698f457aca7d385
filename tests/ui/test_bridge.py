"""The endpoint's process: answers, refusals, silence, crash and restart, and an end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator

import pytest

from coachdesk import commands, events
from coachdesk.ui.app import BridgeLink
from coachdesk.ui.bridge import MAX_PENDING, Bridge, BridgeState, endpoint_command
from coachdesk.ui.link import Fault
from coachdesk.ui.presenters.notices import Notices
from tests.ui.conftest import PATIENCE, Run, until

Start = Callable[..., Bridge]


class Ears:
    """What a bridge told."""

    def __init__(self, bridge: Bridge) -> None:
        self.events: list[events.AnyEvent] = []
        self.states: list[tuple[BridgeState, float, str]] = []
        bridge.told.connect(self.events.append)
        bridge.state_changed.connect(lambda *state: self.states.append(state))

    def count(self, kind: type[events.Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)


@pytest.fixture
def start(run: Run, loop: asyncio.AbstractEventLoop) -> Iterator[Callable[..., tuple[Bridge, Ears]]]:
    bridges: list[Bridge] = []

    def begin(behaviour: str = "plain") -> tuple[Bridge, Ears]:
        bridge = Bridge([sys.executable, "-m", "tests.ui.fake_endpoint", behaviour], "the-token", loop)
        ears = Ears(bridge)
        bridges.append(bridge)
        bridge.start()
        run(until(lambda: ears.count(events.Ready)))
        return bridge, ears

    yield begin
    for bridge in bridges:
        run(bridge.stop(PATIENCE / 2))


def test_token_is_not_on_the_command_line() -> None:
    line = endpoint_command("https://x", mic="a.wav")
    assert line[1:] == ["-m", "coachdesk", "endpoint", "--server", "https://x", "--mic", "a.wav"]


def test_child_gets_the_token_in_its_environment(start: Start) -> None:
    _, ears = start()
    assert isinstance(ears.events[0], events.Ready)
    assert ears.events[0].name == "the-token"


def test_an_answer_comes_back_to_its_request(start: Start, run: Run) -> None:
    bridge, ears = start()
    answer = run(bridge.request(commands.Meters(on=True)))
    assert isinstance(answer, events.Ok)
    assert ears.count(events.Ok) == 1


def test_a_refusal_is_a_fault_for_the_asker_alone(start: Start, run: Run) -> None:
    bridge, ears = start()
    with pytest.raises(Fault) as refused:
        run(bridge.request(commands.HangUp()))
    assert refused.value.code == "not_allowed"
    assert ears.count(events.Error) == 0


def test_a_refusal_nobody_asked_to_hear_becomes_a_notice(start: Start, run: Run) -> None:
    bridge, _ = start()
    notices = Notices()
    BridgeLink(bridge, notices).send(commands.HangUp())
    run(until(lambda: notices.shown))
    assert notices.shown[0].title == "That is not allowed"


def test_silence_ends_with_a_deadline(start: Start, run: Run) -> None:
    bridge, _ = start()
    with pytest.raises(Fault) as refused:
        run(bridge.request(commands.Devices(), deadline=0.1))
    assert refused.value.code == "no_answer"


@pytest.mark.allow_log("the child writes what is no event")
def test_noise_on_the_pipe_does_no_harm(start: Start, run: Run) -> None:
    bridge, _ = start()
    assert isinstance(run(bridge.request(commands.Stats())), events.Ok)


def test_requests_are_bounded(start: Start, run: Run) -> None:
    bridge, _ = start()
    waiting = [bridge.request(commands.Devices(), deadline=PATIENCE) for _ in range(MAX_PENDING)]
    with pytest.raises(Fault) as refused:
        run(bridge.request(commands.Meters(on=True)))
    assert refused.value.code == "too_many_commands"
    run(bridge.stop(1.0))
    assert all(isinstance(future.exception(), Fault) for future in waiting)


@pytest.mark.allow_log("the child crashes here")
def test_a_crash_is_told_fails_what_waits_and_restarts(start: Start, run: Run) -> None:
    bridge, ears = start()
    waiting = bridge.request(commands.Devices())
    crash = bridge.request(commands.Leave())
    with pytest.raises(Fault) as refused:
        run(crash)
    assert refused.value.code == "endpoint_gone"
    assert isinstance(waiting.exception(), Fault)
    ((_, delay, last_words),) = [told for told in ears.states if told[0] is BridgeState.CRASHED]
    assert delay == 0.5
    assert "out of luck" in last_words
    run(until(lambda: ears.count(events.Ready) == 2))
    assert isinstance(run(bridge.request(commands.Meters(on=True))), events.Ok)


@pytest.mark.allow_log("the child cannot be started here")
def test_a_program_that_does_not_start_counts_as_a_crash(run: Run, loop: asyncio.AbstractEventLoop) -> None:
    bridge = Bridge(["/no/such/program"], "t", loop)
    ears = Ears(bridge)
    bridge.start()
    run(until(lambda: any(state is BridgeState.CRASHED for state, _, _ in ears.states)))
    with pytest.raises(Fault):
        run(bridge.request(commands.Meters(on=True)))
    run(bridge.stop())
    assert bridge.state is BridgeState.STOPPED


def test_stop_lets_the_child_say_goodbye(start: Start, run: Run) -> None:
    bridge, ears = start()
    process = bridge._process
    assert process is not None
    run(bridge.stop(PATIENCE / 2))
    assert process.exitCode() == 0
    assert bridge.state is BridgeState.STOPPED
    assert all(state is not BridgeState.CRASHED for state, _, _ in ears.states)


def test_stop_ends_a_child_that_will_not_go(start: Start, run: Run) -> None:
    bridge, _ = start("stubborn")
    process = bridge._process
    assert process is not None
    run(bridge.stop(0.2))
    assert process.state() is process.ProcessState.NotRunning


def test_forwarded_lines_keep_their_own_ids(start: Start, run: Run) -> None:
    bridge, ears = start()
    bridge.forward(b'{"cmd":"meters","on":true,"id":"mine"}')
    run(until(lambda: any(event.id == "mine" for event in ears.events)))
