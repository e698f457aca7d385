"""A screen, a part of it or a window as a camera: captured by a child process, for that needs Qt and may hang or crash."""

from __future__ import annotations

import contextlib
import logging
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable

import msgspec

from coachdesk.events import SourceView
from coachdesk.media.filesound import DeviceError
from coachdesk.media.picture.camera import Shot
from coachdesk.media.picture.framering import FrameReader
from coachdesk.screenevents import Place, Spot
from coachdesk.screenrules import Rules

PROGRAM = (sys.executable, "-m", "coachdesk.screen.grab")
NO_RULES = Rules()
START_SECONDS, END_SECONDS = 10.0, 2.0
CANNOT = (
    "The screen cannot be captured: the program for it does not run. It needs PySide6 and a desktop session; on Linux one "
    "of X11."
)
STOPPED = "The screen is not captured any more: the program for it has ended. Share again."

log = logging.getLogger(__name__)


class Report(msgspec.Struct, omit_defaults=True):
    """One line of the child: pictures of ``label`` come from now on; or ``place``: where these are of from now on; or
    ``pointer``: where on these it is; or ``picture``: there is another one; or ``fault``: why none come (any more).
    """

    label: str = ""
    warning: str = ""
    fault: str = ""
    place: Place | None = None
    picture: bool = False
    pointer: Spot | msgspec.UnsetType | None = msgspec.UNSET


class Listing(msgspec.Struct):
    """What the child can capture. ``warning``: what cannot be hidden here, in words, or ""; ``fault``: why it is nothing."""

    screens: list[SourceView] = []
    warning: str = ""
    fault: str = ""


class ScreenCapture:
    """Waits for the first picture, some seconds at most. Raises DeviceError when there is none.

    Attributes:
        warning: what ``rules`` ask for and this system cannot hide, in words, or "".
        place: where on the desktop it is, as far as that is known yet.
        pointer, on_pointer, on_picture: as of every ``ScreenSource``.
    """

    def __init__(self, source: str, rules: Rules = NO_RULES) -> None:
        self.label = self.warning = ""
        self.fault: str | None = None
        self.place: Place | None = None
        self.pointer: Spot | None = None
        self.on_pointer: Callable[[], None] = lambda: None
        self.on_picture: Callable[[], None] = lambda: None
        self._name = f"cdk-{secrets.token_hex(6)}"
        self._reader: FrameReader | None = None
        self._latest: Shot | None = None
        self._lock = threading.Lock()
        self._told = threading.Event()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - no shell, and the source is one argument
                [*PROGRAM, source, self._name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise DeviceError(CANNOT) from error
        self.hide(rules)
        self._listener = threading.Thread(target=self._listen, name="screen-capture", daemon=True)
        self._listener.start()
        self._told.wait(START_SECONDS)
        if self._reader is None:
            fault = self.fault
            self.close()
            raise DeviceError(fault or CANNOT)

    def hide(self, rules: Rules) -> None:
        """These are obeyed from now on; pictures that were taken before are still shown."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which is told otherwise
            self._process.stdin.write(msgspec.json.encode(rules) + b"\n")
            self._process.stdin.flush()

    def latest(self) -> Shot | None:
        with self._lock:
            picture = self._reader.read() if self._reader is not None else None
            if picture is not None:
                self._latest = picture.bgra, picture.time
            return self._latest

    def close(self) -> None:
        """Ends the child, within seconds."""
        with self._lock:
            reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_SECONDS)
        self._listener.join(END_SECONDS)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout:
            for line in self._process.stdout:
                self._hear(line)
        self.fault = self.fault or (STOPPED if self.label else CANNOT)
        self._told.set()

    def _hear(self, line: bytes) -> None:
        try:
            report = msgspec.json.decode(line, type=Report)
            if report.label and self._reader is None and not self._told.is_set():
                self.label, self.warning = report.label, report.warning
                self._reader = FrameReader(self._name)
        except (msgspec.DecodeError, OSError, ValueError) as error:
            log.info("what the screen's program says cannot be used: %s", error)
            return
        self.fault = report.fault or self.fault
        self.place = report.place or self.place
        if report.picture:
            self.on_picture()
        if report.pointer is not msgspec.UNSET:
            self.pointer = report.pointer
            self.on_pointer()
        if report.label or report.fault:
            self._told.set()


def list_sources(rules: Rules = NO_RULES) -> Listing:
    """The screens and windows of this machine. Takes up to some seconds. Raises DeviceError."""
    try:
        found = subprocess.run(  # noqa: S603 - as above
            [*PROGRAM, "list"],
            input=msgspec.json.encode(rules) + b"\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=START_SECONDS,
            check=True,
        )
        listing = msgspec.json.decode(found.stdout, type=Listing)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        log.info("screens cannot be listed: %s", error)
        raise DeviceError(CANNOT) from error
    if listing.fault:
        raise DeviceError(listing.fault)
    return listing
