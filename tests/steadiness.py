"""What of a test in real time is measured anew where the machine did not keep time, and what never is."""

REPEATS = 2


class Heard(AssertionError):
    """Somebody heard what they must not hear. However busy the machine: that is never measured anew."""
