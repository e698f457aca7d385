"""The window of a call with the customer's picture, which is drawn on."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Point
from coachdesk.ui.views.ink_view import InkView
from tests.ui.ink_samples import FRAME, FRAMES, Reel, point_at
from tests.ui.samples import AGENT, call
from tests.ui.shown import PATIENCE_MS, Shown

GREY = np.full((180, 320, 4), 128, np.uint8)


class OnPicture(Shown):
    """A window that shows a plain picture on a call."""

    def __init__(
        self, qtbot: QtBot, who: object = AGENT, *others: object, size: tuple[int, int] = (1280, 800)
    ) -> None:
        super().__init__(qtbot, who)
        self.page = self.agent if who is AGENT else self.call
        self.reel = Reel(GREY)
        self.page.video._open = lambda _: self.reel
        self.window.resize(*size)
        self.desk.handle(events.Call(call=call(*others)))  # type: ignore[arg-type]
        self.desk.handle(events.Stage(epoch=0, colour="#2f7cf6"))
        self.desk.handle(FRAMES)
        qtbot.waitUntil(lambda: self.page.video.frame == FRAME, timeout=PATIENCE_MS)
        QApplication.processEvents()
        self.link.sent.clear()

    @property
    def ink(self) -> InkView:
        view: InkView = self.page.ink
        return view

    def roll(self, frame: int) -> None:
        """The next picture is there, and shown if it may be."""
        self.reel.roll(frame)
        self._qtbot.waitUntil(lambda: not self.reel._new, timeout=PATIENCE_MS)
        QApplication.processEvents()

    def colour_at(self, x: float, y: float) -> QColor:
        """What is on the screen at a place of the picture."""
        image = self.page.video.grab().toImage()
        at = point_at(self.ink, x, y) * image.devicePixelRatio()
        return QColor(image.pixelColor(round(at.x()), round(at.y())))

    def is_red(self, x: float, y: float) -> bool:
        colour = self.colour_at(x, y)
        return colour.red() - colour.green() > 100

    def downs(self) -> list[commands.PenDown]:
        return [command for command in self.link.sent if isinstance(command, commands.PenDown)]

    def points(self) -> list[Point]:
        return [
            point for move in self.link.sent if isinstance(move, commands.PenMove) for point in move.points
        ]
