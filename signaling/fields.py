"""What the fields of messages are made of, with their limits; the form of a request. Pure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Label = Annotated[str, Meta(max_length=80)]
Identifier = Annotated[str, Meta(min_length=1, max_length=64)]
Secret = Annotated[str, Meta(max_length=2048)]
Reason = Annotated[str, Meta(max_length=200)]
MOST_HIDDEN, SHORTEST_TITLE, LONGEST_TITLE = 50, 2, 100
HiddenWindows = Annotated[
    tuple[Annotated[str, Meta(min_length=SHORTEST_TITLE, max_length=LONGEST_TITLE)], ...],
    Meta(max_length=MOST_HIDDEN),
]
"""A window is hidden if one of these is in its title or its program's name; one with ``*`` is a pattern of either."""
REGION = r"region:(\d{1,3}):(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})"
"""Screen, x, y, width, height: a part of a screen in its own pixels."""
MOST_REGIONS = 50
Region = Annotated[str, Meta(pattern=f"^{REGION}$", max_length=40)]
Regions = Annotated[tuple[Region, ...], Meta(max_length=MOST_REGIONS)]
RequestId = Annotated[int, Meta(ge=1, le=2**53)]


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    id: RequestId
