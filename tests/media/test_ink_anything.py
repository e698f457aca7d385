"""Ink, whatever happens: long walks of drawing, modes, holds and broken connections, compared with the rules."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coachdesk.annotation import (
    Audience,
    Show,
)
from coachdesk.inklog import Refusal
from signaling.policy import Mode
from tests.fakes.inkhubcall import (
    EVERYBODY,
    NAMES,
    PARTIES,
    Call,
    view_of,
)
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA


class Ink(RuleBasedStateMachine):
    """Everybody draws while modes change, holds begin and end, connections break; all of it is compared with the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.call = Call()
        self.modes, self.held, self.revision, self.count = {MIA: Mode.LISTEN, BEN: Mode.LISTEN}, False, 1, 0
        self.for_customer: set[str] = set()

    def _apply(self) -> None:
        self.revision += 1
        self.call.apply(view_of(self.modes[MIA], self.modes[BEN], revision=self.revision, held=self.held))

    @rule(who=st.sampled_from([MIA, BEN]), mode=st.sampled_from(list(Mode)))
    def change(self, who: str, mode: Mode) -> None:
        self.modes[who] = mode
        self._apply()

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        self.held = held
        self._apply()

    @rule(author=st.sampled_from(sorted(EVERYBODY)))
    def draw(self, author: str) -> None:
        self.count += 1
        self.call.time += 1
        mark = f"mark-{self.count:04}"
        self.call.draw(author, mark)
        public = {MIA, BEN} & {who for who, mode in self.modes.items() if mode in (Mode.BARGE, Mode.TAKEOVER)}
        public |= {CUSTOMER} if Mode.TAKEOVER in self.modes.values() else {CUSTOMER, AGENT}
        if author in public and not self.held:
            self.for_customer.add(mark)

    @precondition(lambda self: self.count)
    @rule(data=st.data(), on=st.booleans())
    def show(self, data: st.DataObject, on: bool) -> None:
        mark = f"mark-{data.draw(st.integers(1, self.count)):04}"
        try:
            self.call.hub.submit(Show(mark=mark, on=on))
        except Refusal:
            return
        (self.for_customer.add if on else self.for_customer.discard)(mark)

    @rule(who=st.sampled_from(PARTIES), blind=st.booleans())
    def reconnect(self, who: str, blind: bool) -> None:
        if blind:
            self.call.far[who].log, self.call.far[who].seq, self.call.far[who].entries = "", 0, []
        self.call.far[who].connect()

    @invariant()
    def the_customer_sees_what_is_for_them(self) -> None:
        board = self.call.far[CUSTOMER].board
        shown = {mark.mark for mark in board.marks() if mark.audience is Audience.PUBLIC}
        assert shown <= self.for_customer
        if not self.held:
            assert shown == {mark for mark in self.for_customer if mark in self._alive}

    @property
    def _alive(self) -> set[str]:
        return {mark.mark for mark in self.call.hub.marks()}

    @invariant()
    def what_two_know_of_a_mark_is_the_same(self) -> None:
        everything = {mark.mark: mark for mark in self.call.hub.marks()}
        for far in (self.call.far[MIA], self.call.far[BEN]):
            for mark in far.board.marks():
                known = everything[mark.mark]
                assert mark == msgspec.structs.replace(known, author=NAMES.get(known.author, known.author))


Ink.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestInk = Ink.TestCase
