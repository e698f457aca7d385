"""What an endpoint tells of shared screens; ``coachdesk.events`` has it all. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from coachdesk.annotation import Point, Tool
from coachdesk.event import Event

ShareState = Literal["off", "on", "blank"]
"""Of a screen that is shared: ``blank`` while a plain picture is shown in its place."""


class SourceView(Struct, frozen=True):
    """What can be shared.

    Attributes:
        source: as ``share`` takes it.
        kind: ``screen`` or ``window``.
        width, height: in pixels.
        thumbnail: a small PNG in base64, empty where there is none.
    """

    source: str
    kind: str
    title: str
    width: int
    height: int
    thumbnail: str = ""


class ShotMark(Struct, frozen=True):
    """What was drawn on a snapshot, as of marks; ``path`` in its coordinates, 0 to 1, ``width`` as a share of its height."""

    tool: Tool
    path: list[Point]
    colour: str
    width: float
    text: str = ""
    number: int = 0


class Screens(Event, frozen=True, kw_only=True, tag="screens"):
    """Agent: what can be shared of this machine's screens; not windows that are hidden by rules.

    Attributes:
        warning: what these rules cannot hide on this system, or "".
    """

    screens: list[SourceView]
    warning: str = ""


class Sharing(Event, frozen=True, kw_only=True, tag="sharing"):
    """Agent: how one's own share of a screen is, at every change.

    Attributes:
        label: what is shared.
        seen_by: names of those who see it, as far as the team's policy tells the agent who observes.
        message: why it ended or is blanked, where nobody asked for that.
        warning: what of it rules cannot hide on this system, or "".
    """

    state: ShareState
    label: str = ""
    seen_by: list[str] = field(default_factory=list)
    message: str = ""
    warning: str = ""


class Screen(Event, frozen=True, kw_only=True, tag="screen"):
    """Observers: ``party`` (``agent``) shares a screen, has blanked it, or shares none."""

    party: str
    state: ShareState
