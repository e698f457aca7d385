"""Who sees which ink: an independently written matrix over every role, mode and hold, and who may change it."""

from __future__ import annotations

import itertools

import pytest

from coachdesk.annotation import (
    AnyEdit,
    Audience,
    Begin,
    Board,
    Caption,
    End,
    Entry,
    Mark,
    Pin,
    Point,
    Remove,
    Reshape,
    Restore,
    Show,
    SurfaceName,
    Tool,
)
from coachdesk.inkroutes import audience, colour_of, may_edit, sees, who_sees
from coachdesk.routing import Member
from signaling.policy import Mode, Role

AGENT, CUSTOMER = Member("agent", Role.AGENT), Member("customer", Role.CUSTOMER)
TRAINEE, OTHER_TRAINEE = Member("trainee", Role.TRAINEE), Member("tim", Role.TRAINEE)


def call(mia: Mode = Mode.LISTEN, ben: Mode = Mode.LISTEN) -> list[Member]:
    coaches = [Member("mia", Role.SUPERVISOR, mia), Member("ben", Role.ADMIN, ben)]
    return [AGENT, CUSTOMER, *coaches, TRAINEE, OTHER_TRAINEE]


STAFF = {"agent", "mia", "ben"}
LEARNERS = {"trainee", "tim", "mia", "ben"}
ALL = {"agent", "customer"} | LEARNERS

MIA_IS_SEEN_BY = {
    Mode.LISTEN: STAFF,
    Mode.WHISPER: STAFF,
    Mode.BARGE: ALL,
    Mode.TAKEOVER: ALL,
    Mode.LANE: LEARNERS,
}


def seen_by(
    author: str, members: list[Member], surface: SurfaceName = "camera", *, held: bool = False
) -> set[str]:
    """Who sees a mark that ``author`` begins now, besides them."""
    drawing = next(each for each in members if each.party == author)
    drawn_for = audience(drawing, members, held=held)
    return {each.party for each in who_sees(members, author, drawn_for, surface, held=held)}


@pytest.mark.parametrize(("mia", "ben"), list(itertools.product(Mode, Mode)))
def test_the_matrix(mia: Mode, ben: Mode) -> None:
    members = call(mia, ben)
    assert seen_by("mia", members) == MIA_IS_SEEN_BY[mia] - {"mia"}
    assert seen_by("ben", members) == MIA_IS_SEEN_BY[ben] - {"ben"}
    assert seen_by("customer", members) == ALL - {"customer"}
    assert seen_by("trainee", members) == LEARNERS - {"trainee"}
    taken_over = Mode.TAKEOVER in (mia, ben)
    assert seen_by("agent", members) == ({"mia", "ben"} if taken_over else ALL - {"agent"})


@pytest.mark.parametrize(("mia", "author"), list(itertools.product(Mode, sorted(ALL - {"customer"}))))
def test_on_hold_nothing_reaches_the_customer(mia: Mode, author: str) -> None:
    members = call(mia)
    assert "customer" not in seen_by(author, members, held=True)
    drawing = next(each for each in members if each.party == author)
    assert audience(drawing, members, held=True) is not Audience.PUBLIC, "nor afterwards"


@pytest.mark.parametrize("mode", list(Mode))
def test_a_mode_makes_nobody_public_who_is_no_coach(mode: Mode) -> None:
    members = [AGENT, Member("customer", Role.CUSTOMER, mode), Member("trainee", Role.TRAINEE, mode)]
    assert audience(members[2], members) is Audience.LEARNING
    assert audience(AGENT, members) is Audience.PUBLIC


@pytest.mark.parametrize(("viewer", "drawn_for"), list(itertools.product(call(), Audience)))
def test_only_what_is_public_reaches_the_customer_whoever_drew_it(
    viewer: Member, drawn_for: Audience
) -> None:
    expected = {Audience.PUBLIC: ALL, Audience.COACHING: STAFF, Audience.LEARNING: LEARNERS}[drawn_for]
    assert sees(viewer, "gone", drawn_for, "camera") is (viewer.party in expected)
    assert sees(viewer, "gone", drawn_for, "screen") is (viewer.party in expected - {"customer"})
    assert sees(viewer, "gone", drawn_for, "customer") is (viewer.party in expected), "it is their own"
    for shown in (False, True):
        assert sees(viewer, "gone", drawn_for, "coach", shown=shown) is (
            viewer.party in expected - {"customer"}
        )


