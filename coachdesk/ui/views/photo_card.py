"""In the side column of a call: a photo, the gallery, a code in view."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame

from coachdesk.ui.presenters.gallery import GalleryPresenter
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.gallery import GalleryWindow
from coachdesk.ui.views.style import column, text

PHOTO = Action("Take a photo", "F6", "photo", "Have the customer's phone take a photo; they are told first")
SNAPSHOT = Action(
    "Snapshot", "Shift+F6", "snapshot", "Keep the shared screen as it is now, and what is drawn on it"
)
GALLERY = Action("Gallery", "F7", "photos", "Look at this call's photos, mark and save them")
READ_CODE = Action("Read a code", "F8", "scan", "Read a barcode or QR code in the picture, and copy it")


class PhotoCard(QFrame):
    """The gallery is there, after the call too, as long as it has photos."""

    def __init__(self, presenter: GalleryPresenter) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._presenter = presenter
        self._window: GalleryWindow | None = None
        layout = column(self, gap=8, margin=14)
        layout.addWidget(text("Photos", "section"))
        self.photo = make_button(PHOTO, presenter.ask, "row", show_key=True)
        self.snapshot = make_button(SNAPSHOT, presenter.snap, "row", show_key=True)
        self.gallery = make_button(GALLERY, self._open, "row", show_key=True)
        self.read = make_button(READ_CODE, presenter.read_code, "row", show_key=True)
        self.coming = text("", "small", wrap=True)
        for widget in (self.photo, self.coming, self.snapshot, self.gallery, self.read):
            layout.addWidget(widget)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        p = self._presenter
        self.setVisible(p.live or bool(p.stills))
        self.photo.setVisible(p.may_ask)
        self.photo.setEnabled(not p.coming)
        self.coming.setVisible(bool(p.coming))
        self.coming.setText(p.coming)
        self.snapshot.setVisible(p.may_snap)
        count = len(p.stills)
        self.gallery.describe(f"{GALLERY.text} ({count})" if count else GALLERY.text, GALLERY.tip)
        self.gallery.setEnabled(count > 0)
        self.read.setVisible(p.live)

    def _open(self) -> None:
        if self._window is None:
            self._window = GalleryWindow(self.window(), self._presenter)
        self._window.show()
        self._window.activateWindow()
