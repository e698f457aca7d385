"""What the windows of agents and of observers have in common: the call in the middle, what belongs to it at both sides."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.presenters.sharing import ScreenPresenter
from coachdesk.ui.views.call_header import CallHeader
from coachdesk.ui.views.ink_tools import InkTools
from coachdesk.ui.views.ink_view import InkView
from coachdesk.ui.views.screen_pane import ScreenPane
from coachdesk.ui.views.style import column, row
from coachdesk.ui.views.video import VideoView


class CallFrame(QWidget):
    """``screen``: another's, beside the customer's picture.

    Attributes:
        header, tools: above the pictures. video, ink: the customer's picture, and what is drawn on it.
        screen_pane: ``screen``.
    """

    def __init__(self, quality: QualityPresenter, ink: InkPresenter, screen: ScreenPane) -> None:
        super().__init__()
        self.setObjectName("page")
        self.header = CallHeader(quality)
        self.video = VideoView()
        self.tools = InkTools(ink)
        self.ink = InkView(self.video, ink)
        self.screen_pane = screen
        self._pictures = row(gap=8)
        self._pictures.addWidget(self.video)
        self._pictures.addWidget(screen)

    def _lay_out(
        self, left: QWidget, right: QWidget, *, beneath: Iterable[QWidget], bar: Iterable[QWidget]
    ) -> None:
        """``beneath``: below the pictures, each as wide as these. ``bar``: the buttons below all of it."""
        layout = row(self, gap=16, margin=16)
        layout.addWidget(left)
        layout.addLayout(self._centre(beneath, bar), 1)
        layout.addWidget(right)

    def _centre(self, beneath: Iterable[QWidget], bar: Iterable[QWidget]) -> QVBoxLayout:
        layout = column()
        layout.addWidget(self.header)
        layout.addWidget(self.tools)
        layout.addLayout(self._pictures, 1)
        for widget in beneath:
            layout.addWidget(widget)
        buttons = row(gap=8)
        for button in bar:
            buttons.addWidget(button, 1)
        layout.addLayout(buttons)
        return layout

    def _share_room(self) -> None:
        self.screen_pane.share_room(self._pictures, self.video)

    def _go(self, screen: ScreenPresenter) -> None:
        """Shows how everything is, at first and as time goes by."""
        screen.subscribe(self._share_room)
        self._share_room()
        clock = QTimer(self, interval=1000)
        clock.timeout.connect(self._tick)
        clock.start()
        self.refresh()

    @abstractmethod
    def refresh(self) -> None:
        """Something of the call has changed."""

    @abstractmethod
    def _tick(self) -> None:
        """Another second has gone by."""
