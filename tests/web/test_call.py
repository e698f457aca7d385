"""The call: sound and picture both ways, and what the customer can do to them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from coachdesk import screenwire
from coachdesk.media.farear import Heard
from signaling.protocol import Code, Ended, EndReason, HangUp, UpdateConsent
from tests.web.agent import TONE_HZ, Agent
from tests.web.conftest import Customer
from tests.web.desk import CALL, Desk, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log(
        "aiortc's own receiver, here the agent's, complains of every picture lost on a busy machine"
    ),
]

Dial = Callable[..., Awaitable[Agent]]
HEARD, SILENT = -45.0, -80.0
BEEP_PERIOD = 1.5
"""Chromium's fake microphone beeps about once a second; a window of this length has a beep in it."""

LISTEN = """async (hz) => {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192 });
  context.createMediaStreamSource(document.getElementById("sound-out").srcObject).connect(analyser);
  window.toneLevel = () => {
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    return bins[Math.round(hz / context.sampleRate * analyser.fftSize)];
  };
}"""


async def answered(desk: Desk, customer: Customer, dial: Dial, *, camera: bool = False) -> Agent:
    """A customer in a call with an agent, sound and picture coming through."""
    await customer.join(desk)
    await desk.tell("live")
    agent = await dial(camera=camera)
    await customer.see("Connected")
    await until(lambda: agent.loudest() > HEARD and agent.pictures, "sound and picture came")
    return agent


