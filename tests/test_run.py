"""./run sets up what is missing, once, and says what it does. The machine's own tools are replaced by fakes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or os.name != "posix", reason="./run is for Unix"
)

PYTHON = r"""#!/bin/bash
echo "python $*" >>"$FAKES/calls"
case "$*" in
"-c import sys; sys.exit(not"*) [ ! -e "$FAKES/old-python" ] ;;
"-c import ensurepip"*) [ ! -e "$FAKES/no-ensurepip" ] ;;
"-c import sys; print"*) echo python3.11 ;;
-V*) echo Python 3.11.2 ;;
"-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip install"*)
    echo "Collecting aiohttp>=3"
    [ -e "$FAKES/offline" ] && echo "ERROR: Could not install: NewConnectionError" && exit 1
    [ -e "$FAKES/full-disk" ] && echo "Installing collected packages: aiohttp" && echo "ERROR: disk full" && exit 1
    if [ -e "$FAKES/wait" ]; then until [ -e "$FAKES/go" ]; do sleep 0.02; done; fi ;;
"-m coachdesk.browser") [ ! -e "$FAKES/no-browser" ] ;;
"-m pytest"*) echo "3 passed" && case $* in *"${PYTEST_FAILS:-}"*) exit "${PYTEST_EXIT:-0}" ;; esac ;;
esac
"""
APT_GET = r"""#!/bin/bash
echo "apt-get $*" >>"$FAKES/calls"
case "$*" in
*update*) rm -f "$FAKES/stale-lists"; [ ! -e "$FAKES/offline" ] || { echo "E: Temporary failure resolving"; exit 100; } ;;
*install*)
    [ ! -e "$FAKES/stale-lists" ] || { echo "E: Unable to locate package xvfb"; exit 100; }
    [ ! -e "$FAKES/offline" ] || { echo "E: Unable to connect to mirror"; exit 100; }
    for word; do case $word in -*|*=*|install) ;; *) echo "ii |$word, " >>"$FAKES/installed" ;; esac; done
    rm -f "$FAKES/no-ensurepip" ;;
