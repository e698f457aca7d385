"""Pictures for slow lines: layers left out so that the rest decodes, without gaps, as the line's reports say."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from coachdesk.media.connection.rate import Path
from coachdesk.media.packet import Packet, seq_delta
from coachdesk.media.picture import vp8
from coachdesk.media.picture.pictureline import KEYFRAMES_EVERY, PictureLine
from coachdesk.media.picture.thinning import (
    FIRST_CLOSED,
    FIRST_PATIENCE,
    KEYFRAMES_ONLY,
    LAST_PATIENCE,
    LEAST_BITRATE,
    LONGEST_CLOSED,
    NOTHING,
    ONE_LAYER,
    Gate,
    Ladder,
    LayerRates,
    Thinner,
)
from coachdesk.media.picture.videobuffer import VideoBuffer
from tests.media.test_forward import Outlet

KEY, DELTA = b"\x10\x00\x00\x9d\x01\x2a", b"\x11\x00\x00"
LAYERS = (0, 2, 1, 2)
SIZES = {0: 3, 1: 2, 2: 1}
FRAME_TICKS = 3000


class Camera:
    """VP8 as browsers send it with ``L1T3``: 30 pictures a second, a new keyframe when asked for."""

    def __init__(self, *, layers: bool = True) -> None:
        self.layers = layers
        self.asked = 0
        self.keyframe = True
        self.late: list[Packet] = []
        """Lost at first; they come with the next frame."""
        self._seq, self._number, self._phase = 65500, 0, 0
        self.now = 50.0

    def frame(self) -> list[Packet]:
        key, self.keyframe = self.keyframe, False
        self._phase = 0 if key else (self._phase + 1) % 4
        layer = LAYERS[self._phase] if self.layers else 0
        sync = layer > 0 and self._phase in (1, 2)
        self._number += 1
        self.now += 1 / 30
        count = 6 if key else SIZES[layer]
        return [self._packet(index, count, layer, sync, KEY if key else DELTA) for index in range(count)]

    def _packet(self, index: int, count: int, layer: int, sync: bool, head: bytes) -> Packet:
        self._seq = (self._seq + 1) & 0xFFFF
        tid = (layer, int(sync)) if self.layers else None
        descriptor = bytes(VpxPayloadDescriptor(int(index == 0), 0, self._number & 0x7FFF, 0, tid, None))
        stamp = self._number.to_bytes(4, "big") + bytes([layer, index])
        data = (head if index == 0 else b"") + stamp + bytes(900)
        timestamp = self._number * FRAME_TICKS
        return Packet(self._seq, timestamp, index == count - 1, descriptor + data, 9, self.now)


@dataclass
class Line(Outlet):
    """What ``PictureLine`` writes to, and what the far end makes of it."""

    bitrate_limit: int | None = None
    timestamp_origin: int = 0
    path: Path = field(default_factory=Path)
    buffer: VideoBuffer = field(default_factory=VideoBuffer)
    frames: list[tuple[int, int]] = field(default_factory=list)
    now: float = 0.0

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False, seq: int | None = None) -> None:
        super().send(payload, timestamp, marker=marker, seq=seq)
        assert seq is not None
        for frame in self.buffer.put(Packet(seq, timestamp, marker, payload, 3, self.now), self.now):
            data = frame.data[len(KEY if frame.keyframe else DELTA) :]
            self.frames.append((int.from_bytes(data[:4], "big"), data[4]))

    @property
    def layers(self) -> set[int]:
        return {layer for _, layer in self.frames}


def line_of(camera: Camera) -> tuple[PictureLine, Line, LayerRates]:
    rates, out = LayerRates(), Line()
    line = PictureLine(out, rates)

    def keyframe() -> None:
        camera.asked += 1
        camera.keyframe = True

    line.on_keyframe_wanted = keyframe
    return line, out, rates


def play(
    camera: Camera,
    line: PictureLine,
    out: Line,
    rates: LayerRates,
    seconds: float,
    *,
    lose: float = 0.0,
    rng: random.Random | None = None,
) -> list[tuple[int, int]]:
    """Returns the frames that the far end could put together meanwhile."""
    out.frames.clear()
    for _ in range(round(seconds * 30)):
        back, camera.late = camera.late, []
        for packet in camera.frame():
            if rng is not None and rng.random() < lose:
                camera.late.append(packet)
            else:
                put(packet, line, out, rates, camera.now)
        for packet in back:
            put(packet, line, out, rates, camera.now)
    return list(out.frames)


def put(packet: Packet, line: PictureLine, out: Line, rates: LayerRates, now: float) -> None:
    out.now = now
    rates.add(vp8.parse(packet.payload).layer, len(packet.payload), now)
    line.forward(packet._replace(arrival=now))


def decodable(frames: list[tuple[int, int]], all_from: int) -> bool:
    """Whether no frame of layer 0 is missing in between: higher layers never matter to others."""
    base = [number for number, layer in frames if layer == 0]
    return all(b - a == 4 for a, b in itertools.pairwise(base) if a >= all_from)


def test_a_line_without_trouble_gets_every_frame() -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    assert len(play(camera, line, out, rates, 10)) == 300
    assert (line.quality, camera.asked) == ("full", 0)


@pytest.mark.parametrize(("limit", "layers"), [(400_000, {0, 1, 2}), (330_000, {0, 1}), (200_000, {0})])
def test_layers_are_left_out_until_the_rest_fits_the_estimate(limit: int, layers: set[int]) -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    play(camera, line, out, rates, 4)
    out.bitrate_limit = limit
    play(camera, line, out, rates, 3)
    frames = play(camera, line, out, rates, 1)
    assert {layer for _, layer in frames} == layers
    assert decodable(frames, 0)
    assert line.quality == ("full" if 2 in layers else "reduced")


def test_at_worst_there_are_keyframes_only_and_then_nothing() -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    told: list[str] = []
    line.on_quality = told.append
    play(camera, line, out, rates, 3)
    out.bitrate_limit = 20_000
    play(camera, line, out, rates, 1)
    assert line.quality == "keyframes"
    camera.asked = 0
    frames = play(camera, line, out, rates, 4)
    assert camera.asked <= 1 + 4 / KEYFRAMES_EVERY
    assert len(frames) == camera.asked
    out.path.reported(0.0, 0.02, 0.0, camera.now - 2)
    for second in range(8):
        out.path.reported(0.0, 3.0, 0.0, camera.now + second)
    assert out.path.congested
    play(camera, line, out, rates, 3)
    assert line.quality == "none"
    assert play(camera, line, out, rates, 1) == []
    assert told == ["keyframes", "none"]


def test_a_camera_without_layers_goes_straight_to_keyframes() -> None:
    camera = Camera(layers=False)
    line, out, rates = line_of(camera)
    play(camera, line, out, rates, 3)
    out.bitrate_limit = 100_000
    play(camera, line, out, rates, 1)
    assert line.quality == "keyframes"


def test_everything_comes_back_when_the_line_is_well_again() -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    play(camera, line, out, rates, 3)
    out.bitrate_limit = 200_000
    play(camera, line, out, rates, 3)
    assert line.quality == "reduced"
    out.bitrate_limit = 2_000_000
    play(camera, line, out, rates, 4 * FIRST_PATIENCE)
    assert line.quality == "full"
    assert len(play(camera, line, out, rates, 1)) == 30


@pytest.mark.parametrize("limit", [None, 330_000, 200_000, 20_000])
@pytest.mark.parametrize("seed", range(4))
def test_with_losses_on_the_way_to_us_no_gap_is_left_open(limit: int | None, seed: int) -> None:
    """Lost packets that come again: of frames left out they leave nothing missing, of others they complete them."""
    camera = Camera()
    line, out, rates = line_of(camera)
    play(camera, line, out, rates, 3)
    out.bitrate_limit = limit
    play(camera, line, out, rates, 2)
    frames = play(camera, line, out, rates, 6, lose=0.1, rng=random.Random(seed))
    play(camera, line, out, rates, 0.2)
    seqs = sorted(out.seqs)
    assert seqs == list(range(len(seqs))), "each number once, none missing"
    assert out.buffer.skipped == 0
    assert all(b > a for (a, _), (b, _) in itertools.pairwise(frames))
    if limit != 20_000:
        assert decodable(frames, 0)


def test_a_packet_of_a_frame_left_out_that_comes_late_becomes_padding() -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    line._ladder.rung, line._ladder._changed = ONE_LAYER, camera.now
    first, second, third = camera.frame(), camera.frame(), camera.frame()
    put_all = [*first, third[0], second[0], third[1]]
    for packet in put_all:
        put(packet, line, out, rates, camera.now)
    payloads = [payload for _, _, payload in out.sent]
    assert payloads == [packet.payload for packet in first] + [b""]


def test_layers_are_taken_in_again_only_where_they_can_be_decoded_from() -> None:
    camera, thinner = Camera(), Thinner()
    rungs = [ONE_LAYER] * 6 + [0] * 12
    kept = []
    for rung in rungs:
        frame = camera.frame()
        fates = {thinner.keeps(packet, rung) for packet in frame}
        assert len(fates) == 1
        part = vp8.parse(frame[0].payload)
        kept.append((part.layer, part.sync, fates.pop()))
    assert all(fate == (layer == 0) for layer, _, fate in kept[:6])
    first_one = next(sync for layer, sync, fate in kept[6:] if layer == 1 and fate)
    first_two = next(sync for layer, sync, fate in kept[6:] if layer == 2 and fate)
    assert first_one
    assert first_two
    assert all(fate for _, _, fate in kept[-4:])


def test_after_keyframes_only_the_next_keyframe_is_waited_for() -> None:
    camera, thinner = Camera(), Thinner()
    for _ in range(6):
        for packet in camera.frame():
            thinner.keeps(packet, KEYFRAMES_ONLY)
    assert thinner.needs_keyframe
    assert not any(thinner.keeps(packet, 0) for packet in camera.frame())
    camera.keyframe = True
    assert all(thinner.keeps(packet, 0) for packet in camera.frame())
    assert not thinner.needs_keyframe


def test_one_line_that_asks_for_keyframes_all_the_time_gets_few() -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    play(camera, line, out, rates, 1)
    camera.asked = 0
    for tenth in range(600):
        line.request_keyframe(camera.now + tenth / 10)
    assert camera.asked < 15


def climb(ladder: Ladder, rates: LayerRates, limit: int | None, start: float, seconds: int) -> list[int]:
    rungs = []
    for step in range(seconds * 2):
        ladder.update(0.0, False, limit, rates, start + step / 2)
        rungs.append(ladder.rung)
    return rungs


def test_a_step_up_that_fails_is_tried_ever_more_seldom() -> None:
    ladder, rates = Ladder(), LayerRates()
    for layer, size in ((0, 30_000), (1, 20_000), (2, 30_000)):
        rates.add(layer, size, 0.0)
    ups, before = [], 0
    for step in range(1200):
        ladder.update(0.0, False, 230_000, rates, step / 2)
        if ladder.rung < before:
            ups.append(step / 2)
        before = ladder.rung
    pauses = [b - a for a, b in itertools.pairwise(ups)]
    assert pauses == sorted(pauses)
    assert LAST_PATIENCE <= pauses[-1] <= LAST_PATIENCE + 5


def test_loss_alone_leaves_one_layer() -> None:
    ladder, rates = Ladder(), LayerRates()
    for layer, size in ((0, 30_000), (1, 20_000), (2, 30_000)):
        rates.add(layer, size, 0.0)
    for step in range(60):
        ladder.update(0.3, False, None, rates, step / 2)
    assert ladder.rung == ONE_LAYER
    ladder.update(0.3, True, None, rates, 31)
    ladder.update(0.3, True, None, rates, 35)
    assert ladder.rung == NOTHING


def test_a_camera_of_our_own_gives_way_to_sound_and_comes_back_when_there_is_room() -> None:
    gate = Gate()
    gate.update(0.0, False, None, 0.0)
    assert gate.open
    gate.update(0.0, True, 1_000_000, 1.0)
    assert not gate.open
    gate.update(0.0, False, 1_000_000, 1.0 + FIRST_CLOSED - 0.1)
    assert not gate.open
    gate.update(0.0, False, 1_000_000, 1.0 + FIRST_CLOSED)
    assert gate.open


def test_an_estimate_from_before_the_pause_does_not_close_it_again() -> None:
    gate = Gate()
    gate.update(0.0, False, LEAST_BITRATE - 1, 0.0)
    assert not gate.open
    for second in range(40):
        gate.update(0.0, False, LEAST_BITRATE - 1, 1.0 + second)
    assert gate.open
    gate.update(0.0, False, LEAST_BITRATE - 2, 50.0)
    assert not gate.open


def test_a_camera_that_fails_again_and_again_is_tried_ever_more_seldom() -> None:
    gate, opened = Gate(), []
    for second in range(1200):
        was_open = gate.open
        gate.update(0.0, gate.open and second > 0, None, float(second))
        if gate.open and not was_open:
            opened.append(second)
    pauses = [b - a for a, b in itertools.pairwise(opened)]
    assert pauses == sorted(pauses)
    assert LONGEST_CLOSED <= pauses[-1] <= LONGEST_CLOSED + 2


def test_the_numbers_of_forwarded_packets_wrap() -> None:
    camera = Camera()
    line, out, rates = line_of(camera)
    play(camera, line, out, rates, 12)
    assert seq_delta(out.sent[-1][0], out.sent[0][0]) == len(out.sent) - 1
