"""The single owner of everything live: message in, messages, audit entries and record changes out. Pure.

Time is passed in (Unix seconds); connections are numbers the caller gives out. Identity comes from the connection,
never from a message. The rules are in ``lobby``, ``calls`` and ``presence``; who may is ``policy.may``, asked here for
each request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from signaling import calls, lobby, photos, presence, sharing
from signaling.policy import AUDITED, OBSERVERS, Action, Context, Mode, Role, may
from signaling.protocol import (
    VERSION,
    Admit,
    ClientMessage,
    Code,
    CreateLink,
    Decline,
    EndReason,
    FreshIce,
    Goodbye,
    Hello,
    Invitation,
    Knock,
    LinkCreated,
    Listen,
    Ok,
    PhotoTicket,
    Ping,
    Refused,
    Request,
    RevokeLink,
    SetMode,
    Signal,
    UpdateConsent,
    Welcome,
    action_of,
)
from signaling.state import Call, Link, Party, State, Team, User, fingerprint
from signaling.step import DropLive, Refusal, Step, calls_for

_Answer = LinkCreated | PhotoTicket | None
_Rule = Callable[[State, Step, Party, Any, Any], _Answer]

_CALL_RULES: dict[type[Request], _Rule] = {**calls.RULES, **photos.RULES}
_GUEST_RULES: dict[type[Request], _Rule] = {Admit: lobby.admit, Decline: lobby.decline}

TARGETS = ("party", "link", "photo", "share")
"""What of a request the audit log says it was about."""

_NOBODY = Party(party="", role=Role.CUSTOMER, name="", team="", resume="")


class Hub:
    """Calls, lobby, links, presence and resume.

    Every method takes one input and returns the ``Step`` it leads to. A connection is in use from the ``sign_in``,
    ``follow_link`` or ``resume`` that accepted it until ``disconnect``.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()

    # --- arrivals and departures ---

    def sign_in(self, connection: int, user: User, now: float) -> Step:
        """A member of staff with a good token. An agent who is present already is replaced, call and all."""
        step, state = Step(now), self.state
        present = state.parties.get(state.agent_of_user.get(user.id, ""))
        if present is not None:
            if present.role is user.role and present.team == user.team:
                return self._replace(step, connection, present, user)
            presence.displace(state, step, present)
            presence.give_up(state, step, present)
        own = [p for p in state.connection_of if state.parties[p].user == user.id]
        if len(own) >= state.limits.connections_per_user:
            return _turn_away(
                step, connection, Code.TOO_MANY_CONNECTIONS, "signed in too often; close one first"
            )
        secret = state.secret()
        party = Party(
            party=state.new_id(),
            role=user.role,
            name=user.name,
            team=user.team,
            user=user.id,
            generation=user.generation,
            resume=fingerprint(secret),
        )
        state.add_party(party)
        return self._seat(step, connection, party, secret)

    def _replace(self, step: Step, connection: int, agent: Party, user: User) -> Step:
        secret = self.state.secret()
        presence.displace(self.state, step, agent)
        sharing.end(step, agent, agent.call)
        self.state.drop_party(agent)
        agent.resume, agent.generation = fingerprint(secret), user.generation
        self.state.add_party(agent)
        return self._seat(step, connection, agent, secret)

    def follow_link(self, connection: int, secret: str, now: float) -> Step:
        """A customer with a join link; it is used up when they knock, not before."""
        step, state = Step(now), self.state
        try:
            link = lobby.usable(state, state.link_of_secret.get(fingerprint(secret), ""), now)
        except Refusal as refusal:
            return _turn_away(step, connection, refusal.code, str(refusal))
        resume = state.secret()
        guest = Party(
            party=state.new_id(),
            role=Role.CUSTOMER,
            name="",
            team=link.team,
            resume=fingerprint(resume),
            link=link.link,
            host=link.owner,
            host_name=link.owner_name,
            label=link.label,
        )
        state.add_party(guest)
        return self._seat(step, connection, guest, resume)

    def user_of(self, resume: str) -> str | None:
        """The user id behind a resume secret ('' for a customer); None when it is not (or no longer) good."""
        party = self.state.party_of_resume.get(fingerprint(resume))
        return None if party is None else self.state.parties[party].user

    def resume(self, connection: int, secret: str, user: User | None, now: float) -> Step:
        """A party comes back on a new connection, to the same place; ``user`` is what the records say of it now."""
        step = Step(now)
        party = self.state.parties.get(self.state.party_of_resume.get(fingerprint(secret), ""))
        if party is None or (party.user and not _same(party, user)):
            return _turn_away(
                step, connection, Code.NOT_SIGNED_IN, "your place is gone; sign in or open the link again"
            )
        presence.displace(self.state, step, party)
        # A guest who has not knocked has no place without a connection; this one is moving.
        self.state.add_party(party)
        return self._seat(step, connection, party, secret)

    def _seat(self, step: Step, connection: int, party: Party, secret: str) -> Step:
        """Binds a connection to a party and tells it where it stands."""
        state = self.state
        state.bind(connection, party.party)
        state.told.pop(party.party, None)
        step.send(state, party.party, self._greeting(party, secret, step.now))
        if party.role is Role.AGENT or party.waiting_since is not None:
            step.touch_lobby(party.user or party.host)
        call = state.calls.get(party.call)
        if call is not None:
            step.touch_call(call)
        elif party.role in OBSERVERS:
            step.send(state, party.party, calls_for(state, party))
        step.touch_party(party)
        step.publish(state)
        photos.retell(state, step, party)
        return step

    def _greeting(self, party: Party, secret: str, now: float) -> Welcome | Invitation:
        ice = self.state.ice(party.party, now)
        if ice:
            self.state.iced[party.party] = now
        team = self.state.team(party.team)
        if party.role is Role.CUSTOMER:
            party.announcement = team.announcement
            return Invitation(
                party=party.party,
                resume=secret,
                invited_by=party.host_name,
                team=party.team,
                label=party.label,
                ice=ice,
                announcement=team.announcement,
            )
        return Welcome(
            version=VERSION,
            party=party.party,
            role=party.role,
            name=party.name,
            team=party.team,
            resume=secret,
            ice=ice,
            awareness=team.awareness,
            hidden_windows=team.hidden_windows,
            hidden_regions=team.hidden_regions,
        )

    def disconnect(self, connection: int, now: float, *, left: bool = False) -> Step:
        """A connection is gone. Its party keeps its place for a while, unheard.

        ``left``: closed on purpose (close code 1000). That ends a wait in the lobby at once; a call ends by ``hang_up``.
        """
        step = Step(now)
        party = self._party(connection)
        if party is not None:
            presence.lose(self.state, step, party)
            if left and party.waiting_since is not None:
                presence.give_up(self.state, step, party)
            step.publish(self.state)
        return step

    def _party(self, connection: int) -> Party | None:
        return self.state.parties.get(self.state.party_of_connection.get(connection, ""))

    # --- requests ---

    def handle(self, connection: int, message: ClientMessage, now: float) -> Step:
        """One request of a connection in use: its answer, and what everybody else must know."""
        step = Step(now)
        asker = self._party(connection)
        if asker is None:
            return _turn_away(step, connection, Code.NOT_SIGNED_IN, "say hello first")
        if isinstance(message, Hello):
            step.out.append((connection, Refused(0, Code.BAD_MESSAGE, "you have said hello already")))
        elif isinstance(message, Ping):
            step.out.append((connection, Ok(message.id)))
        else:
            self._request(step, connection, asker, message)
        return step

    def _request(self, step: Step, connection: int, asker: Party, message: Any) -> None:
        action = action_of(message)
        call = getattr(message, "call", "")
        target = next(filter(None, (getattr(message, name, "") for name in TARGETS)), "")
        try:
            answer = self._carry_out(step, asker, action, message)
        except Refusal as refusal:
            if action in AUDITED:
                step.record(asker, action, call=call, target=target, code=refusal.code)
            step.out.append((connection, Refused(message.id, refusal.code, str(refusal))))
            return
        if action in AUDITED:
            call = asker.call if isinstance(message, Admit) else call
            target = answer.link if isinstance(answer, LinkCreated) else target
            step.record(asker, action, call=call, target=target)
        step.out.insert(0, (connection, answer or Ok(message.id)))
        step.publish(self.state)
        if isinstance(message, Listen):
            photos.retell(self.state, step, asker)

    def _carry_out(self, step: Step, asker: Party, action: Action, message: Any) -> _Answer:
        state = self.state
        if isinstance(message, CreateLink):
            _check(asker, action, Context())
            return lobby.create_link(state, step, asker, message)
        if isinstance(message, Knock):
            _check(asker, action, Context())
            lobby.knock(state, step, asker, message)
            return None
        if isinstance(message, UpdateConsent):
            _check(asker, action, Context())
            lobby.update_consent(step, asker, message)
            return None
        if isinstance(message, RevokeLink):
            link = self._link(message.link)
            _check(asker, action, Context(same_team=link.team == asker.team, owner=link.owner == asker.user))
            lobby.revoke_link(step, link)
            return None
        if isinstance(message, Admit | Decline):
            guest = self._guest(message.party)
            _check(asker, action, Context(owner=guest.host == asker.user))
            return _GUEST_RULES[type(message)](state, step, asker, guest, message)
        call = self._call(message.call)
        context = call_context(state, asker, call, message)
        _check(asker, action, context)
        if isinstance(message, SetMode) and not context.member:
            raise Refusal(Code.NOT_ALLOWED, "listen to the call first")
        return _CALL_RULES[type(message)](state, step, asker, call, message)

    def _call(self, call_id: str) -> Call:
        call = self.state.calls.get(call_id)
        if call is None:
            raise Refusal(Code.NO_SUCH_CALL, "there is no such call (any more)")
        return call

    def _link(self, link_id: str) -> Link:
        link = self.state.links.get(link_id)
        if link is None:
            raise Refusal(Code.NO_SUCH_LINK, "there is no such link (any more)")
        return link

    def _guest(self, party_id: str) -> Party:
        party = self.state.parties.get(party_id)
        if party is None or party.waiting_since is None:
            raise Refusal(Code.NO_SUCH_PARTY, "nobody of that id waits in the lobby")
        return party

    # --- time ---

    def tick(self, now: float) -> Step:
        """Ends what has waited long enough, renews what expires. To be called about once a second."""
        step, state = Step(now), self.state
        for party_id, since in list(state.lost.items()):
            party = state.parties.get(party_id)
            if party is not None and now - since >= state.limits.grace(party.role):
                presence.give_up(state, step, party)
        for link in list(state.links.values()):
            if link.link in state.open_links and not link.open(now):
                state.open_links.discard(link.link)
                step.touch_lobby(link.owner)
            if now >= link.expires_at + state.limits.link_memory:
                state.drop_link(link)
        for party_id, since in list(state.iced.items()):
            if now - since >= state.limits.ice_refresh and state.connected(party_id):
                state.iced[party_id] = now
                step.send(state, party_id, FreshIce(state.ice(party_id, now)))
        photos.expire(state, step)
        step.publish(state)
        return step

    # --- what administrators change ---

    def renew_grace(self, now: float) -> None:
        """Time has stood still: whoever is expected back has their whole grace period again."""
        for party in self.state.lost:
            self.state.lost[party] = now

    def follow_records(self, teams: Mapping[str, Team], users: Mapping[str, User], now: float) -> Step:
        """Takes up the teams' policies, and what has become of accounts; ``users``: by id, all who are not disabled."""
        step, state = Step(now), self.state
        for party in list(state.parties.values()):
            if party.user:
                presence.follow_account(state, step, party, users.get(party.user))
        for link in list(state.links.values()):
            if link.open(now) and not lobby.serves(users.get(link.owner), link):
                lobby.revoke_link(step, link)
        for party in list(state.parties.values()):
            host = users.get(party.host)
            if party.waiting_since is not None and (host is None or host.role is not Role.AGENT):
                lobby.turn_away(state, step, party, EndReason.AGENT_GONE)
        presence.take_up_policies(state, step, teams)
        step.publish(state)
        return step

    # --- a restart of the server ---

    def restore(self, live: Iterable[tuple[str, bytes]], now: float) -> Step:
        """Takes up the journaled parties and calls: nobody connected, everybody in ``listen``, grace periods running.

        An entry that cannot be read is dropped, and a call that needs it is over.
        """
        step, state = Step(now), self.state
        for key, value in live:
            try:
                self._restore_one(key, value, now)
            except msgspec.DecodeError:
                step.changes.append(DropLive(key))
        for party in list(state.parties.values()):
            if party.call and party.call not in state.calls:
                self._lose_call(step, party)
        for call in list(state.calls.values()):
            if all(state.parties.get(p, _NOBODY).call == call.call for p in call.members):
                calls.fall_back(state, step, call)
            else:
                self._discard(step, call)
        step.publish(state)
        return step

    def _restore_one(self, key: str, value: bytes, now: float) -> None:
        if key.startswith("party:"):
            party = msgspec.json.decode(value, type=Party)
            self.state.add_party(party)
            self.state.lost[party.party] = now
        else:
            call = msgspec.json.decode(value, type=Call)
            self.state.calls[call.call] = call

    def _lose_call(self, step: Step, party: Party) -> None:
        if party.role is Role.CUSTOMER:
            step.end_consent(party)
        sharing.end(step, party, party.call)
        party.call = ""
        self.state.drop_party(party)
        step.touch_party(party)

    def _discard(self, step: Step, call: Call) -> None:
        """A call of which the journal has but a part (the server died between two writes) is over."""
        del self.state.calls[call.call]
        for party in list(self.state.parties.values()):
            if party.call == call.call:
                self._lose_call(step, party)
        calls.keep_record(step, call, EndReason.AGENT_LOST)
        step.touch_call(call)


