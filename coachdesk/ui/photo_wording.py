"""What the windows say of photos and codes. Pure."""

from __future__ import annotations

from coachdesk import events

FAILURES: dict[str, tuple[str, str]] = {
    "declined": ("The customer took no photo", "They chose not to. Ask them, then try again."),
    "camera_off": ("The customer's camera is off", "Ask them to start it, then try again."),
    "cannot": ("The customer's camera took no photo", "Try again."),
    "not_sent": (
        "The photo could not be sent",
        "The customer's network is too weak now. Try again in a moment.",
    ),
    "not_a_photo": ("What came is no photo", "Try again."),
    "expired": ("The photo did not come in time", "Try again when the customer's network is better."),
    "not_fetched": ("The photo could not be fetched", "Try again in a moment."),
}
"""Reason -> (what happened, what to do)."""

LONGEST_SHOWN = 120
"""Letters of a code's text that a notice shows; all of it is copied."""


def failed(reason: str) -> tuple[str, str]:
    return FAILURES.get(reason, FAILURES["cannot"])


def progress(photo: events.Photo) -> str:
    """Of a photo on its way; empty when it is there, or will not come."""
    if photo.stage == "asked":
        return "The customer is told…"
    if photo.stage == "coming":
        return f"A photo is coming: {100 * photo.received // max(photo.size, 1)} %"
    return ""


def code_read(codes: list[events.CodeView]) -> tuple[str, str]:
    """What was read and copied."""
    said = "; ".join(code.text for code in codes)
    shown = said if len(said) <= LONGEST_SHOWN else said[:LONGEST_SHOWN] + "…"
    return ("Code copied" if len(codes) == 1 else f"{len(codes)} codes copied", shown)
