"""Cameras and their stand-ins, and files that pictures are written to."""

from __future__ import annotations

import fractions
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.events import DeviceView
from coachdesk.media.filesound import DeviceError
from coachdesk.media.picture import camera as cameras
from coachdesk.media.picture import testpattern
from coachdesk.media.picture.camera import Camera, open_camera
from coachdesk.media.picture.video import Picture
from coachdesk.media.picture.videofile import VideoFileWriter, letterbox


def wait_for(condition: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def shade(camera: Camera) -> float:
    latest = camera.latest()
    assert latest is not None
    return float(latest[0].mean())


def picture(value: int, at: float, width: int = 64, height: int = 48) -> Picture:
    pixels = np.full((height, width, 3), value, np.uint8)
    return Picture(av.VideoFrame.from_ndarray(pixels, format="bgr24"), round(at * 90000), at)


def video_shades(path: Path) -> list[tuple[float, float]]:
    """Time and mean brightness of each picture of a file."""
    with av.open(str(path)) as container:
        return [
            (float(frame.time or 0), float(frame.to_ndarray(format="gray").mean()))
            for frame in container.decode(video=0)
        ]


def write_video(path: Path, shades: list[int], rate: int = 20) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index, value in enumerate(shades):
            pixels = np.full((48, 64, 3), value, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, fractions.Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


# --- cameras ------------------------------------------------------------------------------------------------


def test_none_shows_nothing() -> None:
    camera = open_camera("none")
    assert camera.latest() is None
    camera.close()


def test_the_test_pattern_moves_and_tells_its_time() -> None:
    camera = open_camera("test")
    first = camera.latest()
    assert first is not None
    wait_for(lambda: (latest := camera.latest()) is not None and latest[1] > first[1])
    assert abs(testpattern.read_time(first[0]) - first[1]) < 0.002
    assert first[0].shape == (720, 1280, 3)
    camera.close()


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.375])
def test_the_time_survives_scaling_and_encoding(scale: float) -> None:
    drawn = testpattern.draw(123456.789)
    scaled = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, 40])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert testpattern.read_time(np.asarray(decoded, np.uint8)) == 123456.789


def test_an_image_is_shown_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "käse.png"
    path.write_bytes(cv2.imencode(".png", np.full((48, 64, 3), 77, np.uint8))[1].tobytes())
    camera = open_camera(str(path))
    assert shade(camera) == 77
    first = camera.latest()
    assert first is not None
    wait_for(lambda: (latest := camera.latest()) is not None and latest[1] > first[1])


def test_a_video_file_plays_at_its_own_pace_and_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "clip.webm"
    write_video(path, [30] * 4 + [220] * 4)
    begun = time.monotonic()
    camera = open_camera(str(path))
    for bright in (False, True, False):
        wait_for(lambda bright=bright: (shade(camera) > 120) is bright)  # type: ignore[misc]
    assert time.monotonic() - begun > 0.39  # eight pictures at 20 a second
    camera.close()


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("missing.png", "cannot be read"),
        ("missing.mp4", "does not exist"),
        ("no such camera", "There is no camera 'no such camera'"),
    ],
)
def test_what_cannot_be_opened_is_named(device: str, says: str) -> None:
    with pytest.raises(DeviceError, match=says):
        open_camera(device)


@pytest.mark.parametrize("name", ["broken.png", "broken.mp4"])
def test_a_broken_file_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a picture")
    with pytest.raises(DeviceError):
        open_camera(str(path))


def test_a_video_file_without_pictures_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 480), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
    with pytest.raises(DeviceError, match="holds no video"):
        open_camera(str(path))


class FakeCapture:
    """What cv2.VideoCapture is to a camera that gives three pictures and is then unplugged."""

    opens = True

    def __init__(self, number: int) -> None:
        self._left = 3

    def isOpened(self) -> bool:
        return self.opens

    def set(self, key: int, value: float) -> None: ...

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]:
        self._left -= 1
        return (True, np.full((48, 64, 3), 9, np.uint8)) if self._left >= 0 else (False, None)

    def release(self) -> None: ...


@pytest.fixture
def _one_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "list_cameras", lambda: [DeviceView("3", "Desk camera", True)])
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)


@pytest.mark.usefixtures("_one_camera")
@pytest.mark.parametrize("device", ["3", "Desk camera", "default"])
def test_a_device_is_found_by_number_and_name_and_its_loss_is_told(device: str) -> None:
    camera = open_camera(device)
    assert camera.label == "Desk camera"
    assert shade(camera) == 9
    wait_for(lambda: camera.fault)
    assert camera.fault == "Desk camera stopped; choose it again, or another camera."
    camera.close()


@pytest.mark.usefixtures("_one_camera")
def test_a_device_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeCapture, "opens", False)
    with pytest.raises(DeviceError, match="Desk camera cannot be opened"):
        open_camera("default")


def test_the_cameras_of_this_machine_can_be_listed() -> None:
    assert all(view.device and view.label for view in cameras.list_cameras())


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_video_file_has_the_pictures_at_their_times(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    writer = VideoFileWriter(path)
    for index, value in enumerate((40, 120, 200)):
        writer.write(picture(value, 100 + index))
        wait_for(lambda: writer._waiting._item is None)
    writer.close()
    assert writer.fault is None
    written = video_shades(path)
    assert [round(at, 1) for at, _ in written] == [0, 1, 2]
    assert [value for _, value in written] == sorted(value for _, value in written)


def test_a_video_file_keeps_its_size_when_the_camera_turns(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    writer = VideoFileWriter(path)
    for index, (width, height) in enumerate([(64, 48), (48, 64)]):
        writer.write(picture(200, 100 + index, width, height))
        wait_for(lambda: writer._waiting._item is None)
    writer.close()
    with av.open(str(path)) as container:
        assert {(frame.width, frame.height) for frame in container.decode(video=0)} == {(64, 48)}


def test_letterboxing_keeps_the_shape() -> None:
    boxed = letterbox(np.full((100, 50, 3), 255, np.uint8), 80, 60)
    assert boxed.shape == (60, 80, 3)
    assert boxed[:, 25:55].min() == 255
    assert boxed[:, :24].max() == boxed[:, 56:].max() == 0


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_still_is_the_newest_picture(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    writer = VideoFileWriter(path)
    writer.write(picture(10, 1.0))
    wait_for(path.exists)
    writer.write(picture(200, 1.1))
    writer.close()
    written = np.asarray(cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), 1))
    assert abs(float(written.mean()) - 200) < 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_a_call_without_pictures_is_no_fault(tmp_path: Path) -> None:
    for suffix in (".mp4", ".png"):
        writer = VideoFileWriter(tmp_path / f"empty{suffix}")
        writer.close()
        assert writer.fault is None


@pytest.mark.parametrize(("name", "says"), [("out.txt", "ends in one of"), ("no/out.mp4", "does not exist")])
def test_a_file_that_cannot_be_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=says):
        VideoFileWriter(tmp_path / name)
