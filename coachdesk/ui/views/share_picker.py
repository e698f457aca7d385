"""What can be shared, with small pictures, to choose from by a click or one key; of a screen also a part."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from coachdesk.screencommands import Content
from coachdesk.screenevents import SourceView
from coachdesk.ui.views.button import Action, ActionButton, make_button
from coachdesk.ui.views.choice import Check
from coachdesk.ui.views.dialogs import Window
from coachdesk.ui.views.share_thumbnail import ShareThumbnail
from coachdesk.ui.views.style import column, text

KEYS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COLUMNS = 3
ICONS = {"screen": "screen", "window": "window"}


class SharePicker(Window):
    """Opens empty, as it takes a moment to look at everything; ``offer`` says what there is. The first have a key each."""

    def __init__(self, parent: QWidget, who: str, share: Callable[[str, Content], None]) -> None:
        """``who``: a sentence on who is going to see it."""
        super().__init__(parent, "What do you want to share?", "screen")
        self._share = share
        self._offered = False
        self.body.addWidget(text(who, wrap=True))
        self.body.addWidget(
            text("Drag over the picture of a screen to share a part of it alone.", "small", wrap=True)
        )
        self.motion = Check("&Video or animation: smooth before sharp")
        self.motion.setToolTip(
            "On a slow line pictures get smaller, but come as often; else text stays sharp"
        )
        self.body.addWidget(self.motion)
        self.warning = text("", "small", wrap=True)
        self.warning.hide()
        self.body.addWidget(self.warning)
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setSpacing(12)
        self._wait = text("Looking at your screens…", "muted")
        self._grid.addWidget(self._wait, 0, 0)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.body.addWidget(area, 1)
        self.add_close("Cancel")
        self.finish()
        self.resize(720, 520)

    def offer(self, sources: list[SourceView], warning: str) -> None:
        """Once: what is offered does not move under the pointer. ``warning``: what is not hidden here, or ""."""
        if self._offered:
            return
        self._offered = True
        self._wait.hide()
        self.warning.setText(warning)
        self.warning.setVisible(bool(warning))
        for number, (key, source) in enumerate(zip(chain(KEYS, repeat("")), sources, strict=False)):
            line, across = divmod(number, COLUMNS)
            self._grid.addWidget(self._card(key, source), line, across, Qt.AlignmentFlag.AlignTop)
            self._grid.setRowStretch(line + 1, 1)
            self._grid.setRowStretch(line, 0)

    def _card(self, key: str, source: SourceView) -> QWidget:
        card = QWidget()
        layout = column(card, gap=6)
        picture = ShareThumbnail(source)
        layout.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        action = Action(
            source.title, key, ICONS.get(source.kind, "window"), f"Share this {source.kind}: {source.title}"
        )
        button = make_button(action, lambda: self._go(picture.source), "row", show_key=True)
        picture.chosen.connect(lambda: _name(button, source, part=picture.divided))
        button.setAutoDefault(False)
        layout.addWidget(button)
        if key == KEYS[0]:
            button.setFocus()
        return card

    def _go(self, source: str) -> None:
        self._share(source, "motion" if self.motion.isChecked() else "text")
        self.accept()


def _name(button: ActionButton, source: SourceView, *, part: bool) -> None:
    words = f"Part of {source.title}" if part else source.title
    button.describe(words, f"Share this part alone: {words}" if part else button.action.tip)
    button.setFocus()
