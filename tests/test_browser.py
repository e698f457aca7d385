"""Which Chromium is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coachdesk import browser

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs are made of shell scripts here")


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no browser: nothing on the PATH, nothing fetched by Playwright."""
    monkeypatch.setattr(browser.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "fetched"))
    monkeypatch.delenv("COACHDESK_CHROMIUM", raising=False)


def test_none_says_how_to_get_one() -> None:
    with pytest.raises(browser.NoChromiumError, match="playwright install chromium"):
        browser.find_chromium()


def test_one_on_the_path(tmp_path: Path) -> None:
    chrome = program(tmp_path / "bin" / "google-chrome")
    assert browser.find_chromium() == chrome
    chromium = program(tmp_path / "bin" / "chromium")
    assert browser.find_chromium() == chromium


def test_one_fetched_by_playwright(tmp_path: Path) -> None:
    chrome = program(tmp_path / "fetched" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert browser.find_chromium() == chrome


def test_snap_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "chromium-browser", '#!/bin/sh\nexec /snap/bin/chromium "$@"\n')
    snap = program(tmp_path / "usr" / "bin" / "snap")
    (tmp_path / "bin" / "chromium").symlink_to(snap)
    with pytest.raises(browser.NoChromiumError):
        browser.find_chromium()
    fetched = program(tmp_path / "fetched" / "chromium-1200" / "chrome-linux" / "chrome")
    assert browser.find_chromium() == fetched


def test_named_one_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin" / "chromium")
    mine = program(tmp_path / "mine")
    monkeypatch.setenv("COACHDESK_CHROMIUM", str(mine))
    assert browser.find_chromium() == mine


def test_named_one_that_is_not_there_is_not_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / "chromium")
    monkeypatch.setenv("COACHDESK_CHROMIUM", str(tmp_path / "gone"))
    with pytest.raises(browser.NoChromiumError, match="COACHDESK_CHROMIUM"):
        browser.find_chromium()


def test_file_that_cannot_be_run_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "fetched" / "chromium-1" / "chrome-linux" / "chrome").chmod(0o644)
    with pytest.raises(browser.NoChromiumError):
        browser.find_chromium()
