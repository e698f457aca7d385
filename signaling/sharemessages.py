"""The messages about shared screens; the pictures go from endpoint to endpoint, and never to the server. Pure."""

from __future__ import annotations

from typing import Literal

from signaling.fields import Identifier, Request

ShareKind = Literal["screen", "window", "region", "tab", "file"]
"""What is shared; never its title. ``tab``: of a browser; ``file``: a picture, a video or a test pattern."""
ShareStage = Literal["on", "blank", "off"]
"""``blank``: a plain picture is shown in its place for the time being."""


class ShareScreen(Request, frozen=True, tag="share_screen"):
    """Before a screen is shown (again), to be allowed; after it was blanked or is shared no longer, for the record."""

    call: Identifier
    source: ShareKind
    state: ShareStage

    @property
    def share(self) -> str:
        """What the audit log says of it."""
        return f"{self.source} {self.state}"


class ShowScreen(Request, frozen=True, tag="show_screen"):
    """Before the customer is shown what the agent shares, to be allowed; after they are not any more, for the record. It is
    over as well with every ``share_screen``, when the call is put on hold, and when it is taken over.
    """

    call: Identifier
    on: bool

    @property
    def share(self) -> str:
        """What the audit log says of it."""
        return "on" if self.on else "off"


class TakeSnapshot(Request, frozen=True, tag="take_snapshot"):
    """Before a snapshot of what is shared on a call is taken, to be allowed; it stays with who takes it."""

    call: Identifier
