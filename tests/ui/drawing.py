"""The window of an agent or a supervisor that shows another's screen, which is drawn on."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import events
from coachdesk.screenevents import Sharer
from coachdesk.ui.views.agent_desk import AgentDesk
from coachdesk.ui.views.screen_pane import ScreenPane
from signaling.protocol import PartyView
from tests.ui.ink_samples import Reel, point_at
from tests.ui.samples import MIA, call
from tests.ui.shown import PATIENCE_MS, Shown

GREY = np.full((180, 320, 4), 128, np.uint8)
STAGE = events.Stage(epoch=0, colour="#2f7cf6", shared=3, coach=5, customers=7)


class Drawing(Shown):
    """``sharer``: whose screen ``pane`` shows ``who``."""

    def __init__(self, qtbot: QtBot, who: PartyView, sharer: Sharer) -> None:
        super().__init__(qtbot, who)
        self.pane: ScreenPane = (
            self.view.screen_pane if isinstance(self.view, AgentDesk) else self.call.screen_pane
        )
        self.pane.video._open = lambda _: Reel(GREY, 0)
        self.ink = self.pane.inks[sharer]
        for event in (
            events.Call(call=call(MIA)),
            STAGE,
            events.Screen(party=sharer, state="on"),
            events.Frames(party=sharer, name="screen", screen=True),
        ):
            self.desk.handle(event)
        qtbot.waitUntil(lambda: self.pane.video.image is not None, timeout=PATIENCE_MS)
        QApplication.processEvents()
        self.link.sent.clear()

    def is_red(self, x: float, y: float) -> bool:
        image = self.pane.video.grab().toImage()
        at = point_at(self.ink, x, y) * image.devicePixelRatio()
        colour = image.pixelColor(round(at.x()), round(at.y()))
        return colour.red() - colour.green() > 100
