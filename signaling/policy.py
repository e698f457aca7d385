"""Who may do what: role x action x context, deny by default. Pure.

The server asks ``may`` for every message, and writes the audit entry where ``AUDITED`` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a signed-in user, or the guest behind a join link, is to a call."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRAINEE = "trainee"
    ADMIN = "admin"
    CUSTOMER = "customer"


class Mode(StrEnum):
    """What an observer's microphone is wired to.

    ``listen``: nobody. ``whisper``: the agent and the other observers. ``barge``: all. ``takeover``: all, and
    the agent becomes a listener. ``lane``: the trainees on the call alone.
    """

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    TAKEOVER = "takeover"
    LANE = "lane"


class Action(StrEnum):
    """Everything a client may ask the server for."""

    CREATE_LINK = "create_link"
    REVOKE_LINK = "revoke_link"
    KNOCK = "knock"
    UPDATE_CONSENT = "update_consent"
    ADMIT = "admit"
    DECLINE = "decline"
    WATCH_CALLS = "watch_calls"
    LISTEN = "listen"
    LEAVE = "leave"
    WHISPER = "whisper"
    BARGE = "barge"
    TAKEOVER = "takeover"
    LANE = "lane"
    HOLD = "hold"
    ASK_HELP = "ask_help"
    CANCEL_HELP = "cancel_help"
    CLAIM_HELP = "claim_help"
    REPLY = "reply"
    HANG_UP = "hang_up"
    SIGNAL = "signal"
    APPLIED = "applied"
    REPORT_QUALITY = "report_quality"
    ASK_PHOTO = "ask_photo"
    FAIL_PHOTO = "fail_photo"
    OPEN_PHOTO = "open_photo"
    SHARE_SCREEN = "share_screen"
    SHOW_SCREEN = "show_screen"
    TAKE_SNAPSHOT = "take_snapshot"


@dataclass(frozen=True, slots=True)
class Context:
    """What the server knows of the asker's relation to the call or link in question.

    Attributes:
        same_team: the asker's team is the call's (or the link owner's) team.
        member: the asker is on the call.
        owner: the asker is the call's agent, or the link's creator.
        mode: the asker's own mode on the call.
        taken_over_by_other: another supervisor has taken the call over.
        connected_to_target: a ``signal`` goes along an edge of the call's star (agent to any member, any member to agent).
    """

    same_team: bool = False
    member: bool = False
    owner: bool = False
    mode: Mode = Mode.LISTEN
    taken_over_by_other: bool = False
    connected_to_target: bool = False


AUDITED: frozenset[Action] = frozenset(
    {
        Action.CREATE_LINK,
        Action.REVOKE_LINK,
        Action.KNOCK,
        Action.UPDATE_CONSENT,
        Action.ADMIT,
        Action.DECLINE,
        Action.LISTEN,
        Action.LEAVE,
        Action.WHISPER,
        Action.BARGE,
        Action.TAKEOVER,
        Action.LANE,
        Action.HOLD,
        Action.CLAIM_HELP,
        Action.ASK_HELP,
        Action.HANG_UP,
        Action.ASK_PHOTO,
        Action.FAIL_PHOTO,
        Action.OPEN_PHOTO,
        Action.SHARE_SCREEN,
        Action.SHOW_SCREEN,
        Action.TAKE_SNAPSHOT,
    }
)
"""Actions that leave an audit entry, allowed or refused."""

MODE_ACTION: dict[Mode, Action] = {
    Mode.LISTEN: Action.LISTEN,
    Mode.WHISPER: Action.WHISPER,
    Mode.BARGE: Action.BARGE,
    Mode.TAKEOVER: Action.TAKEOVER,
    Mode.LANE: Action.LANE,
}

COACHES = frozenset({Role.SUPERVISOR, Role.ADMIN})
"""Roles that may speak on another's call."""
OBSERVERS = COACHES | {Role.TRAINEE}
"""Roles that may listen to another's call."""


def may(role: Role, action: Action, context: Context) -> bool:
    """Whether ``role`` may do ``action`` in ``context``; whatever is not allowed here is refused."""
    if action in (Action.KNOCK, Action.UPDATE_CONSENT):
        return role is Role.CUSTOMER
    if action is Action.CREATE_LINK:
        return role is Role.AGENT
    if action is Action.REVOKE_LINK:
        return (role is Role.AGENT and context.owner) or (role in COACHES and _in_reach(role, context))
    if action in (Action.ADMIT, Action.DECLINE):
        return role is Role.AGENT and context.owner
    if action in (Action.HOLD, Action.ASK_HELP, Action.CANCEL_HELP, Action.REPLY, Action.APPLIED):
        return role is Role.AGENT and context.owner and context.member
    if action is Action.SHARE_SCREEN:
        return context.member and (
            role in (Role.CUSTOMER, Role.SUPERVISOR) or (role is Role.AGENT and context.owner)
        )
    if action is Action.SHOW_SCREEN:
        return role is Role.AGENT and context.owner and context.member
    if action is Action.WATCH_CALLS:
        return role in OBSERVERS
    if action is Action.LISTEN:
        return role in OBSERVERS and _in_reach(role, context)
    if action is Action.LEAVE:
        return role in OBSERVERS and context.member
    if action in (Action.WHISPER, Action.LANE, Action.BARGE):
        return role in COACHES and context.member
    if action is Action.TAKEOVER:
        return role in COACHES and context.member and not context.taken_over_by_other
    if action is Action.CLAIM_HELP:
        return role in COACHES and _in_reach(role, context)
    if action is Action.HANG_UP:
        return context.member and (
            role is Role.CUSTOMER
            or (role is Role.AGENT and context.owner)
            or (role in COACHES and context.mode is Mode.TAKEOVER)
        )
    if action in (Action.ASK_PHOTO, Action.TAKE_SNAPSHOT):
        return context.member and (
            (role is Role.AGENT and context.owner) or (role in COACHES and context.mode is Mode.TAKEOVER)
        )
    if action is Action.FAIL_PHOTO:
        return role is Role.CUSTOMER and context.member
    if action in (Action.OPEN_PHOTO, Action.REPORT_QUALITY):
        return context.member and (role in OBSERVERS or (role is Role.AGENT and context.owner))
    if action is Action.SIGNAL:
        return context.member and context.connected_to_target
    return False


def _in_reach(role: Role, context: Context) -> bool:
    """An admin reaches every team; everyone else their own."""
    return role is Role.ADMIN or context.same_team
