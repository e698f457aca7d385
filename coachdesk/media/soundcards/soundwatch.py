"""Sees sound devices come and go, in a child process: in our own, looking again would stop every stream.

The child looks once a second, prints a line of JSON whenever something has changed, and ends with its standard input.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time

import msgspec

from coachdesk.media.soundcards.portaudio import DeviceList, listed, look_again

LOOK_SECONDS = 1.0
SHARE = 20
"""Looking takes at most one part in so many of the time, however slow the machine's drivers are."""
END_SECONDS = 2.0

log = logging.getLogger(__name__)


class SoundWatch:
    """The child process and what it last said.

    Attributes:
        seen: the devices of this machine; None until they are known, or where watching is impossible.
    """

    def __init__(self) -> None:
        self.seen: DeviceList | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Without effect when it runs already. Where no child can be started, nothing is ever seen."""
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "coachdesk.media.soundcards.soundwatch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            log.info("sound devices are not watched: %s", error)
            return
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Ends the child, within seconds."""
        process, self._process = self._process, None
        if process is None or self._reader is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_SECONDS)
        self._reader.join(END_SECONDS)
        self.seen = None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                try:
                    self.seen = msgspec.json.decode(line, type=DeviceList)
                except msgspec.DecodeError as error:
                    log.warning("unreadable device list: %s", error)


def watch() -> None:
    """The child: prints the devices at first and after every change, until standard input ends."""
    import sounddevice

    ended = threading.Event()

    def await_end() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=await_end, daemon=True).start()
    last: DeviceList | None = None
    pause = 0.0
    while not ended.wait(pause):
        began = time.monotonic()
        look_again()
        now = listed(sounddevice)
        if now != last:
            sys.stdout.buffer.write(msgspec.json.encode(now) + b"\n")
            sys.stdout.buffer.flush()
            last = now
        pause = max(LOOK_SECONDS, (time.monotonic() - began) * SHARE)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)
    watch()
