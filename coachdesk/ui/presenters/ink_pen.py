"""The pen of whoever draws here: its tool, the gesture it makes, and the picture that stands still for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from coachdesk import commands, events
from coachdesk.annotation import Point, PointerSign, SurfaceName, Tool
from coachdesk.measuring import SIZES_MM, MeasureError, length_mm
from coachdesk.ui.ink_wording import length
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.ink_hand import Hand
from coachdesk.ui.presenters.ink_scene import InkScene
from coachdesk.ui.presenters.notices import Notice, Notices

Pen = Tool | Literal["laser"]
WIDTHS = (0.004, 0.007, 0.012)
"""Shares of the picture's height: fine, medium, broad."""
HOLD = 0.35
"""Seconds the picture goes on standing still at most after a gesture, until the mark's place in the live one is known."""
SENT_AT_ONCE = 64
LASER_WIDTH = 0.01
POINT_SECONDS, REST_SECONDS = 1 / 60, 0.2
"""Between two tellings of where the pointer is on a screen: while it moves, and while it rests."""
HELD = 0.4
"""Seconds a button is down until what is pointed at there is to be looked at."""


class InkPen:
    """Coordinates are of the picture's content, 0 to 1.

    Attributes:
        tool: what a press on the picture does; None: nothing. thing: the thing of known size to be marked next.
        colour: ``#rrggbb``, or empty for one's own, which is ``own_colour``. width: share of the picture's height.
        hand: the gesture being made here, or None. just_drawn: those that have ended, until they come back as marks.
        still: id of the frame that stands still for the one who draws; None: the picture is live.
        author: the name by which marks know this user.
        aspect: width by height of the picture; the view says it.
    """

    def __init__(
        self,
        link: Link,
        notices: Notices,
        scene: InkScene,
        clock: Callable[[], float],
        changed: Callable[[], None],
        surface: SurfaceName = "camera",
    ) -> None:
        self._link, self._notices, self._scene = link, notices, scene
        self._clock, self._changed = clock, changed
        self._surface = surface
        self.tool: Pen | None = Tool.PEN
        self.thing = next(iter(SIZES_MM))
        self.colour = ""
        self.own_colour = "#2f7cf6"
        self.width = WIDTHS[1]
        self.author = ""
        self.aspect = 16 / 9
        self._stroke = 0
        self.forget()

    def forget(self) -> None:
        """Another call, or another log of ink."""
        self.hand: Hand | None = None
        self.just_drawn: dict[str, Hand] = {}
        self.still: int | None = None
        self._release_by: float | None = None
        self._trail: list[Point] | None = None
        self._rests: Point | None = None
        self._pressed: float | None = None
        self._pointed = float("-inf")

    @property
    def ink(self) -> str:
        """The colour drawn in."""
        return self.colour or self.own_colour

    def makes(self, mark: str) -> bool:
        """Whether ``mark`` is one that is painted from here, until it has come back."""
        return mark in self.just_drawn or (self.hand is not None and mark == self.hand.mark)

    def came_back(self, mark: str) -> None:
        self.just_drawn.pop(mark, None)

    def choose(self, tool: Pen) -> None:
        """Take up ``tool``; put it away if it is in the hand already. The things of known size come by turns."""
        self.give_up()
        if tool is Tool.REFERENCE and self.tool is tool:
            things = list(SIZES_MM)
            place = things.index(self.thing) + 1
            self.thing = things[place % len(things)]
            self.tool = None if place == len(things) else tool
        else:
            self.tool = None if self.tool == tool else tool
        self._changed()

    def follow(self, other: InkPen) -> None:
        """Draws with what ``other`` draws with."""
        if self.tool != other.tool or self.thing != other.thing:
            self.give_up()
        self.tool, self.thing, self.colour, self.width = other.tool, other.thing, other.colour, other.width

    def next_width(self) -> None:
        self.width = WIDTHS[(WIDTHS.index(self.width) + 1) % len(WIDTHS)]
        self._changed()

    # --- the gesture ---------------------------------------------------------------------------------------------

    def down(self, x: float, y: float, pressure: float, frame: int | None) -> bool:
        """The pen touches the picture of ``frame``, at 0 to 1; False if that does nothing."""
        if self.tool is None:
            return False
        if self.tool == "laser":
            self._stroke += 1
            self._trail = []
            self.move(x, y, pressure)
            if self._surface != "camera":
                self._pressed = self._clock()
                self._point(self._trail, "click")
                self._trail = []
            return True
        if self.hand is None:
            self.hand = self._take_up(self.tool, frame)
        self.hand.move(x, y, pressure)
        return True

    def _take_up(self, tool: Tool, frame: int | None) -> Hand:
        if self._surface == "camera":
            frame = self._stand_still(frame)
        hand = Hand(tool, self.ink, self.width, frame, self._clock)
        if tool is Tool.STAMP:
            hand.number = self._next_number()
        if tool is Tool.REFERENCE:
            hand.text = self.thing
        down = commands.PenDown(
            tool=tool,
            colour=self.ink,
            width=self.width,
            frame=frame,
            mark=hand.mark,
            surface=self._surface,
        )
        self._link.send(down, lambda fault: self._refused(hand, fault))
        return hand

    def move(self, x: float, y: float, pressure: float = 0.5) -> bool:
        """False if nothing has changed by it."""
        if self._trail is not None:
            self._rests = Point(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))
            self._trail.append(self._rests)
            return True
        if self.hand is None or self.hand.kind is Tool.REFERENCE or not self.hand.move(x, y, pressure):
            return False
        if self.hand.kind is Tool.MEASURE:
            self.hand.text = self._measured(self.hand)
        return True

    def flush(self) -> None:
        """Tells the endpoint what is new of the gesture; to be called once for each picture on the screen."""
        if part := self._to_point():
            held = self._pressed is not None and self._clock() - self._pressed >= HELD
            self._point(part, "spotlight" if held else "")
        while self.hand is not None and (part := self.hand.unsent(SENT_AT_ONCE)):
            self._link.send(commands.PenMove(mark=self.hand.mark, points=part), self._quietly)

    def _to_point(self) -> list[Point]:
        """What is to be told now of the pointer. Over a screen it is told again where it rests."""
        if self._trail is None:
            return []
        part, since = self._trail[-SENT_AT_ONCE:], self._clock() - self._pointed
        if self._surface != "camera":
            if since < POINT_SECONDS:
                return []
            if not part and self._rests is not None and since >= REST_SECONDS:
                part = [self._rests]
        self._trail = []
        return part

    def _point(self, part: list[Point], sign: PointerSign) -> None:
        self._pointed = self._clock()
        laser = commands.Laser(
            points=part,
            stroke=self._stroke,
            colour=self.ink,
            width=LASER_WIDTH,
            surface=self._surface,
            sign=sign,
        )
        self._link.send(laser, self._quietly)
        own = events.Laser(author=self.author, stroke=self._stroke, colour=self.ink, width=LASER_WIDTH,
                           frame=None, points=part, surface=self._surface, sign=sign)  # fmt: skip
        self._scene.point(own, self._pointed)

    def hover(self, x: float, y: float) -> None:
        """The hand moves over the picture without a press: on a screen, a pointer follows it."""
        if self.tool == "laser" and self._surface != "camera":
            self._trail = [] if self._trail is None else self._trail
            self.move(x, y)

    def leave(self) -> None:
        """The hand has left the picture."""
        if self._surface != "camera" and self._pressed is None:
            self._trail = self._rests = None

    def up(self) -> None:
        """The pen is lifted. A thing of known size needs four touches; words are typed first (see ``say``)."""
        self.flush()
        self._trail = self._rests = self._pressed = None
        hand = self.hand
        if hand is None or hand.kind is Tool.TEXT:
            return
        if hand.whole:
            hand.complete(self.aspect)
            self._finish(hand)
        elif hand.kind is not Tool.REFERENCE:
            self.give_up()

    def say(self, words: str) -> None:
        """The words of a text are typed; without any it is given up."""
        if self.hand is None or self.hand.kind is not Tool.TEXT:
            return
        self.hand.text = words.strip()[:200]
        if self.hand.text:
            self._finish(self.hand)
        else:
            self.give_up()

    def give_up(self) -> None:
        """The gesture in hand comes to nothing."""
        hand, self.hand = self.hand, None
        self._trail = self._rests = self._pressed = None
        if hand is not None:
            self._link.send(commands.PenUp(mark=hand.mark), self._quietly)
            if hand.points:
                self._link.send(commands.Undo(), self._quietly)
            self._release()

    def _finish(self, hand: Hand) -> None:
        self.hand = None
        self.just_drawn[hand.mark] = hand
        complete = hand.shape is not None
        up = commands.PenUp(mark=hand.mark, text=hand.text, number=hand.number, complete=complete)
        self._link.send(up, lambda fault: self._refused(hand, fault))
        if hand.kind is Tool.MEASURE and not hand.text:
            self._notices.show(Notice("ink", "info", "Nothing of known size is in view",
                                      "Mark the corners of a card or a sheet first (Shift+K)."))  # fmt: skip
        self._release()

    def _refused(self, hand: Hand, fault: Fault) -> None:
        self.just_drawn.pop(hand.mark, None)
        if self.hand is hand:
            self.hand = None
        self._release()
        self._notices.report(fault)
        self._changed()

    def _quietly(self, fault: Fault) -> None:
        """Of a gesture's points nobody has to hear that they were not taken: the end of it tells."""

    # --- the picture stands still ----------------------------------------------------------------------------

    def _stand_still(self, frame: int | None) -> int | None:
        """The picture that is drawn on, which may be one that stands still already."""
        if self.still is None:
            self.still = frame
            self._scene.keep(frame)
        self._release_by = None
        return self.still

    def _release(self) -> None:
        if self.still is not None and self.hand is None:
            self._release_by = self._clock() + HOLD
        self._changed()

    def tick(self) -> bool:
        """Once for each picture on the screen; whether something is to be painted again soon."""
        now = self._clock()
        self.flush()
        if self._release_by is not None and (now >= self._release_by or self._landing_known()):
            for mark in self._scene.marks.values():
                if mark.frame == self.still:
                    self._scene.fly(mark.mark, now)
            self.still = self._release_by = None
            self.just_drawn.clear()  # what has not come back by now is late, or refused
            self._scene.keep(None)
            self._changed()
        return self._scene.tick(now) or self._release_by is not None

    def _landing_known(self) -> bool:
        """Whether all marks that were drawn on the still picture have a place in a newer one."""
        latest = self._scene.poses.latest()
        drawn = [mark.mark for mark in self._drawn if mark.frame == self.still]
        return not self.just_drawn and all(mark in latest for mark in drawn)

    # --- measuring --------------------------------------------------------------------------------------------

    def _next_number(self) -> int:
        used = [mark.number for mark in self._drawn if mark.tool is Tool.STAMP]
        used += [hand.number for hand in self.just_drawn.values()]
        return min(999, max(used, default=0) + 1)

    def _measured(self, hand: Hand) -> str:
        """The length between the ends, by the newest thing of known size in the picture; "" without one."""
        for mark in reversed(self._drawn):
            h = self._scene.h(mark.mark, hand.frame) if mark.tool is Tool.REFERENCE else None
            if h is not None and len(hand.path) == 2:
                try:
                    ends = hand.path[0], hand.path[1]
                    return length(length_mm(mark.path, mark.text, ends, aspect=self.aspect, h=h))
                except MeasureError:
                    return ""
        return ""

    @property
    def _drawn(self) -> list[events.Mark]:
        return [mark for mark in self._scene.marks.values() if mark.state == "drawn"]
