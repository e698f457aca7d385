"""What an endpoint tells of shared screens; ``coachdesk.events`` has it all. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from coachdesk.annotation import Point, ScreenName, Tool, Unit
from coachdesk.event import Event
from coachdesk.screenwire import Size

ShareState = Literal["off", "on", "blank"]
"""Of a screen that is shared: ``blank`` while a plain picture, or none, is shown in its place."""
Sharer = Literal["agent", "supervisor", "customer"]
SURFACES: dict[Sharer, ScreenName] = {"agent": "screen", "supervisor": "coach", "customer": "customer"}
"""As what a screen is drawn on, by whose it is."""
Spot = tuple[Unit, Unit]
"""A place in a picture: x from 0 (left) to 1 (right), y from 0 (top) to 1 (bottom)."""
RequestState = Literal["unable", "none", "asked", "declined"]
"""Whether a customer is asked to share their screen: ``unable``: their browser has no such thing, or is not connected."""


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
    """Agent, supervisor: what can be shared of this machine's screens; not windows that are hidden by rules.

    Attributes:
        warning: what these rules cannot hide on this system, or "".
    """

    screens: list[SourceView]
    warning: str = ""


class Sharing(Event, frozen=True, kw_only=True, tag="sharing"):
    """Agent, supervisor: how one's own share of a screen is, at every change.

    Attributes:
        label: what is shared.
        seen_by: names of those who see it, as far as the team's policy tells the agent who observes; observers see a
            supervisor's while the agent shares none.
        customer: the customer sees it too.
        message: why it ended or is blanked, where nobody asked for that.
        warning: what of it rules cannot hide on this system, or "".
    """

    state: ShareState
    label: str = ""
    seen_by: list[str] = field(default_factory=list)
    customer: bool = False
    message: str = ""
    warning: str = ""


class Place(Struct, frozen=True, omit_defaults=True):
    """Where something shared is on the desktop, in the system's own pixels, whatever their scale.

    Attributes:
        x, y: from the left top corner of ``screen``; where that is None, of the desktop.
        shown: it is to be seen, not minimized.
        composited: windows there may be seen through.
    """

    x: int
    y: int
    width: int
    height: int
    screen: int | None = None
    shown: bool = True
    composited: bool = True


class SharePlace(Event, frozen=True, kw_only=True, tag="share_place"):
    """Agent, supervisor: what is drawn on the screen they share belongs there on the desktop; at every change.

    Attributes:
        frame: of what is shared now, as of the marks; 0: nothing is shared.
        place: None where what is shared is not on the desktop.
        surface: by which marks there go: ``screen`` at the agent, ``coach`` at a supervisor.
    """

    frame: int
    place: Place | None = None
    surface: ScreenName = "screen"


class ShareOutline(Event, frozen=True, kw_only=True, tag="share_outline"):
    """Agent, supervisor: where on the desktop is what one shares, blanked or not, to be framed there; at every change.

    Attributes:
        place: None where nothing is shared, or what is no part of the desktop.
    """

    place: Place | None = None


class Screen(Event, frozen=True, kw_only=True, tag="screen"):
    """``party`` shares a screen, has blanked it, or shares none. Of several one is shown: an observer the agent's own first,
    then a ``supervisor``'s, then the customer's; the agent a supervisor's first. Nobody is shown their own.

    Attributes:
        also: who shares another, which is shown when this one is not shared any more, or "".
        name: of the supervisor whose it is; "" where the team's policy does not tell the agent who observes.
    """

    party: Sharer
    state: ShareState
    also: str = ""
    name: str = ""


class ScreenSize(Event, frozen=True, kw_only=True, tag="screen_size"):
    """How large the whole of the screen is that is shown here, at every change while it is shared. Fewer pixels come of it
    where no more can be seen: see ``screen_shown``.

    Attributes:
        size: width and height in pixels, of those that come at most; None: not known, as of the customer's.
    """

    size: Size | None = None


class ScreenPointer(Event, frozen=True, kw_only=True, tag="screen_pointer"):
    """While ``frames`` is on: where the pointer of the agent, or of a supervisor, is on the screen that they share
    and that is shown here, up to 60 times a second while it moves.

    Attributes:
        at: None while it is not there, or over what is hidden.
    """

    at: Spot | None = None


class ScreenRequest(Event, frozen=True, kw_only=True, tag="screen_request"):
    """Agent: whether the customer can be asked to share their screen, is asked, or has declined."""

    state: RequestState
