"""What support gets: enough to help, at any time, and nothing that would let them in or tell who was on the call."""

from __future__ import annotations

from pathlib import Path

import pytest

from coachdesk import commands, diagnostics, events
from coachdesk.diagnostics import PACKAGES, report
from coachdesk.endpoint import Endpoint
from coachdesk.media.quality import History
from signaling.protocol import Invitation, Knock
from tests.fakes.readings import reading
from tests.media.peers import until
from tests.signaling.wire import make_staff, site


def test_the_report_has_versions_quality_and_streams() -> None:
    history = History()
    history.add({"customer": reading(mos=4.0)})
    history.add({"customer": reading(mos=3.0)})
    text = report(history, {"heard.customer": {"delay_ms": 31.5}})
    assert "# Machine\n" in text
    assert all(f"\n{package} " in text for package in PACKAGES)
    assert "customer: readings 2, mos_median 3.5, mos_worst 3, " in text
    assert "# Its opinion score in each minute of the call\ncustomer: 1 3.5\n" in text
    assert text.endswith("# Streams and devices\nheard.customer: delay_ms 31.5\n")


def test_a_package_that_is_not_there_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "PACKAGES", ("no-such-package",))
    assert "no-such-package not installed" in report(History(), {})


async def test_without_a_server_or_a_call_there_are_diagnostics() -> None:
    endpoint = Endpoint("http://127.0.0.1:9", "token-of-amy")
    try:
        answer = await endpoint.do(commands.Diagnostics())
    finally:
        await endpoint.close()
    assert isinstance(answer, events.Diagnostics)
    assert "# Sound of the call, by source\nnothing\n" in answer.text
    assert "token-of-amy" not in answer.text


async def test_on_a_call_no_secret_and_no_name_is_in_it(tmp_path: Path) -> None:
    staff = await make_staff(tmp_path / "staff.db")
    folder = tmp_path / "run"
    folder.mkdir()
    turn = {"turn_urls": ("turn:127.0.0.1:9?transport=udp",), "turn_secret": "static-auth-secret"}
    async with site(staff, folder, **turn) as office, Endpoint(office.url, staff.tokens["amy"]) as amy:
        told: list[events.AnyEvent] = []
        amy.subscribe(told.append)
        invited = await amy.do(commands.Invite(label="Router down"))
        assert isinstance(invited, events.Invited)
        guest = await office.connect()
        secret = invited.url.partition("#")[2]
        await guest.ws.send_json({"type": "hello", "version": 1, "link": secret})
        invitation = await guest.until(Invitation)
        await guest.do(Knock, name="Bob", camera=True, microphone=True)
        await amy.do(commands.Admit(party=invitation.party))
        await until(lambda: any(isinstance(event, events.Call) for event in told))
        answer = await amy.do(commands.Diagnostics())
        welcome = amy._client.welcome
    assert isinstance(answer, events.Diagnostics)
    assert welcome is not None
    (ice,) = welcome.ice
    assert ice.credential
    secrets = [staff.tokens["amy"], welcome.resume, secret, invitation.resume, ice.username, ice.credential]
    for hidden in [*secrets, "static-auth-secret", "amy", "Bob", "Router down", "127.0.0.1"]:
        assert hidden not in answer.text
