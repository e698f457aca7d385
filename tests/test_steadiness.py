"""What is repeated because the machine stood still, and what is not."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from coachdesk.steadiness import Witness

INSIDE = """
import pytest, time
from coachdesk.steadiness import Lateness, Witness
from tests import conftest
from tests.steadiness import Heard

pytestmark = pytest.mark.media
late = Lateness(0.5, 1.0)
calm = Lateness(0.0, 0.0)
conftest.await_calm = lambda witness: None
tries = dict.fromkeys(("late", "calm", "heard"), 0)

def fails(name, says, error, monkeypatch):
    tries[name] += 1
    monkeypatch.setattr(Witness, "lateness", lambda self: says)
    if tries[name] == 1:
        raise error

def test_late(monkeypatch):
    fails("late", late, AssertionError(), monkeypatch)

def test_calm(monkeypatch):
    fails("calm", calm, AssertionError(), monkeypatch)

def test_heard(monkeypatch):
    fails("heard", late, Heard(), monkeypatch)
"""


def test_a_machine_that_stands_still_is_seen() -> None:
    witness = Witness()
    try:
        witness.lateness()
        witness.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        witness.process.send_signal(signal.SIGCONT)
        late = witness.lateness()
    finally:
        witness.close()
    assert late.most > 0.4
    assert not late.kept_time


def test_only_what_fails_on_a_machine_that_stood_still_is_repeated_and_never_what_was_heard(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_inside.py").write_text(INSIDE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-p",
        "tests.conftest",
        "--rootdir",
        tmp_path,
        "-c",
        "/dev/null",
    ]
    ran = subprocess.run(
        [*map(str, command), str(tmp_path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = ran.stdout
    for verdict, name in (("PASSED", "late"), ("FAILED", "calm"), ("FAILED", "heard")):
        assert re.search(f"^{verdict} .*::test_{name}", told, re.MULTILINE), told + ran.stderr
    assert "2 failed, 1 passed" in told, told
    assert "1 rerun" in told, told
