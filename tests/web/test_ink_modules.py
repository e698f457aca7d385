"""Ink on the customer's page: what it understands, and how it is drawn."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import msgspec
import pytest

from coachdesk import annotation, inkwire
from coachdesk.annotation import Entry, Point, Tool
from tests.web.conftest import Visit
from tests.web.desk import Desk
from tests.web.inkcall import (
    DOCUMENT,
    HOSTILE,
    HOSTILE_LIVE,
    RED,
    begin,
    end,
)
from tests.web.test_modules import load

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]


# --- what it understands -------------------------------------------------------------------------------------


def entries(rng: random.Random) -> list[dict[str, Any]]:
    """A log of a few marks in which everything happens, as JSON."""
    log = []
    for n in range(1, 30):
        mark = f"mark-000{rng.randrange(4)}"
        edit = rng.choice(
            [
                begin(
                    mark, rng.choice(["pen", "arrow"]), frame=rng.choice([None, 7]), fade=rng.choice([5, 30])
                ),
                end(mark, [0.1, rng.random()], [0.3, 0.2, 0.4, 20], text=rng.choice(["", "this"])),
                {"kind": "shape", "mark": mark, "tool": "circle", "path": [[0, 0], [1, 1]]},
                {"kind": "caption", "mark": mark, "text": "that"},
                {"kind": "remove", "mark": mark},
                {"kind": "restore", "mark": mark},
                {"kind": "pin", "mark": mark, "on": rng.random() < 0.5},
            ]
        )
        log.append(
            {
                "n": n,
                "at": n * 1.5,
                "author": rng.choice(["agent", "customer"]),
                "edit": edit,
                "audience": "public",
            }
        )
    return log


def as_board(log: list[dict[str, Any]], now: float) -> dict[str, Any]:
    """What the staff's board shows of it."""
    board = annotation.Board(msgspec.convert(log, list[Entry]))
    return {
        mark.mark: [
            mark.author,
            mark.tool,
            mark.text,
            mark.ended,
            [list(point) for point in mark.path],
            mark.frame,
        ]
        for mark in board.visible(now)
    }


async def test_the_pages_board_is_the_staffs_board_in_whatever_order_entries_come(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "board.js")
    rng = random.Random(4)
    logs = [entries(rng) for _ in range(40)]
    orders = [rng.sample(log, len(log)) for log in logs]
    shown = await customer.ask(
        """(logs) => logs.map((log) => {
          const board = new it.Board();
          for (const entry of [...log, ...log]) board.apply(entry);
          return Object.fromEntries(board.visible(40).map((one) =>
            [one.mark, [one.author, one.tool, one.text, one.ended, one.path, one.frame]]));
        })""",
        orders,
    )
    expected = [as_board(log, 40) for log in logs]
    assert shown == expected
    assert any(expected)


