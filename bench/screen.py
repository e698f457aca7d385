"""A shared screen, side by side: CoachDesk, and Chromium's ``getDisplayMedia`` to Chromium, over the same networks.

    sudo .venv/bin/python bench/screen.py                                     everything, some twelve minutes
    ... --kinds coachdesk --networks clean --scenes idle,typing --seconds 5   one call of half a minute

Needs root (a network lab, see ``netlab.py``), Xvfb, and for its part of the table Chromium.

On a virtual screen of 1920 x 1080 the window of ``testscreen.py`` shows scenes with a clock (``desktop.py``). One party
shares that screen, another, on a host of its own, watches (``parties/screen.py``, ``parties/chromium_screen.py``). The
clock is read in what the viewer decoded: CoachDesk's in the shared memory that its windows show, Chromium's in its page.
The call is set up on a clean network. Latency, sharpness: see ``viewing.py``. CPU is in percent of a core, of all that a
party does: for CoachDesk the call's sound (silence) is part of that, as much as ``call`` before anything is shared;
``capture`` is its capturing child alone. Bits are what the sharer's host sends, without what CoachDesk's call sends before
anything is shared. Ratios are to Chromium's figures in the same run.

``chars``: how many of the page's characters Tesseract recognizes in the last picture of the scene, as a share; it is not
tried where a window lies over the page, and left out where there is no Tesseract.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path

# Started as a script, this file's folder comes first, and bench/signaling.py would hide the package of that name.
sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
import numpy as np

from bench import desktop, netlab, reading
from bench.audio import names
from bench.cell import HOSTS, connect
from bench.netlab import NetLab
from bench.netpath import Conditions
from bench.networks import Network
from bench.parties.wire import PartyError, RemoteParty, Setup
from bench.viewing import Moments, Seen, Watcher, latencies, sharpness
from coachdesk.demo.screen import VirtualScreen

COACHDESK, CHROMIUM = "coachdesk", "chromium"
PARTIES = {COACHDESK: "screen", CHROMIUM: "chromium_screen"}


def _line(title: str, rate_kbps: float) -> Network:
    return Network(title, Conditions(delay_ms=60, loss=0.02, rate_kbps=rate_kbps))


NETWORKS = {
    "clean": Network("clean", Conditions()),
    "8000": _line("8 Mb/s, 60 ms, 2 %", 8000),
    "1000": _line("1 Mb/s, 60 ms, 2 %", 1000),
    "300": _line("300 kb/s, 60 ms, 2 %", 300),
}
SETTLING_SECONDS, SCENE_SECONDS, TAIL_SECONDS = 8.0, 3.0, 1.0
"""After the network has become what it is; at the begin of each scene; after it, for what is under way."""
SILENCE_SECONDS = 3.0
COVERED = "dragging"
"""A scene in which something lies over the page."""
PATIENCE_SECONDS = 30.0


class Row(msgspec.Struct):
    """One scene. Latencies in ms, None where nothing changed or was seen; CPU in percent of a core; ``kbps`` in kb/s.

    Attributes:
        changes, seen: on the screen, and those of them that were seen or overtaken.
        capture: CPU of CoachDesk's capturing child alone; call: of its sharer before anything is shared, part of ``sharer``.
        ssim: median of the pictures looked at.
        pictures: a second, at the viewer.
        chars: characters that are recognized in the last picture looked at, of 1.
    """

    kind: str
    network: str
    scene: str
    p50: float | None
    p95: float | None
    changes: int
    seen: int
    sharer: float
    capture: float | None
    viewer: float
    kbps: float
    ssim: float | None
    pictures: float
    chars: float | None = None
    call: float | None = None


class Results(msgspec.Struct):
    """What ``--json`` holds."""

    command: str
    rows: list[Row] = []
    failures: list[str] = []


class Silence(msgspec.Struct):
    """CoachDesk's call before anything is shared: what the sharer sends, and its CPU in percent."""

    kbps: float = 0.0
    cpu: float | None = None


class Span(msgspec.Struct):
    """One scene as it was measured: CPU of sharer, its helpers, and viewer in percent."""

    scene: int
    begin: float
    end: float
    cpu: tuple[float, float, float]
    kbps: float


