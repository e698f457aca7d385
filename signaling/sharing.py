"""The rules of shared screens: what is on record of them, so that each that began has an end there. Pure."""

from __future__ import annotations

from signaling.policy import Action
from signaling.sharemessages import ShareScreen, TakeSnapshot
from signaling.state import Call, Party, State
from signaling.step import Step


def share_screen(_state: State, step: Step, sharer: Party, _call: Call, message: ShareScreen) -> None:
    """``policy.may`` has allowed it; nobody else is told, for the endpoints tell each other."""
    sharer.shares = "" if message.state == "off" else message.source
    step.touch_party(sharer)


def take_snapshot(_state: State, _step: Step, _taker: Party, _call: Call, _message: TakeSnapshot) -> None:
    """Allowed, and on record by that."""


def end(step: Step, sharer: Party, call: str) -> None:
    """Whatever a party shared is over, though their endpoint did not say so: with the call, or with the endpoint."""
    if sharer.shares:
        step.record(sharer, Action.SHARE_SCREEN, call=call, target=f"{sharer.shares} off")
        sharer.shares = ""
        step.touch_party(sharer)
