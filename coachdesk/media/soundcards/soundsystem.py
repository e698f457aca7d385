"""PortAudio in this process: one thread that owns it, and every device in use kept going as devices come and go."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from coachdesk.media.filesound import DeviceError
from coachdesk.media.pcm import BLOCK_SAMPLES
from coachdesk.media.soundcards import portaudio
from coachdesk.media.soundcards.portaudio import WHAT, DeviceList, Kind
from coachdesk.media.soundcards.soundstream import Stream
from coachdesk.media.soundcards.soundwatch import SoundWatch

ANSWER_SECONDS = 10.0
RETRY_SECONDS, MAX_RETRY_SECONDS = 2.0, 30.0
"""Between two attempts to have a wanted device back that nothing tells of: twice as long after each."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Line:
    """A device that is wanted, and what is used for it at present.

    Attributes:
        wanted: a device's name, or ``default``.
        block_frames: how long the driver's blocks shall be.
        stream: what plays or records now; None for a moment while it is opened anew, or because nothing can be used.
        label: the device in use, "" if there is none.
        fallen_back: the wanted device cannot be used, so the default one is, or none.
        dead: the last stream found dead; set by whoever uses the line.
    """

    def __init__(self, kind: Kind, wanted: str) -> None:
        self.kind: Kind = kind
        self.wanted = wanted
        self.block_frames = BLOCK_SAMPLES
        self.stream: Stream | None = None
        self.label = ""
        self.fallen_back = False
        self.dead: Stream | None = None
        self.retry_at = 0.0
        self.retry_pause = RETRY_SECONDS
        self._used: Stream | None = None

    @property
    def lost(self) -> bool:
        """The stream has died and has not been replaced yet."""
        return self.dead is not None and self.dead is self._used

    def use(self, stream: Stream | None) -> None:
        """Takes ``stream`` into use; a reader in another thread never sees a fault that is not one."""
        self.fallen_back = stream is None or self.wanted not in ("default", stream.name)
        if not self.fallen_back:
            self.retry_pause = RETRY_SECONDS
        self.label = "" if stream is None else stream.name
        self.stream = self._used = stream

    def drop(self) -> None:
        """Closes the stream, if there is one."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()


class SoundSystem:
    """All methods may be called from any one thread and wait for PortAudio's, but ``attend``, which never waits.

    PortAudio learns of new devices only when it starts again, which ends all streams; so it is started again only when
    nothing runs, when a stream has died, or when another process has seen that a wanted device is back.
    """

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="portaudio")
        self._lines: list[Line] = []
        self._work: Future[None] | None = None
        self._watch = SoundWatch()
        self._judged: DeviceList | None = None
        self._known = DeviceList()

    def open(self, line: Line, *, patient: bool = False) -> None:
        """``patient``: what is wanted may be missing; ``attend`` sees to it then. Raises DeviceError."""
        self._ask(lambda: self._open(line, patient=patient))

    def close(self, line: Line) -> None:
        """Without effect when it is closed already."""
        with contextlib.suppress(DeviceError):
            self._ask(lambda: self._close(line))

    def devices(self) -> DeviceList:
        """What this machine has at present; nothing where PortAudio is missing."""
        try:
            return self._ask(self._list)
        except DeviceError:
            return DeviceList()

    def attend(self, line: Line, now: float, *, anew: bool) -> None:
        """Called every 10 ms: does in PortAudio's thread what ``line`` needs. ``anew``: its stream is to be reopened."""
        if self._work is not None:
            if not self._work.done():
                return
            self._work.result()
            self._work = None
        if line.lost or self._concerned():
            self._work = self._worker.submit(self._start_over)
        elif anew:
            self._work = self._worker.submit(self._reopen, line)
        elif line.fallen_back and now >= line.retry_at:
            line.retry_at = now + line.retry_pause
            line.retry_pause = min(2 * line.retry_pause, MAX_RETRY_SECONDS)
            self._work = self._worker.submit(self._retry, line)

    def _ask(self, task: Callable[[], T]) -> T:
        try:
            return self._worker.submit(task).result(ANSWER_SECONDS)
        except TimeoutError as error:
            raise DeviceError(
                "The system's sound does not answer. Unplug the device, or restart the machine."
            ) from error

    def _concerned(self) -> bool:
        """Whether devices have come or gone (judged once each time) so that a line should use another."""
        seen = self._watch.seen
        if seen is None or seen is self._judged:
            return False
        self._judged = seen
        return any(self._better(line, seen) for line in self._lines)

    def _better(self, line: Line, seen: DeviceList) -> bool:
        default = seen.default(line.kind)
        if line.wanted == "default":
            return default not in ("", self._known.default(line.kind))
        return line.fallen_back and line.wanted in seen.names(line.kind)

    # --- in PortAudio's thread -------------------------------------------------------------------------------

    def _look(self) -> Any:
        """The module, having looked for devices. Ends all streams. Raises DeviceError without PortAudio."""
        sounddevice = _load()
        portaudio.look_again()
        self._known = portaudio.listed(sounddevice)
        return sounddevice

    def _open(self, line: Line, *, patient: bool) -> None:
        seen = self._watch.seen
        if not any(other.stream for other in self._lines):
            self._look()
        elif (
            seen is not None and line.wanted in seen.names(line.kind) and line.wanted not in self._names(line)
        ):
            self._start_over()
        sounddevice = _load()
        line.use(
            self._best(sounddevice, line)
            if patient
            else Stream(sounddevice, line.kind, line.wanted, line.block_frames)
        )
        self._lines.append(line)
        self._watch.start()

    def _names(self, line: Line) -> tuple[str, ...]:
        return self._known.names(line.kind)

    def _close(self, line: Line) -> None:
        line.drop()
        if line in self._lines:
            self._lines.remove(line)
            if not self._lines:
                self._watch.stop()

    def _list(self) -> DeviceList:
        if not any(line.stream for line in self._lines):
            self._look()
        return self._watch.seen or self._known

    def _start_over(self) -> None:
        """Opens every line anew, of the devices there are now."""
        for line in self._lines:
            line.drop()
        sounddevice = self._look()
        for line in self._lines:
            line.use(self._best(sounddevice, line))
            log.info("%s: '%s' is used for '%s'", WHAT[line.kind], line.label, line.wanted)

    def _reopen(self, line: Line) -> None:
        if line in self._lines:
            line.drop()
            line.use(self._best(_load(), line))

    def _retry(self, line: Line) -> None:
        """Tries to have the wanted device back; what is used instead goes on until then."""
        if line not in self._lines:
            return
        if not any(each.stream for each in self._lines):
            self._start_over()
            return
        try:
            stream = Stream(_load(), line.kind, line.wanted, line.block_frames)
        except DeviceError:
            return
        line.drop()
        line.use(stream)

    def _best(self, sounddevice: Any, line: Line) -> Stream | None:
        for device in dict.fromkeys((line.wanted, "default")):
            try:
                return Stream(sounddevice, line.kind, device, line.block_frames)
            except DeviceError as error:
                log.info("%s", error)
        return None


def _load() -> Any:
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "Sound devices need PortAudio, which is not installed (Debian: apt install libportaudio2). "
            "Without it, use a sound file or 'none'."
        ) from error
    return sounddevice


SYSTEM = SoundSystem()
"""PortAudio is one per process, and so is this."""
