"""The button that shuts the own microphone."""

from __future__ import annotations

from coachdesk.ui.views.button import Action, ActionButton

MUTE = Action("Mute", "M", "microphone", "Mute your microphone")
UNMUTE = ("Unmute", "Switch your microphone on again", "microphone-off")


def show_mute(button: ActionButton, *, on: bool) -> None:
    """Say in words, by icon and colour whether the microphone is shut."""
    button.describe(*(UNMUTE if on else (MUTE.text, MUTE.tip, MUTE.icon)))
    button.set_state("everyone" if on else "off")
