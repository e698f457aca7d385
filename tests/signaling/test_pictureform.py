"""What a picture says of itself."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.pictureform import JPEG, PNG, form_of, kind_of

from .pictures import jpeg, png


@pytest.mark.parametrize(("suffix", "kind"), [(".jpg", JPEG), (".png", PNG)])
def test_the_form_of_an_encoded_picture_is_known(suffix: str, kind: str) -> None:
    good, data = cv2.imencode(suffix, np.zeros((480, 640, 3), np.uint8))
    assert good
    assert form_of(data.tobytes()) == (kind, 640, 480)


def test_a_progressive_jpeg_is_one() -> None:
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    _, data = cv2.imencode(".jpg", np.zeros((33, 57, 3), np.uint8), options)
    assert form_of(data.tobytes()) == (JPEG, 57, 33)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>" + bytes(100),
        jpeg(length=0)[:26],
        png()[:20],
        jpeg(width=0),
        png(height=0),
        jpeg(width=60000, height=60000),
        png(width=2**31, height=2**31),
        b"\xff\xd8\xff\xe0\x00\x00" + bytes(100),
    ],
)
def test_what_is_no_picture_or_too_large_has_none(data: bytes) -> None:
    assert form_of(data) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", jpeg(0), png(0)]))
def test_any_bytes_have_a_form_or_none(data: bytes, beginning: bytes) -> None:
    form = form_of(beginning + data)
    assert form is None or (form.kind == kind_of(beginning + data) and form.width * form.height > 0)
