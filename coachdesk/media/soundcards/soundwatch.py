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
AGAIN_SECONDS = 1.0
"""After a child that has died, the next one."""

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
        self._starting = threading.Lock()
        self._ended = threading.Event()

    def start(self) -> None:
        """Without effect when it runs already. Where no child can be started, nothing is ever seen."""
        if self._reader is not None:
            return
        self._ended.clear()
        process = self._start_child()
        if process is not None:
            self._reader = threading.Thread(target=self._follow, args=(process,), daemon=True)
            self._reader.start()

    def stop(self) -> None:
        """Ends the child, within seconds."""
        with self._starting:
            self._ended.set()
            process, self._process = self._process, None
        reader, self._reader = self._reader, None
        if process is None or reader is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_SECONDS)
        reader.join(END_SECONDS)
        self.seen = None

    def _start_child(self) -> subprocess.Popen[bytes] | None:
        """None once this is stopped, and where none can be started."""
        with self._starting:
            if self._ended.is_set():
                return None
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "coachdesk.media.soundcards.soundwatch"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                log.info("sound devices are not watched: %s", error)
                return None
            return self._process

    def _follow(self, first: subprocess.Popen[bytes]) -> None:
        """On a thread of its own; a child that dies is started anew."""
        process: subprocess.Popen[bytes] | None = first
        while process is not None:
            self._read(process)
            process.wait()
            if self._ended.wait(AGAIN_SECONDS):
                return
            log.info("what watches sound devices has died, and is started anew")
            process = self._start_child()

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
