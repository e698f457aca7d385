"""Who is on a call, and what each of them does there."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from coachdesk.ui.views.label import Chip, ElidedLabel, Icon
from coachdesk.ui.views.style import clear, column, row
from signaling.policy import Mode, Role
from signaling.protocol import PartyView

ROLE_ICONS = {
    Role.AGENT: "agent",
    Role.CUSTOMER: "customer",
    Role.SUPERVISOR: "supervisor",
    Role.ADMIN: "supervisor",
    Role.TRAINEE: "trainee",
}
MODE_WORDS = {
    Mode.LISTEN: ("listen", "listens", "neutral"),
    Mode.WHISPER: ("whisper", "whispers", "private"),
    Mode.BARGE: ("barge", "speaks to all", "danger"),
    Mode.TAKEOVER: ("takeover", "leads the call", "danger"),
    Mode.LANE: ("lane", "talks to trainees", "success"),
}
SPEAKING_ROLES = frozenset({Role.AGENT, Role.CUSTOMER})


def party_chip(party: PartyView) -> tuple[str, str, str]:
    """Icon, words and tone for what a party does. A mode that is not in force is not shown as on."""
    if not party.connected:
        return ("offline", "connecting", "warning")
    if party.role in SPEAKING_ROLES:
        return ("online", "on the line", "success")
    return MODE_WORDS[party.mode if party.in_force else Mode.LISTEN]


class People(QWidget):
    """One line per party; ``me`` is marked."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = column(self, gap=6)
        self._shown: tuple[list[PartyView], str] | None = None

    def show_parties(self, parties: list[PartyView], me: str = "") -> None:
        if self._shown == (parties, me):
            return
        self._shown = (list(parties), me)
        clear(self._layout)
        for party in parties:
            self._layout.addWidget(_person(party, you=party.party == me))


def _person(party: PartyView, *, you: bool) -> QWidget:
    line = QWidget()
    layout = row(line, gap=8)
    layout.addWidget(Icon(ROLE_ICONS[party.role], 18, "muted"))
    name = ElidedLabel(f"{party.name or party.role.value.capitalize()}{' (you)' if you else ''}")
    layout.addWidget(name, 1)
    chip = party_chip(party)
    layout.addWidget(Chip(*chip))
    line.setAccessibleName(f"{party.name}, {party.role.value}: {chip[1]}")
    return line
