"""Where a Chromium is that can be driven as the customer's browser. Run as a module, it prints the path."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chrome", "chromium-browser", "microsoft-edge")
"""Commands to look for, best first. Any of them speaks the DevTools protocol that Playwright drives."""

_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
_PLAYWRIGHT = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-win*/chrome.exe",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


class NoChromiumError(Exception):
    """No usable Chromium on this machine; the message says how to get one."""


def find_chromium() -> Path:
    """The executable of a Chromium, Chrome or Edge. Raises NoChromiumError.

    ``COACHDESK_CHROMIUM`` names one outright. Otherwise: one on the PATH, one where installers put it, one
    that ``playwright install chromium`` has fetched. A snap does not count: it is confined to files under the
    home directory and cannot be given a virtual screen, a sound server or media files of ours.
    """
    named = os.environ.get("COACHDESK_CHROMIUM")
    if named:
        return _named(named)
    for candidate in (*_on_path(), *_installed(), *_from_playwright()):
        if candidate.is_file() and os.access(candidate, os.X_OK) and not _is_snap(candidate):
            return candidate
    raise NoChromiumError(
        "no Chromium found. Install one (Debian: apt-get install chromium; elsewhere: "
        f"{Path(sys.executable).name} -m playwright install chromium), or set COACHDESK_CHROMIUM to its path."
    )


def _named(named: str) -> Path:
    path = shutil.which(named)
    if path is None:
        raise NoChromiumError(f"COACHDESK_CHROMIUM is {named!r}, which cannot be run. Correct or unset it.")
    return Path(path)


def _on_path() -> list[Path]:
    return [Path(found) for name in NAMES if (found := shutil.which(name))]


def _installed() -> list[Path]:
    if sys.platform == "darwin":
        return [Path(path) for path in _MACOS]
    if sys.platform == "win32":
        roots = (os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"))
        return [Path(root) / path for root in roots if root for path in _WINDOWS]
    return []


def _from_playwright() -> list[Path]:
    """Playwright's own downloads, newest first, where its documentation (PLAYWRIGHT_BROWSERS_PATH) says."""
    found = [path for pattern in _PLAYWRIGHT for path in _playwright_folder().glob(pattern)]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _playwright_folder() -> Path:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named and named != "0":
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ms-playwright"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "ms-playwright"
    return Path.home() / ".cache/ms-playwright"


def _is_snap(path: Path) -> bool:
    """Whether this starts a snap: a link into /snap, or Ubuntu's script that only hands over to one."""
    if Path("/snap") in path.parents or path.resolve().name == "snap":
        return True
    with path.open("rb") as file:
        head = file.read(2048)
    return head.startswith(b"#!") and b"/snap/" in head


if __name__ == "__main__":
    try:
        print(find_chromium())
    except NoChromiumError as error:
        sys.exit(str(error))
