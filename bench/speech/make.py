"""Makes speech.flac: two voices in turn, by espeak-ng, at one level. Run it in this folder; see README.md."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import numpy as np
import soundfile

VOICES = ("en-us+m3", "en-gb+f2")
TALK = (
    "Good morning, this is Daniel from the service desk. Which of the four levers is up?",
    "The third one, just beside the black wheel. It shows a yellow light and takes no paper.",
    "Push it firmly to the left until you hear a click, then close the cover again.",
    "It clicked twice, the light has changed to green, and five pages are coming out.",
)
PIECE_SECONDS = 5.5
"""Each sentence takes so long, with the silence before and after it."""
LEAD_SECONDS = 0.1
LEVEL_DBFS = -26.0
"""Of the active speech, the level that ITU-T P.830 asks for."""


def spoken(voice: str, text: str) -> tuple[np.ndarray, int]:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["espeak-ng", "-v", voice, "-s", "170", "-w", file.name, text], check=True)
        samples, rate = soundfile.read(file.name)
    loud = np.nonzero(np.abs(samples) > 1e-3)[0]
    samples = samples[loud[0] : loud[-1]]
    return samples * 10 ** (LEVEL_DBFS / 20) / active_rms(samples, rate), rate


def active_rms(samples: np.ndarray, rate: int) -> float:
    """Of the 10 ms pieces that are less than 25 dB below the loudest."""
    size = rate // 100
    power = np.mean(samples[: len(samples) // size * size].reshape(-1, size) ** 2, axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() / 10**2.5])))


def main() -> None:
    pieces = []
    for number, text in enumerate(TALK):
        samples, rate = spoken(VOICES[number % 2], text)
        lead, size = round(LEAD_SECONDS * rate), round(PIECE_SECONDS * rate)
        pieces.append(np.pad(samples, (lead, size - lead - len(samples))))
    soundfile.write("speech.flac", np.concatenate(pieces), rate, subtype="PCM_16")


if __name__ == "__main__":
    sys.exit(main())
