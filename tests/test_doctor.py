"""Each check finds what is right, and says what to do about what is wrong."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from coachdesk import doctor
from coachdesk.doctor import Finding, Verdict, machine, network, sound, windows
from coachdesk.events import DeviceView
from coachdesk.media import devices, opus
from coachdesk.media.connection import contract
from coachdesk.media.picture import camera


def expect(finding: Finding, verdict: Verdict, *words: str) -> None:
    assert finding.verdict is verdict, finding
    assert bool(finding.advice) is (verdict is not Verdict.OK), finding
    for word in words:
        assert word in f"{finding.what} | {finding.advice}"


# --- the run -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([Finding(Verdict.OK, "fine")], 0),
        ([Finding(Verdict.OK, "fine"), Finding(Verdict.WARN, "so so", "Mind it.")], 0),
        ([Finding(Verdict.FAIL, "broken", "Mend it."), Finding(Verdict.OK, "fine")], 1),
    ],
)
def test_every_finding_is_printed_and_a_failed_one_tells_in_the_exit_code(
    findings: list[Finding], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = {f"check {number}": lambda finding=finding: finding for number, finding in enumerate(findings)}
    monkeypatch.setattr(doctor, "checks_for", lambda server, token: checks)
    assert doctor.run_doctor(None) == code
    printed = capsys.readouterr().out
    for number, finding in enumerate(findings):
        assert f"{finding.verdict:<5} check {number}" in printed
        assert finding.what in printed
        assert finding.advice in printed


def test_server_is_checked_only_when_there_is_one() -> None:
    alone, with_server = doctor.checks_for(None), doctor.checks_for("http://127.0.0.1:1")
    assert set(with_server) - set(alone) == {"Server", "Clock", "Signaling", "TURN"}


def test_check_that_hangs_is_given_up() -> None:
    release = threading.Event()

    def hangs() -> Finding:
        release.wait(30)
        return Finding(Verdict.OK, "late")

    expect(doctor.outcome(hangs, 0.05), Verdict.FAIL, "no answer within 0.05 s")
    release.set()


def test_check_that_breaks_is_a_finding() -> None:
    def breaks() -> Finding:
        raise LookupError("oh")

    expect(doctor.outcome(breaks), Verdict.FAIL, "LookupError('oh')")


# --- this machine --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ((3, 10, 9), Verdict.FAIL),
        ((3, 11, 0), Verdict.OK),
        ((3, 13, 5), Verdict.OK),
        ((3, 14, 0), Verdict.WARN),
    ],
)
def test_python(version: tuple[int, ...], verdict: Verdict) -> None:
    expect(machine.check_python(version), verdict, ".".join(map(str, version)))


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["aiohttp>=3", "no-such-thing>=1", 'pytest; extra == "dev"']
    monkeypatch.setattr(machine.importlib.metadata, "requires", lambda name: lines)
    expect(machine.check_packages(), Verdict.FAIL, "missing: no-such-thing", "pip install")


def test_packages_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.importlib.metadata, "requires", lambda name: ["aiohttp>=3", "numpy"])
    expect(machine.check_packages(), Verdict.OK, "all 2")


def test_not_installed() -> None:
    expect(machine.check_packages("no-such-distribution"), Verdict.WARN, "pip install")


def test_aiortc() -> None:
    expect(machine.check_aiortc(), Verdict.OK)


def test_aiortc_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed() -> None:
        raise contract.CompatError("RTCRtpSender.send is gone. Install aiortc 1.16.0.")

    monkeypatch.setattr(contract, "check", changed)
    expect(machine.check_aiortc(), Verdict.FAIL, "RTCRtpSender.send is gone")


def test_records(tmp_path: Path) -> None:
    expect(machine.check_records(tmp_path / "not" / "there" / "yet"), Verdict.OK)
    assert list(tmp_path.iterdir()) == []


def test_records_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    expect(machine.check_records(tmp_path / "file" / "records"), Verdict.FAIL, "cannot write", "--db")


def test_records_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: SimpleNamespace(free=5 * 2**20))
    expect(machine.check_records(tmp_path), Verdict.WARN, "5 MB left")


def test_shared_memory() -> None:
    expect(machine.check_shared_memory(), Verdict.OK)
    expect(machine.check_shared_memory(2**62), Verdict.FAIL, "/dev/shm")


def test_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "list_cameras", list)
    expect(machine.check_cameras(), Verdict.WARN, "none found")
    monkeypatch.setattr(camera, "list_cameras", lambda: [DeviceView("0", "Brio 300")])
    expect(machine.check_cameras(), Verdict.OK, "Brio 300")


# --- sound ---------------------------------------------------------------------------------------------------


def test_opus() -> None:
    expect(sound.check_opus(), Verdict.OK, "960 samples")


def test_no_opus(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise opus.OpusMissing("there is no libopus")

    monkeypatch.setattr(opus, "library", missing)
    expect(sound.check_opus(), Verdict.FAIL, "there is no libopus", "pip install")


def test_no_portaudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    expect(sound.check_portaudio(), Verdict.FAIL, "not found", "apt-get install libportaudio2")


@pytest.mark.parametrize(
    ("check", "listing"), [(sound.check_mics, "list_mics"), (sound.check_speakers, "list_speakers")]
)
def test_sound_devices(check: doctor.Check, listing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, listing, list)
    expect(check(), Verdict.WARN, "none found")
    monkeypatch.setattr(
        devices, listing, lambda: [DeviceView("a", "Headset", default=True), DeviceView("b", "HDMI")]
    )
    expect(check(), Verdict.OK, "Headset (default), HDMI")


# --- windows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "python", "verdict"),
    [
        ("6.11.3", (3, 11), Verdict.OK),
        ("6.12.0", (3, 11), Verdict.FAIL),
        ("7.0", (3, 11), Verdict.FAIL),
        ("6.12.0", (3, 12), Verdict.OK),
    ],
)
def test_qt_release(
    release: str, python: tuple[int, ...], verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows.importlib.metadata, "version", lambda name: release)
    expect(windows.check_qt_release(python), verdict, release)


def test_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows.sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":7")
    expect(windows.check_display(), Verdict.OK, ":7")
    monkeypatch.delenv("DISPLAY")
    expect(windows.check_display(), Verdict.WARN, "--headless")


def test_qt_starts() -> None:
    expect(windows.check_qt(), Verdict.OK, "offscreen")


def test_qt_that_dies_is_a_finding() -> None:
    program = "import sys; sys.exit('ImportError: libEGL.so.1: cannot open shared object file: No such file')"
    expect(windows.check_qt(program), Verdict.FAIL, "libEGL.so.1", "apt-get install libegl1")


def test_qt_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "QT_PATIENCE", 0.2)
    expect(windows.check_qt("import time; time.sleep(60)"), Verdict.FAIL, "within 0.2 s")


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("libxkbcommon.so.0: cannot open shared object file", "libxkbcommon0"),
        ("libodd.so.3: cannot open shared object file", "the package that has libodd.so.3"),
        (
            "qt.qpa.xcb: could not connect to display :9\nno Qt platform plugin could be initialized",
            "DISPLAY",
        ),
        ('Could not load the Qt platform plugin "xcb"', "libxcb-cursor0"),
        ("ModuleNotFoundError: No module named 'PySide6'", "pip install ."),
        ("Segmentation fault", "QT_DEBUG_PLUGINS"),
    ],
)
def test_qt_advice(complaint: str, advice: str) -> None:
    assert advice in windows.qt_advice(complaint)


def test_headless_demo_without_its_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(windows.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("COACHDESK_CHROMIUM", raising=False)
    expect(windows.check_headless(), Verdict.WARN, "chromium", "pulseaudio", "xvfb")


# --- network -------------------------------------------------------------------------------------------------


def test_udp() -> None:
    expect(network.check_udp(), Verdict.OK)


def test_udp_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(*_: object) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(network, "_udp", blocked)
    expect(network.check_udp(), Verdict.FAIL, "Operation not permitted", "firewall")


def test_local_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "lan_address", lambda: "192.0.2.7")
    expect(network.check_lan(), Verdict.OK, "192.0.2.7")


def test_no_local_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise network.NoNetworkError("none")

    monkeypatch.setattr(network, "lan_address", none)
    expect(network.check_lan(), Verdict.WARN, "connect to a network")