esac
"""
FAKES = {
    "python3": PYTHON,
    "apt-get": APT_GET,
    "dpkg-query": '#!/bin/bash\ncat "$FAKES/installed"\n',
    "getconf": "#!/bin/bash\necho 2\n",
    "id": '#!/bin/bash\ncat "$FAKES/uid"\n',
    "sudo": '#!/bin/bash\n[ ! -e "$FAKES/no-sudo" ] || exit 1\n[ "$1" != -n ] || shift\nexec "$@"\n',
}
TOOLS = (
    "bash",
    "cat",
    "cksum",
    "cp",
    "dirname",
    "env",
    "flock",
    "grep",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "sh",
)
PLACES = {"FAKES": "", "OS_RELEASE": "os-release", "PATH": "bin"}
MORE_TOOLS = ("sleep", "tail", "tee", "touch", "tr", "true", "uname")


class Machine:
    """A folder with the project's set-up files, and a PATH on which the system's tools are fakes.

    What is true of the machine is a file in ``fakes``: ``offline``, ``old-python``, ``no-sudo``, ...
    """

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.fakes = folder / "fakes"
        (self.project / ".ci").mkdir(parents=True)
        (self.fakes / "bin").mkdir(parents=True)
        for name in ("run", ".ci/run", "pyproject.toml"):
            shutil.copy(ROOT / name, self.project / name)
        for name, text in FAKES.items():
            self.program(name, text)
        for name in TOOLS + MORE_TOOLS:
            (self.fakes / "bin" / name).symlink_to(shutil.which(name) or "missing")
        for name, text in {"installed": "", "uid": "0\n", "calls": "", "os-release": "ID=debian\n"}.items():
            self.having(name, text)

    def program(self, name: str, text: str) -> None:
        path = self.fakes / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def having(self, name: str, text: str = "") -> None:
        (self.fakes / name).write_text(text)

    def without(self, name: str) -> None:
        (self.fakes / name).unlink()

    def start(self, *arguments: str, program: str = "./run", **environment: str) -> subprocess.Popen[str]:
        kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "LANG") if name in os.environ}
        own = {name: str(self.fakes / path) for name, path in PLACES.items()}
        return subprocess.Popen(
            [program, *arguments],
            cwd=self.project,
            env={**kept, **own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *arguments: str, code: int = 0, program: str = "./run", **environment: str
    ) -> tuple[str, str]:
        """Standard output and standard error; forgets the calls of earlier runs."""
        self.having("calls")
        with self.start(*arguments, program=program, **environment) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == code, err
        return out, err

    def calls(self, start: str) -> list[str]:
        return [line for line in (self.fakes / "calls").read_text().splitlines() if line.startswith(start)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_help_needs_nothing(machine: Machine) -> None:
    for arguments in ([], ["help"], ["--help"]):
        out, _ = machine.run(*arguments)
        assert "./run demo" in out
        assert "./run test" in out
    assert machine.calls("") == []


def test_unknown_command(machine: Machine) -> None:
    assert "no such command: tset" in machine.run("tset", code=1)[1]


def test_first_run_installs_and_says_what_and_why(machine: Machine) -> None:
    out, err = machine.run("test", "-q", "tests/test_lan.py")
    assert machine.calls("python -m pip install") == ["python -m pip install --editable .[dev]"]
    (install,) = machine.calls("apt-get")
    assert "--no-install-recommends -y libgl1" in install
    for package in (
        "libxdamage1",
        "libportaudio2",
        "pulseaudio",
        "xvfb",
        "libatomic1",
        "chromium",
        "coturn",
        "openbox",
        "xcompmgr",
    ):
        assert package in install.split()
    for group in (
        "windows",
        "share",
        "sound",
        "soundserver",
        "screen",
        "driver",
        "browser",
        "turn",
        "desktop",
    ):
        assert f"needed for {group} (" in err
    assert machine.calls("python -m pytest") == ["python -m pytest -q tests/test_lan.py"]
    assert out.splitlines()[-1] == "3 passed"


def test_second_run_installs_nothing(machine: Machine) -> None:
    machine.run("test")
    _, err = machine.run("test", "-q")
    assert machine.calls("apt-get") == machine.calls("python -m pip") == machine.calls("python -m venv") == []
    assert err == ""


def test_whole_calls_have_the_machine_to_themselves(machine: Machine) -> None:
    machine.run("test")
    assert machine.calls("python -m pytest") == [
        "python -m pytest -n 3 --dist worksteal -m not browser and not media",
        "python -m pytest -n 2 --dist worksteal -m browser and not media",
        "python -m pytest -n 2 --dist worksteal -m media and not browser",
        "python -m pytest -m media and browser",
    ]


@pytest.mark.parametrize(
    "fails", ["-m not browser", "-m browser", "-m media and not", "-m media and browser"]
)
def test_any_part_of_the_tests_may_fail(machine: Machine, fails: str) -> None:
    machine.run("test", code=1, PYTEST_EXIT="1", PYTEST_FAILS=fails)
    assert len(machine.calls("python -m pytest")) == 4


def test_exit_code_is_passed_on(machine: Machine) -> None:
    machine.run("test", code=5, PYTEST_EXIT="5")
    machine.run("-q", program=".ci/run", code=3, PYTEST_EXIT="3")
    assert machine.calls("python -m pytest") == ["python -m pytest -q"]


def test_changed_needs_are_installed(machine: Machine) -> None:
    machine.run("test")
    with (machine.project / "pyproject.toml").open("a") as file:
        file.write("# another package\n")
    machine.run("test")
    assert len(machine.calls("python -m pip install")) == 1
    assert machine.calls("python -m venv") == []


def test_moved_project_is_set_up_again(machine: Machine) -> None:
    machine.run("lint")
    machine.project = machine.project.rename(machine.project.with_name("elsewhere"))
    machine.run("lint")
    assert len(machine.calls("python -m pip install")) == 1


def test_only_missing_packages_are_asked_for(machine: Machine) -> None:
    machine.having("installed", "ii |libgl1, \nii |libglib2.0-0t64, libglib2.0-0 (= 2.80.0-6)\nrc |xvfb, \n")
    machine.run("test")
    words = machine.calls("apt-get")[0].split()
    assert "libgl1" not in words
    assert "libglib2.0-0" not in words
    assert "xvfb" in words


def test_lists_are_fetched_when_they_are_stale(machine: Machine) -> None:
    machine.having("stale-lists")
    machine.run("test")
    assert [line.split()[4] for line in machine.calls("apt-get")] == ["install", "update", "install"]


def test_sudo_is_used_where_it_asks_no_password(machine: Machine) -> None:
    machine.having("uid", "1000\n")
    machine.run("test")
    assert len(machine.calls("apt-get")) == 1


def test_without_rights_it_goes_on_and_tells_the_command(machine: Machine) -> None:
    machine.having("uid", "1000\n")
    machine.having("no-sudo")
    out, err = machine.run("test")
    assert machine.calls("apt-get") == []
    assert "sudo apt-get install --no-install-recommends libgl1" in err
    assert "3 passed" in out


def test_without_a_mirror_it_goes_on_and_says_so(machine: Machine) -> None:
    machine.having("offline")
    _, err = machine.run("test", code=1)
    assert "Is there a network?" in err
    assert "The package index cannot be reached." in err
    assert "Traceback" not in err
    machine.without("offline")
    machine.run("test")


def test_failed_installation_is_not_taken_for_done(machine: Machine) -> None:
    machine.having("offline")
    machine.run("lint", code=1)
    machine.without("offline")
    machine.run("lint")
    assert len(machine.calls("python -m pip install")) == 1


def test_environment_is_kept_when_the_network_fails(machine: Machine) -> None:
    machine.run("lint")
    machine.having("offline")
    with (machine.project / "pyproject.toml").open("a") as file:
        file.write("# another package\n")
    machine.run("lint", code=1)
    machine.run("lint", code=1)
    assert machine.calls("python -m venv") == []


def test_half_installed_environment_is_made_anew(machine: Machine) -> None:
    machine.having("full-disk")
    assert "disk full" in machine.run("lint", code=1)[1]
    machine.without("full-disk")
    machine.run("lint")
    assert len(machine.calls("python -m venv --clear")) == 1


def test_interrupted_installation_begins_anew(machine: Machine) -> None:
    machine.having("wait")
    with machine.start("lint") as process:
        until(lambda: bool(machine.calls("python -m pip install")))
        process.kill()
        machine.having("go")
    machine.run("lint")
    assert len(machine.calls("python -m venv --clear")) == 1
    assert len(machine.calls("python -m pip install")) == 1


def test_two_at_once_install_once(machine: Machine) -> None:
    machine.having("wait")
    with machine.start("lint") as first:
        until(lambda: bool(machine.calls("python -m pip install")))
        with machine.start("lint") as second:
            assert second.stderr is not None
            assert "another setup is at work here" in second.stderr.readline()
            machine.having("go")
            assert second.wait(60) == 0
        assert first.wait(60) == 0
    assert len(machine.calls("python -m pip install")) == 1


def until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_python_too_old(machine: Machine) -> None:
    for name in ("python3.13", "python3.12", "python3.11"):
        machine.program(name, PYTHON)
    machine.having("old-python")
    assert "needs Python 3.11, 3.12 or 3.13" in machine.run("lint", code=1)[1]


def test_debian_s_missing_ensurepip_is_installed(machine: Machine) -> None:
    machine.having("no-ensurepip")
    machine.run("lint")
    assert "python3.11-venv" in machine.calls("apt-get")[0]


def test_without_ensurepip_nor_rights_it_stops_with_the_command(machine: Machine) -> None:
    machine.having("no-ensurepip")
    machine.having("no-sudo")
    machine.having("uid", "1000\n")
    assert "sudo apt-get install python3.11-venv" in machine.run("lint", code=1)[1]


def test_demo_on_a_display_takes_no_browser_and_no_virtual_screen(machine: Machine) -> None:
    machine.run("demo", "--lan", DISPLAY=":0")
    words = machine.calls("apt-get")[0].split()
    assert "libportaudio2" in words
    assert not {"chromium", "xvfb", "coturn", "openbox"} & set(words)
    assert machine.calls("python -m pip install") == ["python -m pip install --editable ."]
    assert machine.calls("python -m coachdesk") == ["python -m coachdesk demo --lan"]


@pytest.mark.parametrize(
    ("arguments", "display"),
    [
        (["--headless"], ":0"),
        (["--report", "seen"], ":0"),
        (["--report=seen"], ":0"),
        ([], ""),
    ],
)
def test_demo_without_a_display_takes_both(machine: Machine, arguments: list[str], display: str) -> None:
    machine.run("demo", *arguments, DISPLAY=display)
    words = machine.calls("apt-get")[0].split()
    assert {"chromium", "xvfb", "pulseaudio"} < set(words)
    assert not {"coturn", "openbox"} & set(words)
    assert machine.calls("python -m pip install") == ["python -m pip install --editable .[demo]"]


def test_what_the_tests_installed_serves_the_demo(machine: Machine) -> None:
    machine.run("test")
    machine.run("demo", DISPLAY=":0")
    assert machine.calls("python -m pip install") == []


def test_ubuntu_gets_playwright_s_chromium(machine: Machine) -> None:
    machine.having("os-release", "ID=ubuntu\nID_LIKE=debian\n")
    machine.having("no-browser")
    machine.run("test")
    assert "chromium" not in machine.calls("apt-get")[0].split()
    assert machine.calls("python -m playwright") == [
        "python -m playwright install chromium",
        "python -m playwright install-deps chromium",
    ]


def test_chrome_spares_chromium(machine: Machine) -> None:
    machine.program("google-chrome", "#!/bin/sh\n")
    machine.run("test")
    assert "chromium" not in machine.calls("apt-get")[0].split()


def test_elsewhere_than_debian_it_points_to_the_list(machine: Machine) -> None:
    for name in ("apt-get", "dpkg-query"):
        (machine.fakes / "bin" / name).unlink()
    _, err = machine.run("test")
    assert "docs/contributing.md" in err


def test_contributing_lists_every_package() -> None:
    listed = (ROOT / "docs/contributing.md").read_text("utf-8")
    groups = (ROOT / "run").read_text("utf-8").partition("GROUPS_OF_PACKAGES='")[2].partition("'")[0]
    packages = [package for line in groups.strip().splitlines() for package in line.split("|")[2].split()]
    assert len(packages) > 15
    assert [package for package in packages if package not in listed] == []
