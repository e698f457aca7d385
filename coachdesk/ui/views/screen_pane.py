"""A shared screen beside the customer's camera, in a window of its own, or over the whole monitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import QPointF, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from coachdesk.screenevents import Sharer
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.presenters.sharing import ScreenPresenter
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.ink_view import InkView
from coachdesk.ui.views.label import ElidedLabel, Icon
from coachdesk.ui.views.screen_view import ScreenView
from coachdesk.ui.views.screen_window import ScreenWindow
from coachdesk.ui.views.style import column, restyle, row, text
from coachdesk.ui.zoom import STEP, XY

LARGER = Action("Larger camera", "F10", "camera", "Give the customer's camera more room than the screen")
SMALLER = ("Larger screen", "Give the screen more room than the customer's camera", "screen")
ACTUAL = Action("1:1", "F11", "actual", "Show the screen pixel for pixel")
LARGER_BESIDE = Action("Larger camera", "Shift+F10", LARGER.icon, LARGER.tip)
ACTUAL_BESIDE = Action("1:1", "Shift+F11", ACTUAL.icon, ACTUAL.tip)
FIT = ("Fit", "Show the whole of the screen", "fit")
CLOSER = Action("Zoom in", "Ctrl++", "zoom-in", "Show the screen larger")
FARTHER = Action("Zoom out", "Ctrl+-", "zoom-out", "Show the screen smaller")
FULL = Action("Full screen", "F12", "full", "The screen over this whole monitor; Escape leaves it")
NOT_FULL = ("Leave full screen", "The screen in CoachDesk's window again", "not-full")
AWAY = Action("Own window", "Shift+F12", "window", "The screen in a window of its own; Escape leaves it")
HERE = ("Back", "The screen in CoachDesk's window again", "back")
BRING_BACK = Action("Bring it back", "", "back", "The screen in this window again")
SAY_MS = 200
"""After a change of the size at which it is seen, that is said, as it is then."""
SHARES = {True: (1, 3), False: (3, 1)}
"""Of the room: the camera's, the screen's; by whether the screen is the larger one."""

Place = Literal["pane", "window", "full"]


class ScreenPane(QWidget):
    """Visible while a screen is shared. ``ink``: what is drawn on it, by whose it is; ``beside``: keys beside those of one's
    own share.

    Attributes:
        inks: over the picture, by whose screen it is; one of them at a time.
        video: the picture, wherever it is shown.
        place: where that is.
    """

    def __init__(
        self, presenter: ScreenPresenter, ink: Mapping[Sharer, ScreenInkPresenter], *, beside: bool = False
    ) -> None:
        super().__init__()
        self._beside = beside
        self._presenter = presenter
        self.place: Place = "pane"
        self._window: ScreenWindow | None = None
        self.video = ScreenView()
        self.video.looked_closer.connect(self._tell_zoom)
        self._saying = QTimer(self, singleShot=True, interval=SAY_MS)
        self._saying.timeout.connect(lambda: presenter.show_at(self.video.seen_at))
        self.inks = {sharer: InkView(self.video, each) for sharer, each in ink.items()}
        self._make_buttons()
        self._bar = self._head()
        self._elsewhere = self._note()
        self._layout = column(self, gap=6)
        self._layout.addWidget(self._bar)
        self._layout.addWidget(self.video, 1)
        self._layout.addWidget(self._elsewhere, 1)
        presenter.subscribe(self.refresh)
        presenter.on_pointer = self._point
        self.refresh()

    def _make_buttons(self) -> None:
        larger, actual = (LARGER_BESIDE, ACTUAL_BESIDE) if self._beside else (LARGER, ACTUAL)
        self.larger = make_button(larger, self._presenter.toggle_large, show_text=False)
        self.farther = make_button(FARTHER, lambda: self.video.magnify(1 / STEP), show_text=False)
        self.closer = make_button(CLOSER, lambda: self.video.magnify(STEP), show_text=False)
        self.actual = make_button(actual, self.video.toggle_actual)
        self.away = make_button(AWAY, lambda: self._toggle("window"), show_text=False)
        self.full = make_button(FULL, lambda: self._toggle("full"), show_text=False)
        self.percent = text("", "muted")

    def _head(self) -> QFrame:
        bar = QFrame()
        layout = row(bar, gap=8)
        layout.addWidget(Icon("screen", 18, "muted"))
        self.whose = ElidedLabel()
        layout.addWidget(self.whose, 1)
        zoom = (self.farther, self.percent, self.closer, self.actual)
        for each in (*zoom, self.larger, self.away, self.full):
            layout.addWidget(each)
        return bar

    def _note(self) -> QWidget:
        note = QWidget()
        layout = column(note)
        layout.addStretch(1)
        layout.addWidget(text("It is in a window of its own.", "muted", wrap=True))
        layout.addWidget(make_button(BRING_BACK, self._bring_back))
        layout.addStretch(1)
        return note

    # --- for what is drawn over the picture ---

    def picture_at(self, at: QPointF) -> XY | None:
        """The place in the picture, 0 to 1, that is at ``at`` in ``video``; None beside the picture."""
        return self.video.picture_at(at)

    def view_at(self, x: float, y: float) -> QPointF | None:
        """Where in ``video`` the picture's place ``x``, ``y`` is; it may lie outside. None without a picture."""
        return self.video.view_at(x, y)

    # --- where it is ---

    def share_room(self, pictures: QHBoxLayout, camera: QWidget) -> None:
        """How wide this and ``camera`` are in ``pictures``."""
        wide, own = SHARES[self._presenter.large and self.place == "pane"]
        pictures.setStretchFactor(camera, wide)
        pictures.setStretchFactor(self, own)

    def _toggle(self, place: Place) -> None:
        self._show_in("pane" if self.place == place else place)

    def _bring_back(self) -> None:
        self._show_in("pane")

    def _show_in(self, place: Place) -> None:
        if place == self.place:
            return
        self.place = place
        if place == "pane":
            self._take_back()
        else:
            if self._window is None:
                self._window = ScreenWindow(self.window(), self.video, self._bar, self._bring_back)
            self._window.setWindowTitle(self._presenter.title)
            self._window.open_as(full=place == "full")
        self._presenter.changed()

    def _take_back(self) -> None:
        restyle(self._bar, "card", False)
        self._bar.setContentsMargins(0, 0, 0, 0)
        self._layout.insertWidget(0, self._bar)
        self._layout.insertWidget(1, self.video, 1)
        for each in (self._bar, self.video):
            each.show()
        window, self._window = self._window, None
        if window is not None:
            window.hide()
            window.deleteLater()

    # --- what the presenter says ---

    def refresh(self) -> None:
        p = self._presenter
        if not p.shown and self.place != "pane":
            self.place = "pane"
            self._take_back()
        if not p.shown:
            self.video.fit()
        self.setVisible(p.shown)
        self.whose.set(" ".join(filter(None, (f"{p.title}." if p.note else p.title, p.note))))
        self.video.setAccessibleName(p.title)
        self.video.measure(p.size)
        for sharer, ink in self.inks.items():
            ink.use(sharer == p.party)
        if self._window is not None:
            self._window.setWindowTitle(p.title)
        self._elsewhere.setVisible(self.place != "pane")
        self.video.show_source(p.pictures if p.state == "on" else None)
        if p.state == "blank":
            self.video.say("blank", "Blanked", p.blanked)
        else:
            self.video.say("pending", "The screen is on its way…")
        self._point()
        self._describe()

    def _point(self) -> None:
        p = self._presenter
        self.video.point(p.pointer if p.state == "on" else None)

    def _describe(self) -> None:
        large = self._presenter.large
        self.larger.setVisible(self.place == "pane")
        self.larger.describe(*((LARGER.text, LARGER.tip, LARGER.icon) if large else SMALLER))
        self.full.describe(*(NOT_FULL if self.place == "full" else (FULL.text, FULL.tip, FULL.icon)))
        self.away.describe(*(HERE if self.place == "window" else (AWAY.text, AWAY.tip, AWAY.icon)))
        self._tell_zoom()

    def _tell_zoom(self) -> None:
        if not self._saying.isActive() and self._presenter.seen_at != self.video.seen_at:
            self._saying.start()
        scale = self.video.scale
        self.percent.setText("" if scale is None else f"{round(scale * 100)} %")
        self.percent.setAccessibleName("" if scale is None else f"Zoom {round(scale * 100)} percent")
        for button in (self.actual, self.closer, self.farther):
            button.setEnabled(scale is not None)
        self.actual.describe(*(FIT if self.video.actual else (ACTUAL.text, ACTUAL.tip, ACTUAL.icon)))