def _same(party: Party, user: User | None) -> bool:
    if user is None or party.user != user.id or party.generation != user.generation:
        return False
    kept = party.role is Role.AGENT and bool(party.call)  # see presence.follow_account
    return kept or (party.role, party.team) == (user.role, user.team)


def call_context(state: State, asker: Party, call: Call, message: Request) -> Context:
    """What ``policy.may`` wants to know of an asker and a call. Raises Refusal when an agent signals to nobody."""
    by_agent = asker.party == call.agent
    connected = False
    if isinstance(message, Signal):
        if by_agent and message.to not in call.members:
            raise Refusal(Code.NO_SUCH_PARTY, "nobody of that id is on the call (any more)")
        connected = message.to in call.members if by_agent else message.to == call.agent
        connected = connected and message.to != asker.party
    return Context(
        same_team=asker.team == call.team,
        member=asker.party in call.members,
        owner=by_agent,
        mode=asker.mode,
        taken_over_by_other=any(
            party.mode is Mode.TAKEOVER and party.party != asker.party for party in state.observers_of(call)
        ),
        connected_to_target=connected,
    )


def _check(asker: Party, action: Action, context: Context) -> None:
    """Asks the policy. Who might take over but for another who has is told so; nobody else learns of it."""
    if may(asker.role, action, context):
        return
    if context.taken_over_by_other and may(asker.role, action, replace(context, taken_over_by_other=False)):
        raise Refusal(Code.ALREADY_TAKEN_OVER, "another supervisor has taken this call over")
    raise Refusal(Code.NOT_ALLOWED, f"as {asker.role} you may not do this here")


def _turn_away(step: Step, connection: int, code: Code, message: str) -> Step:
    step.out.append((connection, Goodbye(code, message)))
    return step
