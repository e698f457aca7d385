"""The audio benchmark hears right: known delays, gaps, recoveries and quality come out as they were put in."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench import bars, listening, plot
from bench.audio import PATHS
from bench.cell import SPEECH, Call, Direction
from bench.networks import NETWORKS
from bench.tape import RATE, late_ms, save, timeline
from coachdesk.media.filesound import load
from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS

Line = listening.Line
needs_extra = pytest.mark.skipif(
    importlib.util.find_spec("pesq") is None or importlib.util.find_spec("pystoi") is None,
    reason="needs the extra 'bench'",
)


@pytest.fixture(scope="module")
def original() -> Line:
    """One round of the speech at 16 kHz."""
    return load(SPEECH).astype(np.float64)[::3]


@pytest.fixture(scope="module")
def speech(original: Line) -> Line:
    """One sentence."""
    return original[: round(listening.PIECE_SECONDS * RATE)]


def later(line: Line, ms: float) -> Line:
    lag = round(ms / 1000 * RATE)
    return np.concatenate([np.zeros(lag), line])[: len(line)]


# --- delay ---


@pytest.mark.parametrize("ms", [0, 37.5, 400, 1500])
def test_a_delay_is_found_wherever_there_is_speech(speech: Line, ms: float) -> None:
    found = listening.delays(speech, later(speech, ms))
    assert len(found.ms) > 20
    assert found.ms == pytest.approx(np.full(len(found.ms), ms), abs=0.1)


def test_a_delay_is_found_in_noise_and_at_another_level(speech: Line) -> None:
    noise = np.random.default_rng(1).normal(0, 0.005, len(speech))
    found = listening.delays(speech, later(speech, 80) * 0.5 + noise)
    assert np.median(found.ms) == pytest.approx(80, abs=0.1)


def test_nothing_is_recognized_in_silence_or_in_something_else(speech: Line) -> None:
    assert len(listening.delays(speech, np.zeros(len(speech))).ms) == 0
    other = np.random.default_rng(1).normal(0, 0.05, len(speech))
    assert len(listening.delays(speech, other).ms) == 0


def test_a_delay_that_changes_is_followed(speech: Line) -> None:
    half = len(speech) // 2
    heard = np.concatenate([later(speech, 50)[:half], later(speech, 250)[half:]])
    found = listening.delays(speech, heard)
    seconds = half / RATE
    assert np.median(found.ms[found.seconds < seconds - 0.5]) == pytest.approx(50, abs=0.1)
    assert np.median(found.ms[found.seconds > seconds + 0.5]) == pytest.approx(250, abs=0.1)


# --- gaps and recovery ---


def silenced(line: Line, begin: float, ms: float) -> Line:
    cut = line.copy()
    cut[round(begin * RATE) : round((begin + ms / 1000) * RATE)] = 0
    return cut


def gaps(speech: Line, heard: Line) -> list[float]:
    return listening.gaps_ms(speech, heard, listening.delays(speech, heard))


def test_the_pauses_of_the_speech_are_no_gaps(speech: Line) -> None:
    assert gaps(speech, later(speech, 60)) == []


def loud_moment(speech: Line) -> float:
    """The begin of a stretch of half a second that is loud throughout."""
    size = round(0.01 * RATE)
    levels = np.sqrt(np.mean(speech[: len(speech) // size * size].reshape(-1, size) ** 2, axis=1))
    quietest = [levels[at : at + 20].min() for at in range(len(levels) - 20)]
    return int(np.argmax(quietest)) * 0.01 + 0.04


def test_a_gap_is_as_long_as_it_is(speech: Line) -> None:
    begin = loud_moment(speech)
    [found] = gaps(speech, silenced(later(speech, 60), begin + 0.06, 80))
    assert found == pytest.approx(80, abs=20)


def test_a_moment_of_silence_is_no_gap(speech: Line) -> None:
    begin = loud_moment(speech)
    assert gaps(speech, silenced(later(speech, 60), begin + 0.06, 20)) == []


def recovery(before: float, after: Sequence[float]) -> float | None:
    """With a delay every 0.1 s, and an outage from 1 s to 1.5 s."""
    ms = [before] * 10 + list(after)
    seconds = [0.1 * number for number in range(10)] + [1.5 + 0.1 * number for number in range(len(after))]
    return listening.recovery_seconds(listening.Delays(np.array(seconds), np.array(ms)), 1.0, 1.5)


def test_recovery_is_when_the_delay_is_back_for_good() -> None:
    assert recovery(80, [80] * 10) == pytest.approx(0.0)
    assert recovery(80, [500] * 5 + [95] * 10) == pytest.approx(0.5)
    assert recovery(80, [500, 90, 500, 90, 90]) == pytest.approx(0.3)
    assert recovery(80, [500] * 10) is None


# --- tapes ---


def tape(path: Path, stamps: list[float]) -> Path:
    """Blocks in each of which the sound is the number of the block, in thousandths."""
    levels = np.repeat(np.arange(len(stamps)) / 1000, BLOCK_SAMPLES)
    save(path, np.array(stamps), levels.astype(np.float32))
    return path


def level_at(line: Line, seconds: float) -> float:
    """In thousandths, in the middle of the block that begins then."""
    return float(line[round((seconds + BLOCK_SECONDS / 2) * RATE)] * 1000)


def test_a_late_program_moves_no_sound(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    stamps = [10 + number * BLOCK_SECONDS for number in range(300)]
    stamps[150] += 0.030
    line = timeline(tape(tmp_path / "tape.npz", stamps), 10, 13)
    assert [level_at(line, at) for at in (0.5, 1.5, 2.5)] == pytest.approx([50, 150, 250], abs=0.5)


def test_a_late_program_is_told_of(tmp_path: Path) -> None:
    stamps = [10 + number * BLOCK_SECONDS for number in range(300)]
    calm = tape(tmp_path / "calm.npz", stamps)
    late = tape(tmp_path / "late.npz", [at + 0.040 * (number % 20 == 0) for number, at in enumerate(stamps)])
    assert late_ms(calm, 10, 13) == pytest.approx(0, abs=0.01)
    assert late_ms(late, 10, 13) == pytest.approx(40, abs=0.01)


def test_blocks_left_out_move_all_that_comes_after(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    stamps = [10 + number * BLOCK_SECONDS + 0.1 * (number >= 200) for number in range(400)]
    line = timeline(tape(tmp_path / "tape.npz", stamps), 10, 14)
    assert [level_at(line, at) for at in (1.0, 3.0)] == pytest.approx([100, 290], abs=0.5)


def test_a_timeline_is_silent_where_there_is_no_tape(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    line = timeline(tape(tmp_path / "tape.npz", [10.0] * 0), 9, 10)
    assert (len(line), np.max(np.abs(line))) == (RATE, 0)
    stamps = [10 + number * BLOCK_SECONDS for number in range(300)]
    line = timeline(tape(tmp_path / "tape.npz", stamps), 9, 14)
    assert (level_at(line, 0.5), level_at(line, 4.5)) == (0, 0)
    assert level_at(line, 2.0) == pytest.approx(100, abs=0.5)


# --- quality ---


@needs_extra
def test_quality_is_of_whole_sentences_against_the_original(original: Line) -> None:
    said = np.take(original, np.arange(round(3.3 * RATE), round(25.0 * RATE)), mode="wrap")
    heard = np.concatenate([later(said, 120), np.zeros(RATE)])
    found = listening.pieces(original, said, heard, listening.delays(said, heard[: len(said)]))
    assert [piece.seconds for piece in found] == pytest.approx([2.2, 7.7, 13.2], abs=0.001)
    assert min(piece.pesq for piece in found) > 4.5
    assert min(piece.stoi for piece in found) > 0.99


@needs_extra
def test_quality_falls_with_what_is_missing(original: Line) -> None:
    said = original[: round(2 * listening.PIECE_SECONDS * RATE)]
    holes = np.repeat(np.random.default_rng(1).random(len(said) // 320) < 0.1, 320)
    heard = np.concatenate([np.where(holes, 0.0, said), np.zeros(RATE)])
    found = listening.pieces(original, said, heard, listening.delays(said, heard[: len(said)]))
    assert len(found) == 2
    assert max(piece.pesq for piece in found) < 3


# --- bars ---


def direction(path: str, delay: float, pesq: float, **more: object) -> Direction:
    settled: dict[str, object] = {"recovery_seconds": None, "interrupted": None, "numbers": {}, **more}
    return Direction(
        path=path,
        seconds=[1.0, 2.0],
        delays_ms=[delay, delay],
        pesq=[pesq],
        stoi=[0.9],
        gaps_ms=[50.0, 70.0],
        measured_seconds=30.0,
        cpu_percent=10.0,
        late_ms=1.0,
        **settled,  # type: ignore[arg-type]
    )


def judged(network: str, ours: Direction, delay: float = 100, pesq: float = 3.0) -> list[bars.Verdict]:
    anchor = Call(network, [direction(bars.ANCHOR, delay, pesq)] * 2, {})
    rows = bars.summaries([anchor, Call(network, [ours], {})])
    return rows[-1].verdicts


@pytest.mark.parametrize(
    ("network", "delay", "pesq", "met"),
    [
        ("clean", 70, 3.0, [True, True, True]),
        ("clean", 71, 2.9, [False, False, False]),
        ("loss5", 100, 3.0, [True, True, True]),
        ("loss5", 101, 2.9, [False, False, False]),
        ("loss10", 100, 3.71, [True, True, True]),
        ("loss10", 100, 3.6, [True, True, False]),
    ],
)
def test_delay_and_quality_are_held_against_chromium(
    network: str, delay: float, pesq: float, met: list[bool]
) -> None:
    ours = direction("coachdesk>coachdesk", delay, pesq)
    assert [verdict.met for verdict in judged(network, ours)] == met


def test_a_recovery_and_the_cost_of_playout_are_judged() -> None:
    for seconds, cost, met in ((1.9, 2.9, True), (2.1, 3.1, False), (None, 3.1, False)):
        numbers = {"playout_cpu_percent": cost}
        ours = direction(
            "coachdesk>coachdesk", 50, 4.0, recovery_seconds=seconds, interrupted=5.0, numbers=numbers
        )
        [playout, back, *_] = judged("stall", ours)
        assert (playout.met, back.met) == (met, met)


def test_a_delay_that_does_not_come_back_is_told_with_how_long_it_was_watched() -> None:
    ours = direction("coachdesk>coachdesk", 50, 4.0, interrupted=5.0)
    assert "> 24 s" in bars.judgement(bars.summaries([Call("stall", [ours], {})]), {"stall": "stall"})


def test_nothing_recognized_misses_every_bar() -> None:
    ours = direction("coachdesk>coachdesk", 50, 4.0)
    ours.delays_ms, ours.pesq = [], []
    verdicts = judged("loss5", ours)
    assert len(verdicts) == 3
    assert not any(verdict.met for verdict in verdicts)


def test_both_directions_of_a_path_count_together() -> None:
    both = [direction("coachdesk>coachdesk", 40, 3.0), direction("coachdesk>coachdesk", 60, 4.0)]
    [row] = bars.summaries([Call("clean", both, {})])
    assert (row.delay_p50, row.pesq, row.gaps_per_minute, row.gap_ms_per_minute) == (50, 3.5, 4, 240)


def test_a_table_has_a_line_for_every_path(tmp_path: Path) -> None:
    rows = bars.summaries([Call("clean", [direction(bars.ANCHOR, 80, 4.0)], {})])
    table = bars.table(rows, {name: network.title for name, network in NETWORKS.items()})
    assert len(table.splitlines()) == 2
    assert "chromium>chromium" in table


def test_every_path_has_a_colour_of_its_own_in_the_plot() -> None:
    assert set(plot.COLORS) == set(PATHS)
    assert len(set(plot.COLORS.values())) == len(PATHS)
