"""What the windows say: who hears whom, what went wrong and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from coachdesk.routing import Member, who_hears
from signaling.policy import COACHES, Mode, Role
from signaling.protocol import CallPhase, CallView, EndReason, PartyView, QuickReply

HearingKind = Literal["nobody", "pending", "private", "trainees", "everyone"]
Tone = Literal["neutral", "success", "warning", "danger", "private"]

WARN_AFTER = 180
EXCEEDED_AFTER = 300
"""Seconds of a call after which its age is shown as a warning, and as exceeded."""

ROLE_NAMES: dict[Role, str] = {
    Role.AGENT: "agent",
    Role.SUPERVISOR: "supervisor",
    Role.TRAINEE: "trainee",
    Role.ADMIN: "admin",
    Role.CUSTOMER: "customer",
}
REPLIES: dict[QuickReply, str] = {"got_it": "Got it", "say_again": "Say again", "wrap_up": "Wrap up?"}
ENDINGS: dict[EndReason, str] = {
    EndReason.HUNG_UP: "The call was ended.",
    EndReason.CUSTOMER_LEFT: "The customer has left.",
    EndReason.AGENT_LOST: "The agent's connection was lost, so the call ended.",
    EndReason.DECLINED: "The customer was turned away.",
}
_ASKING: dict[Mode, str] = {
    Mode.WHISPER: "to whisper to the agent",
    Mode.BARGE: "to speak to everyone",
    Mode.TAKEOVER: "to take over the call",
    Mode.LANE: "to talk to the trainees",
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """What "who hears you now" shows: ``kind`` chooses colour and icon, the words say it all without them."""

    kind: HearingKind
    title: str
    detail: str


def hearing(
    call: CallView, me: str, mode: Mode, *,
    in_force: bool, wanted: Mode, before: Mode, heard_by: list[str], trusted: bool,
) -> Hearing:  # fmt: skip
    """Who hears party ``me`` now.

    ``mode``, ``in_force`` and ``heard_by`` are the last ``mode`` event's; ``before`` is the last mode known in force, and
    ``wanted`` the one asked for. ``trusted`` is false while the server or the media are gone. A mode in force is told as
    such, wanted or not.
    """
    if mode is Mode.LISTEN and not trusted:
        return Hearing(
            "nobody", "Nobody hears you", "The connection is being rebuilt. You are listening only."
        )
    if in_force and mode is not Mode.LISTEN:
        said = _heard(call, me, mode, heard_by)
        return said if mode is wanted else replace(said, detail=_leaving(wanted))
    if mode is Mode.LISTEN and wanted is Mode.LISTEN and before is Mode.LISTEN:
        return Hearing("nobody", "Nobody hears you", "You are listening. Your microphone is off.")
    return _pending(wanted, before)


def _pending(wanted: Mode, before: Mode) -> Hearing:
    if wanted is Mode.LISTEN:
        return Hearing("pending", "Stopping…", _leaving(wanted))
    if before is Mode.LISTEN:
        return Hearing("pending", "Asking…", f"Asking {_ASKING[wanted]}. Nobody hears you yet.")
    return Hearing("pending", "Switching…", _leaving(wanted))


def _leaving(wanted: Mode) -> str:
    """What is going on while a mode that was given up is, or may be, in force still."""
    if wanted is Mode.LISTEN:
        return "Your microphone is closing. Stay quiet until it is confirmed."
    return f"Asking {_ASKING[wanted]}. Stay quiet until it is confirmed."


def _heard(call: CallView, me: str, mode: Mode, heard_by: list[str]) -> Hearing:
    held = call.phase is CallPhase.HELD
    listeners = hearers(call, me, mode)
    unexpected = [name for name in heard_by if name not in {party.name for party in listeners}]
    if mode in (Mode.BARGE, Mode.TAKEOVER):
        return _public(call, mode, held=held)
    if _name_of(call, call.customer) in unexpected or any(party.role is Role.CUSTOMER for party in listeners):
        return Hearing("everyone", "The customer may hear you", "Stop speaking and switch to Listen.")
    names = [_named(party) for party in listeners] + unexpected
    if not names:
        nobody = "No trainee is on this call." if mode is Mode.LANE else "The agent is not connected."
        return Hearing("nobody", "Nobody hears you", nobody)
    only = f"Only {join(names)} {'hears' if len(names) == 1 else 'hear'} you"
    return Hearing("trainees" if mode is Mode.LANE else "private", only, _kept_out(mode))


def _kept_out(mode: Mode) -> str:
    return "The customer and the agent do not." if mode is Mode.LANE else "The customer does not."


def _public(call: CallView, mode: Mode, *, held: bool) -> Hearing:
    if held:
        return Hearing(
            "everyone",
            "Everyone but the customer hears you",
            "The call is on hold; after it the customer hears you too.",
        )
    if mode is Mode.TAKEOVER:
        return Hearing(
            "everyone",
            "Everyone hears you, including the customer",
            f"You lead the call. {agent_name(call)} only listens.",
        )
    return Hearing(
        "everyone",
        "Everyone hears you, including the customer",
        f"You speak together with {agent_name(call)}.",
    )


def agent_name(call: CallView) -> str:
    return _name_of(call, call.agent) or "The agent"


def customer_name(call: CallView) -> str:
    return _name_of(call, call.customer) or "Customer"


def _name_of(call: CallView, party: str) -> str:
    return next((p.name for p in call.parties if p.party == party), "")


def hearers(call: CallView, me: str, mode: Mode) -> list[PartyView]:
    """The parties of ``call`` that hear ``me`` when ``me`` is in ``mode``."""
    members = [
        Member(p.party, p.role, mode if p.party == me else p.mode if p.in_force else Mode.LISTEN)
        for p in call.parties
    ]
    heard = {member.party for member in who_hears(members, me, held=call.phase is CallPhase.HELD)}
    return [party for party in call.parties if party.party in heard]


@dataclass(frozen=True, slots=True)
class Coaching:
    """The agent's banner about their coaches."""

    kind: HearingKind
    title: str
    detail: str


