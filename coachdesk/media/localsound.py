"""The microphone and speaker of this machine, as the endpoint uses them: processed, muted, changed, tested by a tone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import numpy as np

from coachdesk.media.devices import Device, DeviceError, Mic, Speaker, is_sound_card, open_mic, open_speaker
from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Block, Stereo, mono
from coachdesk.media.voice import NOTHING, USUAL, Processing, Voice, VoiceError

TONE_HZ, TONE_SECONDS, TONE_DBFS = 660.0, 0.6, -18.0


class LocalSound:
    """One block from the mic and one to the speaker, every tick.

    Attributes:
        muted: the mic is silent from its next block on.
        mic_dbfs, speaker_dbfs: levels of the last block.
        on_fault: called with a message when a device or the voice processing stops working; the call goes on without.
        on_device: called with ``mic`` or ``speaker`` and a device's name when that is in use now though nobody chose it: the
            default one in place of one that failed ("" if there is none), or the chosen one that is back. Also with what
            was chosen in place of one that had failed.
    """

    def __init__(self, mic: str, speaker: str, processing: Processing | None = None) -> None:
        """``processing``: None is all of it for a real microphone and none for a file. Raises DeviceError."""
        self._mic: Mic = open_mic(mic)
        try:
            self._speaker: Speaker = open_speaker(speaker)
        except DeviceError:
            self._mic.close()
            raise
        self._told: dict[str, tuple[Device | None, str, str | None]] = {}
        self._tone = np.zeros(0, np.float32)
        self._faults: set[str] = set()
        self._chosen = processing
        self._voice: Voice | None = None
        self._voice_fault: str | None = None
        self._mic_name = mic
        self._renew_voice()
        self._changing = asyncio.Lock()
        self._closed = False
        self.muted = False
        self.mic_dbfs = self.speaker_dbfs = -120.0
        self.on_fault: Callable[[str], None] = lambda message: None
        self.on_device: Callable[[str, str], None] = lambda kind, label: None

    def read(self) -> Block:
        """The next 10 ms of the mic, processed; silence when muted or when the device has none ready."""
        block = self._mic.read()
        block = self._clean(SILENCE if block is None else block)
        if self.muted:
            block = SILENCE
        self.mic_dbfs = dbfs(block)
        self._follow("mic", self._mic)
        self._report(self._voice_fault)
        return block

    def write(self, block: Block | Stereo) -> None:
        """10 ms for the speaker, with the test tone on top while it plays."""
        if len(self._tone):
            tone = self._tone[:BLOCK_SAMPLES]
            block = block + (tone if block.ndim == 1 else tone[:, np.newaxis])
            self._tone = self._tone[BLOCK_SAMPLES:]
        self.speaker_dbfs = dbfs(mono(block))
        self._speaker.write(block)
        self._follow("speaker", self._speaker)
        self._played(block)

    def skip(self, ticks: int) -> None:
        """``ticks`` blocks of time were lost to a stalled machine; recordings stay aligned with the clock."""
        for _ in range(ticks):
            self._mic.read()
            self._speaker.write(SILENCE)

    async def use_mic(self, device: str, *, patient: bool = False) -> None:
        """Changes the mic; the old one goes on until the new one runs, and if that cannot be opened (DeviceError).

        ``patient``: as in ``open_mic``.
        """
        async with self._changing:
            new = await asyncio.to_thread(open_mic, device, patient=patient)
            old, self._mic = self._mic, new
            self._mic_name = device
            self._renew_voice()
            await self._let_go(old, new)

    async def use_speaker(self, device: str, *, patient: bool = False) -> None:
        """Changes the speaker, in the same way."""
        async with self._changing:
            new = await asyncio.to_thread(open_speaker, device, patient=patient)
            old, self._speaker = self._speaker, new
            self._renew_voice()
            await self._let_go(old, new)

    async def _let_go(self, old: Device, new: Device) -> None:
        """Of ``new`` too, if it was opened too late to be of use."""
        for device in (old, new) if self._closed else (old,):
            await asyncio.to_thread(device.close)

    @property
    def processing(self) -> Processing:
        """What is done to the mic's sound at present."""
        return self._voice.processing if self._voice is not None else NOTHING

    def process(self, processing: Processing) -> None:
        """What is done to the mic's sound from now on, whatever the device. Raises VoiceError, with nothing changed."""
        self._voice = Voice(processing) if processing else None
        self._chosen = processing

    def play_test_tone(self) -> None:
        """A soft tone on the own speaker only."""
        time = np.arange(int(TONE_SECONDS * RATE)) / RATE
        fade = np.minimum(1.0, np.minimum(time, TONE_SECONDS - time) / 0.02)
        tone = 10 ** (TONE_DBFS / 20) * np.sin(2 * np.pi * TONE_HZ * time) * fade
        whole = int(np.ceil(len(tone) / BLOCK_SAMPLES)) * BLOCK_SAMPLES
        self._tone = np.pad(tone, (0, whole - len(tone))).astype(np.float32)

    def stats(self) -> dict[str, dict[str, float]]:
        """Counters and delays of the sound cards in use, by ``device.mic`` and ``device.speaker``."""
        rows = {"device.mic": self._mic.stats(), "device.speaker": self._speaker.stats()}
        return {name: row for name, row in rows.items() if row}

    def close(self) -> None:
        self._closed = True
        for device in (self._mic, self._speaker):
            with contextlib.suppress(DeviceError, OSError):
                device.close()

    def _renew_voice(self) -> None:
        """Begins to learn the room anew; without voice processing the call goes on, and the fault is told."""
        automatic = USUAL if is_sound_card(self._mic_name) else NOTHING
        processing = automatic if self._chosen is None else self._chosen
        self._voice = None
        try:
            self._voice = Voice(processing) if processing else None
        except VoiceError as error:
            self._voice_fault = str(error)

    def _clean(self, block: Block) -> Block:
        try:
            return self._voice.clean(block) if self._voice is not None else block
        except VoiceError as error:
            self._voice, self._voice_fault = None, str(error)
            return block

    def _played(self, block: Block | Stereo) -> None:
        try:
            if self._voice is not None:
                self._voice.played(block)
        except VoiceError as error:
            self._voice, self._voice_fault = None, str(error)

    def _follow(self, kind: str, device: Device) -> None:
        """Tells of what has changed by itself: a new fault, another device in use."""
        label, fault = device.label, device.fault
        known, old_label, old_fault = self._told.get(kind, (None, label, None))
        self._told[kind] = (device, label, fault)
        other = known is not device and (fault or old_fault) is not None
        if known is not device:
            old_label, old_fault = label, None
        if fault is not None and fault != old_fault:
            self.on_fault(fault)
        if other or label != old_label or (old_fault is not None and fault is None):
            self.on_device(kind, label)

    def _report(self, fault: str | None) -> None:
        """Tells of a fault once."""
        if fault is not None and fault not in self._faults:
            self._faults.add(fault)
            self.on_fault(fault)
