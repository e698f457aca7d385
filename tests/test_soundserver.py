"""The private sound server: its devices, and that nothing of it stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coachdesk.soundserver import SoundServer, SoundServerError

pytestmark = pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="needs pulseaudio")
ROOT = Path(__file__).parents[1]


def folder_of(env: dict[str, str]) -> Path:
    return Path(env["PULSE_RUNTIME_PATH"])


def listed(env: dict[str, str], kind: str) -> list[str]:
    done = subprocess.run(
        ["pactl", "list", "short", kind], env=os.environ | env, capture_output=True, text=True, timeout=60
    )
    return [line.split("\t")[1] for line in done.stdout.splitlines()]


def until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_its_devices_are_there_while_it_runs_and_nothing_is_left() -> None:
    with SoundServer(speakers=["one", "two"], mics=["mouth"]) as server:
        env = server.environment()
        assert listed(env, "sinks") == ["one", "two", server.feed("mouth")]
        assert {"mouth", server.monitor("one")} <= set(listed(env, "sources"))
    assert not folder_of(env).exists()
    assert listed(env, "sinks") == []


def test_two_live_side_by_side() -> None:
    with SoundServer(speakers=["one"]) as first, SoundServer(speakers=["two"]) as second:
        assert listed(first.environment(), "sinks") == ["one"]
        assert listed(second.environment(), "sinks") == ["two"]


def test_a_program_is_given_its_devices() -> None:
    with SoundServer(speakers=["ear"], mics=["mouth"]) as server:
        env = server.environment(speaker="ear", mic="mouth")
        assert (env["PULSE_SINK"], env["PULSE_SOURCE"]) == ("ear", "mouth")
        assert "PULSE_SINK" not in server.environment()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_it_ends_with_a_parent_that_is_killed() -> None:
    program = (
        "import time\n"
        "from coachdesk.soundserver import SoundServer\n"
        "with SoundServer(speakers=['ear']) as server:\n"
        "    print(server.environment()['PULSE_RUNTIME_PATH'], flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    try:
        folder = parent.stdout.readline().strip()
        assert running_with(folder)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait(60)
        parent.stdout.close()
    try:
        assert until(lambda: not running_with(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def running_with(argument: str) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument.encode() in entry.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_without_pulseaudio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SoundServerError, match="apt install pulseaudio"), SoundServer():
        pass


@pytest.mark.parametrize("name", ["two words", "", "ear rate=8000", "ear\n.exit"])
def test_a_name_that_cannot_be_a_device_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        SoundServer(mics=[name])


def test_a_server_that_does_not_start_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pulseaudio", "pactl"):
        (tmp_path / name).write_text("#!/bin/sh\necho the reason >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SoundServerError, match="did not start: the reason"), SoundServer(speakers=["ear"]):
        pass
