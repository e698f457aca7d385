"""The sharer's pointer: where it is told of, what of it is sent, and what those who see the share make of that."""

from __future__ import annotations

import pytest

from coachdesk import events, inkwire
from coachdesk.inkwire import Cursor, InkError
from coachdesk.media.screenshare.pointerline import PointerLine
from coachdesk.media.screenshare.pointerview import AT_ONCE, PointerView
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.screen.masks import Rect
from coachdesk.screen.pointer import Area, spot
from tests.media.peers import until

FRAME, VAULT = 7, 9
"""Windows: of what is shared, and one that is hidden."""
SHARED = Area(Rect(100, 50, 400, 200), None, frozenset({VAULT}), (Rect(300, 100, 50, 50),))


@pytest.mark.parametrize(
    ("x", "y", "over", "found"),
    [
        (100, 50, FRAME, (0.0, 0.0)),
        (200, 100, FRAME, (0.25, 0.25)),
        (499, 249, 0, (0.9975, 0.995)),
        (99, 50, FRAME, None),
        (500, 50, FRAME, None),
        (200, 250, FRAME, None),
        (200, 100, VAULT, None),
        (300, 100, FRAME, None),
        (349, 149, FRAME, None),
        (350, 149, FRAME, (0.625, 0.495)),
    ],
)
def test_it_is_told_of_on_what_is_shared_and_not_over_what_is_hidden(
    x: int, y: int, over: int, found: tuple[float, float] | None
) -> None:
    assert spot(x, y, over, SHARED) == found


def test_of_a_window_it_is_told_over_that_window_alone() -> None:
    window = SHARED._replace(top=FRAME)
    assert spot(200, 100, FRAME, window) == (0.25, 0.25)
    assert spot(200, 100, FRAME + 1, window) is None, "another lies over it there"
    assert spot(200, 100, FRAME, None) is None


class Sent:
    def __init__(self) -> None:
        self.told: list[Cursor] = []
        self.line = PointerLine(self._take)

    def _take(self, cursor: Cursor) -> None:
        self.told.append(cursor)


async def test_one_at_rest_is_told_twice_more_and_then_costs_nothing() -> None:
    sent = Sent()
    sent.line.show((0.1, 0.2))
    sent.line.show((0.1, 0.2))
    sent.line.show((0.3, 0.4))
    assert [each.at for each in sent.told] == [(0.1, 0.2), (0.3, 0.4)]
    assert sent.told[0].number < sent.told[1].number
    await until(lambda: len(sent.told) == 4)
    assert sent.told[1:] == [sent.told[1]] * 3
    assert sent.line._again is None


async def test_one_that_ends_is_said_to_be_nowhere_and_nothing_follows() -> None:
    sent = Sent()
    sent.line.show((0.1, 0.2))
    sent.line.close()
    assert sent.told[-1].at is None
    assert sent.line._again is None


async def test_who_comes_later_is_told_where_it_rests() -> None:
    sent = Sent()
    sent.line.show((0.1, 0.2))
    sent.line.tell()
    assert sent.told[-1].at == (0.1, 0.2)
    assert sent.told[-1].number > sent.told[0].number
    sent.line.close()


def test_what_comes_late_or_twice_does_not_count() -> None:
    view = PointerView()
    assert view.take(Cursor(number=5, at=(0.5, 0.5)), 1.0)
    assert not view.take(Cursor(number=5, at=(0.6, 0.5)), 1.1)
    assert not view.take(Cursor(number=4, at=(0.7, 0.5)), 1.2)
    assert view.at == (0.5, 0.5)
    assert not view.take(Cursor(number=6, at=(0.5, 0.5)), 1.3), "no news"
    assert view.forget()
    assert view.take(Cursor(number=0, at=(0.1, 0.1)), 1.4), "another counts anew"


def test_more_than_a_pointer_tells_is_dropped() -> None:
    view = PointerView()
    taken = sum(view.take(Cursor(number=each, at=(each / 1000, 0.0)), 1.0) for each in range(1000))
    assert taken == AT_ONCE
    assert view.take(Cursor(number=1000, at=(1.0, 0.0)), 2.0)


@pytest.mark.parametrize(
    "said",
    [
        b'{"kind":"cursor","number":1,"at":[1.01,0]}',
        b'{"kind":"cursor","number":1,"at":[0.5,-0.1]}',
        b'{"kind":"cursor","number":-1,"at":[0.5,0.1]}',
        b'{"kind":"cursor","number":1,"at":[0.5]}',
        b'{"kind":"cursor","number":1,"at":[0.5,NaN]}',
        b'{"kind":"cursor","at":[0.5,0.5]}',
    ],
)
def test_what_is_no_place_in_a_picture_is_refused(said: bytes) -> None:
    with pytest.raises(InkError):
        inkwire.parse_live_from_hub(said)
    with pytest.raises(InkError):
        inkwire.parse_live_from_party(said)


async def test_it_is_seen_on_the_screen_it_is_told_of_alone_while_that_is_shown() -> None:
    told: list[events.AnyEvent] = []
    view = ScreenView(told.append)
    view.publish(True)

    def pointed(number: int, x: float) -> events.AnyEvent | None:
        """What is told of it, if anything."""
        before = len(told)
        view.pointed(Cursor(number=number, at=(x, 0.5)))
        return told[-1] if len(told) > before else None

    assert pointed(1, 0.1) is None, "nothing is shared"
    view.told("on")
    assert pointed(2, 0.2) == events.ScreenPointer(at=(0.2, 0.5))
    view.told("blank")
    assert events.ScreenPointer() in told
    assert pointed(3, 0.3) is None
    view.told("on", "customer")
    assert pointed(4, 0.4) is None, "the customer's is in the picture"
    view.told("on", "supervisor")
    assert pointed(5, 0.5) is None, "the agent's, on another's screen"
    view.pointed(Cursor(number=1, at=(0.6, 0.5), of="supervisor"))
    assert view.pointer == (0.6, 0.5)
    view.told("on", "agent")
    assert view.pointer is None
    view.pointed(Cursor(number=2, at=(0.7, 0.5), of="supervisor"))
    assert view.pointer is None
    view.publish(False)
    assert pointed(5, 0.5) is None, "nobody looks"
    view.close()
