"""``python -m coachdesk.screen.grab``: what can be captured, or pictures of one of it, until standard input ends.

The first line of input are the ``Rules`` of what is hidden, in JSON; so is each line that takes their place later. ``list``
prints one line of JSON, a ``Listing``. ``SOURCE NAME`` writes the pictures of a source into the shared memory NAME
whenever they have changed, and prints a ``Report`` at the first one, and at the end if that came by itself.
"""

from __future__ import annotations

import base64
import sys
import threading
import time
from collections.abc import Iterator

import msgspec
import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap

from coachdesk.events import SourceView
from coachdesk.media.picture.framering import MAX_PIXELS, FrameWriter
from coachdesk.media.priority import pictures_later
from coachdesk.media.screenshare.damage import Damage
from coachdesk.media.screenshare.screencapture import Listing, Report
from coachdesk.screen.changes import Changes
from coachdesk.screen.hiding import Hiding, corner, windows_of_others
from coachdesk.screen.looks import Looks
from coachdesk.screen.masks import Picture, Rect
from coachdesk.screen.pointer import Area, PointerWatch
from coachdesk.screen.targets import Gone, need_desktop, of_screen, of_window, target
from coachdesk.screen.x11 import Windows
from coachdesk.screenevents import Place, Spot
from coachdesk.screenrules import Rules

END_LOOK_SECONDS = 0.1
"""Between two looks at whether it is to end, while nothing changes."""
THUMBNAIL = 240
"""Pixels, width and height at most."""
MOST_LISTED = 40
LONGEST_TITLE = 100


def listed(hiding: Hiding) -> Listing:
    """Screens, then windows but those that are hidden. Raises Gone."""
    need_desktop()
    views = [
        _view(f"screen:{number}", "screen", screen.name(), of_screen(screen, hiding))
        for number, screen in enumerate(QGuiApplication.screens())
    ]
    if (windows := windows_of_others()) is not None:
        views += _windows(windows, hiding)
    return Listing(screens=views[:MOST_LISTED], warning=hiding.warning)


def _windows(windows: Windows, hiding: Hiding) -> Iterator[SourceView]:
    for window in windows.listed():
        title = windows.title(window)
        if title and not hiding.hides(window):
            shown = of_window(windows, window, hiding)
            yield _view(f"window:{window}", "window", title, shown)


def _view(source: str, kind: str, title: str, picture: Picture | None) -> SourceView:
    small = QByteArray()
    buffer = QBuffer(small)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    height, width = picture.shape[:2] if picture is not None else (0, 0)
    if picture is not None:
        image = QImage(picture.data, width, height, width * 4, QImage.Format.Format_RGB32)
        aspect, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        thumbnail = QPixmap.fromImage(image.scaled(THUMBNAIL, THUMBNAIL, aspect, smooth))
        thumbnail.save(buffer, "PNG")
    return SourceView(
        source=source,
        kind=kind,
        title=title[:LONGEST_TITLE],
        width=width,
        height=height,
        thumbnail=base64.b64encode(small.data()).decode(),
    )


def capture(source: str, name: str, hiding: Hiding, ended: threading.Event) -> None:
    """Writes pictures until ``ended``. Raises Gone when there is nothing to capture any more."""
    label, grab, where = target(source, hiding)
    ring = FrameWriter(name)
    damage = Damage()
    changes = _changes(source)
    pointer = _pointer(ended)
    looks = Looks(told=changes is not None)
    told, told_place = True, None
    try:
        while not ended.is_set():
            QGuiApplication.processEvents()
            now = time.monotonic()
            picture = grab()
            first = damage.picture is None
            changed = picture is not None and damage.update(picture) > 0
            if picture is not None and changed:
                ring.write(fitting(picture), now)
                say(Report(picture=True))
            if damage.picture is not None and (place := where(damage.picture)) != told_place:
                told_place = place
                say(Report(label=label if first else "", warning=hiding.warning, place=place))
            if pointer is not None and told_place is not None:
                pointer.area = _area(source, told_place, hiding)
            least, most = looks.pause(now, changed=changed, told=told)
            took = time.monotonic() - now
            told = not ended.wait(max(took, least - took)) and _told(changes, most - least, ended)
    finally:
        ring.close()
        if changes is not None:
            changes.close()


def _pointer(ended: threading.Event) -> PointerWatch | None:
    """None where it is not known which window it is over."""
    return PointerWatch(_say_pointer, ended) if QGuiApplication.platformName() == "xcb" else None


def _say_pointer(at: Spot | None) -> None:
    say(Report(pointer=at))


def _area(source: str, place: Place, hiding: Hiding) -> Area | None:
    """Where the pointer is told of; on X11."""
    screens = QGuiApplication.screens()
    if not place.shown or (place.screen or 0) >= len(screens):
        return None
    left, up = (0, 0) if place.screen is None else corner(screens[place.screen]).toTuple()
    hidden, covered = hiding.untold()
    top = hiding.top(int(source.removeprefix("window:"))) if source.startswith("window:") else None
    return Area(Rect(left + place.x, up + place.y, place.width, place.height), top, hidden, covered)


def _changes(source: str) -> Changes | None:
    """None where the system does not tell."""
    if QGuiApplication.platformName() != "xcb":
        return None
    try:
        return Changes([int(source.removeprefix("window:"))] if source.startswith("window:") else [])
    except OSError:
        return None


def _told(changes: Changes | None, seconds: float, ended: threading.Event) -> bool:
    """Whether something is said to have changed within so many seconds."""
    end = time.monotonic() + seconds
    while changes is not None and not ended.is_set():
        left = max(0.0, end - time.monotonic())
        if changes.wait(min(left, END_LOOK_SECONDS)):
            return True
        if not left:
            break
    return False


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


def _rules(line: bytes) -> Rules:
    return msgspec.json.decode(line, type=Rules)


def _until_input_ends(hiding: Hiding) -> threading.Event:
    """Meanwhile ``hiding`` takes the rules that come in."""
    ended = threading.Event()

    def hear() -> None:
        try:
            for line in sys.stdin.buffer:
                hiding.rules = _rules(line)
        finally:
            ended.set()

    threading.Thread(target=hear, daemon=True).start()
    return ended


def main(arguments: list[str]) -> None:
    app = QGuiApplication(arguments[:1])
    try:
        hiding = Hiding(_rules(sys.stdin.buffer.readline()))
        if arguments[1:] == ["list"]:
            say(listed(hiding))
        else:
            capture(arguments[1], arguments[2], hiding, _until_input_ends(hiding))
    except (Gone, OSError) as error:
        say(Report(fault=str(error)))
    app.shutdown()


if __name__ == "__main__":
    pictures_later()
    main(sys.argv)
