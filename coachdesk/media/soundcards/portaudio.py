"""Which sound devices PortAudio (the ``sounddevice`` package) knows, and by what names. Light: a watcher imports it."""

from __future__ import annotations

import sys
from typing import Any, Literal

from msgspec import Struct

Kind = Literal["input", "output"]
WHAT: dict[Kind, str] = {"input": "microphone", "output": "speaker"}


class DeviceList(Struct, frozen=True, kw_only=True):
    """Every sound device at one moment, by name, and which of them the system prefers ("" if it says none)."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    default_input: str = ""
    default_output: str = ""

    def names(self, kind: Kind) -> tuple[str, ...]:
        return self.input if kind == "input" else self.output

    def default(self, kind: Kind) -> str:
        return self.default_input if kind == "input" else self.default_output


def look_again() -> None:
    """Finds devices plugged in since: PortAudio looks only when it starts. Ends every open stream of this process."""
    import sounddevice

    sounddevice._terminate()
    sounddevice._initialize()


def listed(sounddevice: Any) -> DeviceList:
    """The devices PortAudio has known since it last looked."""
    names = {kind: tuple(named(sounddevice, kind)) for kind in WHAT}
    defaults = {kind: default_name(sounddevice, kind) for kind in WHAT}
    return DeviceList(
        input=names["input"],
        output=names["output"],
        default_input=defaults["input"],
        default_output=defaults["output"],
    )


def named(sounddevice: Any, kind: Kind) -> dict[str, tuple[int, dict[str, Any]]]:
    """Index and description of each device by its name, with a number behind it where several have the same."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    api = preferred_api(sounddevice)
    for index, info in enumerate(sounddevice.query_devices()):
        if info[f"max_{kind}_channels"] < 1 or api not in (None, info["hostapi"]):
            continue
        name, copies = str(info["name"]), 1
        while name in found:
            copies += 1
            name = f"{info['name']} ({copies})"
        found[name] = (index, info)
    return found


def preferred_api(sounddevice: Any) -> int | None:
    """On Windows each device shows once per driver model; WASAPI is the one with a low delay."""
    if sys.platform == "win32":
        for index, api in enumerate(sounddevice.query_hostapis()):
            if "WASAPI" in api["name"]:
                return index
    return None


def default_name(sounddevice: Any, kind: Kind) -> str:
    """The system's default device, "" if there is none."""
    api = preferred_api(sounddevice)
    if api is not None:
        default = int(sounddevice.query_hostapis(api)[f"default_{kind}_device"])
    else:
        default = int(sounddevice.default.device[0 if kind == "input" else 1])
    return next((name for name, (index, _) in named(sounddevice, kind).items() if index == default), "")
