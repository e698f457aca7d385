"""What a customer sees before a call, and when none comes about."""

from __future__ import annotations

import pytest

from signaling.protocol import Code, Ended, EndReason, Goodbye, HangUp, Hello, Invitation, Knock
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

INSTAGRAM = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/21F79 Instagram 334.0.4.32.98 (iPhone15,3; iOS 17_5; en_US)"
)


async def test_invitation_says_who_what_and_why(desk: Desk, customer: Customer) -> None:
    announcement = "Calls may be listened to for training."
    desk.invitation = Invitation("p", "r", "Maria Lopez", "Home support", "Router down", [], announcement)
    await customer.page.goto(f"{desk.url}/join#secret")
    for text in ("Maria Lopez invites you to a call", "Home support", "About: Router down", announcement):
        await customer.see(text)
    await customer.see("Your camera")
    await customer.see("Your microphone")


async def test_without_an_announcement_nothing_is_announced(desk: Desk, customer: Customer) -> None:
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("invites you")
    assert not await customer.page.locator("#invitation-announcement").is_visible()


async def test_nothing_is_captured_before_consent(desk: Desk, customer: Customer) -> None:
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("Agree and join")
    assert await customer.ask("captures") == 0
    assert not desk.all(Knock)
    await customer.page.get_by_label("Your name (optional)").fill("Sam")
    await customer.tap("Agree and join")
    await customer.see("You're in line")
    assert await customer.ask("captures") == 1
    knock = await desk.got(Knock)
    assert (knock.name, knock.camera, knock.microphone) == ("Sam", True, True)


async def test_joining_without_camera_captures_none(desk: Desk, customer: Customer) -> None:
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Join without camera")
    await customer.see("Your camera is off")
    knock = await desk.got(Knock)
    assert (knock.camera, knock.microphone) == (False, True)


async def test_the_secret_leaves_the_address_and_a_reload_still_works(desk: Desk, customer: Customer) -> None:
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("invites you")
    assert await customer.ask("location.href") == f"{desk.url}/join"
    await customer.page.reload()
    await customer.see("invites you")
    assert desk.all(Hello)[-1].link == "secret"


async def test_the_secret_stays_in_the_address_until_it_is_known_to_be_good(
    desk: Desk, customer: Customer
) -> None:
    desk.closed = True
    customer.network_errors_expected = True
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("The service can't be reached")
    assert (await customer.ask("location.href")).endswith("#secret")
    desk.closed = False
    await customer.see("invites you")


async def test_a_reload_in_line_keeps_the_place(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await customer.page.reload()
    await customer.see("You're in line")
    await until(lambda: desk.all(Hello)[-1].resume == "resume-1", "the page resumed")
    await customer.page.locator("#preview").wait_for()
    assert len(desk.all(Knock)) == 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (Code.NO_SUCH_LINK, "This link is not valid"),
        (Code.LINK_USED, "This link has been used"),
        (Code.LINK_EXPIRED, "This link has expired"),
        (Code.LINK_REVOKED, "This link was withdrawn"),
        (Code.VERSION, "The service was updated"),
        (Code.BAD_MESSAGE, "Something went wrong"),
    ],
)
async def test_a_link_that_does_not_work_says_why(
    desk: Desk, customer: Customer, code: Code, text: str
) -> None:
    desk.rejects = code
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see(text)
    assert await customer.ask("captures") == 0


async def test_a_link_used_up_while_it_was_read(desk: Desk, customer: Customer) -> None:
    desk.refuses[Knock] = Code.LINK_USED
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Agree and join")
    await customer.see("This link has been used")


async def test_a_full_line_can_be_tried_again(desk: Desk, customer: Customer) -> None:
    desk.refuses[Knock] = Code.LOBBY_FULL
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Agree and join")
    await customer.see("All lines are busy")
    await customer.tap("Try again")
    await customer.tap("Agree and join")
    await customer.see("You're in line")


async def test_a_link_without_its_secret(desk: Desk, customer: Customer) -> None:
    await customer.page.goto(f"{desk.url}/join")
    await customer.see("The link is not complete")


