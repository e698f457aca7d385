"""What the hub lets through on long walks by two supervisors and a trainee, in any order."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from coachdesk.routing import Lane
from signaling.policy import Mode
from tests.fakes.hubcall import HubCall
from tests.fakes.views import BEN, CUSTOMER, MIA, TOM, call_view, party
from tests.media.test_agent_hub import expect_all_routes

MODES = st.sampled_from(list(Mode))
COACHES = st.sampled_from([MIA, BEN])
OBSERVERS = st.sampled_from([MIA, BEN, TOM])


class Walk(RuleBasedStateMachine):
    """Two supervisors and a trainee come, change modes, lose their connections and go, with holds in between."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.loop = asyncio.new_event_loop()
        self.call = HubCall(self.patch)
        self.modes: dict[str, Mode] = {}
        self.lost: set[str] = set()
        self.held = False
        self.revision = 0
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        self._apply_now()
        self.call.connect(CUSTOMER)

    def _apply(self) -> None:
        async def apply() -> None:
            self._apply_now()
            await asyncio.sleep(0)

        self.loop.run_until_complete(apply())

    def _apply_now(self) -> None:
        self.revision += 1
        observers = [party(each, mode, connected=each not in self.lost) for each, mode in self.modes.items()]
        self.call.apply(call_view(*observers, revision=self.revision, held=self.held))

    @rule(who=OBSERVERS)
    def join(self, who: str) -> None:
        if who not in self.modes:
            self.modes[who] = Mode.LISTEN
            self._apply()

    @rule(who=OBSERVERS)
    def leave(self, who: str) -> None:
        if self.modes.pop(who, None) is not None:
            self.lost.discard(who)
            self._apply()

    @rule(who=st.sampled_from([CUSTOMER, MIA, BEN, TOM]))
    def connect(self, who: str) -> None:
        if self.call.leg(who) is not None:
            self.call.connect(who)

    @rule(who=COACHES, mode=MODES)
    def change_mode(self, who: str, mode: Mode) -> None:
        taken_over = any(each is Mode.TAKEOVER for other, each in self.modes.items() if other != who)
        if who in self.modes and not (mode is Mode.TAKEOVER and taken_over):
            self.modes[who] = mode
            self._apply()

    @rule(who=OBSERVERS)
    def lose_or_find(self, who: str) -> None:
        if who in self.modes:
            self.lost ^= {who}
            self._apply()

    @rule()
    def hold_or_resume(self) -> None:
        self.held = not self.held
        self._apply()

    @rule()
    def speak(self) -> None:
        self.call.speak()
        self.call.tick()

    @rule(times=st.integers(1, 3))
    def tick(self, times: int) -> None:
        self.call.tick(times)

    @rule()
    def hear_again(self) -> None:
        self.call.hub.replay()

    @invariant()
    def only_whispers_are_heard_again(self) -> None:
        assert {lane for _, lane in self.call.heard_again} <= {Lane.WHISPER}

    @rule()
    def everything_routed_is_heard(self) -> None:
        expect_all_routes(self.call)

    @precondition(lambda self: TOM in self.modes)
    @invariant()
    def a_trainee_is_never_heard(self) -> None:
        assert not any(route.source == TOM for route in self.call.heard)

    def teardown(self) -> None:
        self.loop.run_until_complete(self.call.hub.close())
        self.loop.close()
        self.patch.undo()


def test_long_walks_by_two_supervisors() -> None:
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
