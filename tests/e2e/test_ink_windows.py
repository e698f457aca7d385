"""Ink in real windows on a whole call: what is on the screens, measured in screenshots while the camera turns."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench import panning
from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.customer import Customer
from coachdesk.demo.stage import Stage
from coachdesk.hearing import TONES, tone, write_wav
from coachdesk.media.picture.framering import FrameReader, SharedPicture
from coachdesk.remote import RemoteEndpoint
from coachdesk.soundserver import SoundServer
from signaling.policy import Role
from tests.e2e.conftest import SINK

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180)]

NEAR = 5.0
"""Pixels of 1280 x 720 between a mark and what it is on."""
SHOTS, ENOUGH = 60, 6
RING_WIDTH = 0.1
"""Of the picture."""
TURN, PERIOD = 6.0, 6.0
"""The camera turns to and fro by so many degrees, in so many seconds."""
FPS = 15
TARGET, RADIUS = (255, 0, 255), 26
RING, GREEN = "#00ff00", (0, 255, 0)
PAINTED, FILMED = 30, 60
"""How far a colour may be off, on screen and after a video codec; nothing else in the picture comes so near to them."""
DEVICES = ("--mic", "none", "--speaker", "none", "--camera", "none")

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red."""
Box = tuple[int, int, int, int]


class Windows(NamedTuple):
    agent: RemoteEndpoint
    supervisor: RemoteEndpoint
    customer: Customer


