"""Barcodes and QR codes in a picture, read by OpenCV. Pure."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from coachdesk.media.tracking.geometry import Plane

MOST_LETTERS = 4000
"""Of one code's text: the largest QR code has fewer bytes."""
ENLARGED = 2
"""How many times a picture is enlarged when nothing is found in it: thin bars of small codes."""
LARGE = 1_500_000
"""Pixels of a picture that need not be enlarged."""


class Code(NamedTuple):
    """One code.

    Attributes:
        kind: ``QR``, or a barcode's type such as ``EAN_13``, ``UPC_A``, ``EAN_8``.
        text: what it says; nothing of it is to be trusted or opened by itself.
        corners: four points, 0..1 of the content.
    """

    kind: str
    text: str
    corners: list[tuple[float, float]]


def read(picture: Plane) -> list[Code]:
    """All codes in a Y plane that can be read, QR codes first; takes some 100 ms at 720p, up to a second where
    there are none."""
    found = _qr_codes(picture) + _barcodes(picture)
    if found or picture.size > LARGE:
        return found
    larger = np.asarray(
        cv2.resize(picture, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC), np.uint8
    )
    return _qr_codes(larger) + _barcodes(larger)


def _qr_codes(picture: Plane) -> list[Code]:
    """By either of OpenCV's detectors: each reads codes that the other does not."""
    for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
        good, texts, corners, _ = detector.detectAndDecodeMulti(picture)
        found = _codes(picture, ["QR"] * len(texts), texts, corners) if good else []
        if found:
            return found
    return []


def _barcodes(picture: Plane) -> list[Code]:
    good, texts, kinds, corners = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(picture)
    return _codes(picture, kinds, texts, corners) if good else []


def _codes(picture: Plane, kinds: object, texts: object, corners: object) -> list[Code]:
    size = np.array([picture.shape[1], picture.shape[0]], np.float64)
    found = []
    for kind, text, places in zip(kinds, texts, np.asarray(corners, np.float64), strict=False):  # type: ignore[call-overload]
        if text:
            at = np.clip((places.reshape(-1, 2) + 0.5) / size, 0, 1)
            found.append(Code(str(kind), str(text)[:MOST_LETTERS], [(float(x), float(y)) for x, y in at]))
    return found