class TestWindow:
    """``testscreen.py`` on a virtual screen. A context manager.

    Attributes:
        shown: numbers and when they were.
    """

    def __init__(self, env: dict[str, str]) -> None:
        self.shown: Moments = []
        self._env = env

    async def __aenter__(self) -> TestWindow:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.testscreen"),
            cwd=netlab.ROOT,
            env={**os.environ, **self._env},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)
        await self._reader

    async def begin(self, scene: int) -> None:
        """Returns when it is shown."""
        assert self._process.stdin is not None
        told = len(self.shown)
        self._process.stdin.write(f"{scene}\n".encode())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while desktop.number(scene, 0) not in (number for number, _ in self.shown[told:]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            number, moment = line.split()
            self.shown.append((int(number), float(moment)))


async def measure(kind: str, name: str, scenes: list[str], seconds: float) -> list[Row]:
    """One call. Raises PartyError and NetLabError."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coachdesk-bench-")))
        lab = stack.enter_context(NetLab(HOSTS, seed=name))
        screen = await stack.enter_async_context(VirtualScreen(f"{desktop.WIDTH}x{desktop.HEIGHT}x24"))
        parties = [
            await stack.enter_async_context(_party(lab, host, kind, folder, screen.env)) for host in HOSTS
        ]
        await connect(parties)
        window = await stack.enter_async_context(TestWindow(screen.env))
        await window.begin(0)
        silence = await _silence(lab, parties[0]) if kind == COACHDESK else Silence()
        await asyncio.gather(*(party.ask("speak") for party in parties))
        watcher = await _watcher(folder / HOSTS[1]) if kind == COACHDESK else None
        lab.set(NETWORKS[name].conditions)
        await asyncio.sleep(SETTLING_SECONDS)
        spans = [await _scene(lab, parties, window, scene, seconds) for scene in _indices(scenes)]
        if watcher is not None:
            await asyncio.to_thread(watcher.close)
        for party in parties:
            await party.ask("finish")
        seen = watcher.seen if watcher is not None else Seen.load(folder / HOSTS[1] / "seen.npz")
        return [_row(kind, name, span, silence, window.shown, seen) for span in spans]


def _party(lab: NetLab, host: str, kind: str, folder: Path, env: dict[str, str]) -> RemoteParty:
    (folder / host).mkdir()
    offers = host == HOSTS[0]
    setup = Setup("", str(folder / host), video=kind == CHROMIUM and offers, far=COACHDESK, offers=offers)
    return RemoteParty(lab, host, PARTIES[kind], setup, env=env)


async def _watcher(folder: Path) -> Watcher:
    """As soon as the viewer has a picture."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (folder / "memory").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return Watcher((folder / "memory").read_text())


def _indices(scenes: list[str]) -> list[int]:
    return [index for index, scene in enumerate(desktop.SCENES) if scene.name in scenes]


async def _silence(lab: NetLab, sharer: RemoteParty) -> Silence:
    began, before = time.monotonic(), sharer.cpu_seconds()
    kbps = await _kbps(lab, SILENCE_SECONDS)
    return Silence(kbps, (sharer.cpu_seconds() - before) / (time.monotonic() - began) * 100)


async def _kbps(lab: NetLab, seconds: float) -> float:
    """What the sharer's host sends, lost or not."""
    lab.passages()
    began = time.monotonic()
    await asyncio.sleep(seconds)
    octets = sum(passage.size for passage in lab.passages() if passage.source == 0)
    return octets * 8 / 1000 / (time.monotonic() - began)


async def _scene(
    lab: NetLab, parties: list[RemoteParty], window: TestWindow, scene: int, seconds: float
) -> Span:
    await window.begin(scene)
    await asyncio.sleep(SCENE_SECONDS)
    sharer, viewer = parties

    def spent() -> np.ndarray:
        return np.array([sharer.cpu_seconds(), sharer.cpu_seconds(helpers_alone=True), viewer.cpu_seconds()])

    begin, before = time.monotonic(), spent()
    kbps = await _kbps(lab, seconds)
    end, after = time.monotonic(), spent()
    await asyncio.sleep(TAIL_SECONDS)
    whole, helpers, other = ((after - before) / (end - begin) * 100).tolist()
    return Span(scene, begin, end, (whole, helpers, other), kbps)


def _row(kind: str, name: str, span: Span, silence: Silence, shown: Moments, seen: Seen) -> Row:
    late = [each * 1000 for each in latencies(shown, seen.numbers, span.begin, span.end)]
    kept = [each for each in seen.kept if span.begin <= each.time < span.end + TAIL_SECONDS]
    looks = [sharpness(each) for each in kept]
    scene = desktop.SCENES[span.scene].name
    readable = kept and scene != COVERED and reading.available()
    sharp = [each for each in looks if each is not None]
    sharer, capture, viewer = span.cpu
    return Row(
        kind=kind,
        network=name,
        scene=scene,
        p50=float(np.median(late)) if late else None,
        p95=float(np.percentile(late, 95)) if late else None,
        changes=sum(span.begin <= moment < span.end for _, moment in shown),
        seen=len(late),
        sharer=sharer,
        capture=capture if kind == COACHDESK else None,
        viewer=viewer,
        kbps=max(0.0, span.kbps - silence.kbps),
        call=silence.cpu,
        ssim=float(np.median(sharp)) if sharp else None,
        chars=reading.recognized(kept[-1]) if readable else None,
        pictures=sum(span.begin <= moment < span.end for _, moment in seen.numbers) / (span.end - span.begin),
    )


FIGURES = ("p50", "p95", "sharer", "viewer", "kbps", "ssim", "chars")


def ratios(row: Row, rows: Iterable[Row]) -> dict[str, float]:
    """Of ``row`` to Chromium's of the same network and scene, by figure, where both have one."""
    same = [each for each in rows if (each.network, each.scene) == (row.network, row.scene)]
    for other in same:
        if other.kind == CHROMIUM and row.kind != CHROMIUM:
            pairs = {figure: (getattr(row, figure), getattr(other, figure)) for figure in FIGURES}
            return {
                figure: ours / theirs
                for figure, (ours, theirs) in pairs.items()
                if ours is not None and theirs
            }
    return {}


def table(rows: list[Row]) -> str:
    """Each row, and under it its ratios to Chromium."""
    lines = [
        f"{'':<32}{'p50':>7}{'p95':>8}{'sharer':>8}{'call':>8}{'capture':>8}{'viewer':>8}{'kb/s':>8}{'SSIM':>7}{'chars':>7}{'fps':>6}"
    ]
    for name in dict.fromkeys(row.network for row in rows):
        lines.append(NETWORKS[name].title)
        here = [row for row in rows if row.network == name]
        for scene in dict.fromkeys(row.scene for row in here):
            for row in here:
                if row.scene == scene:
                    lines += _lines(row, rows)
    return "\n".join(lines)


def _lines(row: Row, rows: list[Row]) -> list[str]:
    figures = (
        row.p50,
        row.p95,
        row.sharer,
        row.call,
        row.capture,
        row.viewer,
        row.kbps,
        row.ssim,
        row.chars,
        row.pictures,
    )
    forms = ("7.0f", "8.0f", "8.1f", "8.1f", "8.1f", "8.1f", "8.0f", "7.3f", "7.3f", "6.1f")
    cells = "".join(_cell(figure, form) for figure, form in zip(figures, forms, strict=True))
    lines = [f"  {row.scene:<10} {row.kind:<19}{cells}"]
    if found := ratios(row, rows):
        widths = {"p50": 7, "p95": 8, "sharer": 8, "viewer": 24, "kbps": 8, "ssim": 7, "chars": 7}
        marks = (_cell(found.get(figure), f"{width - 1}.2f", "x") for figure, width in widths.items())
        lines.append(f"  {'':<10} {'to Chromium':<19}{''.join(marks)}")
    return lines


def _cell(figure: float | None, form: str, unit: str = "") -> str:
    if figure is None:
        return f"{'-':>{int(form.split('.')[0]) + len(unit)}}"
    return f"{figure:{form}}{unit}"


async def run(options: argparse.Namespace, results: Results) -> None:
    for name in options.networks:
        for kind in options.kinds:
            try:
                results.rows += await measure(kind, name, options.scenes, options.seconds)
            except (PartyError, netlab.NetLabError, TimeoutError) as error:
                results.failures.append(f"{name}, {kind}: {error or 'it took too long'}")
                print(results.failures[-1], file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    scenes = [scene.name for scene in desktop.SCENES]
    parser.add_argument("--kinds", type=names(PARTIES), default=list(PARTIES), help="some of them, by comma")
    parser.add_argument("--networks", type=names(NETWORKS), default=list(NETWORKS), help="likewise")
    parser.add_argument("--scenes", type=names(scenes), default=scenes, help="likewise")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured of each scene")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    options = parser.parse_args()
    try:
        netlab.require()
    except netlab.NetLabError as error:
        sys.exit(f"bench/screen.py: {error}")
    if not reading.available():
        print(reading.ABSENT, file=sys.stderr)
    results = Results(shlex.join(sys.argv))
    try:
        asyncio.run(run(options, results))
    except KeyboardInterrupt:
        results.failures.append("all the rest: interrupted")
    finally:
        print(table(results.rows))
        if options.json:
            options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1))
    if results.failures:
        sys.exit("not measured:\n  " + "\n  ".join(results.failures))


if __name__ == "__main__":
    main()
