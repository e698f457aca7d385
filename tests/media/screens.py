"""Real windows on a real (virtual) screen, and what is captured of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.screenshare.screencapture import NO_RULES, ScreenCapture
from coachdesk.screenrules import Rules
from tests.fakes.windows import Change, Window, command

Tell = Callable[[Change], None]
Open = Callable[..., Tell]


@contextmanager
def showing(*windows: Window, program: str = "viewer") -> Iterator[Tell]:
    """Shows the windows of a program, from the bottom to the top; yields what changes them."""
    with subprocess.Popen(
        command(*windows, program=program), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def tell(change: Change) -> None:
            stdin.write(msgspec.json.encode(change) + b"\n")
            stdin.flush()

        try:
            assert stdout.readline() == b"shown\n"
            yield tell
        finally:
            stdin.close()


@contextmanager
def capturing(source: str = "screen:0", rules: Rules = NO_RULES) -> Iterator[ScreenCapture]:
    capture = ScreenCapture(source, rules)
    try:
        yield capture
    finally:
        capture.close()


def seen(capture: ScreenCapture) -> NDArray[np.uint8]:
    """Height x width x 4, BGRA."""
    shot = capture.latest()
    assert shot is not None
    return shot[0]
