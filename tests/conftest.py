"""What every test gets: a home of its own, no windows on the screen, no patience for unexpected warnings."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from coachdesk.steadiness import Witness
from tests.steadiness import REPEATS, Heard, await_calm

_home = Path(tempfile.mkdtemp(prefix="coachdesk-tests-"))
_home.chmod(0o700)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
for _name in ("CACHE", "CONFIG", "DATA", "STATE"):
    os.environ[f"XDG_{_name}_HOME"] = str(_home / _name.lower())
os.environ["XDG_RUNTIME_DIR"] = str(_home)
# A shell starts what runs in the background with interrupts ignored, and every process of ours would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says something of the machine; each test's own time limit stays.
settings.register_profile("coachdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("coachdesk")


def pytest_unconfigure() -> None:
    shutil.rmtree(_home, ignore_errors=True)


class InRealTime:
    """Repeats a test marked ``media`` that fails while the machine does not keep time, and only then."""

    def __init__(self) -> None:
        self._witness = Witness()
        self._kept_time = True

    def failed_for_want_of_time(self, error: BaseException | None) -> bool:
        return not (self._kept_time or isinstance(error, Heard))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if getattr(item, "execution_count", 1) > 1:
            await_calm(self._witness)
        self._witness.lateness()
        self._kept_time = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None:
            late = self._witness.lateness()
            self._kept_time = self._kept_time and late.kept_time
            item.add_report_section(call.when, "the machine", str(late))

    def pytest_unconfigure(self) -> None:
        self._witness.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    in_real_time = [item for item in items if item.get_closest_marker("media")]
    if in_real_time and not config.option.collectonly:
        watch = InRealTime()
        config.pluginmanager.register(watch)
        for item in in_real_time:
            item.add_marker(pytest.mark.flaky(reruns=REPEATS, condition=watch.failed_for_want_of_time))


class LogWatch(logging.Handler):
    """Keeps what is logged as a warning or worse.

    Attributes:
        lines: one per record, with the logger's name and the level.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({record.exc_info[1]!r})"
        self.lines.append(line)


@pytest.fixture(autouse=True)
def logfail(request: pytest.FixtureRequest) -> Iterator[LogWatch]:
    """Fails a test that logs a warning, unless ``@pytest.mark.allow_log("why")`` says it may."""
    allowed = request.node.get_closest_marker("allow_log")
    if allowed is not None and not (allowed.args and allowed.args[0]):
        pytest.fail("allow_log needs a reason: @pytest.mark.allow_log('the server is killed here')")
    watch = LogWatch()
    logging.getLogger().addHandler(watch)
    yield watch
    logging.getLogger().removeHandler(watch)
    if watch.lines and allowed is None:
        pytest.fail("unexpected in the log:\n  " + "\n  ".join(watch.lines[:10]), pytrace=False)


@pytest.fixture
def page(tmp_path: Path) -> str:
    """A picture to share."""
    file = tmp_path / "page.png"
    file.write_bytes(cv2.imencode(".png", np.full((90, 160, 3), 200, np.uint8))[1].tobytes())
    return str(file)
