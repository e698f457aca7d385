"""The hub of stills: who is asked, who gets what, and what is nobody's to say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from coachdesk.media import observer
from coachdesk.media.ink.stillhub import StillHub
from coachdesk.stillwire import Ask, Freeze, Have, Line, Thaw, Whole
from signaling.policy import Mode
from tests.fakes.hubcall import HubCall
from tests.fakes.inkhubcall import Call, view_of
from tests.fakes.legs import FakeLeg
from tests.fakes.stills import FakeStills
from tests.fakes.views import BEN, CUSTOMER, MIA, call_view, party

STILL = Whole(4711, False, b"picture")


class Far(FakeStills):
    """A party's end of its pipe."""

    def __init__(self, hub: StillHub, name: str) -> None:
        super().__init__()
        self.hub, self.name = hub, name
        self.peer: Any = SimpleNamespace(stills=self)

    def say(self, message: Any) -> None:
        self.hub.received(self.name, self.peer, message)


class Stage:
    def __init__(self) -> None:
        self.ink = Call()
        self.hub = StillHub(self.ink.hub, clock=lambda: self.ink.time)
        self.hub.apply(view_of())
        self.seen: list[Whole] = []
        self.thawed = 0
        self.lines: list[bool] = []
        self.hub.on_still = self.seen.append
        self.hub.on_thaw = self._thaw
        self.hub.on_line = self.lines.append

        self.wished: list[bool] = []
        self.hub.on_freeze = self.wished.append

    def _thaw(self) -> None:
        self.thawed += 1

    def far(self, name: str, has: int | None = None) -> Far:
        far = Far(self.hub, name)
        far.say(Have(frame=has))
        return far

    def frozen(self, name: str) -> list[int | None]:
        """What the party was told to stand still, in order."""
        return [each["frozen"] for each in self.ink.far[name].kept("stage")]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_everybody_is_told_and_gets_the_picture_the_customers_page_sends(stage: Stage) -> None:
    phone, mia, ben = (stage.far(name) for name in (CUSTOMER, MIA, BEN))
    stage.hub.freeze(4711)
    assert [stage.frozen(name)[-1] for name in (CUSTOMER, MIA, BEN)] == [4711] * 3
    assert (phone.told, mia.told) == ([Ask(frame=4711)], [])
    phone.say(STILL)
    assert (mia.got, ben.got, phone.got, stage.seen) == ([STILL], [STILL], [], [STILL])
    phone.say(Whole(4711, False, b"another"))
    assert stage.seen == [STILL]
    stage.hub.thaw()
    assert [stage.frozen(name)[-1] for name in (CUSTOMER, MIA, BEN)] == [None] * 3


def test_who_comes_later_or_anew_sees_it_too(stage: Stage) -> None:
    stage.hub.freeze(4711)
    phone = stage.far(CUSTOMER)
    assert phone.told == [Ask(frame=4711)]
    stage.far(CUSTOMER).say(STILL)  # it came only on the next connection
    assert stage.far(MIA).got == [STILL]
    assert stage.far(MIA, has=4711).got == []
    anew = stage.far(CUSTOMER)
    assert (anew.told, anew.got) == ([], [STILL])
    stage.ink.far[CUSTOMER].connect()
    assert stage.ink.far[CUSTOMER].kept("stage")[-1]["frozen"] == 4711


def test_stills_in_place_of_a_video_go_to_observers_but_not_while_something_stands_still(
    stage: Stage,
) -> None:
    phone, mia = stage.far(CUSTOMER), stage.far(MIA)
    phone.say(Line(stills=True))
    phone.say(Line(stills=True))
    first = Whole(90_000, True, b"small")
    phone.say(first)
    assert (mia.got, stage.seen, stage.lines) == ([first], [first], [True])
    stage.hub.freeze(4711)
    phone.say(Whole(99_000, True, b"small"))
    assert mia.got == [first]
    phone.say(Line(stills=False))
    assert stage.lines == [True, False]


def test_stills_that_are_too_many_are_dropped_and_the_next_in_time_is_not(stage: Stage) -> None:
    phone = stage.far(CUSTOMER)
    for number in range(20):
        phone.say(Whole(number, True, b"small"))
    assert (len(stage.seen), stage.hub.dropped) == (4, 16)
    stage.ink.time += 1.0
    phone.say(Whole(99, True, b"small"))
    assert stage.seen[-1].frame == 99


