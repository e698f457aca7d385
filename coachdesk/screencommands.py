"""What an endpoint can be told of shared screens; ``coachdesk.commands`` has it all. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from coachdesk.command import Command
from coachdesk.screenwire import Size
from signaling.fields import HiddenWindows, Regions

Content = Literal["text", "motion"]
"""What goes first where a line does not bear both: sharpness, as text needs it, or smoothness, as a video does."""


class Screens(Command, frozen=True, kw_only=True, tag="screens"):
    """Agent, supervisor: list what can be shared of this machine's screens. Answer: ``screens``."""


class Share(Command, frozen=True, kw_only=True, tag="share"):
    """Agent: the observers of the call see ``source`` from now on, as in ``screens``: ``screen:N``, ``window:ID``; or
    ``region:N:X,Y,W,H``, a part of screen N in its own pixels; or an image or video file, or ``test``. The customer does
    not, until ``show_customer``. Supervisor, in every mode: the agent does, and the other observers while the agent shares
    none; the customer never does. Answer: ``sharing``.
    """

    source: Annotated[str, Meta(min_length=1, max_length=1024)]
    content: Content = "text"


class ShareRules(Command, frozen=True, kw_only=True, tag="share_rules"):
    """Agent, supervisor: what is hidden of every screen that is shared, from now on, in place of what was said before:
    windows by their title or program (a part of it, or a pattern with ``*``), regions as in ``share``. The team's policy,
    password managers and pages for payment stay hidden beside it. Answer: ``ok``.
    """

    titles: HiddenWindows = ()
    regions: Regions = ()


class StopShare(Command, frozen=True, kw_only=True, tag="stop_share"):
    """Agent, supervisor: nothing is shared any more. Answer: ``sharing``."""


class ScreenShown(Command, frozen=True, kw_only=True, tag="screen_shown"):
    """The whole of another's screen is shown here at ``size``: width and height in pixels of the monitor, 0 where it is not
    to be seen. The agent or supervisor who shares it sends no more than the largest that is said; and all of it where one
    who sees it has not said it, or does not know (left out, or null). Holds for later shares too. Answer: ``ok``.
    """

    size: Size | None = None


class Snapshot(Command, frozen=True, kw_only=True, tag="snapshot"):
    """Who may have photos taken: keeps the shared screen as it is seen here, and what is drawn on it, among the call's
    photos at this endpoint. Answer: ``photo``.
    """


class BlankShare(Command, frozen=True, kw_only=True, tag="blank_share"):
    """Agent, supervisor: a plain picture is shown in place of what is shared, at once; or the screen again.
    Answer: ``sharing``.
    """

    on: bool


class ShowCustomer(Command, frozen=True, kw_only=True, tag="show_customer"):
    """Agent: the customer sees what is shared too, and what is drawn on it for everybody, until it is said otherwise,
    something else is shared, it is blanked, the call is put on hold, or somebody takes it over. Answer: ``sharing``.
    """

    on: bool


class AskScreen(Command, frozen=True, kw_only=True, tag="ask_screen"):
    """Agent: the customer is asked on their page to share their screen, or is so no longer. Only they can share it: what
    becomes of it is told by ``screen_request`` and ``screen``. Answer: ``ok``.
    """

    on: bool


ScreenCommand = (
    Screens | Share | ShareRules | BlankShare | StopShare | ShowCustomer | ScreenShown | AskScreen | Snapshot
)
