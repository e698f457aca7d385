"""Lines read from a descriptor."""

from __future__ import annotations

import os
from collections.abc import Iterator

CHUNK_BYTES = 64 * 1024


def lines(descriptor: int, longest: int) -> Iterator[bytes]:
    """Every line without its end, as it comes, until the end of input; blocks in between.

    A line over ``longest`` bytes comes cut to that length. The descriptor is read itself: a lock held on ``sys.stdin``
    when the interpreter ends would abort the process.
    """
    rest = b""
    while chunk := os.read(descriptor, CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line[:longest] for line in whole)
        rest = rest[:longest]