@pytest.mark.parametrize(
    ("screen", "mia", "held"), list(itertools.product(("screen", "coach"), Mode, (False, True)))
)
def test_on_a_shared_screen_the_same_see_what_is_drawn_but_never_the_customer(
    screen: SurfaceName, mia: Mode, held: bool
) -> None:
    members = call(mia)
    for author in sorted(ALL - {"customer"}):
        on_camera = seen_by(author, members, held=held)
        assert seen_by(author, members, screen, held=held) == on_camera - {"customer"}
    if not held:
        assert seen_by("mia", members, screen) == (MIA_IS_SEEN_BY[mia] - {"mia", "customer"})
        assert seen_by("trainee", members, screen) == LEARNERS - {"trainee"}


# --- who may change what ---

EDITS: dict[str, AnyEdit] = {
    "begin": Begin(mark="mark-0001", tool=Tool.PEN, colour="#000000", width=0.01),
    "end": End(mark="mark-0001", path=[Point(0, 0)]),
    "shape": Reshape(mark="mark-0001", tool=Tool.ARROW, path=[Point(0, 0), Point(1, 1)]),
    "caption": Caption(mark="mark-0001", text=""),
    "remove": Remove("mark-0001"),
    "restore": Restore("mark-0001"),
    "pin": Pin(mark="mark-0001", on=True),
    "show": Show(mark="mark-0001", on=True),
}
OWN = {"end", "shape", "caption", "remove", "restore", "pin"}
COACHES = {"remove", "restore", "pin"}
MAY = {
    # (author, audience): what each may do while mia whispers and ben barges; not named: nothing
    ("agent", Audience.PUBLIC): {"agent": OWN | {"show"}, "mia": COACHES, "ben": COACHES},
    ("agent", Audience.COACHING): {"agent": OWN | {"show"}, "mia": COACHES, "ben": COACHES},
    ("customer", Audience.PUBLIC): {"customer": OWN, "agent": {"pin"}, "mia": COACHES, "ben": COACHES},
    ("mia", Audience.COACHING): {"agent": {"pin", "show"}, "mia": OWN, "ben": COACHES},
    ("ben", Audience.COACHING): {"agent": {"pin", "show"}, "mia": COACHES, "ben": OWN | {"show"}},
    ("mia", Audience.LEARNING): {"mia": OWN, "ben": COACHES},
    ("trainee", Audience.LEARNING): {"trainee": OWN, "mia": COACHES, "ben": COACHES},
}


def mark_of(author: str, drawn_for: Audience, begin: AnyEdit = EDITS["begin"]) -> Mark:
    entry = Entry(n=1, at=0.0, author=author, edit=begin, audience=drawn_for)
    mark = Board([entry]).mark("mark-0001")
    assert mark is not None
    return mark


@pytest.mark.parametrize(("author", "drawn_for"), MAY)
def test_who_may_change_a_mark(author: str, drawn_for: Audience) -> None:
    members, mark = call(Mode.WHISPER, Mode.BARGE), mark_of(author, drawn_for)
    for editor in members:
        allowed = {name for name, edit in EDITS.items() if may_edit(editor, edit, mark, members)}
        assert allowed == MAY[author, drawn_for].get(editor.party, set()), editor.party


def test_whatever_is_not_there_can_only_begin() -> None:
    for editor in call():
        assert {name for name, edit in EDITS.items() if may_edit(editor, edit, None, call())} == {"begin"}


@pytest.mark.parametrize("screen", ["screen", "coach"])
def test_nobody_shows_the_customer_what_is_drawn_on_a_screen_and_the_customer_draws_nothing_there(
    screen: SurfaceName,
) -> None:
    begin = Begin(mark="mark-0001", tool=Tool.PEN, colour="#000000", width=0.01, surface=screen)
    members = call(Mode.BARGE)
    for author, drawn_for in MAY:
        mark = mark_of(author, drawn_for, begin)
        assert not any(may_edit(each, EDITS["show"], mark, members) for each in members)
        assert not any(may_edit(CUSTOMER, edit, mark, members) for edit in EDITS.values())
    allowed = {each.party for each in members if may_edit(each, begin, None, members)}
    assert allowed == ALL - {"customer"}


def test_an_agent_whose_call_was_taken_over_shows_nothing() -> None:
    members, mark = call(Mode.TAKEOVER), mark_of("ben", Audience.COACHING)
    assert not may_edit(AGENT, EDITS["show"], mark, members)


def test_on_hold_the_customer_changes_nothing() -> None:
    mark = mark_of("customer", Audience.PUBLIC)
    assert not any(may_edit(CUSTOMER, edit, mark, call(), held=True) for edit in EDITS.values())
    assert not may_edit(CUSTOMER, EDITS["begin"], None, call(), held=True)


def test_everybody_has_a_colour_of_their_own() -> None:
    members = call()
    colours = {each.party: colour_of(each.party, members) for each in members}
    assert len(set(colours.values())) == len(members)
