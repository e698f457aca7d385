"""What the windows say about who hears whom, and about what went wrong."""

from __future__ import annotations

import pytest

from coachdesk.ui.wording import (
    Hearing,
    age_tone,
    coaching,
    duration,
    expiry,
    hearers,
    hearing,
    join,
    remedy,
)
from signaling.policy import Mode, Role
from signaling.protocol import CallView, Code
from tests.ui.samples import AGENT, CUSTOMER, MIA, OTTO, SAM, call, party, with_mode


def heard(
    view: CallView,
    mode: Mode,
    *heard_by: str,
    in_force: bool = True,
    wanted: Mode | None = None,
    before: Mode = Mode.LISTEN,
    trusted: bool = True,
) -> Hearing:
    return hearing(
        view, "p-mia", mode, in_force=in_force, wanted=wanted or mode, before=before,
        heard_by=list(heard_by), trusted=trusted,
    )  # fmt: skip


def test_listening_is_heard_by_nobody() -> None:
    assert heard(call(MIA), Mode.LISTEN) == Hearing(
        "nobody", "Nobody hears you", "You are listening. Your microphone is off."
    )


def test_joining_a_call_is_heard_by_nobody_from_the_start() -> None:
    assert heard(call(MIA), Mode.LISTEN, in_force=False).kind == "nobody"


def test_whisper_names_the_agent_and_excludes_the_customer() -> None:
    said = heard(call(MIA), Mode.WHISPER, "Alex")
    assert (said.kind, said.title, said.detail) == (
        "private",
        "Only Alex (agent) hears you",
        "The customer does not.",
    )


def test_whisper_names_the_other_observers_too() -> None:
    said = heard(call(MIA, SAM, OTTO), Mode.WHISPER, "Alex", "Sam", "Otto")
    assert said.title == "Only Alex (agent), Sam (trainee) and Otto (supervisor) hear you"


@pytest.mark.parametrize("mode", [Mode.BARGE, Mode.TAKEOVER])
def test_public_modes_say_that_the_customer_hears(mode: Mode) -> None:
    said = heard(call(MIA), mode, "Alex", "Jana Novak")
    assert (said.kind, said.title) == ("everyone", "Everyone hears you, including the customer")


@pytest.mark.parametrize("mode", [Mode.BARGE, Mode.TAKEOVER])
def test_public_modes_on_hold_say_what_comes_after(mode: Mode) -> None:
    said = heard(call(MIA, held=True), mode, "Alex")
    assert said.kind == "everyone"
    assert "after it the customer hears you" in said.detail


def test_lane_names_the_trainees_alone() -> None:
    said = heard(call(MIA, SAM, OTTO), Mode.LANE, "Sam")
    assert (said.kind, said.title) == ("trainees", "Only Sam (trainee) hears you")
    assert said.detail == "The customer and the agent do not."


def test_lane_without_trainees_is_heard_by_nobody() -> None:
    assert heard(call(MIA), Mode.LANE) == Hearing("nobody", "Nobody hears you", "No trainee is on this call.")


@pytest.mark.parametrize("mode", [m for m in Mode if m is not Mode.LISTEN])
def test_what_is_not_in_force_is_pending(mode: Mode) -> None:
    said = heard(call(MIA), mode, in_force=False)
    assert said.kind == "pending"
    assert "Nobody hears you yet" in said.detail


def test_leaving_a_public_mode_warns_until_confirmed() -> None:
    said = heard(call(MIA), Mode.LISTEN, in_force=False, before=Mode.BARGE)
    assert said.kind == "pending"
    assert "Stay quiet" in said.detail
    said = heard(call(MIA), Mode.WHISPER, in_force=False, before=Mode.BARGE)
    assert "Stay quiet" in said.detail


@pytest.mark.parametrize("in_force", [True, False])
def test_listening_without_trust_is_heard_by_nobody(in_force: bool) -> None:
    said = heard(call(MIA), Mode.LISTEN, in_force=in_force, before=Mode.BARGE, trusted=False)
    assert said.kind == "nobody"
    assert "being rebuilt" in said.detail


@pytest.mark.parametrize("trusted", [True, False])
def test_a_mode_in_force_is_told_though_it_is_not_wanted(trusted: bool) -> None:
    said = heard(call(MIA), Mode.BARGE, "Alex", "Jana Novak", wanted=Mode.LISTEN, trusted=trusted)
    assert (said.kind, said.title) == ("everyone", "Everyone hears you, including the customer")
    assert "Stay quiet" in said.detail


