"""The policy against a table written from the product's rules, over every role, action and context."""

from itertools import product

import pytest

from signaling.policy import AUDITED, MODE_ACTION, Action, Context, Mode, Role, may

CONTEXTS = [
    Context(*values)
    for values in product([False, True], [False, True], [False, True], Mode, [False, True], [False, True])
]

# For each role, each action it may ever do, and the words for when. What is not here is refused.
# "always"; or facts that must all hold, "!" before one that must not. A list of alternatives is an "or".
RULES: dict[Role, dict[Action, list[str]]] = {
    Role.AGENT: {
        Action.CREATE_LINK: ["always"],
        Action.REVOKE_LINK: ["owner"],
        Action.ADMIT: ["owner"],
        Action.DECLINE: ["owner"],
        Action.HOLD: ["owner member"],
        Action.ASK_HELP: ["owner member"],
        Action.CANCEL_HELP: ["owner member"],
        Action.REPLY: ["owner member"],
        Action.APPLIED: ["owner member"],
        Action.HANG_UP: ["owner member"],
        Action.REPORT_QUALITY: ["owner member"],
        Action.ASK_PHOTO: ["owner member"],
        Action.TAKE_SNAPSHOT: ["owner member"],
        Action.OPEN_PHOTO: ["owner member"],
        Action.SHARE_SCREEN: ["owner member"],
        Action.SHOW_SCREEN: ["owner member"],
        Action.SIGNAL: ["member edge"],
    },
    Role.SUPERVISOR: {
        Action.REVOKE_LINK: ["team"],
        Action.WATCH_CALLS: ["always"],
        Action.LISTEN: ["team"],
        Action.LEAVE: ["member"],
        Action.WHISPER: ["member"],
        Action.BARGE: ["member"],
        Action.LANE: ["member"],
        Action.TAKEOVER: ["member !taken"],
        Action.CLAIM_HELP: ["team"],
        Action.HANG_UP: ["member mode=takeover"],
        Action.REPORT_QUALITY: ["member"],
        Action.ASK_PHOTO: ["member mode=takeover"],
        Action.TAKE_SNAPSHOT: ["member mode=takeover"],
        Action.OPEN_PHOTO: ["member"],
        Action.SHARE_SCREEN: ["member"],
        Action.SIGNAL: ["member edge"],
    },
    Role.ADMIN: {
        Action.REVOKE_LINK: ["always"],
        Action.WATCH_CALLS: ["always"],
        Action.LISTEN: ["always"],
        Action.LEAVE: ["member"],
        Action.WHISPER: ["member"],
        Action.BARGE: ["member"],
        Action.LANE: ["member"],
        Action.TAKEOVER: ["member !taken"],
        Action.CLAIM_HELP: ["always"],
        Action.HANG_UP: ["member mode=takeover"],
        Action.REPORT_QUALITY: ["member"],
        Action.ASK_PHOTO: ["member mode=takeover"],
        Action.TAKE_SNAPSHOT: ["member mode=takeover"],
        Action.OPEN_PHOTO: ["member"],
        Action.SIGNAL: ["member edge"],
    },
    Role.TRAINEE: {
        Action.WATCH_CALLS: ["always"],
        Action.LISTEN: ["team"],
        Action.LEAVE: ["member"],
        Action.REPORT_QUALITY: ["member"],
        Action.OPEN_PHOTO: ["member"],
        Action.SIGNAL: ["member edge"],
    },
    Role.CUSTOMER: {
        Action.KNOCK: ["always"],
        Action.UPDATE_CONSENT: ["always"],
        Action.HANG_UP: ["member"],
        Action.FAIL_PHOTO: ["member"],
        Action.SHARE_SCREEN: ["member"],
        Action.SIGNAL: ["member edge"],
    },
}


def facts(context: Context) -> set[str]:
    named = {
        "always": True,
        "team": context.same_team,
        "member": context.member,
        "owner": context.owner,
        "taken": context.taken_over_by_other,
        "edge": context.connected_to_target,
        f"mode={context.mode}": True,
    }
    return {name for name, holds in named.items() if holds}


def allowed(role: Role, action: Action, context: Context) -> bool:
    known = facts(context)
    return any(
        all((word[1:] not in known) if word.startswith("!") else (word in known) for word in rule.split())
        for rule in RULES[role].get(action, [])
    )


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_policy_is_the_table_in_every_context(role: Role, action: Action) -> None:
    wrong = [context for context in CONTEXTS if may(role, action, context) != allowed(role, action, context)]
    assert not wrong


def test_a_trainee_and_a_customer_never_speak_as_coaches() -> None:
    spoken = (Action.WHISPER, Action.BARGE, Action.TAKEOVER, Action.LANE)
    for role, action, context in product((Role.TRAINEE, Role.CUSTOMER, Role.AGENT), spoken, CONTEXTS):
        assert not may(role, action, context)


def test_nothing_is_allowed_by_the_empty_context_that_touches_a_call() -> None:
    free = {(role, action) for role, action in product(Role, Action) if may(role, action, Context())}
    assert free == {
        (Role.CUSTOMER, Action.KNOCK),
        (Role.CUSTOMER, Action.UPDATE_CONSENT),
        (Role.AGENT, Action.CREATE_LINK),
        (Role.SUPERVISOR, Action.WATCH_CALLS),
        (Role.TRAINEE, Action.WATCH_CALLS),
        (Role.ADMIN, Action.WATCH_CALLS),
        (Role.ADMIN, Action.LISTEN),
        (Role.ADMIN, Action.REVOKE_LINK),
        (Role.ADMIN, Action.CLAIM_HELP),
    }


def test_every_mode_is_an_action_and_audited() -> None:
    assert set(MODE_ACTION) == set(Mode)
    assert set(MODE_ACTION.values()) <= AUDITED
