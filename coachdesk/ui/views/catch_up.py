"""The switch for hearing the last 20 s of a call first; the wall and the call page have one each."""

from __future__ import annotations

from coachdesk.ui.presenters.listening import ListeningPresenter
from coachdesk.ui.views.button import Action, ActionButton, Look, make_button

CATCH_UP = Action(
    "Last 20 s first", "R", "catch-up", "Begin the next call with its last 20 s, faster, until live"
)


def catch_up_switch(presenter: ListeningPresenter, look: Look) -> ActionButton:
    button = make_button(CATCH_UP, presenter.toggle_catch_up, look, show_key=True)

    def refresh() -> None:
        show_switch(button, on=presenter.catch_up)

    presenter.subscribe(refresh)
    refresh()
    return button


def show_switch(button: ActionButton, *, on: bool) -> None:
    """Say in words and by colour whether the button's action is on."""
    action = button.action
    button.describe(f"{action.text}: {'on' if on else 'off'}", action.tip, action.icon)
    button.set_state("on" if on else "off")
