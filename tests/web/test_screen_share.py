"""The customer's own screen on the page: told about before, shared by nobody but them, paused, stopped, asked for."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from coachdesk import screenwire
from coachdesk.screenwire import AskScreen, Shown
from signaling.protocol import Code, Ended, EndReason, ShareScreen
from tests.web.agent import Agent
from tests.web.conftest import Customer, Visit
from tests.web.desk import CALL, Desk, until
from tests.web.test_call import FULL_LINE, Dial, answered
from tests.web.test_modules import ANDROID, load

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log(
        "aiortc's own receiver, here the agent's, complains of every picture lost on a busy machine"
    ),
]

DISPLAY = """
  // What the browser's picker would give: a page of one colour; or what `window.refusal` says.
  window.asked = 0;
  navigator.mediaDevices.getDisplayMedia = async (wanted) => {
    window.asked++;
    window.wanted = wanted;
    if (window.refusal) throw new DOMException("no", window.refusal);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 200];
    const paint = canvas.getContext("2d");
    let n = 0;
    setInterval(() => { paint.fillStyle = `rgb(20 40 ${190 + (n++ % 2)})`; paint.fillRect(0, 0, 320, 200); }, 50);
    window.display = canvas.captureStream(15).getVideoTracks()[0];
    return new MediaStream([window.display]);
  };
"""
COLOUR = (20, 40, 190)
START, CHOOSE, MOTION = "Share screen", "Choose what to share", "It is a video or an animation"
WHO = (
    "Maria Lopez sees what you choose, as it is, until you stop: close what is not for them first. "
    "Your browser asks you what to share."
)
SENT = "peers.at(-1).getTransceivers()[2].sender"


async def in_call(desk: Desk, customer: Customer, dial: Dial) -> Agent:
    await customer.page.add_init_script(DISPLAY)
    return await answered(desk, customer, dial)


def said(agent: Agent) -> list[Shown]:
    """What the page has told of the customer's screen, in order."""
    return [shown for message in agent.told if (shown := screenwire.read(message)) is not None]


async def tells(agent: Agent, state: str, *, declined: bool = False) -> None:
    await until(
        lambda: said(agent) and (said(agent)[-1].state, said(agent)[-1].declined) == (state, declined),
        f"the agent is told {state}",
    )


def ask(agent: Agent, on: bool = True) -> None:
    agent.control.send(msgspec.json.encode(AskScreen(on=on)))


async def sees_it(agent: Agent) -> None:
    before = agent.screens
    await until(lambda: agent.screens > before, "a picture of the screen came")
    assert agent.screen is not None
    assert np.abs(np.median(agent.screen, axis=(0, 1)) - COLOUR).max() < 25


async def share(customer: Customer, agent: Agent) -> None:
    await customer.tap(START)
    await customer.tap(CHOOSE)
    await tells(agent, "on")
    await sees_it(agent)


async def strip(customer: Customer) -> str:
    return await customer.page.locator("#share-text").inner_text()


