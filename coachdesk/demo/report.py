"""What a headless demo leaves: report.json, and the recordings and screenshots beside it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec

from coachdesk.demo.walk import Walk, unmeasured
from coachdesk.hearing import Matrix

PACKAGES = ("coachdesk", "aiortc", "av", "PySide6-Essentials", "opencv-python-headless")


def write_report(
    folder: Path, walk: Walk, matrices: list[Matrix], latency_ms: Mapping[str, float], problems: list[str]
) -> bool:
    """Writes ``report.json``; True if every cell of every matrix is right and nothing else went wrong."""
    good = all(matrix.ok for matrix in matrices) and not problems
    report = {
        "ok": good,
        "problems": problems,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "modes": [
            {
                "title": step.title,
                "mode": step.mode,
                "in_force_ms": round(step.in_force_ms, 1),
                "ok": matrix.ok,
                "hearing": matrix.rows(),
            }
            for step, matrix in zip(walk.steps, matrices, strict=True)
        ],
        "one_way_latency_ms": {path: round(ms, 1) for path, ms in latency_ms.items()},
        "unmeasured": unmeasured(walk, latency_ms),
        "click_to_first_sound_ms": {what: round(ms, 1) for what, ms in walk.first_sound_ms.items()},
    }
    text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    (folder / "report.json").write_bytes(text + b"\n")
    return good
