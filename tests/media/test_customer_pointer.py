"""The agent's pointer on their screen: the customer is told of it while they are shown that screen, and at no other time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from coachdesk.media.screenshare import pointerline
from signaling.policy import Mode
from tests.fakes.views import CUSTOMER, MIA
from tests.media.peers import until
from tests.media.test_coach_screen import Call as Connected
from tests.media.test_screencast import PUBLIC, SECRET, Screen

HERE, THERE = (0.25, 0.5), (0.75, 0.5)


class Call(Connected):
    """Whose agent shares a screen, with the pointer ``HERE``."""

    async def share(self) -> None:
        self.screen = Screen(PUBLIC)
        self.screen.pointer = HERE
        await self.hub.screens.agent.start(self.screen)

    def show(self) -> None:  # type: ignore[override]
        """The customer is shown it too."""
        self.hub.screens.agent.show_customer(True)
        assert self.hub.screens.agent.to_customer

    def cursors(self, name: str) -> list[dict[str, Any]]:
        """What a party was told of a pointer on its connection, until it was forgotten."""
        return [each for each in self._sent(name) if each["kind"] == "cursor"]

    def forget(self) -> None:
        for name in (CUSTOMER, MIA):
            self._sent(name).clear()

    def _sent(self, name: str) -> list[dict[str, Any]]:
        leg = self.leg(name)
        assert leg is not None
        assert leg.peer is not None
        return leg.peer.ink.sent_live

    def reconnect(self) -> None:
        """The customer has a new connection, whose channels come up."""
        self.connect(CUSTOMER)
        leg = self.leg(CUSTOMER)
        assert leg is not None
        leg.on_ink_open(leg.peer)

    async def take_back(self, how: str) -> None:
        screen = self.hub.screens.agent
        match how:
            case "said":
                screen.show_customer(False)
            case "blank":
                screen.blank(True)
            case "another":
                other = Screen(SECRET)
                other.pointer = THERE
                await screen.start(other)
            case "stop":
                await screen.stop()
            case "hold":
                self.view_of(held=True)
            case "takeover":
                self.view_of(mode=Mode.TAKEOVER)


@pytest.fixture
async def call(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Call]:
    monkeypatch.setattr(pointerline, "AGAIN_SECONDS", (0.0, 0.0))
    with pytest.MonkeyPatch.context() as patch:
        call = Call(patch)
        await call.share()
        yield call
        await call.hub.screens.agent.stop()


async def test_the_customer_is_told_where_it_is_once_they_are_shown_the_screen(call: Call) -> None:
    await until(lambda: len(call.cursors(MIA)) == 3)
    assert call.cursors(CUSTOMER) == []
    call.reconnect()
    call.hub.screens.agent.request_keyframe(CUSTOMER)
    assert call.cursors(CUSTOMER) == []
    call.show()
    told = call.cursors(CUSTOMER)[-1]
    assert (tuple(told["at"]), told["of"]) == (HERE, "agent")
    call.screen.move(THERE)
    await until(lambda: tuple(call.cursors(CUSTOMER)[-1]["at"]) == THERE)
    assert call.cursors(CUSTOMER)[-1]["number"] > told["number"]


@pytest.mark.parametrize("how", ["said", "blank", "another", "stop", "hold", "takeover"])
async def test_nothing_of_it_goes_to_the_customer_who_is_not_shown_the_screen_any_more(
    call: Call, how: str
) -> None:
    call.show()
    assert call.cursors(CUSTOMER)
    call.forget()
    await call.take_back(how)
    call.screen.move(THERE)
    if how in ("said", "hold", "takeover"):
        await until(lambda: any(each["at"] == list(THERE) for each in call.cursors(MIA)))
    await until(lambda: len(call.cursors(MIA)) >= (1 if how == "stop" else 3))
    assert call.cursors(CUSTOMER) == []
    call.reconnect()
    assert call.cursors(CUSTOMER) == []


async def test_a_new_connection_of_the_customer_is_told_where_it_rests(call: Call) -> None:
    call.show()
    call.reconnect()
    assert tuple(call.cursors(CUSTOMER)[-1]["at"]) == HERE
