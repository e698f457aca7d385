"""What the app remembers of its user's choices, in a small JSON file. No secrets: those are the keyring's."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import msgspec
from platformdirs import user_config_path

from coachdesk.media.mixer import DUCK_DB
from coachdesk.ui.theme.tokens import ThemeChoice

Ear = Literal["left", "center", "right"]

log = logging.getLogger(__name__)


class Preferences(msgspec.Struct):
    """``mic``, ``speaker``, ``camera``: as in the options of ``coachdesk endpoint``. ``duck``: dB. ``whisper_ear``:
    in which ear an agent hears whispers. ``echo``, ``noise``, ``gain``: what is done to the microphone's sound.
    ``polite``: whispers wait for a pause. ``catch_up``: calls begin with their last 20 s.
    """

    server: str = ""
    name: str = ""
    remember: bool = False
    theme: ThemeChoice = "system"
    mic: str = "default"
    speaker: str = "default"
    camera: str = "none"
    duck: float = DUCK_DB
    whisper_ear: Ear = "center"
    echo: bool = True
    noise: bool = True
    gain: bool = False
    polite: bool = False
    catch_up: bool = False
    whisper_key: str = "Space"
    seen_settings: bool = False


def path() -> Path:
    return user_config_path("coachdesk", appauthor=False) / "desktop.json"


def load(file: Path) -> Preferences:
    """The remembered choices; the defaults where there are none, or none that can be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Preferences)
    except FileNotFoundError:
        return Preferences()
    except (OSError, msgspec.DecodeError) as error:
        log.warning("preferences could not be read, using defaults: %s", error)
        return Preferences()


def save(preferences: Preferences, file: Path) -> None:
    """Write them whole or not at all; a full disk costs the choices, not the app."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_bytes(msgspec.json.format(msgspec.json.encode(preferences)))
        new.replace(file)
    except OSError as error:
        log.warning("preferences could not be saved: %s", error)
