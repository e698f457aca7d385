"""What of a test in real time is measured anew where the machine did not keep time, and what never is."""

from __future__ import annotations

import time

from coachdesk.steadiness import Witness

REPEATS = 2
CALM_PATIENCE = 60.0


class Heard(AssertionError):
    """Somebody heard what they must not hear. However busy the machine: that is never measured anew."""


def await_calm(witness: Witness) -> None:
    """Until the machine keeps time for 2 s, at most ``CALM_PATIENCE``."""
    until = time.monotonic() + CALM_PATIENCE
    witness.lateness()
    while time.monotonic() < until:
        time.sleep(2.0)
        if witness.lateness().kept_time:
            return
