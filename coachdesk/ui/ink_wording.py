"""What the windows say of ink: who sees it, whose it is, why a mark might not hold, how long something is. Pure."""

from __future__ import annotations

from coachdesk import call as calls
from coachdesk.annotation import Audience, SurfaceName
from coachdesk.events import Frozen, Mark
from coachdesk.inkroutes import CUSTOMERS, audience, who_sees
from coachdesk.routing import Member
from coachdesk.ui.wording import ROLE_NAMES, Hearing, HearingKind, customer_name, join
from signaling.policy import Mode, Role
from signaling.protocol import CallView

SURFACES: dict[str, str] = {
    "plain": "Too plain here: a mark may not hold. Ask the customer to come closer",
    "dark": "Too dark here: a mark may not hold. Ask the customer for more light",
    "glare": "Too bright here: a mark may not hold. Ask for another angle",
    "blurred": "Blurred: a mark may not hold. Ask the customer to hold still",
}
"""Why a mark would not hold, and what to do; ``good`` needs no words."""
THAWED = ("The picture is live again", "The customer's camera was switched off.")
SINGLE_PICTURES = (
    "Single pictures instead of video",
    "The customer's line is slow now. Marks hold on these too, and the video comes back by itself.",
)
THINGS: dict[str, str] = {"card": "a bank card", "a4": "an A4 sheet", "letter": "a Letter sheet"}
"""Of known size: see ``measuring``."""


def seen(call: CallView, me: str, mode: Mode, surface: SurfaceName, *, shown: bool = False) -> Hearing:
    """Who would see what party ``me`` draws on ``surface`` now. ``mode``: the most public of those ``me`` may be in;
    ``shown``: the customer is shown the agent's screen.
    """
    members = [
        Member(each.party, each.role, mode) if each.party == me else each for each in calls.members(call)
    ]
    held = calls.held(call)
    own = next((each for each in members if each.party == me), None)
    if own is None:
        return Hearing("nobody", "Nobody sees what you draw", "")
    drawn_for = audience(own, members, held=held)
    seeing = who_sees(members, me, drawn_for, surface, held=held, shown=shown)
    seers = {each.party: each.role for each in seeing}
    others = [each for each in call.parties if each.party in seers and each.role is not Role.CUSTOMER]
    if Role.CUSTOMER in seers.values():
        return Hearing(
            "everyone", _see(["The customer", *(each.name for each in others)]), customer_name(call)
        )
    if not others:
        return Hearing("nobody", "Nobody sees what you draw", _kept_out(call, seers, own))
    names = [f"{each.name} ({ROLE_NAMES[each.role]})" for each in others]
    kind: HearingKind = "trainees" if drawn_for is Audience.LEARNING else "private"
    return Hearing(kind, f"Only {_see(names)}", _kept_out(call, seers, own))


def _see(names: list[str]) -> str:
    return f"{join(names, most=len(names))} {'sees' if len(names) == 1 else 'see'} what you draw"


def _kept_out(call: CallView, seers: dict[str, Role], own: Member) -> str:
    if own.role is not Role.AGENT and call.agent not in seers:
        return "The customer and the agent do not."
    return "The customer does not."


def whose(mark: Mark, me: str, *, shown: bool = False) -> str:
    """Whose mark it is and who sees it, in one line. ``shown``: the customer is shown the agent's screen."""
    name = "Yours" if mark.author == me else mark.name or "Coach"
    others = [each for each in mark.seen_by if each != name]
    who = f"Seen by {join(others, most=len(others))}" if others else "Nobody else sees it"
    public = mark.audience is Audience.PUBLIC and (mark.surface in CUSTOMERS or shown)
    private = "" if public else ". Not the customer"
    return f"{name}. {who}{private}"


def tag(mark: Mark, customer: str, *, shown: bool = False) -> str:
    """What stands beside another's mark. ``customer``: their name; ``shown``: they are shown the agent's screen."""
    name = mark.name or ("Coach" if mark.author == "coach" else customer)
    said = mark.audience is Audience.PUBLIC or (mark.surface not in CUSTOMERS and not shown)
    return name if said else f"{name} · not shown to the customer"


def frozen(told: Frozen) -> str:
    """That the picture stands still for everybody, and what of it."""
    return "Frozen for everybody" if told.sharp else "Frozen for everybody, sharper soon"


def length(millimetres: float) -> str:
    """``8 mm``, ``12.3 cm``, ``1.24 m``."""
    if millimetres < 99.5:
        return f"{millimetres:.0f} mm"
    return f"{millimetres / 10:.1f} cm" if millimetres < 1000 else f"{millimetres / 1000:.2f} m"
