"""The wall: a card for every live call, those that need someone first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

from coachdesk.ui import wording
from coachdesk.ui.presenters.listening import ListeningPresenter
from coachdesk.ui.presenters.wall import WallPresenter
from coachdesk.ui.views.button import Action, ActionButton, make_button
from coachdesk.ui.views.call_header import age_chip, phase_chip
from coachdesk.ui.views.catch_up import catch_up_switch
from coachdesk.ui.views.label import Chip, ElidedLabel, Icon
from coachdesk.ui.views.style import GAP, clear, column, restyle, row, text
from signaling.protocol import CallView

CARD_WIDTH = 320
NUMBERED = 9
"""Calls that a digit key reaches."""


class CallCard(QFrame):
    """One call. Return or its number listens, C claims its call for help; a click anywhere listens."""

    def __init__(
        self, call: CallView, number: int, presenter: WallPresenter, listen: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.call = call
        self._presenter = presenter
        self._listen_to = listen
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.title = ElidedLabel("", "heading")
        self.age = Chip()
        self.phase = Chip()
        self._agent = ElidedLabel()
        self._customer = ElidedLabel()
        self.listeners = ElidedLabel("", "small")
        key = str(number) if number <= NUMBERED else "Return"
        name = wording.agent_name(call)
        action = Action("Listen", key, "listen", f"Listen to {name}'s call; Return on the card does it too")
        scope = None if number <= NUMBERED else self
        self.listen = make_button(action, self._listen, scope=scope, show_key=number <= NUMBERED)
        self.claim = make_button(Action("I'll take it", "C", "claim", f"Tell the team that you see to {name}"),
                                 lambda: presenter.claim(self.call.call), "primary", scope=self, show_key=True)  # fmt: skip
        self._lay_out()
        self.show_call(call)

    def _lay_out(self) -> None:
        head = row(gap=8)
        head.addWidget(self.title, 1)
        head.addWidget(self.age)
        layout = column(self, gap=9, margin=16)
        layout.addLayout(head)
        for icon, label in (("agent", self._agent), ("customer", self._customer), ("listen", self.listeners)):
            line = row(gap=8)
            line.addWidget(Icon(icon, 16, "muted"))
            line.addWidget(label, 1)
            layout.addLayout(line)
        layout.addWidget(self._help_box())
        layout.addStretch(1)
        foot = row(gap=8)
        foot.addWidget(self.phase)
        foot.addStretch(1)
        foot.addWidget(self.claim)
        foot.addWidget(self.listen)
        layout.addLayout(foot)

    def _help_box(self) -> QFrame:
        self.help = QFrame()
        self.help_text = text("", "heading", wrap=True)
        self.help_state = text("", wrap=True)
        words = column(gap=1)
        words.addWidget(self.help_text)
        words.addWidget(self.help_state)
        layout = row(self.help, gap=10)
        layout.setContentsMargins(10, 7, 10, 7)
        self._help_icon = Icon("help", 20, "danger_text")
        layout.addWidget(self._help_icon)
        layout.addLayout(words, 1)
        return self.help

    def show_call(self, call: CallView) -> None:
        self.call = call
        self.title.set(call.label or wording.customer_name(call))
        self._agent.set(wording.agent_name(call))
        self._customer.set(wording.customer_name(call))
        listening = self._presenter.listeners(call)
        self.listeners.set(f"{wording.join(listening)} on the call" if listening else "Nobody listens")
        self.phase.set(*phase_chip(call))
        self._show_help(call)
        self.setAccessibleName(
            f"Call {call.label}, agent {wording.agent_name(call)}. {self._help_words(call)}"
        )
        self.tick()

    def tick(self) -> None:
        self.age.set(*age_chip(self._presenter.age(self.call)))
        if self.call.help is not None and not self.call.help.claimed_by:
            waited = wording.duration(self._presenter.now() - self.call.help.since)
            self.help_state.setText(f"Waiting for {waited}; nobody sees to it yet")

    def _show_help(self, call: CallView) -> None:
        help_ = call.help
        self.help.setVisible(help_ is not None)
        self.claim.setVisible(self._presenter.claimable(call))
        restyle(self, "alarm", bool(help_ and not help_.claimed_by))
        if help_ is not None:
            self.help_text.setText(help_.reason or "Asks for help")
            restyle(self.help, "notice", "success" if help_.claimed_by else "error")
            self._help_icon.set(
                "claim" if help_.claimed_by else "help", "success_text" if help_.claimed_by else "danger_text"
            )
            self.help_state.setText(self._help_words(call))

    def _help_words(self, call: CallView) -> str:
        if call.help is None:
            return ""
        return f"{call.help.claimed_by} sees to it" if call.help.claimed_by else "Asks for help"

    def _listen(self) -> None:
        self._listen_to(self.call.call)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._listen()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._listen()


class Wall(QWidget):
    """Cards in as many columns as fit."""

    def __init__(
        self, presenter: WallPresenter, listen: Callable[[str], None], listening: ListeningPresenter
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._presenter = presenter
        self._listen = listen
        self.cards: dict[str, CallCard] = {}
        self._order: list[tuple[str, int]] = []
        self._columns = 1
        self._summary = text("", "muted")
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setSpacing(16)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setWidget(inner)
        self._empty = self._make_empty()
        layout = column(self, gap=16, margin=24)
        head = column(gap=2)
        head.addWidget(text("Live calls", "display"))
        head.addWidget(self._summary)
        top = row()
        top.addLayout(head, 1)
        top.addWidget(catch_up_switch(listening, "plain"))
        layout.addLayout(top)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._empty, 1)
        presenter.subscribe(self.refresh)
        clock = QTimer(self, interval=1000)
        clock.timeout.connect(self._tick)
        clock.start()
        self.refresh()

    def _make_empty(self) -> QWidget:
        empty = QWidget()
        layout = column(empty, gap=8)
        self._empty_title = text("", "title")
        self._empty_text = text("", "muted")
        layout.addStretch(1)
        layout.addWidget(Icon("empty-wall", 64, "muted"), 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self._empty_title, self._empty_text):
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
        return empty

    def refresh(self) -> None:
        calls = self._presenter.calls
        self._area.setVisible(bool(calls))
        self._empty.setVisible(not calls)
        loaded = self._presenter.loaded
        self._empty_title.setText("No live calls" if loaded else "Loading the calls…")
        self._empty_text.setText(
            "A call of your team appears here as soon as an agent answers it." if loaded else ""
        )
        asking = sum(1 for c in calls if c.help is not None and not c.help.claimed_by)
        count = f"{len(calls)} call{'' if len(calls) == 1 else 's'}"
        self._summary.setVisible(bool(calls))
        self._summary.setText(f"{count}, {asking} asking for help" if asking else count)
        self._place([(call.call, number) for number, call in enumerate(calls, 1)])
        for call in calls:
            self.cards[call.call].show_call(call)

    def _place(self, order: list[tuple[str, int]], *, again: bool = False) -> None:
        if order == self._order and not again:
            return
        known = dict(self._order)
        for call, card in list(self.cards.items()):
            if (call, known[call]) not in order:
                del self.cards[call]
                self._grid.removeWidget(card)
                card.hide()
                card.deleteLater()
        self._order = order
        by_id = {call.call: call for call in self._presenter.calls}
        for place, (call, number) in enumerate(order):
            if call not in self.cards:
                self.cards[call] = CallCard(by_id[call], number, self._presenter, self._listen)
            self._grid.addWidget(self.cards[call], place // self._columns, place % self._columns)
        self._stretch(-(-len(order) // self._columns))

    def _stretch(self, rows: int) -> None:
        for index in range(self._grid.columnCount()):
            self._grid.setColumnStretch(index, 1 if index < self._columns else 0)
        for index in range(self._grid.rowCount() + 1):
            self._grid.setRowStretch(index, 1 if index == rows else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        columns = max(1, (self.width() - 48 + GAP) // (CARD_WIDTH + GAP))
        if columns != self._columns:
            self._columns = columns
            self._place(self._order, again=True)

    def _tick(self) -> None:
        for card in self.cards.values():
            card.tick()


class Rail(QFrame):
    """The other calls, small, beside the one being listened to."""

    def __init__(
        self, presenter: WallPresenter, listen: Callable[[str], None], current: Callable[[], str]
    ) -> None:
        super().__init__()
        self._presenter = presenter
        self._listen = listen
        self._current = current
        self.buttons: dict[str, ActionButton] = {}
        self._shown: list[tuple[str, str, str]] = []
        inner = QWidget()
        self._list = column(inner, gap=6)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        layout = column(self, gap=10)
        layout.addWidget(text("Live calls", "section"))
        layout.addWidget(area, 1)
        presenter.subscribe(self.refresh)

    def refresh(self) -> None:
        shown = [(c.call, wording.agent_name(c), self._state(c)) for c in self._presenter.calls]
        if shown != self._shown:
            self._shown = shown
            self._rebuild()
        current = self._current()
        for call, button in self.buttons.items():
            button.set_state("on" if call == current else "armed" if button.property("alarm") else "off")

    @staticmethod
    def _state(call: CallView) -> str:
        if call.help is None:
            return "hold" if call.phase == "held" else "answer"
        return "claim" if call.help.claimed_by else "help"

    def _rebuild(self) -> None:
        clear(self._list)
        self.buttons = {}
        for number, (call, agent, icon) in enumerate(self._shown, 1):
            key = str(number) if number <= NUMBERED else ""
            tip = f"Listen to {agent}'s call" + (", who asks for help" if icon == "help" else "")
            action = Action(agent, key, icon, tip)
            button = make_button(action, partial(self._listen, call), "row", show_key=bool(key))
            button.setProperty("alarm", icon == "help")
            self.buttons[call] = button
            self._list.addWidget(button)
        self._list.addStretch(1)