async def test_every_message_of_the_document_is_understood_but_what_is_told_to_observers_alone(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "inkwire.js")
    examples = re.findall(r"```json hub (ink|ink-live)\n(.*?)\n```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(examples) > 5
    refused = await customer.ask(
        "(all) => all.filter(([channel, text]) => !(channel === 'ink' ? it.parseReliable : it.parseLive)(text))",
        examples,
    )
    told = [json.loads(text) for _, text in refused]
    assert [(each["kind"], each.get("of") or each.get("surface")) for each in told] == [
        ("shared", "coach"),
        ("cursor", "supervisor"),
    ], "whose screen they are never shown"


async def test_what_the_hub_writes_is_understood_with_all_that_was_left_as_it_is(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "inkwire.js")
    begin = annotation.Begin(mark="mark-0001", tool=Tool.PEN, colour="#2f7cf6", width=0.006)
    entry = annotation.Entry(n=1, at=0.5, author="agent", edit=begin)
    log = inkwire.Log(log="log-1", seq=0, now=1.0, entries=[entry])
    poses = inkwire.Poses(frame=7, epoch=0, anchors=[inkwire.Anchor(marks=["mark-0001"], state="hidden")])
    assert await customer.ask("(text) => it.parseReliable(text)?.kind", inkwire.dump(log).decode()) == "log"
    assert await customer.ask("(text) => it.parseLive(text)?.kind", inkwire.dump(poses).decode()) == "poses"
    for at in ((0.25, 1.0), None):
        cursor = inkwire.dump(inkwire.Cursor(number=7, at=at)).decode()
        assert await customer.ask("(text) => it.parseLive(text)?.kind", cursor) == "cursor"


async def test_nothing_else_is(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "inkwire.js")
    assert await customer.ask("(all) => all.filter((text) => it.parseReliable(text))", HOSTILE) == []
    assert await customer.ask("(all) => all.filter((text) => it.parseLive(text))", HOSTILE_LIVE) == []
    assert await customer.ask("it.parseReliable(new ArrayBuffer(8))") is None


async def test_a_long_gesture_becomes_a_path_that_is_as_good(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "simplify.js")
    path = await customer.ask(
        """() => {
          const points = Array.from({ length: 5000 }, (_, n) =>
            [0.5 + 0.4 * Math.cos(n / 90), 0.5 + 0.4 * Math.sin(n / 70), 0.5, n * 4]);
          return it.simplify(points, 400);
        }"""
    )
    points = [Point(*point) for point in path]
    assert 50 < len(points) <= 400
    assert inkwire.fits(Tool.PEN, points)
    assert points[-1].ms == 4999 * 4


@pytest.mark.parametrize("mirrored", [False, True])
async def test_a_tap_is_where_the_picture_shows_it(desk: Desk, visit: Visit, mirrored: bool) -> None:
    customer = await load(desk, visit, "viewport.js")
    there_and_back = await customer.ask(
        """async (mirrored) => {
          const { apply } = await import("./web/homography.js");
          const places = [[390, 680, 1280, 720], [780, 300, 720, 1280], [390, 680, 720, 1280]];
          return places.map(([width, height, w, h]) => {
            const viewport = it.fitted({ width, height }, { width: w, height: h }, mirrored);
            const at = apply(it.toScreen(viewport), 0.2, 0.9);
            return { ...it.toPicture(viewport, at.x, at.y), beside: it.toPicture(viewport, -1, -1), left: at.x < width / 2 };
          });
        }""",
        mirrored,
    )
    for place in there_and_back:
        assert (place["x"], place["y"]) == (pytest.approx(0.2), pytest.approx(0.9))
        assert place["beside"] is None
        assert place["left"] is not mirrored


PAINTED = """async (marks) => {
  const context = new OffscreenCanvas(400, 300).getContext("2d");
  return marks.map(([mark, matrix]) => {
    context.clearRect(0, 0, 400, 300);
    it.paint(context, mark, matrix, 300, 1);
    const { data } = context.getImageData(0, 0, 400, 300);
    let [left, top, right, bottom] = [400, 300, -1, -1];
    for (let at = 3; at < data.length; at += 4) {
      if (data[at] < 30) continue;
      const [x, y] = [((at - 3) / 4) % 400, Math.floor((at - 3) / 4 / 400)];
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
    return right < 0 ? null : [left, top, right, bottom];
  });
}"""


def mark_of(tool: str, *path: list[float]) -> dict[str, Any]:
    return {"tool": tool, "path": list(path), "colour": RED, "width": 0.01, "text": "here", "number": 4}


async def test_every_tool_is_drawn_where_its_path_says(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "paint.js")
    screen = [400, 0, 0, 0, 300, 0, 0, 0, 1]
    line = [[0.25, 0.5, 0.5, 0], [0.75, 0.5, 0.5, 90]]
    square = [[0.25, 0.25, 0.5, 0], [0.75, 0.25, 0.5, 0], [0.75, 0.75, 0.5, 0], [0.25, 0.75, 0.5, 0]]
    cases = {
        "pen": (line, [100, 150, 300, 150]), "highlighter": (line, [100, 150, 300, 150]),
        "arrow": (line, [100, 150, 300, 150]),
        "circle": (square[::2], [100, 75, 300, 225]), "rectangle": (square[::2], [100, 75, 300, 225]),
        "reference": (square, [100, 75, 300, 225]), "stamp": ([[0.5, 0.5, 0.5, 0]], [200, 150, 200, 150]),
        "measure": (line, [100, 150, 300, 150]),
    }  # fmt: skip
    boxes = await customer.ask(PAINTED, [[mark_of(tool, *path), screen] for tool, (path, _) in cases.items()])
    for (tool, (_, expected)), box in zip(cases.items(), boxes, strict=True):
        room = 18 if tool in ("stamp", "measure", "arrow") else 8
        assert box == [pytest.approx(edge, abs=room) for edge in expected], tool


async def test_what_cannot_be_drawn_is_not(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "paint.js")
    screen = [400, 0, 0, 0, 300, 0, 0, 0, 1]
    behind = [400, 0, 0, 0, 300, 0, -4, 0, 1]
    one = [0.5, 0.5, 0.5, 0]
    cases = [[mark_of("circle", one), screen], [mark_of("pen"), screen], [mark_of("laser", one), screen],
             [mark_of("pen", one, [0.9, 0.5, 0.5, 5]), behind]]  # fmt: skip
    assert await customer.ask(PAINTED, cases) == [None] * 4


async def test_what_is_written_is_not_mirrored_with_the_picture(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "paint.js")
    text = {**mark_of("text", [0.5, 0.5, 0.5, 0]), "text": "to the right"}
    ((left, _, right, _),) = await customer.ask(PAINTED, [[text, [-400, 0, 400, 0, 300, 0, 0, 0, 1]]])
    assert right - 200 > 3 * (200 - left), "it begins at its place and goes on to the right"
