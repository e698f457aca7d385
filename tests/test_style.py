"""Style and types, as tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 450
PACKAGES = ("signaling", "coachdesk", "tests", "bench")
CODE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", ["ruff check --quiet --output-format=concise", "mypy --no-error-summary"])
def test_is_clean(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True, timeout=290
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_can_be_taken_in(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_no_cancellation_is_swallowed() -> None:
    """`asyncio.wait_for` returns a result that comes together with a cancellation, on Python 3.11."""
    product = [path for path in CODE if path.relative_to(ROOT).parts[0] in {"signaling", "coachdesk"}]
    assert [path for path in product if "asyncio.wait_for(" in path.read_text("utf-8")] == []


def test_no_test_has_the_customers_page_evaluate_text() -> None:
    """Its content security policy forbids that: Playwright's waiting within the page fails unless the first look is true."""
    waiting = "wait_for_" + "function("
    calls = [path for folder in ("e2e", "web") for path in (ROOT / "tests" / folder).rglob("*.py")]
    assert [path for path in calls if waiting in path.read_text("utf-8")] == []