async def test_sound_and_picture_flow_both_ways(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await customer.ask(LISTEN, TONE_HZ)
    await customer.until("toneLevel() > -45", "the agent's tone is heard")
    assert await customer.ask("document.getElementById('sound-out').paused") is False
    await until(lambda: agent.size[0] >= 640, "the picture is large enough to see something on")
    assert await customer.page.locator("#room-time").inner_text() >= "00:00"


def heard(agent: Agent) -> list[Heard]:
    """What the page has told of the agent's sound."""
    return [
        msgspec.json.decode(message, type=Heard) for message in agent.told if screenwire.read(message) is None
    ]


async def test_the_page_keeps_telling_how_the_agent_sounds(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await answered(desk, customer, dial)
    await until(lambda: heard(agent), "it was told")
    first = heard(agent)[0]

    def more() -> bool:
        newest = heard(agent)[-1]
        return newest.received > first.received and newest.played > first.played

    await until(more, "it is told of what came since")


async def test_after_the_line_has_stood_still_nothing_is_heard_late_for_long(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    """By itself a browser plays on with the delay of the standstill, and takes ten seconds and more to make up for it."""
    agent = await answered(desk, customer, dial)
    await customer.ask(LISTEN, TONE_HZ)
    await agent.stall(0.8)
    stalled = len(heard(agent))
    await until(lambda: any(each.delay_ms > 250 for each in heard(agent)[stalled:]), "it was heard late")
    late = len(heard(agent))
    await until(
        lambda: any(0 < each.delay_ms < 150 for each in heard(agent)[late : late + 3]), "and soon no more"
    )
    await customer.until("toneLevel() > -45", "the agent's tone is heard")
    begun = time.monotonic()
    await until(lambda: agent.loudest(begun) > HEARD, "the customer is heard")
    assert await customer.ask("peers.length") == 1, "the connection is the same"


async def test_the_answer_is_vp8_both_ways_in_one_bundle(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    video = agent.answer.split("m=video", 1)[1].split("m=application", 1)[0]
    first = video.split()[2]
    assert f"a=rtpmap:{first} VP8/90000" in video
    assert agent.answer.count("a=sendrecv") == 3
    assert "a=group:BUNDLE 0 1 2 3" in agent.answer
    limit = "peers[0].getSenders().find((one) => one.track?.kind === 'video').getParameters().encodings[0].maxBitrate"
    await customer.until(f"{limit} === 1_500_000", "the picture's bit rate is bounded")


async def test_the_agents_camera_shows_only_while_pictures_come(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    await answered(desk, customer, dial, camera=True)
    await customer.page.locator("#tile").wait_for()
    second = await dial()
    await until(lambda: second.connected, "the second connection stands")
    await customer.page.locator("#tile").wait_for(state="hidden")


FULL_LINE = """() => {
  const get = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function () {
    const entries = [...(await get.call(this)).values()].map((entry) => ({ ...entry }));
    for (const entry of entries) {
      if (entry.type === "candidate-pair") entry.availableOutgoingBitrate = 30_000;
      if (entry.type === "remote-inbound-rtp") Object.assign(entry, { fractionLost: 0.5, timestamp: entries[0].timestamp });
    }
    return new Map(entries.map((entry) => [entry.id, entry]));
  };
  window.restoreLine = () => { RTCPeerConnection.prototype.getStats = get; };
}"""


async def test_on_a_line_too_narrow_for_both_the_picture_is_paused_and_the_sound_goes_on(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await answered(desk, customer, dial)
    await customer.ask(FULL_LINE)
    await customer.see(
        "The connection is slow. Single pictures are sent instead of your video, which comes back by itself."
    )
    active = (
        "peers[0].getSenders().find((one) => one.track?.kind === 'video').getParameters().encodings[0].active"
    )
    assert await customer.ask(active) is False
    await until(lambda: agent.heard_for(agent.newest_picture) > 2 * BEEP_PERIOD, "sound without a picture")
    assert agent.loudest(agent.newest_picture) > HEARD
    await customer.ask("restoreLine()")
    second = await dial()
    await until(lambda: second.pictures, "a new connection begins with pictures")
    await customer.page.locator("#banner").wait_for(state="hidden")


async def test_muted_is_silent_at_the_agent(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await customer.tap("Mute")
    await customer.see("You are muted")
    await until(lambda: agent.below_for(SILENT) > 2 * BEEP_PERIOD, "silence where two beeps would be")
    unmuted_at = time.monotonic()
    await customer.tap("Unmute")
    await until(lambda: agent.loudest(unmuted_at) > HEARD, "heard again")


async def test_camera_off_lets_the_camera_go(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await customer.ask("window.track = document.getElementById('preview').srcObject.getTracks()[0]")
    await customer.tap("Stop camera")
    await customer.see("Your camera is off")
    assert await customer.ask("track.readyState") == "ended"
    before, off_at = agent.pictures, time.monotonic()
    await customer.tap("Start camera")
    await until(lambda: agent.pictures > before + 10, "pictures come again")
    await until(lambda: agent.loudest(off_at) > HEARD, "the sound went on")


async def test_flip_changes_the_camera_and_the_pictures_go_on(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent = await answered(desk, customer, dial)
    camera = "document.getElementById('preview').srcObject?.getTracks()[0].getSettings().deviceId ?? ''"
    first = await customer.ask(camera)
    for _ in range(2):  # Chromium's second fake camera is a depth camera, of which it encodes nothing
        present = await customer.ask(camera)
        await customer.tap("Flip between front and back camera")
        await customer.until(f"!['', {present!r}].includes({camera})", "another camera is in use")
    assert await customer.ask(camera) != first
    before = agent.pictures
    await until(lambda: agent.pictures > before + 10, "pictures of the other camera came")


async def consents(desk: Desk, *cameras: bool) -> None:
    """Waits until this, and no more, was told of the camera since the knock."""
    await desk.got(UpdateConsent, len(cameras))
    assert [told.camera for told in desk.all(UpdateConsent)] == list(cameras)
    assert all(told.microphone for told in desk.all(UpdateConsent))


async def test_the_consent_follows_the_camera_and_not_the_mute(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await customer.tap("Mute")
    await customer.tap("Stop camera")
    await consents(desk, False)
    await customer.tap("Start camera")
    await consents(desk, False, True)
    await customer.tap("Flip between front and back camera")
    await customer.page.locator("#flip:enabled").wait_for()
    await customer.tap("Stop camera")
    await consents(desk, False, True, False)


async def test_a_consent_not_taken_is_told_again_and_a_reload_keeps_to_it(
    desk: Desk, customer: Customer
) -> None:
    await customer.join(desk)
    desk.refuses[UpdateConsent] = Code.INTERNAL
    await customer.tap("Stop camera")
    await desk.got(UpdateConsent, 2)
    await customer.until(
        "!JSON.parse(sessionStorage.getItem('visit')).consent.camera", "the consent is remembered"
    )
    await customer.page.reload()
    await customer.see("You're in line")
    await customer.see("Your camera is off")
    assert await customer.page.locator("#preview").evaluate("(video) => video.srcObject") is None
    assert len(desk.all(UpdateConsent)) == 2


async def test_a_camera_that_is_denied_is_not_consented_to(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await customer.tap("Stop camera")
    await consents(desk, False)
    await customer.ask(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }; }"
    )
    await customer.tap("Start camera")
    await customer.page.locator("#banner[data-notice=camera_denied]").wait_for()
    await consents(desk, False)


async def test_only_the_front_preview_is_mirrored(desk: Desk, customer: Customer) -> None:
    await customer.page.add_init_script(
        """window.facing = "environment";
        const settings = MediaStreamTrack.prototype.getSettings;
        MediaStreamTrack.prototype.getSettings = function () {
          return { ...settings.call(this), facingMode: window.facing };
        };"""
    )
    await customer.join(desk)
    preview = customer.page.locator("#preview")
    assert "mirrored" not in (await preview.get_attribute("class") or "")
    await customer.ask("window.facing = 'user'")
    await customer.tap("Flip between front and back camera")
    await customer.page.locator("#preview.mirrored").wait_for()


async def test_keys_do_what_the_buttons_do(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await customer.page.keyboard.press("m")
    await customer.see("You are muted")
    await customer.page.keyboard.press("v")
    await customer.see("Your camera is off")


async def test_on_hold_nothing_is_said(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await desk.tell("held")
    await customer.see("On hold. You and Maria Lopez can't hear each other for now.")
    await until(lambda: agent.below_for(SILENT) > 2 * BEEP_PERIOD, "silence where two beeps would be")
    resumed_at = time.monotonic()
    await desk.tell("live")
    await until(lambda: agent.loudest(resumed_at) > HEARD, "heard again")
    await customer.see("Connected")


async def test_a_hold_does_not_unmute(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await customer.tap("Mute")
    await desk.tell("held")
    await customer.see("On hold. You")
    await desk.tell("live")
    await customer.page.locator("#banner").wait_for(state="hidden")
    resumed_at = time.monotonic()
    await until(
        lambda: min(agent.heard_for(resumed_at), agent.below_for(SILENT)) > 2 * BEEP_PERIOD,
        "silence where two beeps would be",
    )


async def test_hanging_up_asks_first_then_ends_everything(desk: Desk, customer: Customer, dial: Dial) -> None:
    await answered(desk, customer, dial)
    await customer.ask("window.tracks = document.getElementById('preview').srcObject.getTracks()")
    await customer.tap("Hang up")
    await customer.see("This ends the call with Maria Lopez.")
    await customer.page.locator("#confirm-yes").click()
    await customer.see("You have left the call")
    assert (await desk.got(HangUp)).call == CALL
    assert await customer.ask("tracks.every((track) => track.readyState === 'ended')")
    assert await customer.ask("peers.every((peer) => peer.connectionState === 'closed')")
    await customer.page.reload()
    await customer.see("You have left the call")
    assert await customer.ask("captures") == 0


@pytest.mark.parametrize(
    ("reason", "text"),
    [(EndReason.HUNG_UP, "The call has ended"), (EndReason.AGENT_LOST, "Maria Lopez could not come back")],
)
async def test_the_end_says_why(desk: Desk, customer: Customer, reason: EndReason, text: str) -> None:
    await customer.join(desk)
    await desk.tell("live")
    await customer.see("Connecting you with Maria Lopez")
    await desk.say(Ended(CALL, reason))
    await customer.see(text)
    assert await customer.page.locator("#preview").evaluate("(video) => video.srcObject") is None


async def test_nothing_shown_or_stored_tells_of_other_listeners(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    await answered(desk, customer, dial)
    for word in ("supervis", "listen", "coach ", "observ", "train", "whisper"):
        assert word not in (await customer.page.locator("body").inner_text()).lower()
        assert word not in (await customer.ask("JSON.stringify(sessionStorage)")).lower()


async def test_blocked_sound_can_be_turned_on(desk: Desk, customer: Customer, dial: Dial) -> None:
    await customer.page.add_init_script(
        """const play = HTMLMediaElement.prototype.play; window.blocked = true;
        HTMLMediaElement.prototype.play = function () {
          const refused = this instanceof HTMLAudioElement && window.blocked;
          return refused ? Promise.reject(new DOMException("", "NotAllowedError")) : play.call(this);
        };"""
    )
    await answered(desk, customer, dial)
    await customer.see("Your browser keeps the sound off")
    await customer.ask("window.blocked = false")
    await customer.tap("Turn sound on")
    await customer.page.locator("#banner").wait_for(state="hidden")
