"""Ink by commands and events: what a user draws, undoes and is told, at the agent's endpoint and at an observer's."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from coachdesk import commands, events
from coachdesk.annotation import Audience, Point, Tool
from coachdesk.commands import AnyCommand, CommandError
from coachdesk.inkdesk import InkDesk
from coachdesk.inkroutes import sees
from coachdesk.inkview import Around
from coachdesk.inkwire import MAX_LIVE_POINTS, REPEATED_POINTS, Anchor
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.inkparty import InkParty
from coachdesk.routing import Member
from signaling.policy import COACHES, Mode, Role
from tests.fakes.inkcall import Wire
from tests.fakes.views import MIA, TOM, call_view, party

MARK = "mark-0001"
LINE = [Point(0.1, 0.2, 0.5, 0), Point(0.3, 0.4, 0.5, 400)]


class User:
    """A desk with what it told, in order."""

    def __init__(self, own: str, role: Role) -> None:
        self.told: list[events.AnyEvent] = []
        self.watching: list[str] = []
        around = Around(
            own=lambda: own,
            known_as=lambda author: author,
            name=str.upper,
            sees=lambda mark: sees(Member(own, role), mark.author, mark.audience, mark.surface),
            seen_by=lambda mark: [mark.audience.value, *self.watching],
            newest_frame=lambda: 90_000,
            aspect=lambda: 16 / 9,
            may_clear_all=role in COACHES,
        )
        self.desk = InkDesk(around, self.told.append)

    async def do(self, command: AnyCommand) -> events.AnyEvent:
        return await self.desk.handlers[type(command)](command)

    async def draw(self, tool: Tool = Tool.PEN, points: list[Point] | None = None, **options: Any) -> str:
        drawn = await self.do(commands.Draw(tool=tool, points=points or LINE, **options))
        assert isinstance(drawn, events.Drawn)
        return drawn.mark

    def events(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    def mark(self, mark: str) -> events.Mark:
        """As told last."""
        found: events.Mark = [event for event in self.events(events.Mark) if event.mark == mark][-1]
        return found

    @property
    def states(self) -> dict[str, str]:
        return {event.mark: event.state for event in self.events(events.Mark)}


class Call:
    """The agent and Mia, who listens, at their desks."""

    def __init__(self, mode: Mode = Mode.LISTEN) -> None:
        self.time = 100.0
        self.hub = InkHub(clock=lambda: self.time)
        self.hub.apply(call_view(party(MIA, mode), party(TOM)))
        self.agent, self.mia = User("agent", Role.AGENT), User(MIA, Role.SUPERVISOR)
        self.agent.desk.begin(self.hub)
        self.party = InkParty(MIA, clock=lambda: self.time)
        self.mia.desk.begin(self.party)
        self.party.on_refused = self.mia.desk.refused
        self.party.on_begin = self.mia.desk.begin_anew
        Wire().connect(self.hub, self.party, MIA)


@pytest.fixture
def call() -> Call:
    return Call()


async def test_a_mark_drawn_at_once_is_told_to_both_whole(call: Call) -> None:
    mark = await call.agent.draw(Tool.STAMP, LINE[:1], number=3, text="here")
    for user in (call.agent, call.mia):
        told = user.mark(mark)
        assert (told.author, told.name, told.tool, told.state) == ("agent", "AGENT", Tool.STAMP, "drawn")
        assert (told.number, told.text, told.path, told.frame) == (3, "here", LINE[:1], 90_000)
        assert told.fades_at == pytest.approx(time.monotonic() + 30, abs=5)
    assert call.mia.mark(mark).colour == call.hub.colour


async def test_a_gesture_is_told_to_others_as_it_grows_and_comes_simplified_in_the_end(call: Call) -> None:
    await call.mia.do(commands.PenDown(mark=MARK, tool=Tool.PEN, frame=7))
    assert call.agent.mark(MARK).state == "drawing"
    points = [Point(step / 200, 0.5, 0.5, step * 8) for step in range(200)]
    await call.mia.do(commands.PenMove(mark=MARK, points=points[:5]))
    await call.mia.do(commands.PenMove(mark=MARK, points=points[5:]))
    packets = call.agent.events(events.MarkPoints)
    assert [packet.first for packet in packets][:2] == [0, 0]
    whole: list[Point] = []
    for packet in packets:
        assert len(packet.points) <= MAX_LIVE_POINTS
        whole[packet.first :] = packet.points
    assert whole == points
    ends = [packet.first + len(packet.points) for packet in packets]
    repeated = [end - after.first for end, after in zip(ends, packets[1:], strict=False)]
    assert repeated == [5, *[REPEATED_POINTS] * (len(packets) - 2)]
    await call.mia.do(commands.PenUp(mark=MARK))
    told = call.agent.mark(MARK)
    assert (told.state, told.frame, told.audience) == ("drawn", 7, Audience.COACHING)
    assert told.path == [points[0], points[-1]]
    assert not call.mia.events(events.MarkPoints), "one knows one's own"


def ring() -> list[Point]:
    angles = [math.tau * step / 60 for step in range(61)]
    return [
        Point(0.5 + 0.1 * math.cos(each), 0.5 + 0.2 * math.sin(each), 0.5, place * 10)
        for place, each in enumerate(angles)
    ]


async def test_a_ring_becomes_a_circle_and_by_undo_a_ring_again(call: Call) -> None:
    await call.agent.do(commands.PenDown(mark=MARK, tool=Tool.PEN))
    await call.agent.do(commands.PenMove(mark=MARK, points=ring()))
    await call.agent.do(commands.PenUp(mark=MARK, complete=True))
    tools = []
    for command in (None, commands.Undo(), commands.Undo(), commands.Redo(), commands.Redo()):
        if command is not None:
            await call.agent.do(command)
        tools.append((call.mia.mark(MARK).tool, call.mia.mark(MARK).state))
    circle, line = Tool.CIRCLE, Tool.PEN
    assert tools == [
        (circle, "drawn"),
        (line, "drawn"),
        (line, "removed"),
        (line, "drawn"),
        (circle, "drawn"),
    ]


async def test_undo_and_redo_are_of_ones_own_steps_and_end(call: Call) -> None:
    first, second = await call.agent.draw(), await call.agent.draw()
    hers = await call.mia.draw()
    await call.agent.do(commands.Pin(mark=first, on=True))
    await call.agent.do(commands.Show(mark=hers))
    assert call.agent.mark(hers).audience is Audience.PUBLIC
    for _ in range(4):
        await call.agent.do(commands.Undo())
    assert call.agent.states == {first: "removed", second: "removed", hers: "drawn"}
    assert not call.agent.mark(first).pinned
    assert call.agent.mark(hers).audience is Audience.COACHING
    with pytest.raises(CommandError, match="nothing of yours"):
        await call.agent.do(commands.Undo())
    for _ in range(4):
        await call.agent.do(commands.Redo())
    with pytest.raises(CommandError):
        await call.agent.do(commands.Redo())
    assert call.agent.states == {first: "drawn", second: "drawn", hers: "drawn"}
    await call.agent.do(commands.Undo())
    await call.agent.draw()
    with pytest.raises(CommandError):
        await call.agent.do(commands.Redo())


async def test_what_was_passed_on_and_is_taken_back_is_gone_from_a_trainees_board(call: Call) -> None:
    tom = User(TOM, Role.TRAINEE)
    line = InkParty(TOM, clock=lambda: call.time)
    tom.desk.begin(line)
    Wire().connect(call.hub, line, TOM)
    mark = await call.mia.draw()
    assert not tom.states
    for on in (True, False, True):
        await call.agent.do(commands.Show(mark=mark, on=on))
        assert tom.states == {mark: "drawn" if on else "removed"}
        assert call.agent.states == call.mia.states == {mark: "drawn"}


async def test_a_lane_mark_shown_by_its_coach_and_taken_back_is_gone_from_the_agents_board(
    call: Call,
) -> None:
    call.hub.apply(call_view(party(MIA, Mode.LANE), party(TOM), revision=2))
    mark = await call.mia.draw()
    assert not call.agent.states
    call.hub.apply(call_view(party(MIA, Mode.BARGE), party(TOM), revision=3))
    for on in (True, False, True):
        await call.mia.do(commands.Show(mark=mark, on=on))
        assert call.agent.states == {mark: "drawn" if on else "removed"}
        assert call.mia.states == {mark: "drawn"}


async def test_clearing_is_of_ones_own_marks_and_one_step(call: Call) -> None:
    own, other, hers = await call.agent.draw(), await call.agent.draw(), await call.mia.draw()
    await call.agent.do(commands.Clear())
    assert call.mia.states == {own: "removed", other: "removed", hers: "drawn"}
    await call.agent.do(commands.Undo())
    assert set(call.mia.states.values()) == {"drawn"}


async def test_a_supervisor_may_clear_everybodys_and_nobody_else(call: Call) -> None:
    await call.agent.draw()
    await call.mia.draw()
    with pytest.raises(CommandError, match="supervisor"):
        await call.agent.do(commands.Clear(everybody=True))
    await call.mia.do(commands.Clear(everybody=True))
    assert set(call.agent.states.values()) == {"removed"}
    await call.mia.do(commands.Undo())
    assert set(call.agent.states.values()) == {"drawn"}


async def test_a_mark_is_told_to_have_faded(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("coachdesk.inkview.time.monotonic", lambda: now[0])
    mark = await call.agent.draw(fade=10)
    kept = await call.agent.draw(fade=10)
    await call.agent.do(commands.Pin(mark=kept, on=True))
    assert call.agent.mark(mark).fades_at == pytest.approx(1010.0)
    call.time += 9
    now[0] += 9
    call.agent.desk.tick()
    assert call.agent.states[mark] == "drawn"
    call.time += 2
    now[0] += 2
    call.agent.desk.tick()
    assert call.agent.states == {mark: "faded", kept: "drawn"}
    await call.agent.do(commands.Pin(mark=mark, on=True))
    assert call.agent.states[mark] == "drawn"


async def test_who_sees_it_is_told_anew_when_it_changes(call: Call) -> None:
    mark = await call.agent.draw()
    count = len(call.agent.told)
    call.agent.desk.retell()
    assert len(call.agent.told) == count
    call.agent.watching.append("Ben")
    call.agent.desk.retell()
    assert call.agent.mark(mark).seen_by == ["public", "Ben"]


async def test_poses_are_told_to_who_asks_with_the_place_of_each_mark(call: Call) -> None:
    arrow = await call.agent.draw(Tool.ARROW)
    lost = await call.agent.draw(Tool.CIRCLE)
    anchors = [
        Anchor(marks=[arrow], state="tracked", h=(1.0, 0.0, 0.1, 0.0, 1.0, -0.1, 0.0, 0.0, 1.0)),
        Anchor(marks=[lost], state="lost"),
    ]
    call.hub.send_poses(5, 1, anchors)
    assert not call.agent.events(events.Poses)
    for user in (call.agent, call.mia):
        await user.do(commands.Poses(on=True))
    call.hub.send_poses(6, 1, anchors)
    for user in (call.agent, call.mia):
        (poses,) = user.events(events.Poses)
        assert (poses.frame, poses.epoch, poses.anchors) == (6, 1, anchors)
        assert poses.places == {arrow: (pytest.approx(0.4), pytest.approx(0.3))}


async def test_a_pointer_and_a_replay_are_told(call: Call) -> None:
    await call.agent.do(commands.Laser(points=LINE, stroke=2))
    (pointer,) = call.mia.events(events.Laser)
    assert (pointer.author, pointer.stroke, pointer.points, pointer.frame) == ("agent", 2, LINE, 90_000)
    with pytest.raises(CommandError, match="Nothing was drawn"):
        await call.agent.do(commands.ReplayInk())
    mark = await call.agent.draw()
    await call.agent.do(commands.ReplayInk())
    call.hub.tick()
    for user in (call.agent, call.mia):
        (replay,) = user.events(events.ReplayInk)
        assert [each.mark for each in replay.gestures] == [mark]


async def test_what_is_refused_is_told_here_at_once_there_later(call: Call) -> None:
    mark = await call.agent.draw()
    hers = await call.mia.draw()
    with pytest.raises(CommandError) as error:
        await call.agent.do(commands.Caption(mark=hers, text="x"))
    assert error.value.code == "ink_refused"
    await call.mia.do(commands.Caption(mark=mark, text="x"))
    call.hub.tick()
    assert [event.code for event in call.mia.events(events.Error)] == ["ink_refused"]


@pytest.mark.parametrize(
    "command",
    [
        commands.PenMove(mark="no-such-mark", points=LINE),
        commands.PenUp(mark="no-such-mark"),
        commands.Pin(mark="no-such-mark", on=True),
        commands.Caption(mark="no-such-mark", text=""),
    ],
)
async def test_what_is_not_there_cannot_be_changed(call: Call, command: AnyCommand) -> None:
    with pytest.raises(CommandError) as error:
        await call.agent.do(command)
    assert error.value.code == "no_such_mark"


async def test_a_path_that_does_not_fit_leaves_nothing_behind(call: Call) -> None:
    with pytest.raises(CommandError) as error:
        await call.agent.draw(Tool.REFERENCE, LINE)
    assert error.value.code == "ink_refused"
    await call.agent.do(commands.PenDown(mark=MARK, tool=Tool.PEN))
    with pytest.raises(CommandError):
        await call.agent.do(commands.PenUp(mark=MARK))
    assert set(call.mia.states.values()) == {"removed"}


@pytest.mark.parametrize("tool", list(Tool))
async def test_every_tool_can_be_drawn_by_command(call: Call, tool: Tool) -> None:
    corners = [Point(0.2, 0.2), Point(0.4, 0.2), Point(0.4, 0.4), Point(0.2, 0.4)]
    await call.agent.draw(tool, corners)
    assert set(call.mia.states.values()) == {"drawn"}


async def test_without_a_call_there_is_nothing_to_draw_on() -> None:
    user = User("agent", Role.AGENT)
    for command in (commands.Draw(tool=Tool.PEN, points=LINE), commands.Clear(), commands.ReplayInk()):
        with pytest.raises(CommandError) as error:
            await user.do(command)
        assert error.value.code == "no_such_call"


async def test_with_the_call_all_marks_are_gone(call: Call) -> None:
    mark = await call.agent.draw()
    call.agent.desk.end()
    call.agent.desk.begin(call.hub)
    with pytest.raises(CommandError):
        await call.agent.do(commands.Pin(mark=mark, on=True))
    with pytest.raises(CommandError):
        await call.agent.do(commands.Undo())


async def test_a_log_that_began_anew_is_told(call: Call) -> None:
    await call.mia.draw()
    again = Call()
    Wire().connect(again.hub, call.party, MIA)
    assert len(call.mia.events(events.MarksGone)) == 1
    with pytest.raises(CommandError):
        await call.mia.do(commands.Undo())


# --- on the screen that the agent shares ---


async def test_what_is_drawn_on_the_shared_screen_is_of_the_frame_it_goes_by(call: Call) -> None:
    with pytest.raises(CommandError, match="No screen is shared"):
        await call.mia.draw(surface="screen")
    call.hub.share((1000, 500))
    assert call.mia.events(events.Stage)[-1].shared == call.hub.shared("screen").frame
    mark = await call.mia.draw(surface="screen")
    for user in (call.agent, call.mia):
        told = user.mark(mark)
        assert (told.surface, told.frame, told.state) == ("screen", call.hub.shared("screen").frame, "drawn")
    await call.mia.do(commands.Laser(points=LINE[:1], surface="screen"))
    pointed = call.agent.events(events.Laser)[-1]
    assert (pointed.surface, pointed.frame) == ("screen", call.hub.shared("screen").frame)


async def test_a_shape_drawn_by_hand_is_recognised_as_it_looks_on_the_screen(call: Call) -> None:
    """A circle on a screen twice as wide as high."""
    call.hub.share((1000, 500))
    angles = [step * math.tau / 40 for step in range(41)]
    ring = [
        Point(0.5 + 0.1 * math.cos(a), 0.5 + 0.2 * math.sin(a), 0.5, step * 10)
        for step, a in enumerate(angles)
    ]
    await call.mia.do(commands.PenDown(mark=MARK, tool=Tool.PEN, surface="screen"))
    await call.mia.do(commands.PenMove(mark=MARK, points=ring))
    await call.mia.do(commands.PenUp(mark=MARK, complete=True))
    told = call.agent.mark(MARK)
    assert told.tool is Tool.CIRCLE
    assert [value for point in told.path for value in point[:2]] == pytest.approx(
        [0.4, 0.3, 0.6, 0.7], abs=0.02
    )


async def test_what_was_drawn_on_another_target_cannot_be_drawn_on(call: Call) -> None:
    call.hub.share((1000, 500))
    before = call.hub.shared("screen").frame
    call.hub.share((1000, 501))
    await call.mia.draw(surface="screen", frame=before)
    call.hub.tick()
    assert call.mia.events(events.Error)[-1].code == "ink_refused"
    assert call.agent.events(events.Mark) == []


async def test_what_lies_on_the_shared_screen_now_goes_into_a_snapshot(call: Call) -> None:
    assert call.mia.desk.on_screen("screen") == []
    call.hub.share((1000, 500))
    kept, other = await call.mia.draw(surface="screen"), await call.mia.draw(surface="screen")
    await call.mia.draw()
    await call.mia.do(commands.PenDown(mark=MARK, tool=Tool.PEN, surface="screen"))
    assert [mark.mark for mark in call.agent.desk.on_screen("screen")] == [kept, other]
    call.hub.share((800, 500))
    assert call.agent.desk.on_screen("screen") == [], "it is of another frame"
