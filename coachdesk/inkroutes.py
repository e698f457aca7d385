"""Who sees which ink on a call, and who may change it. Pure, and the only place where that is decided.

Ink follows voice (``routing``): what somebody draws is for those they speak to at that moment, and stays so, as a word
stays whispered when its speaker barges in later. Only ``Show`` changes it. On doubt it is private. What is drawn on the
agent's screen the customer sees for as long as they are shown that screen, and draws nothing there themselves, nor on their
own. Of what is drawn on a supervisor's screen, which they never see, they are told nothing.
"""

from __future__ import annotations

from coachdesk.annotation import (
    AnyEdit,
    Audience,
    Begin,
    Caption,
    End,
    Mark,
    Pin,
    Remove,
    Reshape,
    Restore,
    Show,
    SurfaceName,
)
from coachdesk.routing import Member
from signaling.policy import COACHES, OBSERVERS, Mode, Role

IN_PUBLIC = frozenset({Mode.BARGE, Mode.TAKEOVER})
CUSTOMERS = frozenset[SurfaceName]({"camera", "customer"})
"""What the customer has before their own eyes."""
STAFF_HUES = ("#2f7cf6", "#e5484d", "#8e4ec6", "#12a594", "#d6409f", "#f76b15")
CUSTOMER_HUE = "#ffb224"


def audience(author: Member, members: list[Member], *, held: bool = False) -> Audience:
    """For whom a mark is that ``author`` begins now.

    >>> call = [Member("a", Role.AGENT), Member("s", Role.SUPERVISOR, Mode.WHISPER)]
    >>> [audience(each, call).value for each in call]
    ['public', 'coaching']
    """
    if author.role is Role.CUSTOMER:
        return Audience.PUBLIC
    if author.role is Role.AGENT:
        return Audience.COACHING if held or taken_over(members) else Audience.PUBLIC
    if author.role in COACHES and author.mode in IN_PUBLIC and not held:
        return Audience.PUBLIC
    if author.role in COACHES and author.mode is not Mode.LANE:
        return Audience.COACHING
    return Audience.LEARNING


def taken_over(members: list[Member]) -> bool:
    return any(each.mode is Mode.TAKEOVER and each.role in COACHES for each in members)


def sees(
    viewer: Member,
    author: str,
    audience: Audience,
    surface: SurfaceName,
    *,
    held: bool = False,
    shown: bool = False,
) -> bool:
    """Whether ``viewer`` sees a mark of ``author`` (a party id). On hold the customer gets and gives nothing new.

    ``shown``: what the mark is on, of the agent's screen, is shown to the customer.
    """
    if viewer.role is Role.CUSTOMER:
        shown = surface in CUSTOMERS or (surface == "screen" and shown)
        return shown and audience is Audience.PUBLIC and not held
    if viewer.party == author or audience is Audience.PUBLIC:
        return True
    if viewer.role in COACHES:
        return True
    return viewer.role is (Role.AGENT if audience is Audience.COACHING else Role.TRAINEE)


def who_sees(
    members: list[Member],
    author: str,
    audience: Audience,
    surface: SurfaceName,
    *,
    held: bool = False,
    shown: bool = False,
) -> list[Member]:
    """Everybody but the author who sees the mark: what "who sees this" shows."""
    others = (each for each in members if each.party != author)
    return [each for each in others if sees(each, author, audience, surface, held=held, shown=shown)]


def takes_away(viewer: Member, edit: AnyEdit, before: Mark | None) -> bool:
    """Whether ``edit`` takes a mark away that ``viewer`` saw ``before``."""
    gone = isinstance(edit, Remove) or (isinstance(edit, Show) and not edit.on)
    return gone and before is not None and sees(viewer, before.author, before.audience, before.surface)


def may_draw(member: Member, surface: SurfaceName, *, held: bool = False) -> bool:
    """Whether ``member`` may draw or point there: nobody does on what they do not see."""
    return member.role is not Role.CUSTOMER or (surface == "camera" and not held)


def may_edit(
    editor: Member, edit: AnyEdit, mark: Mark | None, members: list[Member], *, held: bool = False
) -> bool:
    """Whether ``editor`` may make this edit of ``mark``, whose author is a party id; None: there is no such mark."""
    if editor.role is Role.CUSTOMER and held:
        return False
    if isinstance(edit, Begin):
        return mark is None and may_draw(editor, edit.surface, held=held)
    if mark is None or not sees(editor, mark.author, mark.audience, mark.surface, held=held):
        return False
    own = mark.author == editor.party
    match edit:
        case End() | Reshape() | Caption():
            return own
        case Remove() | Restore():
            return own or editor.role in COACHES
        case Pin():
            return own or editor.role in COACHES | {Role.AGENT}
        case Show():
            return mark.surface in CUSTOMERS and _may_show(editor, mark.author, members)


def _may_show(editor: Member, author: str, members: list[Member]) -> bool:
    """The agent decides what the customer sees, their own ink aside; a coach whom the customer hears, of their own marks."""
    if editor.role is Role.AGENT:
        customers = {each.party for each in members if each.role is Role.CUSTOMER}
        return not taken_over(members) and author not in customers
    return author == editor.party and editor.role in COACHES and editor.mode in IN_PUBLIC


def colour_of(party: str, members: list[Member]) -> str:
    """The colour ``party`` draws in unless they choose another: the customer's, the agent's, one for each observer."""
    role = next((each.role for each in members if each.party == party), Role.CUSTOMER)
    if role is Role.CUSTOMER:
        return CUSTOMER_HUE
    observers = [each.party for each in members if each.role in OBSERVERS]
    place = observers.index(party) + 1 if role in OBSERVERS else 0
    return STAFF_HUES[place % len(STAFF_HUES)]
