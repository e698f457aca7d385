"""The rules of a live call: who joins, in which mode, and how it ends. Pure.

Whoever calls these has asked ``policy.may`` already; here is what it leads to, and the refusals that are not a
matter of rights (full, busy, away).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from signaling import photos, sharing
from signaling.policy import COACHES, Mode, Role
from signaling.protocol import (
    Applied,
    AskHelp,
    CancelHelp,
    ClaimHelp,
    Code,
    Ended,
    EndReason,
    HangUp,
    HelpView,
    Hold,
    Leave,
    Listen,
    Replied,
    Reply,
    ReportQuality,
    Request,
    SetMode,
    ShareScreen,
    ShowScreen,
    Signal,
    Signalled,
    TakeSnapshot,
)
from signaling.quality import MAX_MINUTES, Minute, Tally, ends, tally_of
from signaling.state import Call, Party, State
from signaling.step import CallEnded, CallMinute, CallQuality, Heard, Refusal, Step


def listen(state: State, step: Step, observer: Party, call: Call, _message: Listen) -> None:
    if observer.call == call.call:
        return
    coaches = sum(party.role in COACHES for party in state.observers_of(call))
    if len(call.observers) >= state.limits.observers:
        raise Refusal(Code.CALL_FULL, f"{len(call.observers)} listen already; try again when one has left")
    if observer.role in COACHES and coaches >= state.limits.coaches:
        raise Refusal(Code.CALL_FULL, f"{coaches} coaches are on this call already")
    if observer.call:
        step.record(observer, "leave", call=observer.call)
        remove_observer(state, step, observer)
    call.observers.append(observer.party)
    observer.call = call.call
    change_mode(call, observer, Mode.LISTEN)
    step.touch_party(observer)
    step.touch_call(call)


def leave(state: State, step: Step, observer: Party, _call: Call, _message: Leave) -> None:
    remove_observer(state, step, observer)


def remove_observer(state: State, step: Step, observer: Party) -> None:
    """Takes an observer off their call; what they took over is the agent's again."""
    call = state.calls[observer.call]
    sharing.end(step, observer, call.call)
    call.observers.remove(observer.party)
    change_mode(call, observer, Mode.LISTEN)
    observer.call = ""
    step.touch_party(observer)
    step.touch_call(call)


def change_mode(call: Call, party: Party, mode: Mode) -> None:
    """A new mode, in force once the agent's endpoint has applied the call's new revision."""
    call.revision += 1
    party.mode = mode
    party.changed_at = call.revision


def set_mode(state: State, step: Step, observer: Party, call: Call, message: SetMode) -> None:
    if message.mode is observer.mode:
        return
    if message.mode is not Mode.LISTEN and not state.connected(call.agent):
        raise Refusal(
            Code.AGENT_AWAY, "the agent's connection is gone; only listening is possible until it is back"
        )
    change_mode(call, observer, message.mode)
    if message.mode is Mode.TAKEOVER:
        sharing.take_back(step, state.parties[call.agent], call.call)
    step.touch_party(observer)
    step.touch_call(call)


def applied(_state: State, step: Step, _agent: Party, call: Call, message: Applied) -> None:
    if message.revision > call.revision:
        raise Refusal(Code.BAD_MESSAGE, f"the call is at revision {call.revision}, not {message.revision}")
    if message.revision > call.applied:
        call.applied = message.revision
        step.touch_call(call)


def hold(_state: State, step: Step, agent: Party, call: Call, message: Hold) -> None:
    if call.held != message.on:
        sharing.take_back(step, agent, call.call)
        call.held = message.on
        call.revision += 1
        step.touch_call(call)


def ask_help(_state: State, step: Step, _agent: Party, call: Call, message: AskHelp) -> None:
    call.help = HelpView(message.reason, step.now)
    step.touch_call(call)


def cancel_help(_state: State, step: Step, _agent: Party, call: Call, _message: CancelHelp) -> None:
    call.help = None
    step.touch_call(call)


def claim_help(_state: State, step: Step, coach: Party, call: Call, _message: ClaimHelp) -> None:
    asked = call.help
    if asked is None:
        raise Refusal(Code.NOT_ALLOWED, "no help is asked for on this call (any more)")
    if asked.claimed_by not in ("", coach.name):
        raise Refusal(Code.BUSY, f"{asked.claimed_by} sees to it already")
    call.help = HelpView(asked.reason, asked.since, coach.name)
    step.touch_call(call)


def reply(state: State, step: Step, agent: Party, call: Call, message: Reply) -> None:
    for party in call.observers:
        step.send(state, party, Replied(call.call, agent.party, agent.name, message.reply))


