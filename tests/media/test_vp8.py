"""The VP8 payload descriptor (RFC 7741)."""

from __future__ import annotations

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.picture import vp8

KEY, DELTA = b"\x10\x02\x00", b"\x11\x02\x00"
"""First bytes of a VP8 frame: the lowest bit is 0 for a keyframe (RFC 6386)."""

optional_id = st.none() | st.integers(0, 0x7FFF)


@given(
    start=st.booleans(),
    picture_id=optional_id,
    tl0picidx=st.none() | st.integers(0, 255),
    tid=st.none() | st.tuples(st.integers(0, 3), st.integers(0, 1)),
    keyidx=st.none() | st.integers(0, 31),
    frame=st.sampled_from([KEY, DELTA]),
)
def test_every_form_of_the_descriptor_is_read(
    start: bool,
    picture_id: int | None,
    tl0picidx: int | None,
    tid: tuple[int, int] | None,
    keyidx: int | None,
    frame: bytes,
) -> None:
    descriptor = VpxPayloadDescriptor(int(start), 0, picture_id, tl0picidx, tid, keyidx)
    parsed = vp8.parse(bytes(descriptor) + frame)
    layer, sync = tid or (0, 0)
    assert parsed == (start, start and frame is KEY, frame, layer, bool(sync))


def test_a_short_picture_id_is_read() -> None:
    assert vp8.parse(b"\x90\x80\x11" + KEY) == (True, True, KEY, 0, False)


def test_a_later_partition_does_not_start_a_frame() -> None:
    assert not vp8.parse(b"\x11" + KEY).start


@pytest.mark.parametrize(
    "payload", [b"", b"\x10", b"\x90", b"\x90\x80", b"\x90\x80\x80\x01", b"\x90\xf0\x01\x02"]
)
def test_a_payload_cut_short_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="VP8 payload"):
        vp8.parse(payload)
    assert not vp8.starts_keyframe(payload)


@given(st.binary(min_size=1, max_size=20000), st.integers(0, 0x7FFF))
def test_payloads_put_together_are_the_frame(frame: bytes, picture_id: int) -> None:
    payloads = vp8.packetize(frame, picture_id)
    parsed = [vp8.parse(payload) for payload in payloads]
    assert b"".join(part.data for part in parsed) == frame
    assert [part.start for part in parsed] == [True, *[False] * (len(parsed) - 1)]
    assert max(len(payload) for payload in payloads) <= vp8.PAYLOAD_MAX
    assert VpxPayloadDescriptor.parse(payloads[-1])[0].picture_id == picture_id


@given(st.binary(max_size=50))
def test_any_bytes_are_parsed_or_refused(payload: bytes) -> None:
    try:
        vp8.parse(payload)
    except ValueError:
        assert not vp8.starts_keyframe(payload)
