"""Voice processing of the microphone: echo cancellation, noise suppression, automatic gain.

By WebRTC's audio processing module, in the ``livekit`` package, which is loaded only here and needs no server. It works on
10 ms frames of 16-bit samples at 48 kHz and adds 7 to 15 ms of delay (bench/echo.py). Its reference is all that is
written to the speaker; it finds the delay of the echo by itself and is no better for being told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from coachdesk.media.pcm import RATE, Block, Stereo

FULL_SCALE = 32767


class VoiceError(Exception):
    """Voice processing cannot be had, or broke; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Processing:
    """What is done to the mic's sound."""

    echo: bool = False
    noise: bool = False
    gain: bool = False

    def __bool__(self) -> bool:
        return self.echo or self.noise or self.gain


ALL = Processing(echo=True, noise=True, gain=True)
USUAL = Processing(echo=True, noise=True)
"""For microphones, unless something else is chosen: gain would amplify what is left of an echo (bench/echo.py)."""
NOTHING = Processing()


class Voice:
    """One microphone's processing. It learns the room's echo within a second or two of sound from the speaker."""

    def __init__(self, processing: Processing) -> None:
        """Raises VoiceError where the package or its library is missing."""
        self.processing = processing
        self._frame, self._module = _load(processing)

    def played(self, block: Block | Stereo) -> None:
        """10 ms as they were given to the speaker. Raises VoiceError."""
        if not self.processing.echo:
            return
        try:
            self._module.process_reverse_stream(self._framed(block))
        except RuntimeError as error:
            raise _broken(error) from error

    def clean(self, mic: Block) -> Block:
        """The mic's next 10 ms, processed. Raises VoiceError."""
        frame = self._framed(mic)
        try:
            self._module.process_stream(frame)
        except RuntimeError as error:
            raise _broken(error) from error
        return np.asarray(np.frombuffer(frame.data, np.int16) / FULL_SCALE, np.float32)

    def _framed(self, block: Block | Stereo) -> Any:
        samples = (np.clip(block, -1.0, 1.0) * FULL_SCALE).astype(np.int16)
        channels = 1 if block.ndim == 1 else block.shape[1]
        return self._frame(bytearray(samples.tobytes()), RATE, channels, len(block))


def check() -> None:
    """Processes a block. Raises VoiceError where that is not possible."""
    Voice(ALL).clean(np.zeros(RATE // 100, np.float32))


def _load(processing: Processing) -> tuple[Any, Any]:
    """The package's frame type, and a module that does what ``processing`` says."""
    try:
        from livekit import rtc

        module = rtc.AudioProcessingModule(
            echo_cancellation=processing.echo,
            noise_suppression=processing.noise,
            high_pass_filter=True,
            auto_gain_control=processing.gain,
        )
    except (ImportError, OSError) as error:
        raise VoiceError(
            f"Voice processing cannot be loaded ({error}). Reinstall it with 'pip install --force-reinstall livekit'; "
            "until then, use a headset and keep away from noise."
        ) from error
    return rtc.AudioFrame, module


def _broken(error: RuntimeError) -> VoiceError:
    return VoiceError(f"Voice processing failed ({error}) and is off. Use a headset, or turn it on again.")
