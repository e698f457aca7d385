"""How calls sound, as endpoints report it: who may, what is counted, what stays on record, what is refused."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from signaling.metrics import Metrics
from signaling.protocol import (
    Code,
    HangUp,
    Hold,
    Listen,
    Ok,
    ProtocolError,
    ReportQuality,
    dump,
    parse_client,
)
from signaling.quality import MAX_MINUTES, MAX_READINGS, Score, Sound
from signaling.step import CallMinute, CallQuality, Heard, Step

from .desk import Client, Desk, whispering
from .wire import Site, on_call


def score(mos: float = 4.2, *, worst: float | None = None, readings: int = 5) -> Score:
    return Score(readings, mos, mos if worst is None else worst, 80.0, 0.01, 0.02)


def report(client: Client, call: str, scores: dict[Sound, Score] | None = None) -> Step:
    """Sends a report of the customer's sound, or of ``scores``; it must be taken."""
    message = ReportQuality(1, call, scores or {Sound.CUSTOMER: score()})
    step = client.desk.hub.handle(client.connection, message, client.desk.now)
    assert step.out == [(client.connection, Ok(1))], "nobody else is told"
    client.desk.apply(step)
    return step


def recorded(desk: Desk) -> list[CallQuality]:
    return [change for change in desk.changes if isinstance(change, CallQuality)]


