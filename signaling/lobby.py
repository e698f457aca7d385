"""The rules of join links and of the lobby: invite, knock, admit, decline. Pure."""

from __future__ import annotations

from signaling.policy import Role
from signaling.protocol import (
    Admit,
    Code,
    CreateLink,
    Decline,
    Ended,
    EndReason,
    Knock,
    LinkCreated,
    UpdateConsent,
)
from signaling.state import Call, Link, Party, State, User, fingerprint
from signaling.step import CallBegan, PutLink, Refusal, Step


def create_link(state: State, step: Step, agent: Party, message: CreateLink) -> LinkCreated:
    own = [link for link in state.links.values() if link.owner == agent.user and link.open(step.now)]
    if len(own) >= state.limits.links_per_agent:
        raise Refusal(Code.TOO_MANY_LINKS, f"{len(own)} links are open already; revoke some first")
    secret = state.secret()
    link = Link(
        link=state.new_id(),
        secret=fingerprint(secret),
        owner=agent.user,
        owner_name=agent.name,
        team=agent.team,
        label=message.label,
        uses_left=message.uses,
        expires_at=step.now + message.expires_in,
    )
    state.add_link(link)
    step.changes.append(PutLink(link))
    step.touch_lobby(agent.user)
    path = f"/join#{secret}"
    url = f"{state.public_url}{path}" if state.public_url else ""
    return LinkCreated(message.id, link.link, path, link.expires_at, url)


def revoke_link(step: Step, link: Link) -> None:
    link.revoked = True
    step.changes.append(PutLink(link))
    step.touch_lobby(link.owner)


def usable(state: State, link_id: str, now: float) -> Link:
    """The link, if it lets a customer in now. Raises Refusal saying why not."""
    link = state.links.get(link_id)
    if link is None:
        raise Refusal(Code.NO_SUCH_LINK, "this link is not known here; ask for a new one")
    if link.revoked:
        raise Refusal(Code.LINK_REVOKED, "this link was withdrawn; ask for a new one")
    if link.uses_left <= 0:
        raise Refusal(Code.LINK_USED, "this link has been used already; ask for a new one")
    if now >= link.expires_at:
        raise Refusal(Code.LINK_EXPIRED, "this link has expired; ask for a new one")
    return link


def knock(state: State, step: Step, customer: Party, message: Knock) -> None:
    if customer.durable:
        raise Refusal(Code.BUSY, "you are in the lobby or on a call already")
    link = usable(state, customer.link, step.now)
    if len(state.waiting_for(link.owner)) >= state.limits.lobby:
        raise Refusal(Code.LOBBY_FULL, "too many people are waiting; try again in a few minutes")
    link.uses_left -= 1
    customer.name = message.name
    customer.camera, customer.microphone = message.camera, message.microphone
    customer.waiting_since = step.now
    step.changes.append(PutLink(link))
    step.consent(customer, "given")
    step.touch_party(customer)
    step.touch_lobby(link.owner)


def update_consent(step: Step, customer: Party, message: UpdateConsent) -> None:
    if not customer.durable:
        raise Refusal(Code.NOT_ALLOWED, "agree and get in line first")
    if (customer.camera, customer.microphone) == (message.camera, message.microphone):
        return
    customer.camera, customer.microphone = message.camera, message.microphone
    step.consent(customer, "changed")
    step.touch_party(customer)
    if customer.waiting_since is not None:
        step.touch_lobby(customer.host)


def admit(state: State, step: Step, agent: Party, customer: Party, _message: Admit) -> None:
    if agent.call:
        raise Refusal(Code.BUSY, "you are on a call; end it before you answer the next")
    if not state.connected(customer.party):
        raise Refusal(Code.NO_SUCH_PARTY, "this customer's connection is gone; wait until they are back")
    call = Call(
        call=state.new_id(),
        label=customer.label,
        team=agent.team,
        agent=agent.party,
        customer=customer.party,
        started_at=step.now,
    )
    state.calls[call.call] = call
    customer.waiting_since = None
    for party in (agent, customer):
        party.call, party.changed_at = call.call, call.revision
        step.touch_party(party)
    step.changes.append(CallBegan(call.call, call.label, call.team, agent.name, customer.name, step.now))
    step.touch_call(call)
    step.touch_lobby(agent.user)


def decline(state: State, step: Step, _agent: Party, customer: Party, _message: Decline) -> None:
    turn_away(state, step, customer, EndReason.DECLINED)


def turn_away(state: State, step: Step, customer: Party, reason: EndReason) -> None:
    """A waiting customer need wait no longer."""
    leave_lobby(step, customer)
    step.send(state, customer.party, Ended("", reason))
    if not state.connected(customer.party):
        state.drop_party(customer)


def serves(user: User | None, link: Link) -> bool:
    """Whether a link's owner, as the records have them now (None: disabled), is still who customers are told of."""
    return user is not None and user.role is Role.AGENT and user.team == link.team


def leave_lobby(step: Step, customer: Party) -> None:
    step.end_consent(customer)
    customer.waiting_since = None
    step.touch_party(customer)
    step.touch_lobby(customer.host)