def test_a_granted_mode_that_is_no_longer_wanted_is_stopping() -> None:
    assert heard(call(MIA), Mode.WHISPER, in_force=False, wanted=Mode.LISTEN).title == "Stopping…"


def test_listening_while_asking_to_speak_is_heard_by_nobody_yet() -> None:
    said = heard(call(MIA), Mode.LISTEN, wanted=Mode.BARGE)
    assert said.detail == "Asking to speak to everyone. Nobody hears you yet."


def test_a_customer_among_the_hearers_of_a_whisper_is_an_alarm() -> None:
    said = heard(call(MIA), Mode.WHISPER, "Alex", "Jana Novak")
    assert (said.kind, said.title) == ("everyone", "The customer may hear you")


def test_an_unknown_hearer_is_named() -> None:
    assert "Zoe" in heard(call(MIA), Mode.WHISPER, "Alex", "Zoe").title


def test_hearers_follow_the_mode_asked_about_not_the_recorded_one() -> None:
    view = call(with_mode(MIA, Mode.BARGE), SAM)
    assert [p.name for p in hearers(view, "p-mia", Mode.LANE)] == ["Sam"]
    assert CUSTOMER in hearers(view, "p-mia", Mode.BARGE)


@pytest.mark.parametrize(
    ("mode", "kind", "title"),
    [
        (Mode.LISTEN, "nobody", "Mia listens"),
        (Mode.LANE, "nobody", "Mia listens"),
        (Mode.WHISPER, "private", "Mia whispers to you"),
        (Mode.BARGE, "everyone", "Mia speaks to everyone"),
        (Mode.TAKEOVER, "everyone", "Mia has taken over"),
    ],
)
def test_agent_is_told_what_the_coach_does(mode: Mode, kind: str, title: str) -> None:
    said = coaching(call(with_mode(MIA, mode)))
    assert said is not None
    assert (said.kind, said.title) == (kind, title)


def test_agent_is_told_the_most_public_first() -> None:
    said = coaching(call(with_mode(MIA, Mode.WHISPER), with_mode(OTTO, Mode.BARGE)))
    assert said is not None
    assert said.title == "Otto speaks to everyone"


def test_agent_sees_no_mode_that_is_not_in_force() -> None:
    said = coaching(call(with_mode(MIA, Mode.TAKEOVER, in_force=False)))
    assert said is not None
    assert said.title == "Mia listens"


def test_agent_is_told_nothing_when_policy_shows_nobody() -> None:
    assert coaching(call()) is None


def test_two_whisperers_are_both_named() -> None:
    said = coaching(call(with_mode(MIA, Mode.WHISPER), with_mode(OTTO, Mode.WHISPER)))
    assert said is not None
    assert said.title == "Mia and Otto whisper to you"


def test_a_party_of_the_same_name_as_the_customer_does_not_hide_them() -> None:
    twin = party("p-twin", "Alex", Role.CUSTOMER)
    view = call(MIA, customer=twin)
    assert heard(view, Mode.BARGE, "Alex", "Alex").kind == "everyone"
    assert AGENT in hearers(view, "p-mia", Mode.WHISPER)
    assert twin not in hearers(view, "p-mia", Mode.WHISPER)


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0:00"), (7.9, "0:07"), (754, "12:34"), (3723, "1:02:03")]
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "tone"),
    [(0, "success"), (179, "success"), (180, "warning"), (299, "warning"), (300, "danger")],
)
def test_age_tone_changes_at_180_and_300_seconds(seconds: float, tone: str) -> None:
    assert age_tone(seconds) == tone


@pytest.mark.parametrize(
    ("left", "words"),
    [(-1, "expired"), (20, "1 min left"), (3000, "50 min left"), (7200, "2 h left"), (172800, "2 d left")],
)
def test_expiry(left: float, words: str) -> None:
    assert expiry(1000 + left, 1000) == words


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (list("ABCD"), "A, B and 2 more"),
    ],
)
def test_join(names: list[str], words: str) -> None:
    assert join(names) == words


@pytest.mark.parametrize("code", [code for code in Code if code not in (Code.INTERNAL, Code.BAD_MESSAGE)])
def test_every_error_a_user_can_meet_has_words(code: Code) -> None:
    title, text = remedy(code, "")
    assert title
    assert text


def test_an_unknown_error_shows_its_own_message() -> None:
    assert remedy("brand_new", "Turn it off and on.") == ("Something went wrong", "Turn it off and on.")
