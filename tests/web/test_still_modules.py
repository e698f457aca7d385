"""Stills on the customer's page without a call: at which pace they are sent, how large, and which is which."""

from __future__ import annotations

import pytest

from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk
from tests.web.test_modules import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCENE = """() => {
  window.now = 0;
  window.rests = [];
  window.sent = [];
  window.perByte = 1; // ms that a byte takes to be answered
  window.silent = false;
  window.connect = (readyState) => {
    stills.use((window.channel = line(readyState)));
  };
  const line = (readyState) => ({
    readyState,
    send(data) {
      if (silent && typeof data !== "string") return;
      if (typeof data !== "string") {
        now += data.length * perByte;
        const got = (still.received = (still.received ?? 0) + data.length);
        const { frame } = still;
        queueMicrotask(() => this.onmessage({ data: JSON.stringify({ kind: "got", frame, received: got }) }));
        return;
      }
      const message = JSON.parse(data);
      sent.push(message);
      if (message.kind === "still") window.still = message;
    },
  });
  window.ink = { captures: { ticks: (time) => Math.round(time) }, frozen: null };
  window.stills = new it.Stills({
    ink,
    onChange() {},
    pause: (ms) => new Promise((go) => rests.push({ ms, go })),
    clock: () => now,
  });
  window.grabbed = 0;
  stills.camera = {
    grab: () => ({ picture: Object.assign(document.createElement("canvas"), { name: ++grabbed }), time: now }),
    encode: async (picture, longest) => new Uint8Array(longest),
    decode: async () => document.createElement("canvas"),
  };
  connect("open");
  window.tell = (message) => channel.onmessage({ data: JSON.stringify(message) });
  window.next = async () => {
    while (!rests.length) await new Promise((go) => setTimeout(go, 1));
    return rests.shift();
  };
}"""


async def scene(desk: Desk, visit: Visit) -> Customer:
    customer = await load(desk, visit, "stills.js")
    await customer.ask(SCENE)
    return customer


async def test_the_pace_is_halved_when_pieces_queue_and_recovers(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "stillpipe.js")
    found = await customer.ask(
        """() => {
          const pace = new it.Pace();
          const after = (count, ms) => { while (count--) pace.answered(ms); return pace.atOnce; };
          const queue = [after(40, 50), after(3, 300), after(1, 300), after(16, 300), after(200, 300), after(40, 50)];
          for (let n = 0; n < 40; n++) [50, 400, 300, 200].forEach((ms) => pace.answered(ms));
          return [...queue, pace.atOnce];
        }"""
    )
    assert found == [16, 16, 8, 8, 1, 16, 16]


async def test_single_pictures_are_as_large_as_the_line_bears_and_leave_it_half_of_the_time(
    desk: Desk, visit: Visit
) -> None:
    customer = await scene(desk, visit)
    sizes, rests = await customer.ask(
        """async () => {
          const [sizes, found] = [[], []];
          stills.setSlow(true);
          for (const bytesTake of [10, 10, 10, 10, 0.5, 0.5, 0.5, 0.5, 0.5]) {
            window.perByte = bytesTake;
            const { ms, go } = await next();
            found.push(ms);
            sizes.push(still.size);
            go();
          }
          return [sizes, found];
        }"""
    )
    assert sizes[0] == 480
    assert sizes[3] == 240
    assert sizes[-1] == 960
    assert rests[0] == 480 * 10
    assert rests[-1] == 1000
    said = await customer.ask("sent.filter(({ kind }) => kind === 'line').map(({ stills }) => stills)")
    assert said == [False, True]


async def test_a_picture_that_would_not_come_in_time_gives_way_to_smaller_ones(
    desk: Desk, visit: Visit
) -> None:
    customer = await scene(desk, visit)
    sizes, came = await customer.ask(
        """async () => {
          window.perByte = 50;
          stills.setSlow(true);
          const [rest, sizes] = [await next(), [still.size]];
          const before = stills.latest;
          rest.go();
          await next();
          return [[...sizes, still.size, still.received], [before !== null, stills.latest !== null]];
        }"""
    )
    assert sizes == [480, 240, 240]
    assert came == [False, True]


async def test_after_a_restart_of_the_agents_program_stills_go_on_over_the_new_connection(
    desk: Desk, visit: Visit
) -> None:
    customer = await scene(desk, visit)
    said = await customer.ask(
        """async () => {
          window.silent = true; // nobody is there who would answer
          stills.setSlow(true);
          while (!sent.some(({ kind }) => kind === "still")) await new Promise((go) => setTimeout(go, 1));
          const before = sent.length;
          connect("connecting");
          window.silent = false;
          const lost = await next();
          lost.go();
          const early = await next();
          channel.readyState = "open";
          channel.onopen();
          early.go();
          const { ms } = await next();
          return [[lost.ms, early.ms, ms], sent.slice(before).map(({ kind }) => kind), sent.at(-2).stills];
        }"""
    )
    assert said == [[500, 500, 1000], ["have", "line", "still"], True]


async def test_none_is_sent_while_something_stands_still_or_the_video_is_back(
    desk: Desk, visit: Visit
) -> None:
    customer = await scene(desk, visit)
    count = await customer.ask(
        """async () => {
          stills.setSlow(true);
          (await next()).go();
          stills.stand(4711);
          const before = sent.length;
          for (let n = 0; n < 3; n++) (await next()).go();
          const last = await next();
          stills.stand(null);
          stills.setSlow(false);
          last.go();
          await new Promise((go) => setTimeout(go, 20));
          return [sent.slice(before), rests.length, stills.latest];
        }"""
    )
    assert count == [[{"kind": "line", "stills": False}], 0, None]


async def test_the_picture_asked_for_is_the_one_shown_whatever_comes_first(desk: Desk, visit: Visit) -> None:
    customer = await scene(desk, visit)
    names = await customer.ask(
        """async () => {
          tell({ kind: "ask", frame: 4711 });
          const asked = stills.frozen.picture.name;
          stills.stand(null); // an older word, late
          stills.stand(4711);
          const told = stills.frozen.picture.name;
          stills.stand(4712);
          return [asked, told, stills.frozen.picture.name, ink.frozen, ink.isStill(4711), ink.isStill(1)];
        }"""
    )
    assert names == [1, 1, 2, 4711, True, False]
