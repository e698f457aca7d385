"""What of a desktop is not to be seen: windows by their titles and programs, CoachDesk's own, and regions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QScreen

from coachdesk.screen.masks import HIDDEN_GREY, Picture, Rect, blur, make_plain, uncovered
from coachdesk.screen.veil import Veil
from coachdesk.screen.x11 import MAP_NOTIFY, Change, Top, Windows
from coachdesk.screenrules import OVERLAY_TITLE, OWN_PROGRAM, Rules

LINGER = 0.5
"""Seconds for which a window, and its place, are hidden after it has got another title, moved or gone: what is painted of
it may be older than what is told of it."""
APART = 100_000
CANNOT_TELL = (
    "This system does not tell windows apart: password managers, other windows and CoachDesk's own are shown if they are "
    "on what you share. Only regions are hidden."
)


def windows_of_others() -> Windows | None:
    """None where the windows of other programs cannot be told, or not be captured one by one."""
    return Windows() if QGuiApplication.platformName() == "xcb" else None


def corner(screen: QScreen) -> QPoint:
    """Of that screen's picture, in pixels of the root window; where there is none, screens are set apart."""
    if QGuiApplication.platformName() == "xcb":
        return screen.geometry().topLeft()
    return QPoint(QGuiApplication.screens().index(screen) * APART, 0)


class Hiding:
    """Everything that is captured goes through this before it goes anywhere else.

    Attributes:
        rules: may be set at any time; the next picture obeys them.
        warning: what cannot be hidden here, in words, or "".
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._windows = windows_of_others()
        self.warning = "" if self._windows else CANNOT_TELL
        self._tops: list[Top] | None = None
        self._own: list[Rect] = []
        self._never: set[int] = set()
        self._until: dict[int, float] = {}
        self._places: dict[Rect, float] = {}
        self._marks: list[Top] = []
        self._veil = Veil()

    @property
    def composited(self) -> bool:
        """Whether windows may be seen through: everywhere but on X11 without a compositor."""
        return self._windows is None or self._windows.composited()

    def of_screen(self, take: Callable[[], tuple[Picture, Rect]]) -> Picture | None:
        """What ``take`` captures of its place, without what is hidden; None if that cannot be told.

        Windows move meanwhile: they are hidden wherever they were before, during and after the capture.
        """
        before = self._hidden(self._news())
        self._look_for_marks()
        picture, place = take()
        news = self._news()
        if any(change.kind == MAP_NOTIFY for change in news):
            return None  # it may have gone again, nobody knows where from
        hidden = [*before, *self._hidden(news)]
        self._look_for_marks()
        self._veil.lift(picture, place)
        make_plain(picture, place, hidden)
        blur(picture, place, self._regions())
        self._veil.keep(picture, place)
        return picture

    def of_window(
        self, window: int, take: Callable[[set[int]], tuple[Picture, Rect] | None]
    ) -> Picture | None:
        """What ``take`` captures of ``window``, without what is hidden: all of it, or regions; None if there is nothing.

        ``take`` is told which windows that lie over it are to be taken for none.
        """
        hidden, marks = self.hides(window), self.marks
        self._look_for_marks()
        taken = take(marks)
        hidden = self.hides(window) or hidden
        if taken is None or self.marks != marks:
            return None
        picture, place = taken
        self._look_for_marks()
        self._veil.lift(picture, place)
        if hidden:
            picture[:] = HIDDEN_GREY
        blur(picture, place, self._regions())
        self._veil.keep(picture, place)
        return picture

    def top(self, window: int) -> int | None:
        """The child of the root that ``window`` is in; None where windows cannot be told."""
        return self._windows.top(window) if self._windows is not None else None

    def untold(self) -> tuple[frozenset[int], tuple[Rect, ...]]:
        """Over which windows, children of the root among them, and where, nothing is told of the pointer."""
        return frozenset(self._never), (*self._places, *self._regions())

    @property
    def marks(self) -> set[int]:
        """The windows, children of the root, that show what is drawn on the desktop."""
        return {top.window for top in self._marks}

    def _look_for_marks(self) -> None:
        windows = self._windows
        if windows is not None:
            named = (each for top in self._marks for each in top.windows if is_marks([windows.title(each)]))
            self._veil.covers(part for window in named for part in windows.shape(window))

    def hides(self, window: int) -> bool:
        """Whether that window, if there is one, is not to be shared."""
        if self._windows is None:
            return False
        names = self._windows.title(window), *self._windows.programs(window)
        self._hidden(self._news())
        return self.rules.hide(*names) or is_own(names) or window in self._never

    def _news(self) -> list[Change]:
        """What has happened to windows since this was last asked."""
        news = self._windows.changes() if self._windows is not None else []
        if news:
            self._tops = None
        return news

    def _hidden(self, news: list[Change]) -> list[Rect]:
        """What is hidden after ``news``."""
        if self._windows is None:
            return []
        if self._tops is None:
            self._tops = self._windows.tops()
            own = [top for top in self._tops if is_own(top.programs)]
            self._marks = [top for top in own if is_marks(top.titles)]
            self._own = [part for top in own if top not in self._marks for part in self._visible(top)]
        now = time.monotonic()
        secret = self._secret(self._tops, now)
        never = [top for top in self._tops if top.window in secret or is_own(top.programs)]
        self._never = {window for top in never for window in top.windows}
        self._places |= {top.place: now + LINGER for top in never if top.window in secret}
        gone = (secret | self._never) - self.marks
        passed = [(each.window, each.place) for each in news if each.place and each.window in gone]
        self._places |= {place: now + LINGER for window, place in passed if window in secret}
        self._places = {place: until for place, until in self._places.items() if until > now}
        return [*self._places, *(place for _, place in passed), *self._own]

    def _secret(self, tops: list[Top], now: float) -> set[int]:
        """Those that a rule hides, or did just before, and their dialogs and menus."""
        found = {top.window for top in tops if self.rules.hide(*top.titles, *top.programs)}
        self._until |= dict.fromkeys(found, now + LINGER)
        self._until = {window: until for window, until in self._until.items() if until > now}
        found = set(self._until)
        for _ in tops:
            inside = {each for top in tops if top.window in found for each in top.windows}
            more = {top.window for top in tops if top.owners & inside} - found
            if not more:
                break
            found |= more
        return found

    def _visible(self, own: Top) -> list[Rect]:
        """Of one of CoachDesk's own windows, where nothing else surely lies over it."""
        assert self._windows is not None
        assert self._tops is not None
        above = self._tops[self._tops.index(own) + 1 :]
        return uncovered(own.place, (place for top in above for place in self._windows.opaque(top)))

    def _regions(self) -> list[Rect]:
        """In pixels of the root window."""
        return [
            Rect(corner(screen).x() + x, corner(screen).y() + y, width, height)
            for number, screen in enumerate(QGuiApplication.screens())
            for x, y, width, height in self.rules.regions_of(number)
        ]


def is_marks(titles: Iterable[str]) -> bool:
    return OVERLAY_TITLE in titles


def is_own(names: Iterable[str]) -> bool:
    return any(name.casefold() == OWN_PROGRAM for name in names)
