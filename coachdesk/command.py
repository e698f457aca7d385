"""What every command to an endpoint has. Pure; the commands are in ``commands``."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Id = str | Annotated[int, Meta(ge=-(2**53), le=2**53)] | None


class Command(Struct, frozen=True, tag_field="cmd", forbid_unknown_fields=True):
    id: Id = None
