"""Cameras by name: a device, an image or a looping video file in its place, a test pattern, or none."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.events import DeviceView
from coachdesk.media.filesound import DeviceError
from coachdesk.media.picture import testpattern
from coachdesk.media.priority import pictures_later

log = logging.getLogger(__name__)

FRAME_RATE = 30
WIDTH, HEIGHT = 1280, 720
OPEN_SECONDS = 10.0
CLOSE_SECONDS = 2.0
MAX_SIDE = 1920
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})
VIDEOS = frozenset({".mp4", ".mkv", ".webm", ".mov", ".avi", ".y4m", ".mjpeg"})

Bgr = NDArray[np.uint8]
Shot = tuple[Bgr, float]
"""A picture (height x width x 3) and when it was taken, ``time.monotonic()`` seconds."""


class Camera(Protocol):
    label: str

    @property
    def fault(self) -> str | None:
        """What has broken, once something has; from then on there are no new pictures."""

    def latest(self) -> Shot | None:
        """The newest picture, None before the first. The array must not be written to. Never blocks, never
        raises.
        """

    def close(self) -> None: ...


def open_camera(device: str) -> Camera:
    """``none``, ``test``, an image or video file, a device's number, or one of ``list_cameras``.

    A device is tried before this returns, which takes up to some seconds: call it in a thread. Raises
    DeviceError.
    """
    if device == "none":
        return NoCamera()
    if device == "test":
        return WorkerCamera("Test pattern", _pattern)
    suffix = Path(device).suffix.lower()
    if suffix in IMAGES:
        return StillCamera(Path(device))
    if suffix in VIDEOS:
        return _video_file(Path(device))
    return _device_camera(_device_number(device))


def list_cameras() -> list[DeviceView]:
    """The cameras of this machine, as far as the system names them."""
    if sys.platform == "linux":
        return _linux_cameras()
    form = {"darwin": "avfoundation", "win32": "dshow"}.get(sys.platform)
    found = _enumerated(form) if form else []
    return [
        DeviceView(device=str(number), label=label, default=number == 0) for number, label in enumerate(found)
    ]


class NoCamera:
    """Shows nothing."""

    label = "None"
    fault: str | None = None

    def latest(self) -> Shot | None:
        return None

    def close(self) -> None: ...


class StillCamera:
    """An image file, taken anew 5 times a second so that whoever joins late sees it."""

    def __init__(self, path: Path) -> None:
        self.label = path.name
        self.fault: str | None = None
        self._picture = _read_image(path)

    def latest(self) -> Shot | None:
        return self._picture, time.monotonic() // 0.2 * 0.2

    def close(self) -> None: ...


class WorkerCamera:
    """Pictures from ``shots``, an endless iterator that paces itself and runs on a thread; the newest is
    kept.

    Waits for the first picture. Raises DeviceError when there is none within 10 s.
    """

    def __init__(self, label: str, shots: Callable[[threading.Event], Iterator[Shot]]) -> None:
        self.label = label
        self.fault: str | None = None
        self._shots = shots
        self._latest: Shot | None = None
        self._first = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()
        in_time = self._first.wait(OPEN_SECONDS)
        if self._latest is None:
            self.close()
            raise DeviceError(self.fault if in_time and self.fault else f"{label} shows no picture.")

    def latest(self) -> Shot | None:
        return self._latest

    def close(self) -> None:
        self._closing.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        pictures_later()
        try:
            for shot in self._shots(self._closing):
                self._latest = shot
                self._first.set()
                if self._closing.is_set():
                    return
            self.fault = f"{self.label} stopped; choose it again, or another camera."
        except (DeviceError, av.FFmpegError, cv2.error, OSError) as error:
            self.fault = str(error)
        finally:
            self._first.set()
        log.info("camera: %s", self.fault)


# --- sources --------------------------------------------------------------------------------------------


def _pattern(closing: threading.Event) -> Iterator[Shot]:
    due = time.monotonic()
    while True:
        now = time.monotonic()
        yield testpattern.draw(now), now
        due = max(due + 1 / FRAME_RATE, now)
        closing.wait(due - time.monotonic())


def _read_image(path: Path) -> Bgr:
    try:
        # Not cv2.imread: on Windows that does not take every path.
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise DeviceError(f"The image {path} cannot be read: {error}.") from error
    if picture is None:
        raise DeviceError(f"{path} is not an image that can be read; use a PNG or JPEG file.")
    longest = max(picture.shape[:2])
    if longest > MAX_SIDE:
        picture = cv2.resize(picture, None, fx=MAX_SIDE / longest, fy=MAX_SIDE / longest)
    return np.asarray(picture, np.uint8)


def _video_file(path: Path) -> Camera:
    if not path.is_file():
        raise DeviceError(f"The video file {path} does not exist.")
    return WorkerCamera(path.name, lambda closing: _looped(path, closing))


def _looped(path: Path, closing: threading.Event) -> Iterator[Shot]:
    while not closing.is_set():
        pictures = 0
        for picture in _played(path, closing):
            pictures += 1
            yield picture, time.monotonic()
        if not pictures:
            raise DeviceError(f"{path} holds no video.")


def _played(path: Path, closing: threading.Event) -> Iterator[Bgr]:
    """The file once, at its own pace; pictures that are late are not waited for."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            return
        begun: float | None = None
        interval = 1 / float(container.streams.video[0].average_rate or FRAME_RATE)
        for index, frame in enumerate(container.decode(video=0)):
            at = frame.time if frame.time is not None else index * interval
            begun = time.monotonic() - at if begun is None else begun
            if closing.wait(max(0.0, begun + at - time.monotonic())):
                return
            yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
        closing.wait(interval)


