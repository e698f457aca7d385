"""What the demo tells of a walk through the modes: played by stand-ins here, on real media in tests/e2e."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from coachdesk import commands, events
from coachdesk.demo import walk as walking
from coachdesk.demo.recording import Recording
from coachdesk.demo.report import write_report
from coachdesk.demo.walk import PARTIES, Step, Walk, hearing, latencies, leaks, unmeasured, walk
from coachdesk.hearing import TONES, tone
from coachdesk.media.pcm import RATE
from coachdesk.remote import RemoteEndpoint
from coachdesk.steadiness import Lateness
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


class Machine:
    """Keeps time, but in the steps whose measurements are ``late``, counted from 0."""

    def __init__(self, *late: int) -> None:
        self._late = late
        self._asked = 0

    def lateness(self) -> Lateness:
        self._asked += 1
        late = self._asked % 2 == 0 and self._asked // 2 - 1 in self._late
        return Lateness(0.5, 1.0) if late else Lateness(0.0, 0.0)


class Staff:
    """On a call whose customer those who listen hear. ``then``: what comes of the modes the supervisor asks for."""

    def __init__(self, then: Callable[[Staff], None]) -> None:
        self.agent, self.supervisor, self.trainee = Endpoint(), Endpoint(), Endpoint()
        self.trainee.hears("customer")
        self.asked: list[Mode] = []
        self.told: list[str] = []
        self._then = then
        self.supervisor.obeyed = self._obeyed

    def _obeyed(self, command: commands.Command) -> None:
        if isinstance(command, commands.Listen):
            self.supervisor.hears("customer")
        elif isinstance(command, commands.SetMode):
            self.asked.append(command.mode)
            self._then(self)

    async def walk(self, *late: int) -> Walk:
        """The machine is late in the measurements ``late``, counted from 0."""
        parties = cast("list[RemoteEndpoint]", [self.agent, self.supervisor, self.trainee])
        return await walk(*parties, "call", self.told.append, Customer(), Machine(*late))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(walking, "MEASURED_SECONDS", 0.0)


@pytest.mark.usefixtures("at_once")
async def test_a_walk_times_the_first_sound_wherever_an_endpoint_hears_it() -> None:
    def then(staff: Staff) -> None:
        if staff.asked[-1] is Mode.WHISPER:
            staff.agent.hears("customer", "coach")
        elif staff.asked[-1] is Mode.LANE:
            staff.trainee.hears("customer", "agent", "coach")

    result = await Staff(then).walk()
    assert list(result.first_sound_ms) == [
        "listen: customer at supervisor",
        "whisper: supervisor at agent",
        "talk to the trainee: supervisor at trainee",
    ]
    assert min(result.first_sound_ms.values()) >= 0


@pytest.mark.usefixtures("at_once")
async def test_a_step_in_which_a_line_was_lost_is_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "STEPS", (("take over", Mode.TAKEOVER), ("hand back", Mode.LISTEN)))

    def then(staff: Staff) -> None:
        if len(staff.asked) == 1:
            states = ("lost", "connecting", "connected")
            staff.supervisor.log += [
                (time.monotonic(), events.Media(party="agent", state=each)) for each in states
            ]
        elif len(staff.asked) == 2:
            staff.agent.log += [(time.monotonic(), events.Online(on=each)) for each in (False, True)]

    staff = Staff(then)
    result = await staff.walk()
    assert staff.asked == [Mode.TAKEOVER, Mode.TAKEOVER, Mode.TAKEOVER, Mode.LISTEN]
    assert [step.mode for step in result.steps] == [Mode.TAKEOVER, Mode.LISTEN]
    assert [text for text in staff.told if "lost" in text] == [
        "take over: a line was lost meanwhile, and is back"
    ] * 2


@pytest.mark.usefixtures("at_once")
async def test_a_step_in_which_the_machine_stood_still_is_measured_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walking, "STEPS", (("whisper", Mode.WHISPER), ("listen again", Mode.LISTEN)))

    def then(staff: Staff) -> None:
        if len(staff.asked) == 1:
            staff.agent.hears("customer", "coach")

    staff = Staff(then)
    result = await staff.walk(0, 2, 3, 4)
    assert staff.asked == [Mode.WHISPER] * 2 + [Mode.LISTEN] * 3
    assert [step.mode for step in result.steps] == [Mode.WHISPER, Mode.LISTEN]
    assert [step.mode for step in result.late] == [Mode.WHISPER] + [Mode.LISTEN] * 3
    assert (
        "whisper: the machine stood still meanwhile: 50 % of the time lost by waking late, 1.00 s at most"
        in staff.told
    )


def test_what_is_heard_by_who_must_not_hear_it_is_told_though_the_machine_stood_still() -> None:
    result, _, heard = one_step()
    result.late.append(replace(result.steps[0], title="before"))
    assert leaks(result, heard) == []
    heard["customer"] = Recording(heard["agent"].samples + tone(TONES["supervisor"], 8.0, -30.0), 0.1)
    assert leaks(result, heard) == [
        "before: supervisor was heard by customer, -30 dBFS, while the machine stood still"
    ]


def one_step() -> tuple[Walk, dict[str, Recording], dict[str, Recording]]:
    """Agent and customer alone speak; the recording of the trainee's ears is empty."""
    said = {name: Recording(tone(TONES[name], 8.0, keyed=True), 0.0, looped=True) for name in PARTIES}
    speech = said["agent"].samples + said["customer"].samples
    heard = {name: Recording(speech, 0.1) for name in PARTIES}
    heard["agent"] = Recording(said["customer"].samples, 0.1)
    heard["customer"] = Recording(said["agent"].samples, 0.1)
    heard["trainee"] = Recording(said["agent"].samples[:RATE] * 0, 0.0)
    return Walk([Step("listen", Mode.LISTEN, 0.5, 1.0, 1.0 + SECONDS, 0.0, 50.0)]), said, heard


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
