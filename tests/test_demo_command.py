"""``coachdesk demo`` as its users meet it, where it does not run."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from coachdesk import demo
from coachdesk.cli import app
from coachdesk.remote import RemoteError


@pytest.mark.parametrize(
    ("options", "display"), [(["--headless"], ":0"), (["--report", "seen"], ":0"), ([], "")]
)
def test_a_phone_cannot_call_a_demo_without_windows(
    options: list[str], display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not display:
        monkeypatch.setattr(demo, "has_display", lambda: False)
    else:
        monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(demo, "run_demo", lambda **_: pytest.fail("it runs nevertheless"))
    ended = CliRunner().invoke(app, ["demo", "--lan", *options])
    assert ended.exit_code == 2
    assert "without --headless and --report" in " ".join(ended.stderr.replace("│", "").split())


@pytest.mark.parametrize("fault", [*demo.NOT_THERE, *demo.STOPPED])
def test_a_demo_that_cannot_go_on_says_why(fault: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(**_: object) -> int:
        raise RemoteError("gone", "it stopped") if fault is RemoteError else fault("it stopped")

    monkeypatch.setattr(demo, "run_demo", stops)
    ended = CliRunner().invoke(app, ["demo", "--headless"])
    assert ended.exit_code == 1
    assert re.fullmatch(r"coachdesk: [^\n]*it stopped[^\n]*\n", ended.stderr)
    assert ("--report DIR" in ended.stderr) == (fault in demo.STOPPED)
