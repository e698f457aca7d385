"""What the demo tells of a walk through the modes: played by stand-ins here, on real media in tests/e2e."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from coachdesk import commands, events
from coachdesk.demo import walk as walking
from coachdesk.demo.recording import Recording
from coachdesk.demo.report import write_report
from coachdesk.demo.walk import PARTIES, Step, Walk, hearing, latencies, unmeasured, walk
from coachdesk.hearing import TONES, tone
from coachdesk.media.pcm import RATE
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Mode

SECONDS = 2.5


class Endpoint:
    """Obeys at once; what its ears tell is put into ``log``, with the time it was told."""

    def __init__(self) -> None:
        self.log: list[tuple[float, events.AnyEvent]] = []
        self.obeyed: Callable[[commands.Command], None] = lambda command: None

    def hears(self, *sources: str) -> None:
        now = time.monotonic()
        self.log += [(now, events.FirstSound(source=source, time=now)) for source in sources]

    async def do(self, command: commands.Command) -> events.AnyEvent:
        self.obeyed(command)
        mode = command.mode if isinstance(command, commands.SetMode) else Mode.LISTEN
        return events.ModeChanged(mode=mode, in_force=True)

    async def wait(
        self, kind: type, matches: Callable[[Any], bool] = lambda event: True, *, since: float = 0.0
    ) -> events.AnyEvent:
        return next(
            event for told, event in self.log if told >= since and isinstance(event, kind) and matches(event)
        )


class Customer:
    async def calm(self) -> None: ...

    async def voice_started(self) -> float:
        return 0.0


async def test_a_walk_times_the_first_sound_wherever_an_endpoint_hears_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walking, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(walking, "MEASURED_SECONDS", 0.0)
    agent, supervisor, trainee = Endpoint(), Endpoint(), Endpoint()
    trainee.hears("customer", "agent")

    def obeyed(command: commands.Command) -> None:
        if isinstance(command, commands.Listen):
            supervisor.hears("customer", "agent")
        elif isinstance(command, commands.SetMode) and command.mode is Mode.WHISPER:
            agent.hears("customer", "coach")
        elif isinstance(command, commands.SetMode) and command.mode is Mode.LANE:
            trainee.hears("customer", "agent", "coach")

    supervisor.obeyed = obeyed
    staff = cast("list[RemoteEndpoint]", [agent, supervisor, trainee])
    result = await walk(*staff, "call", lambda text: None, Customer())
    assert list(result.first_sound_ms) == [
        "listen: customer at supervisor",
        "whisper: supervisor at agent",
        "talk to the trainee: supervisor at trainee",
    ]
    assert min(result.first_sound_ms.values()) >= 0


async def test_a_step_in_which_a_line_was_lost_is_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(walking, "MEASURED_SECONDS", 0.0)
    monkeypatch.setattr(walking, "STEPS", (("take over", Mode.TAKEOVER), ("hand back", Mode.LISTEN)))
    agent, supervisor, trainee = Endpoint(), Endpoint(), Endpoint()
    trainee.hears("customer")
    asked: list[Mode] = []
    told: list[str] = []

    def obeyed(command: commands.Command) -> None:
        if isinstance(command, commands.Listen):
            supervisor.hears("customer")
        elif isinstance(command, commands.SetMode):
            asked.append(command.mode)
            if len(asked) == 1:
                states = ("lost", "connecting", "connected")
                supervisor.log += [
                    (time.monotonic(), events.Media(party="agent", state=each)) for each in states
                ]
            elif len(asked) == 2:
                agent.log += [(time.monotonic(), events.Online(on=each)) for each in (False, True)]

    supervisor.obeyed = obeyed
    staff = cast("list[RemoteEndpoint]", [agent, supervisor, trainee])
    result = await walk(*staff, "call", told.append, Customer())
    assert asked == [Mode.TAKEOVER, Mode.TAKEOVER, Mode.TAKEOVER, Mode.LISTEN]
    assert [step.mode for step in result.steps] == [Mode.TAKEOVER, Mode.LISTEN]
    assert [text for text in told if "lost" in text] == [
        "take over: a line was lost meanwhile, and is back"
    ] * 2


def one_step() -> tuple[Walk, dict[str, Recording], dict[str, Recording]]:
    """Agent and customer alone speak; the recording of the trainee's ears is empty."""
    said = {name: Recording(tone(TONES[name], 8.0, keyed=True), 0.0, looped=True) for name in PARTIES}
    speech = said["agent"].samples + said["customer"].samples
    heard = {name: Recording(speech, 0.1) for name in PARTIES}
    heard["agent"] = Recording(said["customer"].samples, 0.1)
    heard["customer"] = Recording(said["agent"].samples, 0.1)
    heard["trainee"] = Recording(said["agent"].samples[:RATE] * 0, 0.0)
    return Walk([Step("listen", Mode.LISTEN, 1.0, 1.0 + SECONDS, 0.0, 50.0)]), said, heard


def test_a_path_whose_latency_cannot_be_told_is_named() -> None:
    result, said, heard = one_step()
    found = latencies(result, said, heard)
    assert found == pytest.approx(
        dict.fromkeys(
            ("agent to customer", "agent to supervisor", "customer to agent", "customer to supervisor"), 100.0
        ),
        abs=2.0,
    )
    assert unmeasured(result, found) == ["agent to trainee", "customer to trainee"]


def test_the_report_names_what_it_could_not_measure_and_fails_for_the_matrix_alone(tmp_path: Path) -> None:
    result, said, heard = one_step()
    matrices = hearing(result, heard)
    assert write_report(tmp_path, result, matrices, latencies(result, said, heard), []) is False
    heard["trainee"] = heard["supervisor"]
    assert write_report(tmp_path, result, hearing(result, heard), {"agent to customer": 100.0}, []) is True
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["ok"] is True
    assert report["one_way_latency_ms"] == {"agent to customer": 100.0}
    assert "customer to agent" in report["unmeasured"]
    assert "agent to customer" not in report["unmeasured"]
