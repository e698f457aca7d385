"""Sharing a screen by command: who may, what they are told, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from coachdesk import agent, commands, events, sharing
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.picture.camera import Camera
from coachdesk.media.picture.encoding import MOTION, SCREEN
from coachdesk.media.screenshare import screensource
from coachdesk.media.screenshare.screensource import open_screen
from coachdesk.routing import Member, screen_viewers
from coachdesk.screenevents import Place
from coachdesk.screenrules import Rules
from signaling import protocol
from signaling.policy import Mode, Role
from signaling.protocol import EndReason
from tests.fakes.observing import Observing
from tests.fakes.signaling import settle
from tests.fakes.views import MIA, TOM, call_view, party
from tests.media.peers import until
from tests.test_agent_session import Desk, FakeHub


@pytest_asyncio.fixture
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "AgentHub", FakeHub)
        desk = Desk(getattr(request, "param", "all"))
        yield desk
        await desk.session.close()


def recorded(desk: Desk) -> list[tuple[str, str]]:
    """What the server was asked for, or told of a share."""
    asked = [fields for kind, fields in desk.client.asked if kind is protocol.ShareScreen]
    assert {fields["call"] for fields in asked} <= {"call-1"}
    return [(fields["source"], fields["state"]) for fields in asked]


async def refused(desk: Desk, command: commands.Command) -> str:
    with pytest.raises(CommandError) as error:
        await desk.session.do(command)  # type: ignore[arg-type]
    assert error.value.message
    return error.value.code


def told(desk: Desk) -> list[events.Sharing]:
    return [event for event in desk.events if isinstance(event, events.Sharing)]


@pytest.mark.parametrize("role", list(Role))
def test_whose_screen_is_for_whom(role: Role) -> None:
    everybody = [Member(each.value, each, Mode.TAKEOVER) for each in Role]
    observers = {Role.SUPERVISOR, Role.TRAINEE, Role.ADMIN}
    expected = {
        Role.AGENT: observers,
        Role.SUPERVISOR: {Role.AGENT, Role.TRAINEE, Role.ADMIN},  # not back to the one who shares
        Role.CUSTOMER: observers | {Role.AGENT},
    }
    assert {member.role for member in screen_viewers(everybody, role.value)} == expected.get(role, set())
    held = {member.role for member in screen_viewers(everybody, role.value, held=True)}
    assert held == (set() if role is Role.CUSTOMER else expected.get(role, set()))
    taken_over = {member.role for member in screen_viewers(everybody, role.value, shown=True)}
    assert taken_over == expected.get(role, set()), (
        "the agent shows the customer nothing while another speaks for them"
    )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("held", [False, True])
def test_only_a_customer_who_hears_the_agent_is_shown_the_agents_screen(
    role: Role, mode: Mode, held: bool
) -> None:
    call = [Member("a", Role.AGENT), Member("c", Role.CUSTOMER), Member("s", Role.SUPERVISOR, mode)]
    call.append(Member("x", role, mode))
    sharers = {"agent": "a", "customer": "c"}
    seen = screen_viewers(call, sharers.get(role.value, "x"), held=held, shown=True)
    hears = role is Role.AGENT and mode is not Mode.TAKEOVER and not held
    assert ("c" in {member.party for member in seen}) == hears


async def test_without_a_call_nothing_is_shared(desk: Desk, page: str) -> None:
    for command in (commands.Share(source=page), commands.StopShare(), commands.BlankShare(on=True)):
        assert await refused(desk, command) == "no_such_call"


@pytest.mark.parametrize(
    "command",
    [commands.Share(source="test"), commands.StopShare(), commands.BlankShare(on=True), commands.Screens()],
)
@pytest.mark.parametrize("role", [Role.TRAINEE, Role.ADMIN])
async def test_of_observers_supervisors_alone_may_share(command: commands.Command, role: Role) -> None:
    with pytest.MonkeyPatch.context() as patch:
        observer = Observing(patch, role)
        observer.told(Mode.TAKEOVER)
        with pytest.raises(CommandError, match="role"):
            await observer.session.do(command)  # type: ignore[arg-type]
        await observer.end()


async def test_who_sees_it_is_told_to_the_sharer(desk: Desk, page: str) -> None:
    await desk.told(1)
    answer = await desk.session.do(commands.Share(source=page))
    assert answer == events.Sharing(state="on", label="page.png", seen_by=[MIA, TOM])
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=2)))
    assert told(desk)[-1].seen_by == [MIA]
    assert (await desk.session.do(commands.BlankShare(on=True))).state == "blank"  # type: ignore[union-attr]
    assert (await desk.session.do(commands.BlankShare(on=False))).state == "on"  # type: ignore[union-attr]
    assert await desk.session.do(commands.StopShare()) == events.Sharing(state="off")
    assert [each.state for each in told(desk)] == ["on", "on", "blank", "on", "off"]


@pytest.mark.parametrize(
    ("desk", "mode", "known"),
    [("none", Mode.BARGE, []), ("talking", Mode.LISTEN, []), ("talking", Mode.WHISPER, [MIA])],
    indirect=["desk"],
)
async def test_it_does_not_tell_who_observes_where_the_policy_hides_that(
    desk: Desk, mode: Mode, known: list[str], page: str
) -> None:
    await desk.told(1, mode)
    answer = await desk.session.do(commands.Share(source=page))
    assert isinstance(answer, events.Sharing)
    assert answer.seen_by == known


@pytest.mark.parametrize("source", ["default", "0", "", "no/such/page.png", "Webcam", "notes.txt"])
async def test_what_is_no_screen_is_refused_with_words(desk: Desk, source: str) -> None:
    await desk.told(1)
    with pytest.raises(Exception, match=r"cannot be (shared|read)"):
        await desk.session.do(commands.Share(source=source))
    assert told(desk) == []


class Captured:
    """In place of the program that captures."""

    label, warning, fault, place, pointer = "HDMI-1", "Windows cannot be told apart.", None, None, None

    def __init__(self, source: str, rules: Rules) -> None:
        self.rules = [rules]

    def hide(self, rules: Rules) -> None:
        self.rules.append(rules)

    def latest(self) -> None: ...

    def close(self) -> None: ...


async def test_rules_of_the_team_and_of_ones_own_hold_from_the_first_picture_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screensource, "ScreenCapture", Captured)
    await desk.told(1)
    welcome = desk.client.welcome
    region, of_team = "region:0:1,2,30,40", "region:0:0,0,640,80"
    desk.client.welcome = msgspec.structs.replace(
        welcome, hidden_windows=("Payroll",), hidden_regions=(of_team,)
    )
    assert await desk.session.do(commands.ShareRules(titles=("*Ledger",), regions=(region,))) == events.Ok()
    told = await desk.session.do(commands.Share(source="screen:0"))
    assert isinstance(told, events.Sharing)
    assert told.warning == Captured.warning
    source = desk.hub.screens.agent.source
    assert source.rules == [Rules(titles=("Payroll", "*Ledger"), regions=(of_team, region))]
    await desk.session.do(commands.ShareRules())
    desk.client.welcome = msgspec.structs.replace(welcome, hidden_windows=("Wages",))  # and no region
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=2)))
    await until(lambda: len(source.rules) == 3)
    assert source.rules[1:] == [Rules(titles=("Payroll",), regions=(of_team,)), Rules(titles=("Wages",))]


async def test_where_it_is_on_the_desktop_is_told_until_it_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screensource, "ScreenCapture", Captured)
    await desk.told(1)
    await desk.session.do(commands.Share(source="screen:0"))
    places = [Place(0, 0, 800, 600, screen=0), Place(10, 20, 800, 600)]
    for place in places:
        desk.hub.screens.agent.source.place = place
        desk.session._sharing.tick()
        desk.session._sharing.tick()
    await desk.session.do(commands.BlankShare(on=True))
    await desk.session.do(commands.StopShare())
    outlines = [event.place for event in desk.events if isinstance(event, events.ShareOutline)]
    assert outlines == [*places, None]


@pytest.mark.parametrize("rules", [{"titles": ["x"]}, {"titles": ["ab"] * 51}, {"regions": ["0:1,2,3,4"]}])
def test_rules_that_cannot_be_are_refused(rules: dict[str, list[str]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"cmd": "share_rules", **rules}, commands.AnyCommand)


async def test_what_goes_first_of_it_is_said_with_each_share(desk: Desk, page: str) -> None:
    await desk.told(1)
    cast = desk.hub.screens.agent
    for content in ("motion", "text"):
        before = cast._senders
        await desk.session.do(commands.Share(source=page, content=content))
        assert cast._senders is not None
        assert (cast.content, cast.state) == (content, "on")
        assert [sender._encoding for sender in cast._senders] == [
            MOTION if content == "motion" else SCREEN
        ] * 2
        assert before is None or all(sender._closed.is_set() for sender in before)
    unchanged = cast._senders
    await desk.session.do(commands.Share(source=page))
    assert cast._senders is unchanged


async def test_nothing_shared_cannot_be_blanked(desk: Desk) -> None:
    await desk.told(1)
    assert await refused(desk, commands.BlankShare(on=True)) == "not_sharing"


async def test_it_ends_with_the_call(desk: Desk, page: str) -> None:
    await desk.told(1)
    await desk.session.do(commands.Share(source=page))
    cast = desk.hub.screens.agent
    desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    await settle()
    assert (cast.state, cast.source) == ("off", None)
    assert told(desk)[-1] == events.Sharing(state="off")


async def test_a_window_that_was_closed_is_shared_no_longer(desk: Desk, page: str) -> None:
    await desk.told(1)
    await desk.session.do(commands.Share(source=page))
    desk.hub.screens.agent.source._source.fault = "The window was closed."
    desk.session._sharing.tick()
    assert (desk.hub.screens.agent.state, told(desk)[-1]) == (
        "off",
        events.Sharing(state="off", message="The window was closed."),
    )


@pytest.mark.parametrize("stop", [True, False])
async def test_what_is_stopped_before_it_began_does_not_begin(
    desk: Desk, page: str, stop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Camera] = []
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(source: str, rules: Rules) -> Camera:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(40)
        opened.append(open_screen(source, rules))
        return opened[-1]

    monkeypatch.setattr(sharing, "open_screen", slowly)
    await desk.told(1)
    wanted = asyncio.create_task(desk.session.do(commands.Share(source=page)))
    await settle()
    if stop:
        await desk.session.do(commands.StopShare())
    else:
        desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    go_on.set()
    with pytest.raises(CommandError) as error:
        await wanted
    assert error.value.code == "superseded"
    assert len(opened) == 1


# --- the server ----------------------------------------------------------------------------------------------


async def test_the_server_has_on_record_how_it_is_shared_and_never_what(desk: Desk, page: str) -> None:
    await desk.told(1)
    for command in (
        commands.Share(source=page),
        commands.BlankShare(on=True),
        commands.BlankShare(on=False),
        commands.StopShare(),
    ):
        await desk.session.do(command)
        await settle()
    assert recorded(desk) == [("file", "on"), ("file", "blank"), ("file", "on"), ("file", "off")]
    assert "page" not in repr(desk.client.asked)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("screen:0", "screen"), ("window:7", "window"), ("region:0:1,2,30,40", "region"), ("test", "file")],
)
def test_what_kind_it_is(source: str, kind: str) -> None:
    assert screensource.kind_of(source) == kind


async def test_refused_nothing_is_shared_and_the_source_is_let_go(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(Captured, "close", lambda self: closed.append(True))
    monkeypatch.setattr(screensource, "ScreenCapture", Captured)
    await desk.told(1)
    desk.client.at_once.clear()
    wanted = asyncio.create_task(desk.session.do(commands.Share(source="screen:0")))
    await until(lambda: recorded(desk))
    desk.client.fail("not_allowed", desk.client.waiting[-1])
    with pytest.raises(SignalingError):
        await wanted
    assert (desk.hub.screens.agent.state, closed, told(desk)) == ("off", [True], [])
    await settle()
    assert recorded(desk) == [("screen", "on")]


async def test_what_was_allowed_too_late_is_on_record_as_over(desk: Desk, page: str) -> None:
    await desk.told(1)
    desk.client.at_once.clear()
    wanted = asyncio.create_task(desk.session.do(commands.Share(source=page)))
    await until(lambda: recorded(desk))
    late = desk.client.waiting[-1]
    await desk.session.do(commands.StopShare())
    desk.client.at_once.add(protocol.ShareScreen)
    desk.client.grant(late)
    with pytest.raises(CommandError, match="before it began"):
        await wanted
    await settle()
    assert desk.hub.screens.agent.state == "off"
    assert recorded(desk) == [("file", "on"), ("file", "off")]


async def test_without_the_server_it_is_blanked_until_the_agent_shows_it_again(desk: Desk, page: str) -> None:
    await desk.told(1)
    await desk.session.do(commands.Share(source=page))
    desk.client.lose()
    desk.session.online(False)
    assert desk.hub.screens.agent.state == "blank"
    assert [each.message for each in told(desk) if each.message] == [sharing.AWAY]
    with pytest.raises(SignalingError):
        await desk.session.do(commands.BlankShare(on=False))
    assert desk.hub.screens.agent.state == "blank"
    desk.client.online = True
    desk.session.online(True)
    await settle()
    assert desk.hub.screens.agent.state == "blank"
    assert recorded(desk)[-1] == ("file", "blank")
    await desk.session.do(commands.BlankShare(on=False))
    assert (desk.hub.screens.agent.state, recorded(desk)[-1]) == ("on", ("file", "on"))


async def test_stopped_without_the_server_it_is_on_record_later(desk: Desk, page: str) -> None:
    await desk.told(1)
    await desk.session.do(commands.Share(source=page))
    desk.client.lose()
    desk.session.online(False)
    assert await desk.session.do(commands.StopShare()) == events.Sharing(state="off")
    await settle()
    assert recorded(desk) == [("file", "on")]
    desk.client.online = True
    desk.session.online(True)
    await settle()
    assert recorded(desk) == [("file", "on"), ("file", "off")]


async def test_blanked_while_it_is_to_be_shown_again_it_stays_blank(desk: Desk, page: str) -> None:
    await desk.told(1)
    await desk.session.do(commands.Share(source=page))
    await desk.session.do(commands.BlankShare(on=True))
    await settle()
    desk.client.at_once.clear()
    again = asyncio.create_task(desk.session.do(commands.BlankShare(on=False)))
    await settle()
    granted = desk.client.waiting[-1]
    await desk.session.do(commands.BlankShare(on=True))
    desk.client.at_once.add(protocol.ShareScreen)
    desk.client.grant(granted)
    with pytest.raises(CommandError):
        await again
    await settle()
    assert (desk.hub.screens.agent.state, recorded(desk)[-1]) == ("blank", ("file", "blank"))
