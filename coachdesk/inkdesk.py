"""Ink as one user draws it: commands become edits and gestures. The same for all roles."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from itertools import accumulate
from typing import Any, Protocol

from coachdesk import commands, events, sketch
from coachdesk.annotation import (
    PATH_POINTS,
    AnyEdit,
    Begin,
    Caption,
    End,
    Entry,
    Mark,
    Point,
    Remove,
    Reshape,
    ScreenName,
    SurfaceName,
    Tool,
)
from coachdesk.commands import CommandError
from coachdesk.gestures import finished, simplified
from coachdesk.inklog import Refusal
from coachdesk.inkview import Around, InkView, moved
from coachdesk.inkwire import (
    MAX_GESTURE_POINTS,
    MAX_LIVE_POINTS,
    REPEATED_POINTS,
    Laser,
    Points,
    Poses,
    RefusalCode,
    Refused,
    Replay,
    Shared,
    fits,
)
from coachdesk.shapes import completed

Handler = Callable[[Any], Awaitable[events.AnyEvent]]

REFUSALS: dict[RefusalCode, str] = {
    "not_allowed": "This mark is not yours to change, or not there any more.",
    "too_many": "There are too many marks. Finish or clear some first.",
    "too_fast": "That was too much at once. Try again more slowly.",
    "bad_shape": "This tool needs other points than these.",
}


class InkMedia(Protocol):
    """What ``media.inkhub.InkHub`` and ``media.inkparty.InkParty`` have in common."""

    on_entry: Callable[[Entry], None]
    on_points: Callable[[Points], None]
    on_laser: Callable[[Laser], None]
    on_replay: Callable[[Replay], None]
    on_poses: Callable[[Poses], None]
    on_stage: Callable[[], None]

    @property
    def now(self) -> float: ...
    @property
    def epoch(self) -> int: ...
    @property
    def colour(self) -> str: ...
    def shared(self, surface: ScreenName) -> Shared: ...
    def share(self, size: tuple[int, int] | None) -> None: ...
    def submit(self, edit: AnyEdit) -> None: ...
    def point(self, message: Points | Laser) -> None: ...
    def again(self) -> bool: ...


class _Gesture:
    """One's own, while it is drawn."""

    def __init__(self, begin: Begin) -> None:
        self.begin = begin
        self.points: list[Point] = []


