"""The agent's screen beside the customer's camera: as much as fits, or pixel for pixel."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from coachdesk.ui.presenters.sharing import ScreenPresenter
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.label import ElidedLabel, Icon
from coachdesk.ui.views.style import column, row
from coachdesk.ui.views.video import VideoView

LARGER = Action(
    "Larger camera", "F10", "camera", "Give the customer's camera more room than the agent's screen"
)
SMALLER = ("Larger screen", "Give the agent's screen more room than the customer's camera", "screen")
ACTUAL = Action("1:1", "F11", "actual", "Show the agent's screen pixel for pixel")
FIT = ("Fit", "Show the whole of the agent's screen", "fit")
SHARES = {True: (1, 3), False: (3, 1)}
"""Of the room: the camera's, the screen's; by whether the screen is the larger one."""


class ScreenPane(QWidget):
    """Visible while the agent shares."""

    def __init__(self, presenter: ScreenPresenter, video: VideoView | None = None) -> None:
        super().__init__()
        self._presenter = presenter
        self.video = video or VideoView()
        self.video.setAccessibleName("The agent's screen")
        self.video.fine = True
        self.video.looked.connect(self._fit)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.video)
        self.larger = make_button(LARGER, presenter.toggle_large)
        self.actual = make_button(ACTUAL, presenter.toggle_actual)
        head = row(gap=8)
        head.addWidget(Icon("screen", 18, "muted"))
        head.addWidget(ElidedLabel("The agent's screen"), 1)
        head.addWidget(self.larger)
        head.addWidget(self.actual)
        layout = column(self, gap=6)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        presenter.subscribe(self.refresh)
        self.refresh()

    def share_room(self, pictures: QHBoxLayout, camera: QWidget) -> None:
        """How wide this and ``camera`` are in ``pictures``."""
        wide, own = SHARES[self._presenter.large]
        pictures.setStretchFactor(camera, wide)
        pictures.setStretchFactor(self, own)

    def refresh(self) -> None:
        p = self._presenter
        self.setVisible(p.shown)
        self.video.show_source(p.pictures if p.state == "on" else None)
        if p.state == "blank":
            self.video.say("blank", "Blanked", "The agent does not show the screen at present.")
        else:
            self.video.say("pending", "The screen is on its way…")
        self.larger.describe(*((LARGER.text, LARGER.tip, LARGER.icon) if p.large else SMALLER))
        self.actual.describe(*(FIT if p.actual else (ACTUAL.text, ACTUAL.tip, ACTUAL.icon)))
        self._fit()

    def _fit(self) -> None:
        """Pixel for pixel is by the pixels of this monitor, whatever its scale factor."""
        image = self.video.image
        actual = self._presenter.actual and image is not None
        self.area.setWidgetResizable(not actual)
        if actual and image is not None:
            scale = self.devicePixelRatio()
            size = QSize(round(image.width() / scale), round(image.height() / scale))
            if self.video.size() != size:
                self.video.resize(size)
