"""What every event of an endpoint has. Pure; the events are in ``events``."""

from __future__ import annotations

from msgspec import Struct

Id = str | int | None


class Event(Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """``id`` is that of the command this event answers, if it answers one."""

    id: Id = None
