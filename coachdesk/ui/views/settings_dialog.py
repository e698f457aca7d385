"""Devices with live meters, sound, theme, the whisper key."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from coachdesk.ui.preferences import Ear
from coachdesk.ui.presenters.settings import WHISPER_KEYS, Kind, SettingsPresenter, Step
from coachdesk.ui.theme.tokens import ThemeChoice
from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.channel import gain_slider
from coachdesk.ui.views.choice import Check, Choice
from coachdesk.ui.views.dialogs import Window
from coachdesk.ui.views.label import Icon
from coachdesk.ui.views.meter import Meter
from coachdesk.ui.views.style import card, column, restyle, row, scrolled, text
from signaling.policy import Role

KINDS: dict[Kind, tuple[str, str]] = {
    "mic": ("Microphone", "microphone"),
    "speaker": ("Headset or speaker", "volume"),
    "camera": ("Camera", "camera"),
}
THEMES: tuple[tuple[str, ThemeChoice], ...] = (
    ("Like the system", "system"),
    ("Light", "light"),
    ("Dark", "dark"),
    ("High contrast", "contrast"),
)
STEPS: dict[Step, tuple[str, str]] = {
    "echo": ("Echo cancellation", "Takes what your speaker plays out of what your microphone sends"),
    "noise": ("Noise suppression", "Takes fans, typing and the street out of what your microphone sends"),
    "gain": ("Automatic volume", "Makes a soft voice louder and a loud one softer"),
}
EARS: tuple[tuple[str, Ear], ...] = (
    ("Both ears, like the customer", "center"),
    ("Left ear, the customer in the right", "left"),
    ("Right ear, the customer in the left", "right"),
)
FRAME_HEIGHT = 48
"""Pixels that a window manager's title bar and borders may take."""
TONE = Action("Play test tone", "Ctrl+T", "tone", "Play a short tone that only you hear")


