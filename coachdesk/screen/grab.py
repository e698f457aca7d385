"""``python -m coachdesk.screen.grab``: what can be captured, or pictures of one of it, until standard input ends.

``list`` prints one line of JSON, a list of ``SourceView``. ``SOURCE NAME`` writes the pictures of a source into the shared
memory NAME whenever they have changed, and prints a ``Report`` at the first one, and at the end if that came by itself.
"""

from __future__ import annotations

import base64
import sys
import threading
import time

import msgspec
import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap

from coachdesk.events import SourceView
from coachdesk.media.damage import Damage
from coachdesk.media.framering import MAX_PIXELS, FrameWriter
from coachdesk.media.priority import pictures_later
from coachdesk.media.screencapture import Report
from coachdesk.screen.targets import Gone, Picture, target, windows_of_others

BUSY_SECONDS, IDLE_SECONDS = 1 / 15, 0.2
"""Between two captures: while something changes, and after it has not for a while."""
IDLE_AFTER = 1.0
THUMBNAIL = 240
"""Pixels, width and height at most."""
MOST_LISTED = 40
LONGEST_TITLE = 100


def listed() -> list[SourceView]:
    """Screens, then windows."""
    screens = [
        _view(f"screen:{number}", "screen", screen.name(), screen.grabWindow(0))
        for number, screen in enumerate(QGuiApplication.screens())
        if QGuiApplication.platformName() in ("xcb", "windows", "cocoa")
    ]
    windows = windows_of_others()
    titled = [(each, windows.title(each)) for each in windows.listed()] if windows is not None else []
    primary = QGuiApplication.primaryScreen()
    return [
        *screens,
        *(
            _view(f"window:{window}", "window", title, primary.grabWindow(window))
            for window, title in titled
            if title
        ),
    ][:MOST_LISTED]


def _view(source: str, kind: str, title: str, pixmap: QPixmap) -> SourceView:
    small = QByteArray()
    buffer = QBuffer(small)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not pixmap.isNull():
        aspect, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        pixmap.scaled(THUMBNAIL, THUMBNAIL, aspect, smooth).save(buffer, "PNG")
    return SourceView(
        source=source,
        kind=kind,
        title=title[:LONGEST_TITLE],
        width=pixmap.width(),
        height=pixmap.height(),
        thumbnail=base64.b64encode(small.data()).decode(),
    )


def capture(source: str, name: str, ended: threading.Event) -> None:
    """Writes pictures until ``ended``. Raises Gone when there is nothing to capture any more."""
    label, grab = target(source)
    ring = FrameWriter(name)
    damage = Damage()
    changed = time.monotonic()
    pause = 0.0
    try:
        while not ended.wait(pause):
            QGuiApplication.processEvents()
            now = time.monotonic()
            picture = grab()
            if picture is not None:
                first = damage.picture is None
                if damage.update(picture):
                    changed = now
                    ring.write(fitting(picture), now)
                if first:
                    say(Report(label=label))
            pause = BUSY_SECONDS if now - changed < IDLE_AFTER else IDLE_SECONDS
    finally:
        ring.close()


def fitting(picture: Picture) -> Picture:
    """As large as the shared memory takes it: a larger one is scaled, smoothly so that text stays readable."""
    height, width = picture.shape[:2]
    if height * width <= MAX_PIXELS:
        return picture
    scale = (MAX_PIXELS / (height * width)) ** 0.5
    image = QImage(np.ascontiguousarray(picture).data, width, height, width * 4, QImage.Format.Format_RGB32)
    aspect, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    small = image.scaled(int(width * scale), int(height * scale), aspect, smooth)
    rows = np.frombuffer(small.constBits(), np.uint8)
    return rows.reshape(small.height(), small.bytesPerLine() // 4, 4)[:, : small.width()].copy()


def say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


def _until_input_ends() -> threading.Event:
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    return ended


def main(arguments: list[str]) -> None:
    app = QGuiApplication(arguments[:1])
    try:
        if arguments[1:] == ["list"]:
            say(listed())
        else:
            capture(arguments[1], arguments[2], _until_input_ends())
    except (Gone, OSError) as error:
        say(Report(fault=str(error)))
    app.shutdown()


if __name__ == "__main__":
    pictures_later()
    main(sys.argv)
