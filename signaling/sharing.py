"""The rules of shared screens: what is on record of them, so that each that began has an end there. Pure."""

from __future__ import annotations

from signaling.codes import Code
from signaling.policy import Action, Mode, Role
from signaling.sharemessages import ShareScreen, ShowScreen, TakeSnapshot
from signaling.state import Call, Party, State
from signaling.step import Refusal, Step


def share_screen(state: State, step: Step, sharer: Party, call: Call, message: ShareScreen) -> None:
    """``policy.may`` has allowed it. Of the agent's and the customer's the endpoints tell each other; a supervisor's is in
    the state of the call, by which alone the agent's endpoint passes it on.
    """
    if sharer.role is Role.SUPERVISOR:
        if message.state == "on":
            _refuse_second(state, sharer, call)
        step.touch_call(call)
    take_back(step, sharer, call.call)
    sharer.shares = "" if message.state == "off" else message.source
    sharer.blanked = message.state == "blank"
    step.touch_party(sharer)


def _refuse_second(state: State, sharer: Party, call: Call) -> None:
    """One supervisor of a call shares at a time."""
    for other in state.observers_of(call):
        if other is not sharer and other.shares:
            raise Refusal(
                Code.BUSY,
                f"{other.name} shares a screen on this call already; try again when they have stopped",
            )


def show_screen(state: State, step: Step, agent: Party, call: Call, message: ShowScreen) -> None:
    """The customer is shown what the agent shares, only while there is something to see and they hear the agent."""
    if message.on and (not agent.shares or agent.blanked):
        raise Refusal(Code.NOT_ALLOWED, "no screen is shared at present; share one first")
    if message.on and call.held:
        raise Refusal(Code.NOT_ALLOWED, "the call is on hold; take it off hold first")
    if message.on and any(each.mode is Mode.TAKEOVER for each in state.observers_of(call)):
        raise Refusal(Code.ALREADY_TAKEN_OVER, "a supervisor has taken this call over")
    agent.shows = message.on
    step.touch_party(agent)


def take_back(step: Step, agent: Party, call: str) -> None:
    """The customer is shown nothing of it any more: it is shared otherwise, or they do not hear the agent."""
    if agent.shows:
        step.record(agent, Action.SHOW_SCREEN, call=call, target="off")
        agent.shows = False
        step.touch_party(agent)


def take_snapshot(_state: State, _step: Step, _taker: Party, _call: Call, _message: TakeSnapshot) -> None:
    """Allowed, and on record by that."""


def end(step: Step, sharer: Party, call: str) -> None:
    """Whatever a party shared is over, though their endpoint did not say so: with the call, or with the endpoint."""
    take_back(step, sharer, call)
    if sharer.shares:
        step.record(sharer, Action.SHARE_SCREEN, call=call, target=f"{sharer.shares} off")
        sharer.shares = ""
        step.touch_party(sharer)
