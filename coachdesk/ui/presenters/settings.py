"""Devices, what is done to the microphone's sound, theme, ducking, and how one whispers and is whispered to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from coachdesk import commands, events
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.preferences import Ear, Preferences
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.theme.tokens import ThemeChoice
from signaling.policy import Role

Kind = Literal["mic", "speaker", "camera"]
Step = Literal["echo", "noise", "gain"]
USUAL = Preferences()
"""What an endpoint does by itself needs no telling."""
STEPS: tuple[Step, ...] = ("echo", "noise", "gain")
WHISPER_KEYS = ("Space", "F8", "F9", "Ctrl", "Alt")


class SettingsPresenter(Presenter):
    """Attributes:
    preferences: what is chosen; devices: what there is, None until listed.
    faults: kind -> why the chosen device does not work. voice_fault: why the voice is not processed, or ''.
    levels: dBFS by source. on_fault: called with what keeps a device from working that was chosen earlier.
    """

    def __init__(
        self,
        link: Link,
        preferences: Preferences,
        save: Callable[[Preferences], None],
        dress: Callable[[ThemeChoice], None],
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        """``fixed``: kinds of device that the command line chose; they are left alone until the user chooses."""
        super().__init__()
        self._fixed = fixed
        self._link = link
        self.preferences = preferences
        self._save = save
        self._dress = dress
        self.devices: events.Devices | None = None
        self.levels: dict[str, float] = {}
        self.faults: dict[Kind, str] = {}
        self.voice_fault = ""
        self._in_use = False
        self.on_fault: Callable[[Fault], None] = lambda fault: None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Ready(role=role):
                self._begin(role)
            case events.Devices():
                self.devices = event
            case events.Levels(levels=levels):
                self.levels = levels
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        self._in_use = False

    def _begin(self, role: Role) -> None:
        """A new endpoint opens the chosen devices; one that only signed in again has them open."""
        if not self._in_use:
            self._in_use = True
            self._use_chosen()
            if "mic" not in self._fixed and any(self.does(s) is not getattr(USUAL, s) for s in STEPS):
                self._process()
            if role is Role.AGENT and self.preferences.whisper_ear != USUAL.whisper_ear:
                self._place()

    def choices(self, kind: Kind) -> list[events.DeviceView]:
        """What can be chosen: the devices there are, the chosen one even when it is gone, and none at all."""
        found = self._found(kind)
        chosen = self.chosen(kind)
        if chosen not in ("none", *(d.device for d in found)):
            name = "System default" if chosen == "default" else f"{chosen} (not connected)"
            found = [events.DeviceView(device=chosen, label=name), *found]
        return [*found, events.DeviceView(device="none", label="None")]

    def _found(self, kind: Kind) -> list[events.DeviceView]:
        if self.devices is None:
            return []
        return list(
            {"mic": self.devices.mics, "speaker": self.devices.speakers, "camera": self.devices.cameras}[kind]
        )

    def chosen(self, kind: Kind) -> str:
        return str(getattr(self.preferences, kind))

    def list_devices(self) -> None:
        self._link.send(commands.Devices())

    def use(self, kind: Kind, device: str) -> None:
        if device != self.chosen(kind):
            setattr(self.preferences, kind, device)
            self._save(self.preferences)
        self._use(kind)

    def _use_chosen(self) -> None:
        kinds: tuple[Kind, ...] = ("mic", "speaker", "camera")
        for kind in kinds:
            if kind not in self._fixed:
                self._use(kind, patient=True)

    def _use(self, kind: Kind, *, patient: bool = False) -> None:
        """``patient``: chosen earlier, so that it may not be there now, and nobody looks at the settings."""
        self.faults.pop(kind, None)
        self._link.send(
            commands.UseDevice(kind=kind, device=self.chosen(kind), patient=patient),
            lambda fault: self._broken(kind, fault, tell=patient),
        )
        self.changed()

    def _broken(self, kind: Kind, fault: Fault, *, tell: bool) -> None:
        self.faults[kind] = fault.message
        if tell:
            self.on_fault(fault)
        self.changed()

    def test_tone(self) -> None:
        self._link.send(commands.TestTone())

    def set_theme(self, choice: ThemeChoice) -> None:
        self.preferences.theme = choice
        self._dress(choice)
        self._save(self.preferences)
        self.changed()

    def set_duck(self, gain: float) -> None:
        self.preferences.duck = gain
        self._save(self.preferences)
        self.changed()

    def set_whisper_ear(self, ear: Ear) -> None:
        self.preferences.whisper_ear = ear
        self._save(self.preferences)
        self._place()
        self.changed()

    def does(self, step: Step) -> bool:
        """Whether this is done to the microphone's sound."""
        return bool(getattr(self.preferences, step))

    def set_step(self, step: Step, on: bool) -> None:
        if on is not self.does(step):
            setattr(self.preferences, step, on)
            self._save(self.preferences)
            self._process()
            self.changed()

    def _process(self) -> None:
        self.voice_fault = ""
        chosen = self.preferences
        wanted = commands.VoiceProcessing(echo=chosen.echo, noise=chosen.noise, gain=chosen.gain)
        self._link.send(wanted, self._not_processed)

    def _not_processed(self, fault: Fault) -> None:
        self.voice_fault = fault.message
        self.changed()

    def _place(self) -> None:
        self._link.send(commands.Placement(whisper=self.preferences.whisper_ear))

    def remember_listening(self, *, polite: bool, catch_up: bool) -> None:
        """What was chosen on the pages themselves."""
        chosen = self.preferences
        if (polite, catch_up) != (chosen.polite, chosen.catch_up):
            chosen.polite, chosen.catch_up = polite, catch_up
            self._save(chosen)

    def set_whisper_key(self, key: str) -> None:
        self.preferences.whisper_key = key
        self._save(self.preferences)
        self.changed()

    def seen(self) -> None:
        """The first-run settings were shown; they do not open by themselves again."""
        self.preferences.seen_settings = True
        self._save(self.preferences)
