"""The page's modules that keep marks on things: maps, following, carrying poses on, which picture a packet is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route

from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk
from tests.web.test_modules import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TEXTURE = Path(__file__).with_name("texture.js")
FULL_HD_SHARE = 4
"""Pixels of a 1280 x 720 picture to one of the small picture that is followed."""

FIT = """async ([truth, outliers, noise]) => {
  const { apply, fit } = it;
  let state = 5;
  const random = () => ((state = (state * 16807) % 2147483647) / 2147483647);
  const [from, to] = [new Float64Array(120), new Float64Array(120)];
  for (let n = 0; n < 60; n++) {
    const [x, y] = [random() * 320, random() * 180];
    const at = apply(truth, x, y);
    const astray = n < outliers;
    from.set([x, y], 2 * n);
    to.set([at.x + (random() - 0.5) * (astray ? 120 : noise), at.y + (random() - 0.5) * (astray ? 120 : noise)], 2 * n);
  }
  const { map, agreeing } = fit(from, to, new Float64Array(60).fill(1));
  const corners = [[0, 0], [320, 0], [320, 180], [0, 180]];
  const off = corners.map(([x, y]) => {
    const [a, b] = [apply(map, x, y), apply(truth, x, y)];
    return Math.hypot(a.x - b.x, a.y - b.y);
  });
  return { off: Math.max(...off), agreeing };
}"""

FOLLOW = """async ({ maps, late, wrong }) => {
  const { Carrier } = await import("./web/carrier.js");
  const { apply, inverse, times } = await import("./web/homography.js");
  const { texture, view } = await import("./web/texture.js");
  const [width, height] = [320, 180];
  const [data, other] = [texture(7), texture(99)];
  const carrier = new Carrier();
  const outline = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]].map(([x, y]) => ({ x, y }));
  const out = [1 / width, 0, 0.5 / width, 0, 1 / height, 0.5 / height, 0, 0, 1];
  const pose = (n) => times(out, times(times(inverse(maps[n]), maps[0]), inverse(out)));
  const offs = [];
  maps.forEach((map, n) => {
    carrier.see(view(n >= wrong ? other : data, map, width, height), width, height, n * 33);
    if (n === 3) carrier.place("m", outline, [1, 0, 0, 0, 1, 0, 0, 0, 1], 0, 0);
    if (n > 3 + late && n < wrong) carrier.place("m", outline, pose(n - late), (n - late) * 33, 0);
    if (n <= 3) return;
    const found = carrier.pose("m");
    const truth = pose(n);
    offs.push(found && Math.max(...outline.map(({ x, y }) => {
      const [a, b] = [apply(found, x, y), apply(truth, x, y)];
      return Math.hypot((a.x - b.x) * width, (a.y - b.y) * height);
    })));
  });
  return offs;
}"""

CLOCK = """async ({ jitter, delays, origin, first }) => {
  const clock = new it.CaptureClock();
  const ticks = (time) => (first + Math.round((time - origin) * 90)) >>> 0;
  const errors = [];
  let time = 1000;
  const events = [];
  for (let n = 0; n < 80; n++) {
    time += 33 + jitter[n % jitter.length];
    events.push({ at: time, seen: time });
    events.push({ at: time + delays[n % delays.length], encoded: ticks(time), seen: 0, time });
  }
  events.sort((a, b) => a.at - b.at);
  for (const event of events) {
    if (event.seen) clock.captured(event.seen);
    else {
      clock.encoded(event.encoded, event.at);
      errors.push([clock.time(event.encoded) - event.time, (clock.ticks(event.time) - event.encoded) / 90]);
    }
  }
  return errors.slice(-10);
}"""


async def tools(desk: Desk, visit: Visit, module: str) -> Customer:
    customer = await load(desk, visit, module)

    async def serve(route: Route) -> None:
        await route.fulfill(path=TEXTURE, content_type="text/javascript")

    await customer.page.route("**/web/texture.js", serve)
    return customer


def shift(dx: float, dy: float) -> list[float]:
    return [1, 0, dx, 0, 1, dy, 0, 0, 1]


def turned(angle: float, scale: float) -> list[float]:
    """About the middle of the small picture, seen from further away (scale above 1)."""
    a, b = scale * (1 - angle**2 / 2), scale * angle
    return [a, -b, 160 - a * 160 + b * 90, b, a, 90 - b * 160 - a * 90, 0, 0, 1]


def panned(frames: int, speed: float) -> list[list[float]]:
    """To and fro at ``speed`` small pixels a frame, as a hand does, from texture (100, 100)."""
    places, at, way = [], 0.0, speed
    for _ in range(frames):
        places.append(shift(100 + at, 100 + at / 5))
        at += way
        if not 0 <= at <= 60:
            way = -way
    return places


async def test_a_map_is_fitted_although_a_third_of_the_points_went_astray(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "homography.js")
    truth = [1.05, 0.04, 6, -0.03, 0.97, -9, 0.0001, -0.00005, 1]
    found = await customer.ask(FIT, [truth, 20, 0.4])
    assert found["off"] < 0.7
    assert 0.6 < found["agreeing"] < 0.75


async def test_points_without_agreement_say_so(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "homography.js")
    assert (await customer.ask(FIT, [shift(3, 4), 58, 0.4]))["agreeing"] < 0.3


async def test_a_mark_stays_on_its_thing_while_poses_come_late(desk: Desk, visit: Visit) -> None:
    customer = await tools(desk, visit, "carrier.js")
    maps = panned(40, 5.3)  # 640 pixels a second at 1280 x 720
    offs = await customer.ask(FOLLOW, {"maps": maps, "late": 8, "wrong": 99})
    assert None not in offs
    assert max(offs) * FULL_HD_SHARE < 3


async def test_many_marks_share_what_is_followed(desk: Desk, visit: Visit) -> None:
    customer = await tools(desk, visit, "carrier.js")
    offs = await customer.ask(
        """async (maps) => {
          const { texture, view } = await import("./web/texture.js");
          const [data, carrier, one] = [texture(7), new it.Carrier(), [1, 0, 0, 0, 1, 0, 0, 0, 1]];
          const at = (n) => ({ x: 0.2 + (n % 5) * 0.15, y: 0.25 + Math.floor(n / 5) * 0.15 });
          const marks = Array.from({ length: 20 }, (_, n) => at(n));
          maps.forEach((map, n) => {
            carrier.see(view(data, map, 320, 180), 320, 180, n * 33);
            if (n === 0) marks.forEach((mark, id) => carrier.place(`${id}`, [mark], one, 0, 0));
          });
          const moved = maps[0][2] - maps[maps.length - 1][2];
          return marks.map((_, id) => {
            const pose = carrier.pose(`${id}`);
            return pose && Math.abs(pose[2] * 320 - moved);
          });
        }""",
        panned(8, 3),
    )
    assert None not in offs
    assert max(offs) < 3


async def test_a_mark_follows_when_the_camera_turns_and_goes_back(desk: Desk, visit: Visit) -> None:
    customer = await tools(desk, visit, "carrier.js")
    maps = [turned(0.012 * n, 1 + 0.01 * n) for n in range(40)]
    offs = await customer.ask(FOLLOW, {"maps": maps, "late": 8, "wrong": 99})
    assert None not in offs
    assert max(offs) * FULL_HD_SHARE < 6


async def test_a_mark_is_hidden_when_its_thing_is_gone(desk: Desk, visit: Visit) -> None:
    customer = await tools(desk, visit, "carrier.js")
    offs = await customer.ask(FOLLOW, {"maps": panned(24, 2), "late": 4, "wrong": 16})
    assert None not in offs[:12]
    assert offs[12:] == [None] * 8


async def test_a_pose_for_what_is_seen_again_brings_the_mark_back(desk: Desk, visit: Visit) -> None:
    customer = await tools(desk, visit, "carrier.js")
    shown = await customer.ask(
        """async () => {
          const { texture, view } = await import("./web/texture.js");
          const [data, carrier, one] = [texture(7), new it.Carrier(), [1, 0, 0, 0, 1, 0, 0, 0, 1]];
          const outline = [{ x: 0.5, y: 0.5 }];
          const dark = new Uint8ClampedArray(320 * 180 * 4);
          const see = (n, picture = view(data, one, 320, 180)) => carrier.see(picture, 320, 180, n * 33);
          const shown = [];
          see(0); carrier.place("m", outline, one, 0, 0); shown.push(carrier.pose("m") !== null);
          for (let n = 1; n < 20; n++) see(n, dark);
          shown.push(carrier.pose("m") !== null);
          see(20); shown.push(carrier.pose("m") !== null);
          carrier.place("m", outline, one, 0, 0); shown.push(carrier.pose("m") !== null);
          carrier.place("m", outline, one, 20 * 33, 0); shown.push(carrier.pose("m") !== null);
          return shown;
        }"""
    )
    assert shown == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("speed", "time", "uncertainty", "known"),
    [
        (4, 502, 0, True),
        (4, 510, 0, False),
        (0, 510, 0, True),
        (4, 502, 100, False),
        (0, 502, 100, True),
        (0, 910, 0, False),
    ],
    ids=["seen", "not seen", "not seen but still", "which?", "whichever", "later"],
)
async def test_a_pose_counts_only_where_it_is_known_what_was_seen_then(
    desk: Desk, visit: Visit, speed: float, time: float, uncertainty: float, known: bool
) -> None:
    customer = await tools(desk, visit, "carrier.js")
    shown = await customer.ask(
        """async ([speed, time, uncertainty]) => {
          const { texture, view } = await import("./web/texture.js");
          const [data, carrier, one] = [texture(7), new it.Carrier(), [1, 0, 0, 0, 1, 0, 0, 0, 1]];
          const at = (n) => view(data, [1, 0, speed * n, 0, 1, 0, 0, 0, 1], 320, 180);
          for (let n = 0; n < 10; n++) carrier.see(at(n), 320, 180, n * 100);
          carrier.place("m", [{ x: 0.5, y: 0.5 }], one, time, uncertainty);
          return carrier.pose("m") !== null;
        }""",
        [speed, time, uncertainty],
    )
    assert shown is known


async def test_a_mark_is_hidden_while_what_is_told_is_not_what_is_seen(desk: Desk, visit: Visit) -> None:
    customer = await tools(desk, visit, "carrier.js")
    shown = await customer.ask(
        """async () => {
          const { texture, view } = await import("./web/texture.js");
          const [data, carrier, one] = [texture(7), new it.Carrier(), [1, 0, 0, 0, 1, 0, 0, 0, 1]];
          return [0, 0, 0.02, 0, 0, 0.02, 0.02].map((off, n) => {
            carrier.see(view(data, one, 320, 180), 320, 180, n * 33);
            carrier.place("m", [{ x: 0.5, y: 0.5 }], [1, 0, off, 0, 1, 0, 0, 0, 1], n * 33, 0);
            return carrier.pose("m")?.[2] ?? null;
          });
        }"""
    )
    almost = pytest.approx(0, abs=0.001)
    assert shown == [almost, almost, None, None, almost, None, pytest.approx(0.02, abs=0.001)]


HELD = """async () => {
  const video = document.createElement("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  video.muted = true;
  document.body.append(video);
  await video.play();
  const held = new it.Held(video);
  const pixels = () => held.canvas.getContext("2d").getImageData(0, 0, held.canvas.width, held.canvas.height).data.join();
  const frame = (then) => new Promise((done) => video.requestVideoFrameCallback((now, told) => done(then(now, told))));
  const wide = (...given) => held.take(200, ...given) && [held.canvas.width, held.time];
  const shown = ({ mediaTime }) => { // on a busy machine a newer one is shown already
    const picture = new VideoFrame(video);
    const same = Math.abs(picture.timestamp / 1000 - mediaTime * 1000) < 0.01;
    picture.close();
    return same;
  };
  for (let tries = 0; tries < 100 && !held.time; tries++) await frame((now, told) => shown(told) && wide(now, told));
  const first = pixels();
  const after = await frame((now, told) => {
    const still = pixels() === first;
    const earlier = { ...told, captureTime: told.captureTime - 33, mediaTime: told.mediaTime - 0.033 };
    return [still, wide(now, earlier), wide(now, { ...told, captureTime: held.time })];
  });
  return [held.canvas.width, ...after, video.videoWidth];
}"""


async def test_a_picture_is_held_still_and_goes_by_its_own_time(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "held.js")
    width, still, earlier, again, whole = await customer.ask(HELD)
    assert (width, whole) == (320, 640), "no smaller than what is followed"
    assert still, "the video goes on, the picture held does not"
    assert not earlier, "told of one frame, the video shows another"
    assert not again, "it is held already"


@pytest.mark.parametrize(
    ("jitter", "delays"),
    [
        ([0, 2, -1, 3, -4, 1, 0, 5], [12, 30, 41, 15]),
        ([0], [9, 14, 22]),
        ([0, 33, 0, 0, 33, 0, 0], [60, 45, 70]),
        ([0, 2, -1, 3, -4, 1, 0, 5], [310, 520, 140, 18, 700]),
    ],
    ids=["uneven", "even", "slow encoder", "busy machine"],
)
async def test_packets_are_told_to_pictures(
    desk: Desk, visit: Visit, jitter: list[float], delays: list[float]
) -> None:
    customer = await load(desk, visit, "captureclock.js")
    told: dict[str, Any] = {"jitter": jitter, "delays": delays, "origin": 400, "first": 2**32 - 90 * 1200}
    for time, ticks in await customer.ask(CLOCK, told):
        assert abs(time) < 2
        assert abs(ticks) < 2


async def test_as_long_as_there_are_few_packets_none_is_told_to_a_picture(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "captureclock.js")
    times = await customer.ask(
        """() => {
          const clock = new it.CaptureClock();
          return Array.from({ length: 8 }, (_, n) => {
            clock.captured(1000 + n * 33);
            clock.encoded(n * 33 * 90, 1012 + n * 33);
            return [clock.time(n * 33 * 90), clock.uncertainty];
          });
        }"""
    )
    assert times[:4] == [[None, 100]] * 4
    assert times[-1] == [pytest.approx(1000 + 7 * 33), 0]


async def test_a_slow_phone_gives_up_following_and_tries_again_later(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "delayed.js")
    slow = await customer.ask(
        """() => {
          const [pace, changes] = [new it.Pace(), []];
          for (let now = 1; now < 90_000; now += 60) {
            const before = pace.slow;
            pace.handled(now, now < 40_000 ? (before ? 5 : 55) : 20, true);
            if (pace.slow !== before) changes.push([pace.slow, Math.round(now / 1000)]);
          }
          return changes;
        }"""
    )
    assert slow == [[True, 3], [False, 23], [True, 26], [False, 66]]


async def test_a_slow_phone_shows_its_picture_as_late_as_the_marks(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "delayed.js")
    shown = await customer.ask(
        """() => {
          const delayed = new it.Delayed();
          const video = document.createElement("canvas"); // to drawImage it is as good
          [video.videoWidth, video.videoHeight, video.width, video.height] = [640, 360, 640, 360];
          const context = video.getContext("2d");
          for (let n = 0; n < 10; n++) {
            context.fillStyle = `rgb(${n * 20} 0 0)`;
            context.fillRect(0, 0, 640, 360);
            delayed.see(video, n * 50);
          }
          const before = [delayed.picture, delayed.pose("m")];
          delayed.place("m", [], [1, 0, 0.1, 0, 1, 0, 0, 0, 1], 301);
          const [red] = delayed.picture.getContext("2d").getImageData(5, 5, 1, 1).data;
          const pose = delayed.pose("m");
          const { time } = delayed;
          delayed.place("m", [], [1, 0, 0.2, 0, 1, 0, 0, 0, 1], 425); // between two of its pictures
          const same = delayed.time === time;
          delayed.drop("m");
          return [...before, red, pose, time, same, delayed.picture];
        }"""
    )
    assert shown == [None, None, 120, [1, 0, 0.1, 0, 1, 0, 0, 0, 1], 300, True, None]
