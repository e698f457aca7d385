"""How well characters are recognized in a picture of ``desktop.py``'s page, by Tesseract, against what is written there.

Tesseract takes text twice as high as the page's: pictures are enlarged for it, each in the same way.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import cv2
import numpy as np
from numpy.typing import NDArray

from bench import desktop
from bench.viewing import Kept, fitted

PROGRAM = "tesseract"
ABSENT = "tesseract is missing (apt-get install tesseract-ocr): no characters are recognized, and `chars` stays empty"
ENLARGED = 2
LINES = 15
"""Of the page, the uppermost; to read them all takes minutes on a slow machine."""
UNIFORM_BLOCK = "6"
"""Tesseract's ``--psm`` for a block of text."""
SECONDS = 120.0
ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}
"""Tesseract's threads wait for each other by spinning."""


def available() -> bool:
    return shutil.which(PROGRAM) is not None


def recognized(kept: Kept) -> float | None:
    """Share of the characters of the page's first lines that are read as they are; None where the picture has no number."""
    number = desktop.number_in(kept.grey)
    if number is None:
        return None
    page = fitted(kept.grey)[desktop.cut(desktop.PAGE)][: LINES * desktop.LINE]
    return likeness(" ".join(desktop.text(number)[:LINES]), read(page))


def read(grey: NDArray[np.uint8]) -> str:
    """The text in a picture, with single spaces."""
    large = cv2.resize(grey, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    found = subprocess.run(
        [PROGRAM, "stdin", "stdout", "--psm", UNIFORM_BLOCK, "-l", "eng"],
        input=cv2.imencode(".png", large)[1].tobytes(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        env=os.environ | ONE_THREAD,
        check=True,
    )
    return " ".join(found.stdout.decode("utf-8", "replace").split())


def likeness(written: str, seen: str) -> float:
    """1 less the edits (Levenshtein, 1966) that make one of the other, as a share of what is written; 0 at least."""
    letters = np.array([ord(letter) for letter in written])
    place = np.arange(len(letters) + 1)
    edits = place.copy()
    for letter in seen:
        replaced = edits[:-1] + (letters != ord(letter))
        best = np.concatenate([[edits[0] + 1], np.minimum(replaced, edits[1:] + 1)])
        edits = np.minimum.accumulate(best - place) + place  # or one of what is written left out
    return max(0.0, 1.0 - int(edits[-1]) / max(1, len(letters)))
