"""The gallery of a call: its photos, to be marked, captioned and saved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QFileDialog, QLineEdit, QListWidget, QListWidgetItem, QPushButton, QWidget

from coachdesk.annotation import Tool
from coachdesk.ui import report
from coachdesk.ui.presenters.gallery import CAPTION_LETTERS, GalleryPresenter, Still
from coachdesk.ui.views.button import Action, ActionButton, make_button
from coachdesk.ui.views.dialogs import Window
from coachdesk.ui.views.still_canvas import StillCanvas
from coachdesk.ui.views.style import column, row, text

TOOLS = {
    Tool.ARROW: Action("Arrow on the photo", "1", "arrow", "Draw an arrow; its tip is what it is about"),
    Tool.CIRCLE: Action("Circle on the photo", "2", "circle", "Draw a circle around a thing"),
    Tool.RECTANGLE: Action("Rectangle on the photo", "3", "rectangle", "Draw a rectangle around a thing"),
    Tool.PEN: Action("Pen on the photo", "4", "pen", "Draw a line by hand"),
    Tool.STAMP: Action("Number on the photo", "5", "stamp", "Number things, each touch the next one"),
    Tool.TEXT: Action("Text on the photo", "6", "text", "Touch, type a few words; Return ends them"),
}
UNDO = Action("Undo on the photo", "Ctrl+Z", "undo", "Take the last mark off the photo")
READ_CODE = Action(
    "Read its code", "Ctrl+B", "scan", "Read the barcodes and QR codes on this photo, and copy them"
)
SAVE = Action("Save photo…", "Ctrl+S", "save", "Save this photo with its marks as PNG")
REPORT = Action("Save report…", "Ctrl+R", "report", "Save all photos, captions and marks as PDF")
THUMBNAIL = QSize(120, 90)


class GalleryWindow(Window):
    """Does not keep the main window from being used: a call goes on behind it."""

    def __init__(self, parent: QWidget, presenter: GalleryPresenter) -> None:
        super().__init__(parent, "Photos of this call", "photos")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        self._presenter = presenter
        self.list = QListWidget()
        self.list.setIconSize(THUMBNAIL)
        self.list.setFixedWidth(THUMBNAIL.width() + 40)
        self.list.setAccessibleName("Photos, oldest first")
        self.list.currentRowChanged.connect(lambda _: self._choose())
        self.canvas = StillCanvas(presenter)
        self.caption = QLineEdit()
        self.caption.setMaxLength(CAPTION_LETTERS)
        self.caption.setPlaceholderText("What does it show?")
        self.caption.setAccessibleName("Caption")
        self.caption.textEdited.connect(self._describe)
        self.outcome = text("", "small", wrap=True)
        self._lay_out()
        presenter.subscribe(self.refresh)
        self.refresh()
        self.list.setCurrentRow(self.list.count() - 1)
        self.canvas.setFocus()
        self.resize(980, 680)

    def _lay_out(self) -> None:
        tools = row(gap=4)
        self.tools: dict[Tool, ActionButton] = {}
        for tool, action in TOOLS.items():
            self.tools[tool] = make_button(
                action, partial(self._presenter.choose, tool), "quiet", show_text=False
            )
            tools.addWidget(self.tools[tool])
        self.undo = make_button(UNDO, self._undo, "quiet", show_text=False)
        self.read = make_button(READ_CODE, self._read, "quiet")
        tools.addWidget(self.undo)
        tools.addStretch(1)
        tools.addWidget(self.read)
        right = column(gap=8)
        right.addLayout(tools)
        right.addWidget(self.canvas, 1)
        right.addWidget(self.caption)
        both = row(gap=12)
        both.addWidget(self.list)
        both.addLayout(right, 1)
        self.body.addLayout(both, 1)
        self.body.addWidget(self.outcome)
        self.add_close()
        self.report = self.add_button(make_button(REPORT, self._save_report))
        self.save = self.add_button(make_button(SAVE, self._save_photo, "primary"))
        self.finish()
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Return ends what is typed, and presses nothing

    @property
    def _still(self) -> Still | None:
        place = self.list.currentRow()
        return self._presenter.stills[place] if 0 <= place < len(self._presenter.stills) else None

    def refresh(self) -> None:
        p = self._presenter
        shown = [self.list.item(place).data(Qt.ItemDataRole.UserRole) for place in range(self.list.count())]
        if shown != [still.photo for still in p.stills]:
            self._fill()
        for tool, button in self.tools.items():
            button.set_state("on" if tool is p.tool else "off")
        self._choose()

    def _fill(self) -> None:
        """The photo that was chosen stays so, if it is still there."""
        before = self.list.currentItem()
        kept = before.data(Qt.ItemDataRole.UserRole) if before is not None else None
        self.list.clear()
        for number, still in enumerate(self._presenter.stills, 1):
            pixmap = QPixmap()
            pixmap.loadFromData(still.data)
            small = pixmap.scaled(THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio)
            icon = QIcon(small)
            icon.addPixmap(small, QIcon.Mode.Selected)  # else it is tinted, and hard to tell from the others
            item = QListWidgetItem(icon, f"{number}")
            item.setData(Qt.ItemDataRole.UserRole, still.photo)
            self.list.addItem(item)
            if still.photo == kept:
                self.list.setCurrentItem(item)

    def _choose(self) -> None:
        still = self._still
        self.canvas.show_still(still)
        if still is not None and self.caption.text() != still.caption:
            self.caption.setText(still.caption)
        for widget in (self.caption, self.save, self.report, self.undo):
            widget.setEnabled(still is not None)
        self.undo.setEnabled(still is not None and bool(still.marks))
        self.read.setEnabled(still is not None and self._presenter.live)

    def _describe(self, caption: str) -> None:
        if (still := self._still) is not None:
            self._presenter.describe(still, caption)

    def _undo(self) -> None:
        if (still := self._still) is not None:
            self._presenter.undo(still)

    def _read(self) -> None:
        if (still := self._still) is not None:
            self._presenter.read_code(still)

    def _save_photo(self) -> None:
        still = self._still
        if still is not None:
            name = f"photo-{self.list.currentRow() + 1}.png"
            self._ask_for_file("Save photo", name, lambda file: report.save_png(still, file))

    def _save_report(self) -> None:
        about = self._presenter.report
        if about is not None:
            self._ask_for_file("Save report", "call-report.pdf", lambda file: report.save_pdf(about, file))

    def _ask_for_file(self, title: str, name: str, save: Callable[[Path], bool]) -> None:
        dialog = QFileDialog(self, title, str(Path.home() / name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix[1:])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.write(Path(file), save))
        dialog.open()

    def write(self, file: Path, save: Callable[[Path], bool]) -> None:
        """Saves to ``file``, and says whether that worked."""
        failed = "It could not be saved there. Choose another folder."
        self.outcome.setText(f"Saved as {file}" if save(file) else failed)
