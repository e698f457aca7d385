"""The slim bar of tools above the customer's picture: each with its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QMenu, QWidget

from coachdesk.annotation import Tool
from coachdesk.ui.ink_wording import THINGS
from coachdesk.ui.presenters.ink import COLOURS, InkPresenter
from coachdesk.ui.presenters.ink_pen import WIDTHS, Pen
from coachdesk.ui.theme import theme
from coachdesk.ui.views.button import Action, ActionButton, make_button, wire
from coachdesk.ui.views.style import row

TOOLS: dict[Pen, Action] = {
    Tool.PEN: Action(
        "Pen", "Shift+P", "pen", "Draw; an arrow, circle or rectangle drawn by hand becomes one"
    ),
    Tool.ARROW: Action("Arrow", "Shift+A", "arrow", "Point at something: from the tail to the tip"),
    Tool.CIRCLE: Action("Circle", "Shift+C", "circle", "Ring something: from corner to corner"),
    Tool.RECTANGLE: Action("Rectangle", "Shift+R", "rectangle", "Frame something: from corner to corner"),
    Tool.STAMP: Action("Number", "Shift+N", "stamp", "Number things, each touch the next one"),
    Tool.TEXT: Action("Text", "Shift+T", "text", "Write a few words; Return ends them"),
    Tool.HIGHLIGHTER: Action(
        "Highlighter", "Shift+H", "highlighter", "Draw a broad line; the picture is seen through it"
    ),
    "laser": Action("Pointer", "Shift+L", "laser", "Point with a light that leaves nothing behind"),
    Tool.MEASURE: Action(
        "Measure", "Shift+M", "measure", "Measure a length, once a thing of known size is marked"
    ),
    Tool.REFERENCE: Action(
        "Known size", "Shift+K", "reference", "Touch the four corners of a thing of known size"
    ),
}
COLOUR = Action("Colour", "Shift+F", "colour", "Choose the colour you draw in")
WIDTH = Action("Width", "Shift+W", "width", "Draw finer or broader")
UNDO = Action("Undo", "Ctrl+Z", "undo", "Undo what you drew or did last")
REDO = Action("Redo", "Ctrl+Shift+Z", "redo", "Do again what you undid")
CLEAR = Action("Clear", "Ctrl+Del", "clear", "Remove all your marks")
CLEAR_ALL = Action("Clear all", "Ctrl+Shift+Del", "clear-all", "Remove everybody's marks")
PIN = Action("Pin", "Shift+I", "pin", "Keep the newest mark, or the one under the pointer, from fading")
AGAIN = Action("Show again", "Shift+G", "again", "Draw the last marks again, as fast as they were drawn")
FREEZE = Action(
    "Freeze for all", "F5", "still", "Everybody sees the picture as it is now, the customer too; again: live"
)
SHOW = Action(
    "Show to customer",
    "Shift+V",
    "show",
    "Let the customer see the newest private mark",
)
SIDE, GAP = 34, 2


class InkTools(QWidget):
    """Tools on the left, what is done with marks beside or below them."""

    def __init__(self, presenter: InkPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.tools = {tool: _slim(action, partial(presenter.choose, tool)) for tool, action in TOOLS.items()}
        self.colour = DotButton(COLOUR, self._choose_colour, lambda: (QColor(presenter.pen.ink), 14.0))
        self.width_ = DotButton(WIDTH, presenter.pen.next_width, self._width_dot)
        self.undo = _slim(UNDO, presenter.undo)
        self.redo = _slim(REDO, presenter.redo)
        self.clear = _slim(CLEAR, presenter.clear)
        self.clear_all = _slim(CLEAR_ALL, partial(presenter.clear, everybody=True))
        self.pin = _slim(PIN, presenter.pin)
        self.again = _slim(AGAIN, presenter.again)
        self.freeze = _slim(FREEZE, presenter.freeze)
        self.show_ = make_button(SHOW, presenter.show_to_customer)
        self._show_width = self.show_.sizeHint().width()
        self._acts = (
            self.colour,
            self.width_,
            self.undo,
            self.redo,
            self.clear,
            self.clear_all,
            self.pin,
            self.again,
            self.freeze,
        )
        self._menu = QMenu(self)
        self.setAccessibleName("Drawing tools")
        self._lay_out()
        presenter.subscribe(self.refresh)
        theme.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        tools, acts = row(gap=GAP), row(gap=GAP)
        for button in self.tools.values():
            tools.addWidget(button)
        tools.addStretch(1)
        for button in (*self._acts, self.show_):
            acts.addWidget(button)
        acts.addStretch(1)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self._rows.addLayout(tools)
        self._rows.addLayout(acts, 1)

    def _freeze_words(self) -> tuple[str, str]:
        text, tip = FREEZE.text, FREEZE.tip
        if self._presenter.frozen is not None:
            text, tip = "Live again", "Everybody sees the live picture again"
        return (
            text,
            tip if self._presenter.may_freeze else "Not on hold, nor while a supervisor has taken over",
        )

    def refresh(self) -> None:
        presenter = self._presenter
        for tool, button in self.tools.items():
            button.set_state("on" if presenter.pen.tool == tool else "off")
        known = TOOLS[Tool.REFERENCE]
        thing = THINGS[presenter.pen.thing]
        self.tools[Tool.REFERENCE].describe(known.text, f"Touch the four corners of {thing}; again: another")
        pinned = presenter.to_pin is not None and presenter.to_pin.pinned
        self.pin.describe("Unpin" if pinned else PIN.text, "Let the mark fade" if pinned else PIN.tip)
        self.pin.set_state("on" if pinned else "off")
        self.pin.setEnabled(presenter.to_pin is not None)
        self.freeze.setVisible(presenter.may_freeze or presenter.own == "agent")
        self.freeze.setEnabled(presenter.may_freeze)
        self.freeze.set_state("on" if presenter.frozen is not None else "off")
        self.freeze.describe(*self._freeze_words())
        self.clear_all.setVisible(presenter.may_clear_all)
        self.show_.setVisible(presenter.to_show is not None)
        self.colour.update()
        self.width_.update()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """In one row, or in two where there is no room, and with fewer words where there is still none."""
        acts = [button for button in self._acts if not button.isHidden()]
        needed = sum(button.sizeHint().width() + GAP for button in acts)
        needed += self._show_width if not self.show_.isHidden() else 0
        one_row = needed + len(self.tools) * (SIDE + GAP) + self._rows.spacing() <= self.width()
        directions = QBoxLayout.Direction
        self._rows.setDirection(directions.LeftToRight if one_row else directions.TopToBottom)
        self.show_.describe(SHOW.text if needed <= self.width() else "Show", SHOW.tip)

    def _width_dot(self) -> tuple[QColor, float]:
        return theme.colour("text"), 5.0 + 4.0 * WIDTHS.index(self._presenter.pen.width)

    def _choose_colour(self) -> None:
        menu = self._menu
        menu.clear()
        for colour, name in COLOURS.items():
            action = QAction(_swatch(colour or self._presenter.pen.own_colour), name, menu)
            action.setCheckable(True)
            action.setChecked(colour == self._presenter.pen.colour)
            action.triggered.connect(partial(self._set_colour, colour))
            menu.addAction(action)
        menu.popup(self.colour.mapToGlobal(self.colour.rect().bottomLeft()))

    def _set_colour(self, colour: str, _: bool = False) -> None:
        self._presenter.set_colour(colour)


class DotButton(ActionButton):
    """Shows a dot in the colour, or of the size, that is drawn with."""

    def __init__(
        self, action: Action, slot: Callable[[], None], dot: Callable[[], tuple[QColor, float]]
    ) -> None:
        super().__init__(action, "quiet", show_text=False)
        self._dot = dot
        self.setFixedSize(SIDE, SIDE)
        wire(self, slot)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            _paint_dot(painter, QPointF(self.rect().center()) + QPointF(0.5, 0.5), *self._dot())


def _slim(action: Action, slot: Callable[[], None]) -> ActionButton:
    button = make_button(action, slot, "quiet", show_text=False)
    button.setFixedSize(SIDE, SIDE)
    return button


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(32, 32)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        _paint_dot(painter, QPointF(8, 8), QColor(colour), 13.0)
    return QIcon(pixmap)


def _paint_dot(painter: QPainter, at: QPointF, colour: QColor, size: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.colour("border_strong"))
    painter.setBrush(colour)
    painter.drawEllipse(at, size / 2, size / 2)