def signal(state: State, step: Step, sender: Party, call: Call, message: Signal) -> None:
    if not state.connected(message.to):
        if message.to == call.agent:
            raise Refusal(Code.AGENT_AWAY, "the agent's connection is gone; try again when it is back")
        raise Refusal(Code.NO_SUCH_PARTY, "this party's connection is gone; try again when it is back")
    step.send(state, message.to, Signalled(call.call, sender.party, message.body))


def report_quality(state: State, step: Step, listener: Party, call: Call, message: ReportQuality) -> None:
    """Counts for metrics and record; nobody is told, and the journal takes it along with the call's next change."""
    interval = state.limits.quality_interval
    if step.now - listener.reported_at < interval:
        raise Refusal(Code.TOO_MANY_MESSAGES, f"report quality every 10 seconds, not within {interval:.0f}")
    heard = []
    for sound, score in message.heard.items():
        pair = ends(sound, listener.role)
        if pair is None:
            raise Refusal(Code.BAD_MESSAGE, f"the sound of '{sound}' is not heard as {listener.role}")
        heard.append(Heard(*pair, score))
    listener.reported_at = step.now
    minute = max(0, int((step.now - call.started_at) // 60))
    for each in heard:
        tally = tally_of(call.quality, each.source, each.listener)
        _keep_minute(step, call, tally, tally.add(each.score, minute))
    step.heard += heard


def _keep_minute(step: Step, call: Call, tally: Tally, minute: Minute | None) -> None:
    if minute is not None and minute.minute < MAX_MINUTES:
        step.changes.append(
            CallMinute(call.call, tally.source, tally.listener, **msgspec.structs.asdict(minute))
        )


def hang_up(state: State, step: Step, asker: Party, call: Call, _message: HangUp) -> None:
    end(state, step, call, EndReason.CUSTOMER_LEFT if asker.role is Role.CUSTOMER else EndReason.HUNG_UP)


def end(state: State, step: Step, call: Call, reason: EndReason) -> None:
    """Ends a call for all; whoever has no connection is not expected back."""
    step.touch_call(call)
    members = [state.parties[party] for party in call.members]
    del state.calls[call.call]
    photos.forget(state, call)
    for party in members:
        if party.role is Role.CUSTOMER:
            step.end_consent(party)
        sharing.end(step, party, call.call)
        step.send(state, party.party, Ended(call.call, reason))
        party.call, party.mode = "", Mode.LISTEN
        step.touch_party(party)
        if not state.connected(party.party):
            state.drop_party(party)
    step.touch_lobby(members[0].user)
    keep_record(step, call, reason)


def keep_record(step: Step, call: Call, reason: EndReason) -> None:
    """What stays of a call that is over: when and why it ended, how good it sounded."""
    for tally in call.quality:
        _keep_minute(step, call, tally, tally.present)
        whole = (tally.readings, tally.mos_mean, tally.mos_worst)
        step.changes.append(CallQuality(call.call, tally.source, tally.listener, *whole))
    step.changes.append(CallEnded(call.call, reason, step.now))


def fall_back(state: State, step: Step, call: Call) -> None:
    """Everybody listens, nothing counts as wired, and the call is the agent's: the agent's endpoint is in doubt."""
    call.revision += 1
    for party_id in call.members:
        party = state.parties[party_id]
        if party.mode is not Mode.LISTEN:
            step.record(party, "fall_back", call=call.call, target=party.mode)
        party.mode = Mode.LISTEN
        party.changed_at = call.revision
        step.touch_party(party)
    step.touch_call(call)


def observer_lost(step: Step, call: Call, observer: Party) -> None:
    """An observer's connection is gone: nobody hears them from this moment."""
    if observer.mode is not Mode.LISTEN:
        step.record(observer, "fall_back", call=call.call, target=observer.mode)
    change_mode(call, observer, Mode.LISTEN)
    step.touch_party(observer)
    step.touch_call(call)


RULES: dict[type[Request], Callable[[State, Step, Party, Any, Any], None]] = {
    Listen: listen,
    Leave: leave,
    SetMode: set_mode,
    Applied: applied,
    Hold: hold,
    AskHelp: ask_help,
    CancelHelp: cancel_help,
    ClaimHelp: claim_help,
    Reply: reply,
    HangUp: hang_up,
    ReportQuality: report_quality,
    ShareScreen: sharing.share_screen,
    ShowScreen: sharing.show_screen,
    TakeSnapshot: sharing.take_snapshot,
    Signal: signal,
}