def coaching(call: CallView) -> Coaching | None:
    """What the coaches on an agent's call do, the most public first; None when nobody is there to tell of."""
    active = {mode: _in_mode(call, mode) for mode in Mode}
    if names := active[Mode.TAKEOVER]:
        return Coaching(
            "everyone", f"{join(names)} has taken over", "You are listening. The customer does not hear you."
        )
    if names := active[Mode.BARGE]:
        return Coaching(
            "everyone",
            f"{join(names)} {_verb(names, 'speaks', 'speak')} to everyone",
            "The customer hears it too.",
        )
    if names := active[Mode.WHISPER]:
        return Coaching(
            "private",
            f"{join(names)} {_verb(names, 'whispers', 'whisper')} to you",
            "The customer can't hear it. Don't answer aloud.",
        )
    listening = active[Mode.LISTEN] + active[Mode.LANE]
    if listening:
        return Coaching(
            "nobody",
            f"{join(listening)} {_verb(listening, 'listens', 'listen')}",
            "You hear nothing of them, and neither does the customer.",
        )
    return None


def _in_mode(call: CallView, mode: Mode) -> list[str]:
    observers = [p for p in call.parties if p.role in COACHES or p.role is Role.TRAINEE]
    return [p.name for p in observers if (p.mode if p.in_force else Mode.LISTEN) is mode]


def _verb(names: list[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many


def _named(party: PartyView) -> str:
    return f"{party.name} ({ROLE_NAMES[party.role]})"


def join(names: list[str], most: int = 3) -> str:
    """``A``, ``A and B``, ``A, B and 2 more``."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def duration(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    minutes, second = divmod(max(0, int(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def age_tone(seconds: float) -> Tone:
    if seconds >= EXCEEDED_AFTER:
        return "danger"
    return "warning" if seconds >= WARN_AFTER else "success"


def expiry(expires_at: float, now: float) -> str:
    left = expires_at - now
    if left <= 0:
        return "expired"
    if left < 3600:
        return f"{max(1, round(left / 60))} min left"
    return f"{round(left / 3600)} h left" if left < 86400 else f"{round(left / 86400)} d left"


REMEDIES: dict[str, tuple[str, str]] = {
    "not_allowed": (
        "That is not allowed",
        "Your role may not do this here. Ask your administrator if it should.",
    ),
    "not_signed_in": ("You are signed out", "Your sign-in has expired. Sign in again."),
    "no_such_call": ("That call is over", "Pick another call."),
    "no_such_party": ("That customer is gone", "They left before you answered."),
    "no_such_mark": ("That mark is gone", "It was cleared, or has faded. Draw it again."),
    "no_such_link": ("That link no longer exists", "Create a new one."),
    "call_full": ("The call is full", "Wait until someone leaves it, or pick another call."),
    "busy": ("You are on a call already", "End it before you answer the next."),
    "already_taken_over": (
        "Already taken over",
        "Another supervisor leads this call. You can whisper or join in.",
    ),
    "too_many_messages": ("Too fast for the server", "Wait a moment and try again."),
    "too_many_connections": ("Signed in too often", "Close CoachDesk elsewhere, then sign in again."),
    "version_mismatch": (
        "This version does not fit the server",
        "Update CoachDesk, or ask your administrator to update the server.",
    ),
    "replaced": ("You signed in elsewhere", "This window was disconnected. Sign in again to use it here."),
    "shutting_down": ("The server is restarting", "Your call goes on. CoachDesk reconnects by itself."),
    "not_in_force": ("Not confirmed by the agent's computer", "Nobody hears you. Try again."),
    "whisper_closed": (
        "The agent has to put on a headset",
        "Their microphone picks up your whisper. They allow it again when they have one on.",
    ),
    "nothing_to_replay": ("No whisper to hear again", "Nobody has whispered to you on this call."),
    "offline": ("The server can't be reached", "Your call goes on. Try again when the connection is back."),
    "timeout": ("That took too long", "Try again."),
    "no_answer": ("No answer", "The call engine did not answer. Try again."),
    "endpoint_gone": ("The call engine stopped", "It is being restarted. Try again in a moment."),
    "too_many_commands": ("Too much at once", "Wait a moment and try again."),
}
"""Error code -> (what happened, what to do)."""


def device_in_use(kind: str, label: str) -> str:
    """A sound device took the place of another by itself."""
    return f"{'Microphone' if kind == 'mic' else 'Speaker'} in use: {label}"


def no_device(kind: str) -> tuple[str, str]:
    """What a person reads where no device of that kind can be used: what happened, what to do."""
    if kind == "mic":
        return (
            "No microphone works",
            "Nobody hears you. Plug one in, or choose another in Settings (Ctrl+,).",
        )
    return ("No speaker works", "You hear nobody. Plug one in, or choose another in Settings (Ctrl+,).")


def remedy(code: str, message: str) -> tuple[str, str]:
    """What a person reads for an error: what happened, what to do."""
    if code == "device":
        return ("A device doesn't work", f"{message} Choose another one in Settings (Ctrl+,).".strip())
    if code == "voice":
        return ("Your voice is not processed", message)
    if code == "ink_refused":
        return ("The mark was not taken", message)
    if code in REMEDIES:
        return REMEDIES[code]
    return ("Something went wrong", message or "Try again; if it stays, restart CoachDesk.")
