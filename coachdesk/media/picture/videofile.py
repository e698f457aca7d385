"""Pictures written to a file as they come: a video, or a still of the newest one."""

from __future__ import annotations

import fractions
import logging
import os
import threading
from pathlib import Path
from typing import Any, Protocol

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.filesound import DeviceError
from coachdesk.media.picture.latest import Latest
from coachdesk.media.picture.video import Picture
from coachdesk.media.priority import pictures_later

log = logging.getLogger(__name__)

FRAME_RATE = 30
STILL_SECONDS = 1.0
CLOSE_SECONDS = 5.0
CODECS = {".webm": "libvpx", ".mkv": "libvpx", ".mp4": "libx264"}
OPTIONS = {
    "libvpx": {"deadline": "realtime", "cpu-used": "-8", "crf": "10"},
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"},
}
STILLS = frozenset({".png", ".jpg", ".jpeg"})


class Sink(Protocol):
    """Where the writing thread puts pictures."""

    def write(self, picture: Picture) -> None: ...
    def close(self) -> None: ...


class VideoFileWriter:
    """Writes pictures on a thread of its own; one that comes while it is busy replaces the one waiting.

    ``.mp4``, ``.mkv``, ``.webm``: a video, its time that of the pictures' arrival. ``.png``, ``.jpg``: the
    newest picture, rewritten at most once a second and at the end. Raises DeviceError for another suffix
    or a missing folder.
    """

    def __init__(self, path: Path) -> None:
        self.fault: str | None = None
        self._sink = _sink(path)
        self._waiting: Latest[Picture] = Latest()
        self._thread = threading.Thread(target=self._run, name="video-file", daemon=True)
        self._thread.start()

    def write(self, picture: Picture) -> None:
        """Never blocks; callable from any thread."""
        self._waiting.put(picture)

    def close(self) -> None:
        """Write what waits and finish the file. Takes at most 5 s."""
        self._waiting.close()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        pictures_later()
        try:
            while (picture := self._waiting.take()) is not None:
                self._sink.write(picture)
            self._sink.close()
        except (OSError, av.FFmpegError, cv2.error) as error:
            self.fault = f"the video file cannot be written: {error}"
            log.error(self.fault)


def _sink(path: Path) -> Sink:
    suffix = path.suffix.lower()
    if not path.parent.is_dir():
        raise DeviceError(f"The folder {path.parent} does not exist; create it, or choose another file.")
    if suffix in STILLS:
        return _Still(path)
    if suffix in CODECS:
        return _Video(path, CODECS[suffix])
    known = ", ".join(sorted([*CODECS, *STILLS]))
    raise DeviceError(f"Video cannot be written to {path.name!r}; use a name that ends in one of {known}.")


class _Still:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._picture: Picture | None = None
        self._written = float("-inf")

    def write(self, picture: Picture) -> None:
        self._picture = picture
        if picture.arrival - self._written >= STILL_SECONDS:
            self._written = picture.arrival
            self._save(picture)

    def close(self) -> None:
        if self._picture is not None:
            self._save(self._picture)

    def _save(self, picture: Picture) -> None:
        """Through a second file, so that nobody reads half a picture."""
        _, encoded = cv2.imencode(self._path.suffix, picture.frame.to_ndarray(format="bgr24"))
        draft = self._path.with_name(f".{self._path.name}.part")
        draft.write_bytes(encoded.tobytes())
        os.replace(draft, self._path)


class _Video:
    def __init__(self, path: Path, codec: str) -> None:
        # Fragments keep an mp4 readable that was never finished.
        flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if path.suffix == ".mp4" else {}
        self._container: Any = av.open(str(path), "w", options=flags)
        self._codec = codec
        self._stream: Any = None
        self._begun = 0.0
        self._last = -1

    def write(self, picture: Picture) -> None:
        if self._stream is None:
            self._begin(picture)
        tick = round((picture.arrival - self._begun) * FRAME_RATE)
        if tick <= self._last:
            return
        self._last = tick
        frame = self._fitted(picture.frame)
        frame.pts, frame.time_base = tick, fractions.Fraction(1, FRAME_RATE)
        frame.pict_type = av.video.frame.PictureType.NONE
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def _begin(self, picture: Picture) -> None:
        self._begun = picture.arrival
        self._stream = self._container.add_stream(self._codec, rate=FRAME_RATE, options=OPTIONS[self._codec])
        self._stream.width, self._stream.height = picture.size
        self._stream.pix_fmt = "yuv420p"
        self._stream.bit_rate = 4_000_000

    def _fitted(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A file has one size, that of its first picture; others (a turned phone) are scaled into it, with
        borders.
        """
        width, height = self._stream.width, self._stream.height
        if (frame.width, frame.height) == (width, height):
            return frame.reformat(format="yuv420p")
        bordered = letterbox(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), width, height)
        return av.VideoFrame.from_ndarray(bordered, format="bgr24").reformat(format="yuv420p")


def letterbox(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """``picture`` (height x width x channels) scaled to fit the size, centred on black."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = np.zeros((height, width, picture.shape[2]), np.uint8)
    resized = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    canvas[top : top + inner[1], left : left + inner[0]] = resized
    return canvas