class SettingsDialog(Window):
    """Every change takes effect at once and is remembered. ``role`` chooses what is of use."""

    def __init__(
        self, parent: QWidget, presenter: SettingsPresenter, role: Role, *, first: bool = False
    ) -> None:
        super().__init__(parent, "Check your devices" if first else "Settings", "settings")
        self._presenter = presenter
        self._boxes: dict[Kind, Choice] = {}
        self._faults: dict[Kind, QLabel] = {}
        self.steps: dict[Step, Check] = {}
        self._alive = True
        self.finished.connect(self._stop)
        if first:
            words = "Speak: the first bar should move. Play the tone: you should hear it, and the second bar should move."
            self.body.addWidget(text(words, "muted", wrap=True))
        cards = QWidget()
        inner = column(cards, gap=14)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self._devices(role))
        inner.addWidget(self._looks(role))
        inner.addStretch(1)
        area = scrolled(cards)
        self.body.addWidget(area, 1)
        self.add_button(make_button(TONE, presenter.test_tone, show_key=True))
        self.add_close("Done")
        self.finish()
        presenter.subscribe(self.refresh)
        presenter.list_devices()
        self.refresh()
        self._fit(area, cards)

    def _fit(self, area: QScrollArea, cards: QWidget) -> None:
        """As tall as the cards, where the screen has room; on a small one they scroll."""
        beside = area.verticalScrollBar().sizeHint().width()
        area.setMinimumWidth(max(440, cards.sizeHint().width()) + beside)
        around = self.sizeHint().height() - area.sizeHint().height()
        room = self.screen().availableGeometry().height() - FRAME_HEIGHT
        self.resize(self.sizeHint().width(), min(around + cards.sizeHint().height() + 2, room))

    def _devices(self, role: Role) -> QFrame:
        frame = card()
        layout = column(frame, gap=9, margin=16)
        self.meters = {"mic": Meter("your microphone"), "speaker": Meter("what you hear")}
        for kind, (name, icon) in KINDS.items():
            if kind == "camera" and role is not Role.AGENT:
                continue
            head = row(gap=7)
            head.addWidget(Icon(icon, 16, "muted"))
            head.addWidget(text(name), 1)
            layout.addLayout(head)
            layout.addWidget(self._box(kind, name))
            if kind in self.meters:
                layout.addWidget(self.meters[kind])
            self._faults[kind] = text("", "small", wrap=True)
            restyle(self._faults[kind], "tone", "danger")
            layout.addWidget(self._faults[kind])
            if kind == "mic" and role is not Role.TRAINEE:
                self._add_steps(layout)
        return frame

    def _add_steps(self, layout: QVBoxLayout) -> None:
        line = row(gap=14)
        for step, (name, tip) in STEPS.items():
            box = Check(name)
            box.setToolTip(f"{tip} (Space, with the box in focus)")
            box.setAccessibleDescription(tip)
            box.toggled.connect(partial(self._presenter.set_step, step))
            self.steps[step] = box
            line.addWidget(box)
        line.addStretch(1)
        layout.addLayout(line)
        self._voice_fault = text("", "small", wrap=True)
        restyle(self._voice_fault, "tone", "danger")
        layout.addWidget(self._voice_fault)

    def _box(self, kind: Kind, name: str) -> Choice:
        box = Choice(name)
        box.setMinimumContentsLength(24)
        box.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.activated.connect(lambda _: self._presenter.use(kind, str(box.currentData())))
        self._boxes[kind] = box
        return box

    def _looks(self, role: Role) -> QFrame:
        frame = card()
        layout = column(frame, gap=9, margin=16)
        self.theme_box = Choice("Theme")
        for name, choice in THEMES:
            self.theme_box.addItem(name, choice)
        self.theme_box.activated.connect(lambda _: self._presenter.set_theme(self.theme_box.currentData()))
        layout.addWidget(text("Theme"))
        layout.addWidget(self.theme_box)
        if role is Role.AGENT:
            self._duck_text = text("")
            self.duck = gain_slider("How far the customer is turned down while a coach whispers", -40, 0)
            self.duck.valueChanged.connect(self._duck)
            layout.addWidget(self._duck_text)
            layout.addWidget(self.duck)
            self.ear_box = Choice("Where you hear a whisper")
            for name, ear in EARS:
                self.ear_box.addItem(name, ear)
            self.ear_box.activated.connect(
                lambda _: self._presenter.set_whisper_ear(self.ear_box.currentData())
            )
            layout.addWidget(text("Where you hear a whisper (needs a stereo headset)"))
            layout.addWidget(self.ear_box)
        elif role is not Role.TRAINEE:
            self.key_box = Choice("Key to hold while whispering")
            self.key_box.addItems(list(WHISPER_KEYS))
            self.key_box.setCurrentText(self._presenter.preferences.whisper_key)
            self.key_box.textActivated.connect(self._presenter.set_whisper_key)
            layout.addWidget(text("Key to hold while whispering"))
            layout.addWidget(self.key_box)
        return frame

    def refresh(self) -> None:
        if not self._alive:
            return
        p = self._presenter
        for kind, box in self._boxes.items():
            self._fill(kind, box)
            self._faults[kind].setText(p.faults.get(kind, ""))
            self._faults[kind].setVisible(kind in p.faults)
        for source, meter in self.meters.items():
            meter.set(p.levels.get(source, -120.0))
        self.theme_box.setCurrentIndex(self.theme_box.findData(p.preferences.theme))
        for step, check in self.steps.items():
            with QSignalBlocker(check):
                check.setChecked(p.does(step))
        if self.steps:
            self._voice_fault.setText(p.voice_fault)
            self._voice_fault.setVisible(bool(p.voice_fault))
        if hasattr(self, "ear_box"):
            self.ear_box.setCurrentIndex(self.ear_box.findData(p.preferences.whisper_ear))
        if hasattr(self, "duck"):
            with QSignalBlocker(self.duck):
                self.duck.setValue(round(p.preferences.duck))
            self._duck_text.setText(f"Customer during a whisper: {round(p.preferences.duck)} dB")

    def _fill(self, kind: Kind, box: Choice) -> None:
        choices = [(view.label, view.device) for view in self._presenter.choices(kind)]
        if choices != [(box.itemText(i), box.itemData(i)) for i in range(box.count())]:
            box.clear()
            for label, device in choices:
                box.addItem(label, device)
        box.setCurrentIndex(box.findData(self._presenter.chosen(kind)))

    def _duck(self, value: int) -> None:
        self._presenter.set_duck(float(value))

    def _stop(self) -> None:
        self._alive = False
