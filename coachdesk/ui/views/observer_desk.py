"""A supervisor's or trainee's window: the wall, and the call page while on a call."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.presenters.listening import ListeningPresenter
from coachdesk.ui.presenters.observer import ObserverPresenter
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.presenters.sharing import ScreenPresenter, SharingPresenter
from coachdesk.ui.presenters.wall import WallPresenter
from coachdesk.ui.views.call_view import CallPage
from coachdesk.ui.views.video import VideoView
from coachdesk.ui.views.wall import Wall


class ObserverDesk(QStackedWidget):
    """Shows the call page from the moment a call is asked for until it is left."""

    def __init__(
        self,
        presenter: ObserverPresenter,
        wall: WallPresenter,
        listening: ListeningPresenter,
        quality: QualityPresenter,
        ink: InkPresenter,
        screen: ScreenPresenter,
        screen_ink: ScreenInkPresenter,
        coach_ink: ScreenInkPresenter,
        sharing: SharingPresenter | None = None,
        video: VideoView | None = None,
    ) -> None:
        super().__init__()
        self._presenter = presenter
        self.wall = Wall(wall, presenter.listen_to, listening)
        self.call = CallPage(
            presenter, wall, listening, quality, ink, screen, screen_ink, coach_ink, sharing, video
        )
        self.addWidget(self.wall)
        self.addWidget(self.call)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        on_call = self._presenter.call is not None or self._presenter.target is not None
        page = self.call if on_call else self.wall
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
            page.setFocus()