class Seen(NamedTuple):
    """Middle of target and of the ring around it in a screenshot, and how wide the picture is there; pixels."""

    target: tuple[float, float]
    ring: tuple[float, float]
    wide: float


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbench with one bright spot, before a camera that turns to and fro."""
    table = panning.workbench()
    middle = panning.WORKBENCH[0] // 2, panning.WORKBENCH[1] // 2
    cv2.circle(table, middle, RADIUS, TARGET, -1)
    file = tmp_path_factory.mktemp("camera") / "turning.mjpeg"
    with file.open("wb") as video:
        for number in range(int(PERIOD * FPS)):
            degrees = TURN * math.sin(math.tau * number / (PERIOD * FPS))
            seconds = panning.STILL / panning.FPS + (2 * panning.FARTHEST - degrees) / panning.SPEED
            view = panning.seen_from(seconds)
            picture = cv2.warpPerspective(table, view, (panning.WIDTH, panning.HEIGHT))
            video.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return file


@pytest.fixture
async def windows(tmp_path: Path, sound: SoundServer, camera: Path) -> AsyncIterator[Windows]:
    """Agent and supervisor in their windows, on a call with a customer whose camera turns."""
    voice = tmp_path / "customer-says.wav"
    write_wav(voice, tone(TONES["customer"], 8, keyed=True))
    async with Stage(tmp_path, env={"QT_QPA_PLATFORM": "offscreen"}) as stage:
        agent, supervisor = await asyncio.gather(
            stage.endpoint("Alex", Role.AGENT, *DEVICES, window=True),
            stage.endpoint("Mia", Role.SUPERVISOR, *DEVICES, window=True),
        )
        invited = await agent.do(commands.Invite(label="Router down"))
        assert isinstance(invited, events.Invited)
        env = {**sound.environment(), "PULSE_SINK": SINK}
        async with await Customer.open(voice=voice, env=env, fps=FPS, camera=camera) as customer:
            await customer.visit(invited.url)
            await customer.agree()
            await agent.do(commands.Admit(party=(await agent.wait(events.Waiting)).party))
            call = await agent.wait(events.Call)
            await supervisor.do(commands.Listen(call=call.call.call))
            await asyncio.gather(*(each.wait(events.Frames, seconds=30) for each in (agent, supervisor)))
            await supervisor.wait(events.Stage)
            yield Windows(agent, supervisor, customer)


async def test_marks_stay_on_what_they_are_on_in_every_window(windows: Windows, tmp_path: Path) -> None:
    mark = await ring_the_target(windows.agent, tmp_path / "ring.png")
    for endpoint in (windows.agent, windows.supervisor):
        await endpoint.wait(events.Mark, lambda event: (event.mark, event.state) == (mark, "drawn"))
    for endpoint in (windows.agent, windows.supervisor):
        shots = await watch(endpoint, tmp_path / f"{endpoint.name}.png")
        off = [math.dist(shot.target, shot.ring) * panning.WIDTH / shot.wide for shot in shots]
        across = [shot.target[0] * panning.WIDTH / shot.wide for shot in shots]
        assert len(shots) >= ENOUGH
        assert max(across) - min(across) > 50, "the camera did not turn"
        assert max(off) < NEAR


async def ring_the_target(endpoint: RemoteEndpoint, file: Path) -> str:
    """Draws a circle around the bright spot, on the very picture it is found in.

    On a machine so busy that the picture is forgotten before the mark is there, once more.
    """
    for _ in range(5):
        mark = await ring_once(endpoint)
        for _ in range(SHOTS // 2):
            await endpoint.do(commands.Screenshot(file=str(file)))
            if look(cv2.imread(str(file))) is not None:  # type: ignore[arg-type]
                return mark
            await asyncio.sleep(0.2)
        await endpoint.do(commands.Undo())
    raise AssertionError("no ring held")


async def ring_once(endpoint: RemoteEndpoint) -> str:
    shared, spot = await find((await endpoint.wait(events.Frames)).name)
    height, width = shared.bgra.shape[:2]
    x, y = spot[0] / width, spot[1] / height
    reach = RING_WIDTH / 2
    corners = [Point(x - reach, y - reach * width / height), Point(x + reach, y + reach * width / height)]
    drawn = await endpoint.do(
        commands.Draw(
            tool=Tool.CIRCLE, points=corners, colour=RING, width=0.012, fade=600, frame=shared.frame
        )
    )
    assert isinstance(drawn, events.Drawn)
    return drawn.mark


async def find(memory: str) -> tuple[SharedPicture, tuple[float, float]]:
    """A picture with the bright spot in it, and where that is, pixels."""
    reader = FrameReader(memory)
    try:
        for _ in range(1000):
            shared = reader.read()
            spot = middle(shared.bgra, TARGET) if shared is not None else None
            if shared is not None and spot is not None:
                return shared, spot
            await asyncio.sleep(0.02)
    finally:
        reader.close()
    raise AssertionError("the bright spot is in no picture")


async def watch(endpoint: RemoteEndpoint, file: Path) -> list[Seen]:
    """Screenshots on which both are seen, as many as are enough and until the camera has turned."""
    found: list[Seen] = []
    for _ in range(SHOTS):
        await endpoint.do(commands.Screenshot(file=str(file)))
        seen = look(cv2.imread(str(file)))  # type: ignore[arg-type]
        found += [seen] if seen is not None else []
        spread = np.ptp([each.target[0] for each in found]) if found else 0.0
        if len(found) >= ENOUGH and spread * panning.WIDTH / found[0].wide > 50:
            break
        await asyncio.sleep(0.2)
    return found


def look(screen: Picture) -> Seen | None:
    target, ring = middle(screen, TARGET), largest(screen, GREEN, PAINTED)
    if target is None or ring is None:
        return None
    return Seen(target, _middle(ring), ring[2] / RING_WIDTH)


def middle(picture: Picture, colour: Colour) -> tuple[float, float] | None:
    """Of the largest patch of a ``colour`` that was filmed; None where there is none."""
    box = largest(picture, colour, FILMED)
    return _middle(box) if box is not None else None


def largest(picture: Picture, colour: Colour, off: int) -> Box | None:
    """The patch of ``colour`` with the most pixels: left, top, width, height."""
    apart = np.abs(picture[..., :3].astype(int) - colour).max(axis=2)
    count, _, stats, _ = cv2.connectedComponentsWithStats((apart < off).astype(np.uint8))
    found = max(range(1, count), key=lambda each: int(stats[each][4]), default=0)
    if not found or stats[found][4] < 20:
        return None
    left, top, width, height = (int(value) for value in stats[found][:4])
    return left, top, width, height


def _middle(box: Box) -> tuple[float, float]:
    return box[0] + (box[2] - 1) / 2, box[1] + (box[3] - 1) / 2