class InkDesk:
    """The ink of one call at a time.

    Attributes:
        media: that of the present call, or None.
    """

    def __init__(self, around: Around, emit: Callable[[events.AnyEvent], None]) -> None:
        self._around, self._emit = around, emit
        self._view = InkView(around, emit)
        self.media: InkMedia | None = None
        self._forget()

    @property
    def handlers(self) -> dict[type[commands.Command], Handler]:
        return {
            commands.Draw: self._draw,
            commands.PenDown: self._pen_down,
            commands.PenMove: self._pen_move,
            commands.PenUp: self._pen_up,
            commands.Laser: self._laser,
            commands.Undo: self._undo,
            commands.Redo: self._redo,
            commands.Clear: self._clear,
            commands.Pin: self._pin,
            commands.Show: self._show,
            commands.Caption: self._caption,
            commands.ReplayInk: self._replay,
            commands.Poses: self._want_poses,
        }

    def begin(self, media: InkMedia) -> None:
        """A call begins."""
        self.media = media
        self._forget()
        view = self._view
        media.on_entry, media.on_points, media.on_laser = view.entry, view.drawing, view.pointed
        media.on_replay, media.on_poses = view.replayed, view.posed
        media.on_stage = lambda: self._staged(media)

    def _staged(self, media: InkMedia) -> None:
        shared = media.shared("screen")
        self._emit(
            events.Stage(
                epoch=media.epoch,
                colour=media.colour,
                shared=shared.frame,
                customer=shared.customer,
                coach=media.shared("coach").frame,
                customers=media.shared("customer").frame,
            )
        )
        self._view.retell()

    def go_on(self) -> None:
        """The marks known by now are of before this program began: one's own can be undone."""
        for mark in self._view.board.marks():
            if mark.author == self._around.own() and mark.ended and not mark.removed:
                self._sketch.did(sketch.drew(mark.mark))

    def shown(self, mark: Mark) -> bool:
        """Whether what ``mark`` is on, of the agent's screen, is shown to the customer."""
        shared = self.media.shared("screen") if self.media is not None else None
        return (
            shared is not None and shared.customer and (mark.surface, mark.frame) == ("screen", shared.frame)
        )

    def end(self) -> None:
        """The call is over, and with it all marks."""
        self.media = None
        self._forget()

    def begin_anew(self) -> None:
        """The agent's endpoint has begun another log: what was drawn is gone."""
        self._forget()
        self._emit(events.MarksGone())

    def refused(self, refused: Refused) -> None:
        """The hub has not done an edit."""
        self._gestures.pop(refused.mark, None)
        self._emit(events.Error(code="ink_refused", message=REFUSALS[refused.code]))

    def on_screen(self, surface: ScreenName) -> list[Mark]:
        """The marks that are seen here now on a shared screen, where they are on it."""
        media = self.media
        if media is None:
            return []
        seen = (
            mark for mark in self._view.board.visible(media.now) if mark.ended and self._around.sees(mark)
        )
        here = [
            mark for mark in seen if mark.surface == surface and mark.frame == media.shared(surface).frame
        ]
        placed = (moved(mark, self._view.on_screen[surface].get(mark.mark)) for mark in here)
        return [mark for mark in placed if mark is not None]

    def retell(self) -> None:
        """The call, and with it who sees which mark, has changed."""
        self._view.retell()

    def tick(self) -> None:
        """To be called a few times a second: marks fade."""
        self._view.fade()

    def _forget(self) -> None:
        media = self.media
        self._view.begin(lambda: media.now if media is not None else 0.0)
        self._sketch = sketch.Sketch()
        self._gestures: dict[str, _Gesture] = {}

    # --- what is drawn here -----------------------------------------------------------------------------------

    @property
    def _on(self) -> InkMedia:
        if self.media is None:
            raise CommandError("no_such_call", "There is no call at present.")
        return self.media

    def _submit(self, *edits: AnyEdit) -> None:
        """Raises CommandError for what the hub here refuses; another hub's refusal comes later."""
        try:
            for edit in edits:
                self._on.submit(edit)
        except Refusal as refusal:
            raise CommandError("ink_refused", REFUSALS[refusal.code]) from None

    def _start(self, command: commands.Drawing, mark: str) -> _Gesture:
        begin = Begin(
            mark=mark or secrets.token_urlsafe(9),
            tool=command.tool,
            colour=command.colour or self._on.colour,
            width=command.width,
            fade=command.fade,
            frame=self._frame(command),
            epoch=self._on.epoch,
            surface=command.surface,
            picture=self._around.newest_screen(command.surface) if command.surface != "camera" else None,
        )
        self._submit(begin)
        return _Gesture(begin)

    def _frame(self, command: commands.Drawing | commands.Laser) -> int | None:
        """What ``command`` draws on. Raises CommandError where there is nothing."""
        if command.surface == "camera":
            return self._around.newest_frame() if command.frame is None else command.frame
        shared = self._on.shared(command.surface).frame
        if not shared:
            raise CommandError("not_sharing", "No screen is shared at present that could be drawn on.")
        return shared if command.frame is None else command.frame

    def _aspect(self, surface: SurfaceName) -> float:
        if surface == "camera":
            return self._around.aspect()
        shared = self._on.shared(surface)
        return shared.width / shared.height

    def _finish(self, gesture: _Gesture, path: list[Point], text: str, number: int) -> None:
        mark = gesture.begin.mark
        if not fits(gesture.begin.tool, path):
            self._submit(Remove(mark))
            raise CommandError("ink_refused", REFUSALS["bad_shape"])
        self._submit(End(mark=mark, path=path, text=text, number=number))
        self._sketch.did(sketch.drew(mark))

    async def _draw(self, command: commands.Draw) -> events.AnyEvent:
        points = _in_time(command.points)
        gesture = self._start(command, "")
        whole = command.tool is Tool.ARROW or len(points) <= PATH_POINTS[command.tool][1]
        path = points if whole else finished(command.tool, points)
        self._finish(gesture, simplified(path), command.text, command.number)
        return events.Drawn(mark=gesture.begin.mark)

    async def _pen_down(self, command: commands.PenDown) -> events.AnyEvent:
        gesture = self._start(command, command.mark)
        self._gestures[gesture.begin.mark] = gesture
        return events.Drawn(mark=gesture.begin.mark)

    async def _pen_move(self, command: commands.PenMove) -> events.AnyEvent:
        gesture = self._gesture(command.mark)
        known = len(gesture.points)
        gesture.points += command.points[: MAX_GESTURE_POINTS - known]
        while known < len(gesture.points):
            first = max(0, known - REPEATED_POINTS)
            part = gesture.points[first : first + MAX_LIVE_POINTS]
            self._on.point(Points(mark=command.mark, first=first, points=part))
            known = first + len(part)
        return events.Ok()

    async def _pen_up(self, command: commands.PenUp) -> events.AnyEvent:
        gesture = self._gesture(command.mark)
        del self._gestures[command.mark]
        begin, points = gesture.begin, _in_time(gesture.points)
        if not points:
            self._submit(Remove(command.mark))
            raise CommandError("ink_refused", REFUSALS["bad_shape"])
        self._finish(gesture, finished(begin.tool, points), command.text, command.number)
        if command.complete and begin.tool is Tool.PEN:
            self._complete(begin, points)
        return events.Ok()

    def _complete(self, begin: Begin, points: list[Point]) -> None:
        found = completed(points, self._aspect(begin.surface))
        if found is not None:
            shape = Reshape(mark=begin.mark, tool=found[0], path=found[1])
            as_drawn = Reshape(mark=begin.mark, tool=Tool.PEN, path=finished(Tool.PEN, points))
            self._do(sketch.Step([shape], [as_drawn]))

    def _gesture(self, mark: str) -> _Gesture:
        if mark not in self._gestures:
            raise CommandError("no_such_mark", "This mark is not being drawn here. Begin it with 'pen_down'.")
        return self._gestures[mark]

    async def _laser(self, command: commands.Laser) -> events.AnyEvent:
        media = self._on
        media.point(
            Laser(
                stroke=command.stroke,
                colour=command.colour or media.colour,
                width=command.width,
                points=command.points,
                frame=self._frame(command),
                epoch=media.epoch,
                surface=command.surface,
                sign=command.sign,
            )
        )
        return events.Ok()

    # --- what is changed here ---------------------------------------------------------------------------------

    def _do(self, step: sketch.Step) -> None:
        self._submit(*step.done)
        self._sketch.did(step)

    async def _undo(self, command: commands.Undo) -> events.AnyEvent:
        return self._again_or_back(self._sketch.undo())

    async def _redo(self, command: commands.Redo) -> events.AnyEvent:
        return self._again_or_back(self._sketch.redo())

    def _again_or_back(self, edits: list[AnyEdit]) -> events.AnyEvent:
        if not edits:
            raise CommandError("nothing_to_undo", "There is nothing of yours to undo or redo.")
        self._submit(*edits)
        return events.Ok()

    async def _clear(self, command: commands.Clear) -> events.AnyEvent:
        if command.everybody and not self._around.may_clear_all:
            raise CommandError("not_allowed", "Only a supervisor may clear everybody's marks.")
        own = self._around.own()
        seen = self._view.board.visible(self._on.now)
        marks = [mark.mark for mark in seen if command.everybody or mark.author == own]
        if marks:
            self._do(sketch.cleared(marks))
        return events.Ok()

    async def _pin(self, command: commands.Pin) -> events.AnyEvent:
        self._do(sketch.pinned(self._known(command.mark), command.on))
        return events.Ok()

    async def _show(self, command: commands.Show) -> events.AnyEvent:
        self._do(sketch.shown(self._known(command.mark), command.on))
        return events.Ok()

    async def _caption(self, command: commands.Caption) -> events.AnyEvent:
        self._submit(Caption(mark=self._known(command.mark), text=command.text))
        return events.Ok()

    def _known(self, mark: str) -> str:
        self._on  # noqa: B018
        if self._view.board.mark(mark) is None:
            raise CommandError("no_such_mark", "There is no such mark on this call.")
        return mark

    async def _replay(self, command: commands.ReplayInk) -> events.AnyEvent:
        if not self._on.again():
            raise CommandError("nothing_to_replay", "Nothing was drawn that could be shown again.")
        return events.Ok()

    async def _want_poses(self, command: commands.Poses) -> events.AnyEvent:
        self._view.wants_poses = command.on
        return events.Ok()


def _in_time(points: list[Point]) -> list[Point]:
    """With times that never fall, whatever the clock of a pen does."""
    latest = accumulate((point.ms for point in points), max)
    return [point._replace(ms=ms) for point, ms in zip(points, latest, strict=True)]
