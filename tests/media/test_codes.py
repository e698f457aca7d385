"""Codes in a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from coachdesk.media.picture.codes import read

LEFT = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")


def ean13(digits: str, bar: int = 3) -> np.ndarray:
    """A barcode (ISO/IEC 15420), dark on light, in a quiet zone."""
    right = [bits.translate(str.maketrans("01", "10")) for bits in LEFT]
    left = "".join(
        LEFT[int(digit)] if parity == "L" else right[int(digit)][::-1]
        for digit, parity in zip(digits[1:7], PARITY[int(digits[0])], strict=True)
    )
    bits = "101" + left + "01010" + "".join(right[int(digit)] for digit in digits[7:]) + "101"
    row = np.repeat(np.array([0 if bit == "1" else 255 for bit in bits], np.uint8), bar)
    return np.pad(np.tile(row, (110, 1)), 40, constant_values=255)


def qr(text: str, module: int = 6) -> np.ndarray:
    code = cv2.QRCodeEncoder.create().encode(text)
    return np.pad(np.kron(code, np.ones((module, module), np.uint8)), 30, constant_values=255)


def seen(*things: tuple[np.ndarray, int, int]) -> np.ndarray:
    """A grey picture of 1280 x 720 with things at places, as a camera sees it."""
    picture = np.full((720, 1280), 150, np.uint8)
    for thing, x, y in things:
        picture[y : y + thing.shape[0], x : x + thing.shape[1]] = thing
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.8)
    noise = np.random.default_rng(3).normal(0, 4, picture.shape)
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("thing", "kind", "text"),
    [
        (qr("SN: 4711-0815 / Rev. B"), "QR", "SN: 4711-0815 / Rev. B"),
        (ean13("4006381333931"), "EAN_13", "4006381333931"),
    ],
)
def test_a_code_is_read_where_it_is(thing: np.ndarray, kind: str, text: str) -> None:
    (code,) = read(seen((thing, 500, 250)))
    assert (code.kind, code.text) == (kind, text)
    middle = np.mean(code.corners, axis=0) * [1280, 720]
    true = np.array([500 + thing.shape[1] / 2, 250 + thing.shape[0] / 2])
    assert np.linalg.norm(middle - true) < 25


def test_several_codes_are_all_read() -> None:
    found = read(seen((qr("one"), 100, 100), (qr("two"), 800, 100), (ean13("4006381333931"), 300, 450)))
    assert {code.text for code in found} == {"one", "two", "4006381333931"}


def test_a_small_code_is_read_enlarged() -> None:
    assert [code.text for code in read(seen((qr("small", module=3), 600, 300)))] == ["small"]


@pytest.mark.parametrize(
    "picture",
    [
        np.full((720, 1280), 90, np.uint8),
        np.random.default_rng(1).integers(0, 255, (720, 1280), np.uint8),
        np.zeros((8, 8), np.uint8),
    ],
)
def test_nothing_is_read_where_nothing_is(picture: np.ndarray) -> None:
    assert read(picture) == []
