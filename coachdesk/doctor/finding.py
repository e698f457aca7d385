"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """``warn``: something will be missing. ``fail``: calls will not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` was found; ``advice`` is what to do about it, empty when all is well."""

    verdict: Verdict
    what: str
    advice: str = ""


def ok(what: str) -> Finding:
    return Finding(Verdict.OK, what)


def warn(what: str, advice: str) -> Finding:
    return Finding(Verdict.WARN, what, advice)


def fail(what: str, advice: str) -> Finding:
    return Finding(Verdict.FAIL, what, advice)
