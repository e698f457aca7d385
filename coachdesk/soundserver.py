"""A private PulseAudio for machines without sound: made-up speakers and microphones that real programs can use.

Linux only; needs the ``pulseaudio`` program. It touches no sound server of the user's, and ends with its parent process.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

START_SECONDS, STOP_SECONDS = 10.0, 3.0

_DAEMON_CONF = """\
default-sample-rate = 48000
default-sample-format = s16le
default-fragments = 4
default-fragment-size-msec = 10
enable-shm = no
enable-memfd = no
exit-idle-time = -1
flat-volumes = no
"""


class SoundServerError(Exception):
    """The sound server could not be started; the message says what to do."""


class SoundServer:
    """A context manager: inside it, every name of ``speakers`` and ``mics`` is a PulseAudio device.

    What is played on a speaker can be recorded from ``monitor(name)``; what is played on ``feed(name)`` is what the
    microphone of that name hears.
    """

    def __init__(self, *, speakers: Sequence[str] = (), mics: Sequence[str] = ()) -> None:
        """Raises ValueError for a name that PulseAudio cannot have: letters, digits, ``-``, ``_`` and ``.`` only."""
        for name in (*speakers, *mics):
            if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
                raise ValueError(f"{name!r} cannot be the name of a sound device")
        self._speakers = tuple(speakers)
        self._mics = tuple(mics)
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SoundServer:
        """Starts it. Raises SoundServerError."""
        program = shutil.which("pulseaudio")
        if program is None:
            raise SoundServerError(
                "pulseaudio is not installed (Debian: apt install pulseaudio-utils pulseaudio)"
            )
        self._folder = Path(tempfile.mkdtemp(prefix="coachdesk-sound-"))
        try:
            self._write_configuration(self._folder)
            self._start(program, self._folder)
            self._await_ready(self._folder)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the server within seconds and removes its files."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def environment(self, *, speaker: str = "", mic: str = "") -> dict[str, str]:
        """Variables for a program that shall use this server, with ``speaker`` and ``mic`` as its default devices."""
        assert self._folder is not None, "the sound server is not running"
        variables = {
            "PULSE_SERVER": f"unix:{self._folder / 'native'}",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self._folder),
        }
        if speaker:
            variables["PULSE_SINK"] = speaker
        if mic:
            variables["PULSE_SOURCE"] = mic
        return variables

    @staticmethod
    def monitor(speaker: str) -> str:
        """The PulseAudio source that records what is played on ``speaker``."""
        return f"{speaker}.monitor"

    @staticmethod
    def feed(mic: str) -> str:
        """The PulseAudio sink whose sound ``mic`` hears."""
        return f"{mic}.feed"

    def _write_configuration(self, folder: Path) -> None:
        (folder / "cookie").write_bytes(secrets.token_bytes(256))
        (folder / "daemon.conf").write_text(_DAEMON_CONF)
        lines = [f"load-module module-native-protocol-unix auth-anonymous=1 socket={folder / 'native'}"]
        lines += [_null_sink(speaker) for speaker in self._speakers]
        for mic in self._mics:
            feed = self.feed(mic)
            lines += [
                _null_sink(feed),
                f"load-module module-remap-source source_name={mic} master={feed}.monitor channels=1 "
                f"source_properties=device.description={mic}",
            ]
        (folder / "default.pa").write_text("\n".join(lines) + "\n")

    def _start(self, program: str, folder: Path) -> None:
        command = [program, "-n", "--daemonize=no", "--system=no", "--realtime=no", "--high-priority=yes"]
        command += ["--use-pid-file=no", "--log-target=stderr", "-F", str(folder / "default.pa")]
        setpriv = shutil.which("setpriv")
        if setpriv is not None:
            # The kernel ends it when we die, however that happens.
            command = [setpriv, "--pdeathsig", "TERM", *command]
        variables = os.environ | self.environment() | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        variables["PULSE_CONFIG_PATH"] = str(folder)
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _await_ready(self, folder: Path) -> None:
        """Waits until the last device is there."""
        assert self._process is not None
        wanted = {*self._speakers, *self._mics}
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                break
            if wanted <= self._devices():
                return
            time.sleep(0.05)
        raise SoundServerError(
            f"pulseaudio did not start: {(folder / 'log').read_text(errors='replace')[-500:]}"
        )

    def _devices(self) -> set[str]:
        names: set[str] = set()
        for kind in ("sinks", "sources"):
            listed = subprocess.run(  # noqa: S603
                ["pactl", "list", "short", kind],  # noqa: S607
                env=os.environ | self.environment(),
                capture_output=True,
                timeout=START_SECONDS,
                check=False,
            )
            names |= {line.split("\t")[1] for line in listed.stdout.decode().splitlines() if "\t" in line}
        return names


def _null_sink(name: str) -> str:
    """With rewinds, an idle one runs two seconds ahead, and what is played next waits for it."""
    return (
        f"load-module module-null-sink sink_name={name} rate=48000 channels=1 channel_map=mono norewinds=1 "
        f"sink_properties=device.description={name}"
    )