def _device_camera(number: int) -> Camera:
    label = next((view.label for view in list_cameras() if view.device == str(number)), f"Camera {number}")
    return WorkerCamera(label, lambda closing: _captured(number, label))


def _captured(number: int, label: str) -> Iterator[Shot]:
    capture: Any = cv2.VideoCapture(number)
    try:
        if not capture.isOpened():
            raise DeviceError(
                f"{label} cannot be opened. Close other programs that use it, "
                "and allow cameras in the system's privacy settings."
            )
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        capture.set(cv2.CAP_PROP_FPS, FRAME_RATE)
        while True:
            there, picture = capture.read()
            if not there:
                return
            yield picture, time.monotonic()
    finally:
        capture.release()


# --- which devices there are ----------------------------------------------------------------------------


def _device_number(device: str) -> int:
    cameras = list_cameras()
    if device == "default":
        if not cameras:
            raise DeviceError("This machine has no camera; connect one, or choose 'none' or 'test'.")
        return int(cameras[0].device)
    for view in cameras:
        if device in (view.device, view.label):
            return int(view.device)
    if device.isdecimal():
        return int(device)
    known = ", ".join(view.label for view in cameras) or "there is none here"
    raise DeviceError(
        f"There is no camera {device!r}. Cameras: {known}; or 'none', 'test', an image or a video file."
    )


def _linux_cameras() -> list[DeviceView]:
    names = {}
    for entry in Path("/sys/class/video4linux").glob("video*"):
        with contextlib.suppress(OSError, ValueError):
            # A camera has further nodes, for metadata: those have an index above 0.
            if int((entry / "index").read_text()) == 0:
                names[int(entry.name.removeprefix("video"))] = (entry / "name").read_text().strip()
    first = min(names, default=None)
    return [
        DeviceView(device=str(number), label=names[number], default=number == first)
        for number in sorted(names)
    ]


def _enumerated(form: str) -> list[str]:
    try:
        devices = av.enumerate_input_devices(form)
    except (av.FFmpegError, ValueError, OSError) as error:
        log.info("cameras cannot be listed: %s", error)
        return []
    return [device.description for device in devices if "video" in device.media_types]
