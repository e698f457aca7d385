"""The mic's gate in any order of events, accidents among them: open by a grant that is still wanted, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

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

from coachdesk import commands
from signaling import protocol
from signaling.policy import Mode
from signaling.protocol import EndReason
from tests.fakes.observing import GateMedia, Observing
from tests.fakes.signaling import settle


class Gate(RuleBasedStateMachine):
    """A user, a server whose messages come late but in order, and accidents."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.loop = asyncio.new_event_loop()
        self.mia = Observing(self.patch)
        self.wire: list[Callable[[], None]] = []
        self.call = "call-1"
        self.mode = Mode.LISTEN  # at the server
        self.heard_mode = Mode.LISTEN  # as of the last message delivered
        self.wanted: set[Mode] = set()
        self._tell()
        self.deliver(1)

    def _run(self, work: Callable[[], object]) -> None:
        async def run() -> None:
            work()
            await settle()

        self.loop.run_until_complete(run())

    def _tell(self) -> None:
        call, mode = self.call, self.mode

        def tell() -> None:
            self.heard_mode = mode
            self.mia.told(mode, call=call)

        self.wire.append(tell)

    def _serve(self, *, refuse: bool = False, mode: Mode | None = None) -> None:
        """The server takes what was asked last; its answer is on the wire, before the new state."""
        client = self.mia.client
        if not client.online:
            return
        answer = client.waiting[-1]
        if refuse:
            self.wire.append(lambda: client.fail(answer=answer))
            return

        def grant() -> None:
            if mode is not None:
                self.heard_mode = mode
            client.grant(answer)

        self.wire.append(grant)
        self.mode = mode if mode is not None else Mode.LISTEN
        self._tell()

    @rule(mode=st.sampled_from(list(Mode)), refuse=st.booleans(), released=st.booleans())
    def press(self, mode: Mode, refuse: bool, released: bool) -> None:
        asked = len(self.mia.client.asked)
        self.wanted = {mode} | ({self.mia.talking} if mode is not Mode.LISTEN else set())
        self.loop.run_until_complete(self.mia.set_mode(mode, released=released))
        self._serve_since(asked, refuse=refuse)

    def _serve_since(self, asked: int, *, refuse: bool = False) -> None:
        """What the endpoint has asked of modes since it had asked so often."""
        for kind, fields in self.mia.client.asked[asked:]:
            if kind is protocol.SetMode:
                self._serve(refuse=refuse, mode=fields["mode"])

    @rule()
    def deliver_one(self) -> None:
        self.deliver(1)

    @rule(count=st.integers(1, 4))
    def deliver(self, count: int) -> None:
        """Several messages in one breath: nothing else runs between them."""
        now, self.wire = self.wire[:count], self.wire[count:]
        released, asked = self._unanswered(), len(self.mia.client.asked)
        self._run(lambda: [each() for each in now])
        if released and self._unanswered() != released:
            self._serve_since(asked)  # its word was heard or is void, and the release is asked for at last

    def _unanswered(self) -> list[Mode]:
        return [each.mouth.wanted for each in GateMedia.made if each.mouth.unanswered]

    @precondition(lambda self: self.mia.client.online)
    @rule(what=st.sampled_from(["fall_back_at_the_server", "media_lost", "end_call", "go_offline"]))
    def accident(self, what: str) -> None:
        getattr(self, what)()

    def fall_back_at_the_server(self) -> None:
        self.mode = Mode.LISTEN
        if self.mia.client.online:
            self._tell()

    @rule(other=st.sampled_from(["call-1", "call-2"]))
    def hop(self, other: str) -> None:
        self.wanted = set()
        asked = len(self.mia.client.asked)
        self.loop.run_until_complete(self.mia.do(commands.Listen(call=other)))
        if len(self.mia.client.asked) > asked:
            self.call = other
            self._serve()

    def media_lost(self) -> None:
        self.wanted = set()
        self._run(lambda: GateMedia.made[-1].on_media("lost"))

    def end_call(self) -> None:
        call = self.call
        self.mode = Mode.LISTEN
        if self.mia.client.online:
            self.wire.append(lambda: self.mia.session.message(protocol.Ended(call, EndReason.HUNG_UP)))

    def go_offline(self) -> None:
        self.wanted = set()
        self.wire.clear()
        self.mode = Mode.LISTEN
        self._run(lambda: (self.mia.client.lose(), self.mia.session.online(False)))

    @precondition(lambda self: not self.mia.client.online)
    @rule()
    def come_back(self) -> None:
        self.mia.client.online = True
        self._run(lambda: self.mia.session.online(True))
        self._tell()

    @invariant()
    def talks_only_as_wanted_and_granted(self) -> None:
        talking = self.mia.talking
        if talking is not Mode.LISTEN:
            assert self.mia.client.online
            assert talking in self.wanted, f"open for {talking} with {self.wanted} wanted"
            assert talking is self.heard_mode, f"open for {talking} where the server says {self.heard_mode}"

    def teardown(self) -> None:
        self.loop.run_until_complete(self.mia.end())
        self.loop.close()
        self.patch.undo()


def test_the_gate_in_any_order_of_events() -> None:
    run_state_machine_as_test(
        Gate,
        settings=settings(
            max_examples=250, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
