"""The rules of losing a connection, of being given up, and of what administrators change meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from signaling import calls, lobby
from signaling.policy import OBSERVERS, Role
from signaling.protocol import Code, EndReason, Goodbye, TeamPolicy
from signaling.state import Party, State, Team, User
from signaling.step import Step


def lose(state: State, step: Step, party: Party) -> None:
    """A party is without a connection; it keeps its place for the grace period of its role."""
    state.unbind(party.party)
    state.lost[party.party] = step.now
    call = state.calls.get(party.call)
    if call is not None and party.role is Role.AGENT:
        calls.fall_back(state, step, call)
    elif call is not None and party.role in OBSERVERS:
        calls.observer_lost(step, call, party)
    elif call is not None:
        step.touch_call(call)
    if party.role is Role.AGENT or party.waiting_since is not None:
        step.touch_lobby(party.user or party.host)
    if party.role is Role.CUSTOMER and not party.durable:
        state.drop_party(party)


def displace(state: State, step: Step, party: Party) -> None:
    """Sends away the connection a party has, if any: another has come for its place."""
    _send_away(state, step, party, Goodbye(Code.REPLACED, "you are signed in elsewhere now"))


def _send_away(state: State, step: Step, party: Party, goodbye: Goodbye) -> None:
    if state.connected(party.party):
        step.send(state, party.party, goodbye)
        lose(state, step, party)


def give_up(state: State, step: Step, party: Party) -> None:
    """A lost party is not expected back."""
    call = state.calls.get(party.call)
    if call is not None and party.role in OBSERVERS:
        step.record(party, "lost", call=call.call)
        calls.remove_observer(state, step, party)
    elif call is not None:
        reason = EndReason.AGENT_LOST if party.role is Role.AGENT else EndReason.CUSTOMER_LEFT
        step.record(party, "lost", call=call.call)
        calls.end(state, step, call, reason)
    elif party.waiting_since is not None:
        lobby.leave_lobby(step, party)
    state.drop_party(party)
    step.touch_party(party)


def follow_account(state: State, step: Step, party: Party, user: User | None) -> None:
    """What the records say of a party's account now (None: disabled). An agent's call is not ended by a new role or team."""
    if user is None:
        _shut_out(state, step, party, "disabled", "this account is disabled; ask your administrator")
    elif user.generation != party.generation:
        _ask_for_password(state, step, party, user)
    elif (user.role, user.team) != (party.role, party.team) and not (party.role is Role.AGENT and party.call):
        _shut_out(state, step, party, "changed", "your role or team was changed; sign in again")


def _shut_out(state: State, step: Step, party: Party, why: str, message: str) -> None:
    """The user loses connection and place at once; an agent's call ends."""
    _send_away(state, step, party, Goodbye(Code.NOT_SIGNED_IN, message))
    step.record(party, "shut_out", call=party.call, target=why)
    give_up(state, step, party)


def _ask_for_password(state: State, step: Step, party: Party, user: User) -> None:
    """Who signed in by an older password is sent away; an agent's place is kept for who signs in by the new one."""
    step.record(party, "shut_out", call=party.call, target="password")
    _send_away(state, step, party, Goodbye(Code.NOT_SIGNED_IN, "the password was changed; sign in again"))
    state.forget_resume(party)
    party.generation = user.generation
    step.touch_party(party)


def _for_staff(team: Team) -> TeamPolicy:
    return TeamPolicy(team.awareness, team.hidden_windows, team.hidden_regions)


def take_up_policies(state: State, step: Step, teams: Mapping[str, Team]) -> None:
    """New policies. Whose application must show more or less from now on is told; a new announcement is for new guests."""
    before = {name: state.team(name) for name in {*state.teams, *teams}}
    state.teams.clear()
    state.teams.update(teams)
    changed = {name for name, team in before.items() if _for_staff(state.team(name)) != _for_staff(team)}
    for party_id in list(state.connection_of):
        party = state.parties[party_id]
        if party.role is not Role.CUSTOMER and party.team in changed:
            step.send(state, party_id, _for_staff(state.team(party.team)))
            if party.role is Role.AGENT and party.call:
                step.touch_call(state.calls[party.call])
