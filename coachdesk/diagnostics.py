"""What support asks for first: versions, the machine, how the call sounds, every stream's numbers. No names, no secrets."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata

from coachdesk.media.quality import History

PACKAGES = ("coachdesk", "aiortc", "aioice", "av", "PySide6-Essentials", "sounddevice", "livekit", "numpy")

Table = Mapping[str, Mapping[str, float]]


def report(history: History, streams: Table) -> str:
    """The text. ``history``: of the call; ``streams``: as in the ``stats`` event."""
    parts = [
        _section("Machine", [platform.platform(), f"Python {platform.python_version()}"]),
        _section("Packages", [f"{name} {_version(name)}" for name in PACKAGES]),
        _section("Sound of the call, by source", _rows(history.summary())),
        _section("Its opinion score in each minute of the call", _rows(history.by_minute())),
        _section("Streams and devices", _rows(streams)),
    ]
    return "\n\n".join(parts) + "\n"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _rows(table: Table) -> list[str]:
    return [
        f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in row.items())
        for name, row in sorted(table.items())
    ]


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([f"# {title}", *(lines or ["nothing"])])