def test_a_report_is_counted_by_roles_and_told_to_nobody(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    scores = {Sound.CUSTOMER: score(4.1), Sound.COACH: score(3.9), Sound.AGENT_AT_CUSTOMER: score(4.4)}
    assert report(agent, call, scores).heard == [
        Heard("customer", "agent", score(4.1)),
        Heard("coach", "agent", score(3.9)),
        Heard("agent", "customer", score(4.4)),
    ]
    step = report(supervisor, call, {Sound.AGENT: score(3.0)})
    assert step.heard == [Heard("agent", "supervisor", score(3.0))]
    assert not step.audit
    assert not step.changes, "a report alone is not worth a write"


def test_the_record_of_a_call_has_mean_and_worst_of_each_pair(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    report(agent, call, {Sound.CUSTOMER: score(4.0, worst=3.0, readings=5)})
    report(supervisor, call)
    desk.now += 10
    report(agent, call, {Sound.CUSTOMER: score(3.0, worst=2.5, readings=15)})
    assert not recorded(desk)
    agent.do(HangUp, call=call)
    assert recorded(desk) == [
        CallQuality(call, "customer", "agent", 20, 3.25, 2.5),
        CallQuality(call, "customer", "supervisor", 5, 4.2, 4.2),
    ]


def minutes(desk: Desk) -> list[CallMinute]:
    return [change for change in desk.changes if isinstance(change, CallMinute)]


def test_the_course_of_a_call_is_on_record_minute_by_minute(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    report(agent, call, {Sound.CUSTOMER: score(4.0, worst=3.0, readings=5)})
    report(supervisor, call)
    desk.now += 10
    report(agent, call, {Sound.CUSTOMER: Score(15, 3.0, 2.5, 160.0, 0.05, 0.1)})
    assert minutes(desk) == [], "no minute is over"
    desk.now += 180
    report(agent, call, {Sound.CUSTOMER: score(4.4), Sound.AGENT_AT_CUSTOMER: score(4.1)})
    (first,) = minutes(desk)
    assert (first.source, first.listener, first.minute, first.readings) == ("customer", "agent", 0, 20)
    assert (first.mos_mean, first.mos_worst) == (3.25, 2.5)
    assert (first.delay_ms, first.loss, first.concealed) == pytest.approx((140.0, 0.04, 0.08))
    agent.do(HangUp, call=call)
    assert [(each.source, each.listener, each.minute) for each in minutes(desk)[1:]] == [
        ("customer", "agent", 3),
        ("customer", "supervisor", 0),
        ("agent", "customer", 3),
    ]


def test_the_course_is_kept_for_a_day_and_the_whole_goes_on(desk: Desk) -> None:
    agent, _, _, call = whispering(desk)
    for day in (0, 60 * MAX_MINUTES):
        desk.now += day
        for _ in range(2):
            report(agent, call)
            desk.now += 60
    agent.do(HangUp, call=call)
    assert [each.minute for each in minutes(desk)] == [0, 1]
    assert [each.readings for each in recorded(desk)] == [20]


def test_a_minute_outlives_a_restart_of_the_server(desk: Desk) -> None:
    agent, _, _, call = whispering(desk)
    report(agent, call)
    agent.do(Hold, call=call, on=True)
    desk.restart()
    agent = desk.back(agent)
    desk.now += 10
    report(agent, call)
    agent.do(HangUp, call=call)
    assert [(each.minute, each.readings) for each in minutes(desk)] == [(0, 10)]


def test_a_call_without_reports_has_no_such_record(desk: Desk) -> None:
    agent, _, _, call = whispering(desk)
    agent.do(HangUp, call=call)
    assert not recorded(desk)


def test_the_scores_outlive_a_restart_of_the_server(desk: Desk) -> None:
    agent, _, _, call = whispering(desk)
    report(agent, call)
    agent.do(Hold, call=call, on=True)
    desk.restart()
    desk.back(agent).do(HangUp, call=call)
    assert recorded(desk) == [CallQuality(call, "customer", "agent", 5, 4.2, 4.2)]


def test_what_is_known_of_a_call_that_cannot_be_restored_stays(desk: Desk) -> None:
    agent, customer, _, call = whispering(desk)
    report(agent, call)
    agent.do(Hold, call=call, on=True)
    del desk.journal[f"party:{customer.party}"]
    desk.restart()
    assert [each.call for each in recorded(desk)] == [call]


def test_reports_come_no_faster_than_the_limit(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    report(agent, call)
    desk.now += desk.limits.quality_interval - 0.1
    heard = {Sound.CUSTOMER: score()}
    assert agent.refused(ReportQuality, call=call, heard=heard) == Code.TOO_MANY_MESSAGES
    report(supervisor, call)
    desk.now += 0.1
    report(agent, call)
    agent.do(HangUp, call=call)
    assert [each.readings for each in recorded(desk)] == [10, 5]


@pytest.mark.parametrize("sound", [Sound.AGENT, Sound.AGENT_AT_CUSTOMER])
def test_nobody_reports_what_they_do_not_hear(desk: Desk, sound: Sound) -> None:
    agent, _, supervisor, call = whispering(desk)
    reporter = agent if sound is Sound.AGENT else supervisor
    heard = {Sound.CUSTOMER: score(), sound: score()}
    assert reporter.refused(ReportQuality, call=call, heard=heard) == Code.BAD_MESSAGE
    report(reporter, call)  # a refused report counts for nothing, not even against the next
    agent.do(HangUp, call=call)
    assert [each.readings for each in recorded(desk)] == [5]


def test_only_who_is_on_the_call_and_no_customer_reports(desk: Desk) -> None:
    _, customer, _, call = whispering(desk)
    heard = {Sound.CUSTOMER: score()}
    for other in (customer, desk.trainee(), desk.supervisor("sam"), desk.agent("bea")):
        assert other.refused(ReportQuality, call=call, heard=heard) == Code.NOT_ALLOWED
    trainee = desk.trainee("tom")
    trainee.do(Listen, call=call)
    report(trainee, call)
    assert trainee.refused(ReportQuality, call="another", heard=heard) == Code.NO_SUCH_CALL


GOOD: dict[str, Any] = {
    "type": "report_quality",
    "id": 1,
    "call": "c",
    "heard": {"customer": msgspec.to_builtins(score())},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("readings", 0),
        ("readings", MAX_READINGS + 1),
        ("readings", 1.5),
        ("mos", 0.9),
        ("mos", 4.6),
        ("mos_worst", -1),
        ("delay_ms", -1),
        ("delay_ms", 1e300),
        ("loss", 1.01),
        ("concealed", -0.01),
        ("concealed", None),
        ("party", "kzWrb2yn0AA9WgqN"),
    ],
)
def test_what_is_out_of_range_or_more_than_asked_for_is_no_message(field: str, value: object) -> None:
    assert dump(parse_client(msgspec.json.encode(GOOD)))
    message = copy.deepcopy(GOOD)
    message["heard"]["customer"][field] = value
    with pytest.raises(ProtocolError):
        parse_client(msgspec.json.encode(message))


@pytest.mark.parametrize("heard", [{}, {"mia": GOOD["heard"]["customer"]}, {"customer": {}}])
def test_a_source_is_one_of_the_roles(heard: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        parse_client(msgspec.json.encode(GOOD | {"heard": heard}))


def test_the_metrics_have_a_report_in_every_histogram() -> None:
    metrics = Metrics()
    metrics.heard(Heard("customer", "agent", Score(5, 3.0, 2.0, 120.0, 0.04, 0.2)))
    labels = {"source": "customer", "listener": "agent"}

    def bucket(name: str, bound: str) -> float | None:
        return metrics.registry.get_sample_value(f"{name}_bucket", labels | {"le": bound})

    assert (bucket("coachdesk_mos", "2.8"), bucket("coachdesk_mos", "3.1")) == (0, 1)
    assert bucket("coachdesk_one_way_delay_seconds", "0.1") == 0
    assert bucket("coachdesk_one_way_delay_seconds", "0.15") == 1
    assert metrics.registry.get_sample_value("coachdesk_packets_lost_ratio_sum", labels) == 0.04
    assert metrics.registry.get_sample_value("coachdesk_sound_concealed_ratio_sum", labels) == 0.2


async def test_a_report_over_the_wire_is_in_the_metrics_without_a_name(office: Site) -> None:
    people, call = await on_call(office)
    await people["amy"].ask_raw({"type": "report_quality", "call": call, "heard": GOOD["heard"]})
    async with office.session.get(f"{office.url}/metrics") as response:
        text = await response.text()
    assert 'coachdesk_mos_count{listener="agent",source="customer"} 1.0' in text
    assert call not in text
    for wire in people.values():
        assert wire.party not in text