async def test_who_will_see_it_is_told_first_and_then_the_browser_asks(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    announcement = "Our coaches may listen and watch."
    desk.invitation = type(desk.invitation)(
        "customer-1", "resume-1", "Maria Lopez", "Home support", "", [], announcement=announcement
    )
    agent = await in_call(desk, customer, dial)
    await tells(agent, "off")
    assert said(agent)[-1].able
    await customer.tap(START)
    assert await strip(customer) == f"{WHO} {announcement}"
    assert (await customer.ask("asked"), agent.screens) == (0, 0)
    await customer.tap(CHOOSE)
    await sees_it(agent)
    assert await strip(customer) == "You are sharing your screen: Maria Lopez sees it."
    assert await customer.ask("[wanted.audio, wanted.selfBrowserSurface, display.contentHint]") == [
        False,
        "exclude",
        "text",
    ]
    how = await customer.ask(f"({SENT}).getParameters()")
    assert (how["degradationPreference"], how["encodings"][0]["maxBitrate"]) == (
        "maintain-resolution",
        2_500_000,
    )
    assert how["encodings"][0]["scalabilityMode"] == "L1T3"
    camera = "peers[0].getTransceivers()[1].sender.getParameters().encodings[0].maxBitrate"
    await customer.until(f"{camera} === 500_000", "the camera leaves room for it")


async def test_a_video_is_shared_smooth_before_sharp(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await in_call(desk, customer, dial)
    await customer.tap(START)
    await customer.page.get_by_label(MOTION).check()
    await customer.tap(CHOOSE)
    await sees_it(agent)
    assert await customer.ask("[display.contentHint, wanted.video.frameRate.max]") == ["motion", 30]
    await customer.until(
        f"({SENT}).getParameters().degradationPreference === 'maintain-framerate'", "kept smooth"
    )
    await customer.tap("Stop")
    await tells(agent, "off")
    await customer.tap(START)
    await customer.page.get_by_label(MOTION).uncheck()
    await customer.tap(CHOOSE)
    await tells(agent, "on")
    assert await customer.ask("[display.contentHint, wanted.video.frameRate.max]") == ["text", 15]
    await customer.until(
        f"({SENT}).getParameters().degradationPreference === 'maintain-resolution'", "kept sharp"
    )


async def test_the_button_that_stops_tells_its_key_and_another_has_none(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await in_call(desk, customer, dial)
    await customer.tap(START)
    refuse = customer.page.get_by_role("button", name="Not now", exact=True)
    assert await refuse.get_attribute("aria-keyshortcuts") is None
    await customer.tap(CHOOSE)
    await tells(agent, "on")
    stop = customer.page.get_by_role("button", name="Stop", exact=True)
    assert await stop.get_attribute("aria-keyshortcuts") == "s"
    assert await stop.get_attribute("title") == "Stop (key S)"
    await customer.page.keyboard.press("s")
    await tells(agent, "off")
    await customer.tap(START)
    assert await refuse.get_attribute("aria-keyshortcuts") is None


async def test_it_is_paused_goes_on_and_is_stopped_by_a_key(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await in_call(desk, customer, dial)
    await share(customer, agent)
    await customer.page.keyboard.press("p")
    await tells(agent, "paused")
    assert await strip(customer) == "Sharing is paused: Maria Lopez sees nothing of your screen."
    await customer.until(f"({SENT}).track === null", "nothing is sent")
    await customer.page.keyboard.press("p")
    await tells(agent, "on")
    await sees_it(agent)
    await customer.page.keyboard.press("s")
    await tells(agent, "off")
    await customer.page.locator("#share").wait_for(state="hidden")
    assert await customer.ask("display.readyState") == "ended"
    await customer.until(f"({SENT}).track === null", "nothing is sent")


async def test_the_browsers_own_stop_is_told(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await in_call(desk, customer, dial)
    await share(customer, agent)
    await customer.ask("() => { display.stop(); display.dispatchEvent(new Event('ended')); }")
    await tells(agent, "off")
    await customer.see("Nothing is shared any more.")
    await customer.tap("OK")
    await customer.page.locator("#share").wait_for(state="hidden")


async def test_what_the_browser_refuses_is_told_to_both(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await in_call(desk, customer, dial)
    await tells(agent, "off")
    for refusal, words in (
        ("NotAllowedError", "you chose nothing"),
        ("NotReadableError", "could not show it"),
    ):
        await customer.ask("(refusal) => { window.refusal = refusal; }", refusal)
        ask(agent)
        await customer.tap(CHOOSE)
        await customer.see(words)
        await tells(agent, "off", declined=True)
    await customer.ask("() => { window.refusal = ''; }")
    await share(customer, agent)


async def test_without_the_servers_leave_nothing_is_shown(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await in_call(desk, customer, dial)
    desk.refuses[ShareScreen] = Code.NOT_ALLOWED
    await customer.tap(START)
    await customer.tap(CHOOSE)
    await customer.see("the service does not allow it")
    assert await customer.ask("display.readyState") == "ended"
    await share(customer, agent)
    await customer.page.keyboard.press("p")
    await tells(agent, "paused")
    desk.refuses[ShareScreen] = Code.NOT_ALLOWED
    await customer.tap("Go on")
    await customer.see("the service does not allow it")
    assert {shown.state for shown in said(agent)[-2:]} == {"paused"}
    await customer.tap("Stop")
    await until(lambda: desk.all(ShareScreen)[-1].state == "off", "the server is told")
    assert [told.share for told in desk.all(ShareScreen)] == [
        f"screen {state}" for state in ("on", "on", "blank", "on", "off")
    ]


async def test_the_agent_asks_and_only_the_customer_shares(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await in_call(desk, customer, dial)
    await tells(agent, "off")
    ask(agent)
    await customer.see("Maria Lopez would like to see your screen.")
    assert await customer.ask("asked") == 0
    await customer.tap("Not now")
    await tells(agent, "off", declined=True)
    ask(agent)
    await customer.see("Maria Lopez would like to see your screen.")
    ask(agent, on=False)
    await customer.page.locator("#share").wait_for(state="hidden")
    ask(agent)
    await customer.tap(CHOOSE)
    await tells(agent, "on")
    await sees_it(agent)
    ask(agent, on=False)
    ask(agent)
    await until(lambda: len([each for each in said(agent) if each.state == "on"]) > 1, "it is told again")
    assert await customer.ask("asked") == 1


async def test_what_is_no_question_is_ignored(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await in_call(desk, customer, dial)
    await tells(agent, "off")
    for broken in (
        "",
        "{",
        "null",
        "[]",
        '{"kind":"ask_screen"}',
        '{"kind":"ask_screen","on":1}',
        '{"on":true}',
    ):
        agent.control.send(broken)
    agent.control.send(b"\x00")
    ask(agent)
    await customer.see("Maria Lopez would like to see your screen.")
    assert await strip(customer) == f"Maria Lopez would like to see your screen. {WHO}"
    assert await customer.ask("asked") == 0


async def test_a_new_connection_goes_on_with_it(desk: Desk, customer: Customer, dial: Dial) -> None:
    await share(customer, await in_call(desk, customer, dial))
    second = await dial()
    await tells(second, "on")
    await sees_it(second)


async def test_on_a_line_too_narrow_it_says_that_it_stands_still(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await in_call(desk, customer, dial)
    await share(customer, agent)
    await customer.ask(FULL_LINE)
    await customer.see("but it stands still for Maria Lopez")
    assert await customer.ask(f"({SENT}).getParameters().encodings[0].active") is False


async def test_it_ends_with_the_call(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await in_call(desk, customer, dial)
    await share(customer, agent)
    await desk.tell("held")
    await customer.see("On hold. You are sharing your screen")
    await desk.say(Ended(CALL, EndReason.HUNG_UP))
    await customer.see("The call has ended")
    assert await customer.ask("display.readyState") == "ended"


@pytest.mark.parametrize("phone", [True, False])
async def test_where_the_browser_has_no_such_thing_there_is_no_button(
    desk: Desk, visit: Visit, dial: Dial, phone: bool
) -> None:
    customer = await (visit(user_agent=ANDROID) if phone else visit())
    if not phone:
        await customer.page.add_init_script("delete MediaDevices.prototype.getDisplayMedia")
    agent = await answered(desk, customer, dial)
    await until(lambda: said(agent), "it is told")
    assert not said(agent)[-1].able
    assert await customer.page.locator("#screen").is_hidden()
    ask(agent)
    await until(lambda: len(said(agent)) > 1, "and told again")
    assert await customer.page.locator("#share").is_hidden()


async def test_what_is_chosen_after_the_end_is_let_go(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "screenshare.js")
    outcome = await customer.ask(
        """async () => {
          let give;
          const track = { stopped: false, stop() { this.stopped = true; } };
          const devices = { getDisplayMedia: () => new Promise((resolve) => { give = resolve; }) };
          const told = [];
          const share = new it.ScreenShare({ able: true, devices, onTrack: () => {}, onChange: () => {},
            record: async () => {}, tell: ({ state }) => told.push(state) });
          share.offer();
          const choosing = share.choose();
          share.stop();
          const kept = share.stage;
          share.end();
          give({ getVideoTracks: () => [track] });
          await choosing;
          return [kept, share.stage, track.stopped, told.includes("on")];
        }"""
    )
    assert outcome == ["choosing", "", True, False]
