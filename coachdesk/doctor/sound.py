"""Checks of what sound needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coachdesk.doctor.finding import Finding, fail, ok, warn
from coachdesk.events import DeviceView


def check_opus() -> Finding:
    """Encodes and decodes a block, which finds the library and shows that it answers."""
    import numpy as np

    from coachdesk.media import opus

    try:
        payload = opus.Encoder().encode(np.zeros(960, np.float32))
        decoded = opus.Decoder().decode(payload)
    except opus.OpusError as error:
        return fail(str(error), "Reinstall PyAV (pip install --force-reinstall av), or install libopus.")
    return ok(f"encodes and decodes ({len(decoded)} samples)")


def check_portaudio() -> Finding:
    try:
        import sounddevice
    except OSError as error:
        return fail(
            f"cannot be loaded: {error}", "Debian, Ubuntu: apt-get install libportaudio2 libasound2-plugins"
        )
    return ok(str(sounddevice.get_portaudio_version()[1]))


def check_voice_processing() -> Finding:
    """Processes a block, which loads the library and shows that it answers."""
    from coachdesk.media import voice

    try:
        voice.check()
    except voice.VoiceError as error:
        return warn("not to be had: echo, noise and level stay as they are", str(error))
    return ok("cancels echo, suppresses noise, levels")


def check_mics() -> Finding:
    from coachdesk.media.devices import list_mics

    return _devices(list_mics, "Connect one and allow its use, or go on with --mic FILE.wav or --mic none.")


def check_speakers() -> Finding:
    from coachdesk.media.devices import list_speakers

    return _devices(list_speakers, "Connect a headset, or go on with --speaker FILE.wav or --speaker none.")


def _devices(listed: Callable[[], Sequence[DeviceView]], advice: str) -> Finding:
    devices = listed()
    if not devices:
        return warn("none found", advice)
    return ok(", ".join(f"{each.label} (default)" if each.default else each.label for each in devices))
