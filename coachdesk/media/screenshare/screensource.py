"""What can be shared by name: a screen, a window, a region, or a file or test pattern in its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from coachdesk.media.filesound import DeviceError
from coachdesk.media.picture.camera import IMAGES, VIDEOS, Camera, Shot, open_camera
from coachdesk.media.screenshare.damage import Damage
from coachdesk.media.screenshare.screencapture import NO_RULES, ScreenCapture
from coachdesk.screenevents import Place, Spot
from coachdesk.screenrules import Rules
from signaling.sharemessages import ShareKind

KINDS: tuple[ShareKind, ...] = ("screen", "window", "region")
"""What is captured, by what stands before the first colon of its name."""


class ScreenSource(Camera, Protocol):
    """What can be shared: pictures that differ from the one before.

    Attributes:
        warning: what rules ask for and cannot be hidden of it, in words, or "".
        place: where on the desktop it is; None where it is no part of that.
        pointer: where on it the pointer is, which no picture shows; None where it is not, is hidden, or is not known.
        on_pointer: called at every change of that, on any thread.
        on_picture: called likewise when there is another picture, if that is known before it is asked for.
    """

    warning: str
    place: Place | None
    pointer: Spot | None
    on_pointer: Callable[[], None]
    on_picture: Callable[[], None]

    def hide(self, rules: Rules) -> None:
        """These are obeyed from now on. May wait for the program that captures: call it in a thread."""


def kind_of(source: str) -> ShareKind:
    """What a source of ``open_screen`` is."""
    return next((kind for kind in KINDS if source.startswith(f"{kind}:")), "file")


def open_screen(source: str, rules: Rules = NO_RULES) -> ScreenSource:
    """``screen:N``, ``window:ID``, ``region:N:X,Y,W,H``, an image or video file, or ``test``.

    ``rules``: what is hidden of all but files. Takes up to some seconds: call it in a thread. Raises DeviceError.
    """
    if kind_of(source) != "file":
        return ScreenCapture(source, rules)
    if source != "test" and Path(source).suffix.lower() not in IMAGES | VIDEOS:
        raise DeviceError(
            f"{source!r} cannot be shared. Choose one of those that 'screens' lists, an image or a video file."
        )
    return Changed(open_camera(source))


class Changed:
    """Of a source's pictures only those that differ from the one before. Nothing is hidden of them."""

    warning = ""
    place: Place | None = None
    pointer: Spot | None = None

    def __init__(self, source: Camera) -> None:
        self.on_pointer: Callable[[], None] = lambda: None
        self.on_picture: Callable[[], None] = lambda: None
        self.label = source.label
        self._source = source
        self._damage = Damage()
        self._looked = float("-inf")
        self._changed = 0.0

    @property
    def fault(self) -> str | None:
        return self._source.fault

    def latest(self) -> Shot | None:
        shot = self._source.latest()
        if shot is not None and shot[1] > self._looked:
            self._looked = shot[1]
            if self._damage.update(shot[0]):
                self._changed = time.monotonic()
        picture = self._damage.picture
        return None if picture is None else (picture, self._changed)

    def hide(self, rules: Rules) -> None: ...

    def close(self) -> None:
        self._source.close()
