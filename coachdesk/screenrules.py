"""Which windows and regions of a screen are never shared. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from msgspec import Struct

from signaling.fields import REGION, Region

PASSWORDS = (
    *(
        "1password",
        "bitwarden",
        "dashlane",
        "enpass",
        "gnome-keyring",
        "kdewallet",
        "keepass",
        "keeper password",
    ),
    *(
        "keychain access",
        "kwallet",
        "lastpass",
        "nordpass",
        "password manager",
        "passwords and keys",
        "proton pass",
    ),
    *("roboform", "seahorse", "zoho vault"),
)
"""Managers of passwords, by what stands in the titles of their windows or is the name of the program."""
PAYMENT = (
    *("card number", "checkout*", "*secure checkout*", "credit card", "debit card", "enter payment"),
    *("payment details", "paypal"),
)
"""Pages on which somebody pays."""
ALWAYS = (*PASSWORDS, *PAYMENT)
OWN_PROGRAM = "coachdesk"
OVERLAY_TITLE = "CoachDesk marks"
"""Of the windows that show on the desktop what is drawn on it."""


class Rules(Struct, frozen=True):
    """What is hidden, beside windows that ``ALWAYS`` names and CoachDesk's own.

    Attributes:
        titles: a window is hidden if one of these is in its title or the name of its program, in whatever case; or, of
            one with ``*``, ``?`` or ``[`` in it, if it is like the whole of either.
        regions: ``region:N:X,Y,WIDTH,HEIGHT``, a part of screen N in its own pixels.
    """

    titles: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()

    def hide(self, *names: str) -> bool:
        """Whether a window with this title and these names of its program is hidden."""
        return any(_like(name.casefold(), rule) for rule in (*ALWAYS, *self.titles) for name in names)

    def regions_of(self, screen: int) -> list[tuple[int, int, int, int]]:
        """X, y, width and height of what is hidden of that screen, in its own pixels."""
        found = (re.fullmatch(REGION, each) for each in self.regions)
        parts = ([int(part) for part in each.groups()] for each in found if each is not None)
        return [(x, y, width, height) for number, x, y, width, height in parts if number == screen]


def _like(name: str, rule: str) -> bool:
    rule = rule.casefold()
    return fnmatchcase(name, rule) if any(sign in rule for sign in "*?[") else rule in name
