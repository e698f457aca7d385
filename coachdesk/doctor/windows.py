"""Checks of what windows need: Qt, a display, or what stands in for one.

Qt is loaded in a process of its own: a missing library or plugin aborts the process that loads it.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys

from coachdesk.browser import NoChromiumError, find_chromium
from coachdesk.doctor.finding import Finding, fail, ok, warn

LOADS_QT = "from PySide6.QtWidgets import QApplication; print(QApplication([]).platformName())"
QT_PATIENCE = 25.0
"""Seconds for Qt to start; the first time it reads all fonts."""

DEBIAN_PACKAGE = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
XCB_PACKAGES = "libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
HEADLESS = {"Xvfb": "xvfb", "pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils"}


def check_qt_release(python: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """PySide6 6.12 loses references to None on Python 3.11, and aborts after some thousand calls."""
    try:
        release = importlib.metadata.version("PySide6-Essentials")
    except importlib.metadata.PackageNotFoundError:
        return warn("not installed", "A server and headless endpoints need none; for windows: pip install .")
    if python < (3, 12) and tuple(map(int, re.findall(r"\d+", release)[:2])) >= (6, 12):
        advice = "Run: pip install 'PySide6-Essentials<6.12', or use Python 3.12 or later."
        return fail(f"{release} aborts on Python 3.11", advice)
    return ok(release)


def check_display() -> Finding:
    if sys.platform != "linux":
        return ok("the system's own")
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return ok(f"{name}={os.environ[name]}")
    return warn("none", "Windows need one; coachdesk demo --headless makes a virtual one.")


def check_qt(program: str = LOADS_QT) -> Finding:
    """Whether Qt starts: on the display, or without one where there is none."""
    environment = dict(os.environ)
    if sys.platform == "linux" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            timeout=QT_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return fail(f"Qt did not start within {QT_PATIENCE:g} s", "Is the display that DISPLAY names alive?")
    if done.returncode == 0:
        return ok(f"Qt starts ({done.stdout.strip()})")
    return fail(f"Qt does not start: {_last_line(done.stderr)}", qt_advice(done.stderr))


def qt_advice(complaint: str) -> str:
    """What to do about what a failing Qt wrote to standard error."""
    library = re.search(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object file", complaint)
    if library:
        package = DEBIAN_PACKAGE.get(library[1], f"the package that has {library[1]}")
        return f"Debian, Ubuntu: apt-get install {package}"
    if "could not connect to display" in complaint:
        return "The display that DISPLAY names does not answer. Correct or unset it."
    if "platform plugin" in complaint:
        return f"Debian, Ubuntu: apt-get install {XCB_PACKAGES}"
    if "No module named" in complaint:
        return "Run: pip install ."
    return "Run with QT_DEBUG_PLUGINS=1 to see what Qt looks for."


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def check_headless() -> Finding:
    """What ``coachdesk demo --headless`` and the tests need beyond the rest."""
    if sys.platform != "linux":
        return ok("for Linux only")
    missing = sorted({package for command, package in HEADLESS.items() if shutil.which(command) is None})
    try:
        chromium = str(find_chromium())
    except NoChromiumError:
        chromium = ""
        missing.append("chromium")
    if missing:
        return warn(
            f"cannot run: {', '.join(missing)} missing", f"Debian: apt-get install {' '.join(missing)}"
        )
    return ok(f"can run, with {chromium}")