def test_only_the_customer_sends_pictures_and_only_what_was_asked_for(stage: Stage) -> None:
    phone, mia = stage.far(CUSTOMER), stage.far(MIA)
    phone.say(STILL)
    stage.hub.freeze(4711)
    mia.say(STILL)
    mia.say(Whole(1, True, b"hers"))
    mia.say(Thaw(frame=4711))
    mia.say(Line(stills=True))
    phone.say(Whole(4710, False, b"an older one"))
    phone.say(Thaw(frame=4710))
    Far(stage.hub, "stranger").say(STILL)
    assert (stage.seen, stage.thawed, stage.lines) == ([], 0, [])
    phone.say(Thaw(frame=4711))
    assert stage.thawed == 1


def test_who_has_taken_over_and_nobody_else_has_the_picture_stand_still(stage: Stage) -> None:
    phone, mia, ben = (stage.far(name) for name in (CUSTOMER, MIA, BEN))
    for far in (phone, mia, ben):
        far.say(Freeze(on=True))
    assert stage.wished == []
    over = [party(MIA, Mode.TAKEOVER), party(BEN)]
    stage.hub.apply(call_view(*over, revision=2))
    for far in (phone, mia, ben):
        far.say(Freeze(on=True))
    mia.say(Freeze(on=False))
    assert stage.wished == [True, False]
    stage.hub.apply(call_view(*over, revision=3, held=True))
    mia.say(Freeze(on=True))
    assert stage.wished == [True, False]


def test_on_hold_nothing_comes_from_the_customer(stage: Stage) -> None:
    phone = stage.far(CUSTOMER)
    stage.hub.apply(view_of(held=True, revision=2))
    phone.say(Whole(1, True, b"small"))
    assert stage.seen == []


def test_what_the_line_bears_is_known_also_from_what_is_said_on_hold(stage: Stage) -> None:
    phone, mia = stage.far(CUSTOMER), stage.far(MIA)
    phone.say(Line(stills=True))
    stage.hub.apply(view_of(held=True, revision=2))
    phone.say(Line(stills=False))
    mia.say(Line(stills=True))
    assert stage.lines == [True, False]
    assert [each["stills"] for each in stage.ink.far[MIA].kept("stage")][-1] is False


def test_who_has_left_gets_nothing(stage: Stage) -> None:
    phone, mia = stage.far(CUSTOMER), stage.far(MIA)
    stage.hub.freeze(4711)
    stage.hub.apply(call_view(party(BEN), revision=2))
    phone.say(STILL)
    assert mia.got == []


# --- as the two ends are wired ---


async def test_the_agents_hub_hands_stills_on_from_connection_to_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = HubCall(monkeypatch)
    call.apply(view_of())
    call.connect(CUSTOMER, MIA)
    seen: list[Whole] = []
    call.hub.stills.on_still = seen.append
    phone, mia = (cast(Any, call.leg(name)) for name in (CUSTOMER, MIA))
    for leg in (phone, mia):
        leg.on_stills(leg.peer, Have())
    call.hub.stills.freeze(4711)
    assert phone.peer.stills.told == [Ask(frame=4711)]
    phone.on_stills(phone.peer, STILL)
    assert mia.peer.stills.got == seen == [STILL]


async def test_an_observer_says_what_it_has_and_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "Leg", FakeLeg)
    media = observer.ObserverMedia(ice=list, signal=_unsaid, new_ear=_no_ear)
    leg: Any = media._leg
    seen: list[Whole] = []
    media.on_still = seen.append
    first = leg.come_up()
    leg.on_stills_open(first)
    leg.on_stills(first, STILL)
    second = leg.come_up()
    leg.on_stills_open(second)
    leg.get_lost()
    third = leg.come_up()
    leg.on_stills_open(third)
    assert seen == [STILL]
    told = [peer.stills.told for peer in (first, second, third)]
    assert told == [[Have()], [Have(frame=4711)], [Have()]]


async def _unsaid(body: object) -> None: ...


def _no_ear(source: str, lane: str) -> Any: ...