async def test_another_link_in_the_same_tab_is_another_visit(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    desk.told = None
    await customer.page.goto(f"{desk.url}/join#other")
    await customer.see("invites you")
    assert desk.all(Hello)[-1].link == "other"


async def test_denied_permission_names_the_remedy_and_can_be_tried_again(desk: Desk, visit: Visit) -> None:
    customer = await visit(allowed=())
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Agree and join")
    await customer.see("Your browser blocks the camera or microphone")
    await customer.see("Click the icon to the left of the address.")
    assert not desk.all(Knock)
    await customer.context.grant_permissions(["camera", "microphone"])
    await customer.tap("Try again")
    await customer.see("You're in line")


async def test_a_denied_camera_leaves_the_voice(desk: Desk, visit: Visit) -> None:
    customer = await visit(allowed=("microphone",))
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Agree and join")
    await customer.see("Your browser blocks")
    await customer.tap("Join without camera")
    await customer.see("You're in line")
    assert not (await desk.got(Knock)).camera


@pytest.mark.parametrize(
    ("fault", "text", "way_on"),
    [
        ("NotFoundError", "No camera or microphone was found", "Join and only listen"),
        ("NotReadableError", "The camera or microphone is in use", "Try again"),
    ],
)
async def test_devices_that_cannot_be_had(
    desk: Desk, customer: Customer, fault: str, text: str, way_on: str
) -> None:
    await customer.page.add_init_script(
        f"""let failures = 1; const real = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = (wanted) =>
          failures-- > 0 ? Promise.reject(new DOMException("", "{fault}")) : real(wanted);
        const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
        navigator.mediaDevices.enumerateDevices = () => failures < 0 ? all() : Promise.resolve([]);"""
    )
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Agree and join")
    await customer.see(text)
    await customer.tap(way_on)
    await customer.see("You're in line")


async def test_an_app_without_camera_access_shows_the_way_out(desk: Desk, visit: Visit) -> None:
    customer = await visit(user_agent=INSTAGRAM, allowed=("clipboard-read", "clipboard-write"))
    await customer.page.add_init_script(
        "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })"
    )
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("Open this page in your browser")
    await customer.see("Instagram shows this page")
    await customer.see("Choose Open in Safari or Open in browser.")
    await customer.tap("Copy link")
    await customer.see("Copied")
    assert await customer.ask("navigator.clipboard.readText()") == f"{desk.url}/join#secret"
    assert not desk.received, "a page that cannot work leaves the link alone"


async def test_an_insecure_address_is_named(desk: Desk, customer: Customer) -> None:
    await customer.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("This address is not secure")


async def test_a_browser_without_calls_is_named(desk: Desk, customer: Customer) -> None:
    await customer.page.add_init_script("delete window.RTCPeerConnection")
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.see("This browser can't make calls")


async def test_declined_lets_go_of_the_camera(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await customer.ask("window.tracks = document.getElementById('preview').srcObject.getTracks()")
    await desk.say(Ended("", EndReason.DECLINED))
    await customer.see("Maria Lopez can't take your call now")
    assert await customer.ask("tracks.every((track) => track.readyState === 'ended')")


async def test_who_waits_for_an_agent_who_will_never_come_is_told(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await desk.say(Ended("", EndReason.AGENT_GONE))
    await customer.see("Maria Lopez no longer takes calls")


async def test_an_agent_away_from_the_desk_keeps_the_line(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await desk.tell("agent_away", call="")
    await customer.see("Maria Lopez is not at their desk at the moment")


async def test_leaving_the_line_asks_first(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await customer.tap("Leave")
    await customer.see("Leave the line?")
    await customer.tap("Stay")
    await customer.tap("Leave")
    await customer.page.locator("#confirm-yes").click()
    await customer.see("You have left the call")
    await until(lambda: not desk._sockets, "the socket closed")
    assert not desk.all(HangUp), "there is no call to hang up"


async def test_opened_elsewhere_offers_to_take_it_back(desk: Desk, customer: Customer) -> None:
    await customer.join(desk)
    await desk.say(Goodbye(Code.REPLACED, "you are signed in elsewhere now"))
    await customer.see("The call is open in another tab")
    await customer.tap("Use this tab")
    await customer.see("You're in line")
    assert len(desk.all(Knock)) == 1
