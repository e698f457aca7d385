"""The page's modules that need no document: protocol.js, status.js, browser.js, texts.js and others, run in Chromium."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest

from signaling.protocol import Code, EndReason
from tests.web.conftest import Customer, Visit
from tests.web.desk import FILES, Desk
from tests.web.test_screens import INSTAGRAM

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
WEBVIEW = ANDROID.replace("Pixel 8)", "Pixel 8; wv)")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FACEBOOK = ANDROID + " [FB_IAB/FB4A;FBAV/450.0.0.0;]"


async def load(desk: Desk, visit: Visit, module: str) -> Customer:
    """A page with nothing on it, and ``module`` as ``window.it``."""
    customer = await visit()
    await customer.page.goto(f"{desk.url}/join")
    await customer.ask("async (name) => { window.it = await import(`./web/${name}`); }", module)
    return customer


async def test_backoff_doubles_within_bounds(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "protocol.js")
    longest = await customer.ask("Array.from({ length: 8 }, (_, n) => it.backoff(n, () => 1))")
    assert longest == [500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]
    assert await customer.ask("it.backoff(0, () => 0)") == 250


async def test_requests_are_answered_by_number_and_fail_with_the_socket(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "protocol.js")
    outcome = await customer.ask(
        """async () => {
          const sockets = [];
          const connect = () => sockets[sockets.push({ readyState: WebSocket.OPEN, sent: [], close() {},
            send(text) { this.sent.push(JSON.parse(text)); } }) - 1];
          const nothing = () => {};
          const connection = new it.Connection("", { hello: () => ({ type: "hello", link: "x" }), onMessage: nothing,
            onState: nothing, onRejected: nothing, onGoodbye: nothing }, connect);
          const early = await connection.request({ type: "knock" }).catch((error) => error.code);
          connection.open();
          const [socket] = sockets;
          const read = (data) => socket.onmessage({ data });
          const hear = (message) => read(JSON.stringify(message));
          socket.onopen();
          for (const broken of ["", "[]", "null", "{", '{"type":1}']) read(broken);
          hear({ type: "invitation" });
          const ask = () => connection.request({ type: "knock" }).catch((error) => error.code);
          const [first, second, third] = [ask(), ask(), ask()];
          const [a, b] = socket.sent.slice(1).map((message) => message.id);
          hear({ type: "refused", re: b, code: "lobby_full", message: "" });
          hear({ type: "ok", re: a });
          hear({ type: "ok", re: 99 });
          socket.onclose();
          const outcome = [early, (await first).type, await second, await third, socket.sent[0], connection.state];
          connection.close();
          return outcome;
        }"""
    )
    hello = {"type": "hello", "link": "x", "version": 1}
    assert outcome == ["offline", "ok", "lobby_full", "offline", hello, "away"]


STATUS: list[tuple[dict[str, Any], bool, str]] = [
    ({"screen": "lobby", "phase": "waiting"}, True, "in_line"),
    ({"screen": "lobby", "phase": "waiting", "socket": "away"}, True, "unreachable"),
    ({"screen": "lobby", "phase": "waiting", "socket": "away"}, False, "network_gone"),
    ({"screen": "lobby", "phase": "agent_away"}, True, "in_line"),
    ({}, True, "connected"),
    ({"phase": "held"}, True, "held"),
    ({"phase": "agent_away"}, True, "service_away"),
    ({"socket": "away"}, True, "service_away"),
    ({"socket": "away", "restarting": True}, True, "restarting_talking"),
    ({"socket": "closed", "orphaned": True}, True, "service_away"),
    ({"media": "connecting"}, True, "connecting"),
    ({"media": "lost"}, True, "media_lost"),
    ({"media": "lost", "phase": "agent_away"}, True, "agent_away"),
    ({"media": "lost", "socket": "away"}, True, "unreachable"),
    ({"media": "lost", "socket": "away"}, False, "network_gone"),
    ({"media": "lost", "socket": "away", "restarting": True}, True, "restarting"),
]


async def test_status(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "status.js")
    talking = {"screen": "call", "phase": "live", "socket": "ready", "media": "connected"}
    cases = [[{**talking, **view}, online] for view, online, _ in STATUS]
    keys = await customer.ask("(cases) => cases.map(([view, online]) => it.status(view, online).key)", cases)
    assert keys == [key for _, _, key in STATUS]


async def test_sound_is_sent_twice_while_packets_are_lost(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "redundancy.js")
    rounds = [(0, 0), (0.01, 0), (0.05, 0), (0, 0), (0, 5), *[(0, 5)] * 4, (0, 5), (0, 9), (0.7, 9), (0.2, 9)]
    switched = await customer.ask(
        """(rounds) => {
          const watch = new it.LossWatch();
          const look = ([lost, again], n) => watch.look({ sent: (n + 1) * 100, again, asked: again, lost, queueing: false });
          return [...rounds.map(look), watch.look({ sent: 1400, again: 9, asked: 9, lost: 0.2, queueing: true })];
        }""",
        rounds,
    )
    assert switched == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
        True,
        True,
        False,
        True,
        False,
        True,
        False,
    ]


OVER_BURSTS = {"frames": 1, "ms": 80}
PLANS = [
    ([(0, 0)] * 3, None),
    ([(4, 4)] * 8, None),
    ([(12, 11)] * 8, {"frames": 2, "ms": 0}),
    ([(25, 20)] * 8, {"frames": 3, "ms": 0}),
    ([(25, 20)] * 8 + [(14, 13)] * 8, {"frames": 3, "ms": 0}),  # 12 to 16 %: as it was
    ([(25, 20)] * 8 + [(10, 9)] * 8, {"frames": 2, "ms": 0}),
    ([(25, 20)] * 8 + [(3, 3)] * 12, None),
    ([(6, 1)] * 4, OVER_BURSTS),
    (
        [(6, 1)] * 4 + [(4, 4)] * 12,
        OVER_BURSTS,
    ),  # what is brought back is not asked for, and shortens the runs
    ([(6, 1)] * 4 + [(0, 0)] * 5 + [(4, 4)] * 3, None),
]
"""Of 100 packets each: how many were sent again, and how often some were asked for; what is then carried again."""


@pytest.mark.parametrize(("rounds", "plan"), PLANS)
async def test_what_is_carried_again_follows_how_much_is_lost_and_how_many_in_a_row(
    desk: Desk, visit: Visit, rounds: list[tuple[int, int]], plan: dict[str, int] | None
) -> None:
    customer = await load(desk, visit, "redundancy.js")
    play = """(rounds) => {
      const watch = new it.LossWatch();
      let [sent, again, asked] = [0, 0, 0];
      for (const [repeated, requests] of rounds) {
        [sent, again, asked] = [sent + 100, again + repeated, asked + requests];
        watch.look({ sent, again, asked, lost: 0, queueing: false });
      }
      const { plan } = watch;
      watch.look({ sent: sent + 100, again: again + 30, asked: asked + 3, lost: 0, queueing: true });
      return [plan, watch.plan];
    }"""
    assert await customer.ask(play, rounds) == [plan, None], "a queue is not lengthened"


FINE: dict[str, float] = {"estimate": 1.5e6, "loss": 0.0, "reported": 0.05, "checked": 0.04}
FULL = {**FINE, "estimate": 30e3, "reported": 0.35}
LOSSY = {**FINE, "estimate": 30e3, "loss": 0.3}
LASTING = {**FULL, "reported": 0.25}
UNKNOWN: dict[str, float] = {"estimate": 0, "loss": 0, "reported": 0, "checked": 0}


async def test_what_reports_are_late_is_told_without_a_common_clock(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "hearing.js")
    reports = [(0, 90), (1, 40), (2, 100), (3, 40 + 499), (4, 40 + 500), (30, 60), (60, 100), (62, 100)]
    late = await customer.ask(
        """(reports) => {
          const hearing = new it.Hearing();
          const heard = { type: "inbound-rtp" };
          const read = (...entries) => hearing.read(new Map(entries.map((entry, n) => [n, entry]))).late_ms ?? null;
          return [
            read(heard),
            read({ type: "remote-outbound-rtp", timestamp: 1 }, heard),
            ...reports.map(([seconds, taken]) => {
              const remoteTimestamp = 1e12 + seconds * 1000;
              return read(heard, { type: "remote-outbound-rtp", timestamp: remoteTimestamp + taken - 3e6, remoteTimestamp });
            }),
          ];
        }""",
        reports,
    )
    assert late == [None, None, 0, 0, 60, 499, None, 20, 60, 40]


async def test_how_long_sound_waits_and_was_to_wait_is_told_of_what_came_since(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "hearing.js")
    sums = [(4800, 96, 192), (9600, 384, 288), (9600, 384, 288), (14400, 480, None)]
    told = await customer.ask(
        """(sums) => {
          const hearing = new it.Hearing();
          return sums.map(([jitterBufferEmittedCount, jitterBufferDelay, jitterBufferTargetDelay]) => {
            const heard = { type: "inbound-rtp", jitterBufferEmittedCount, jitterBufferDelay };
            if (jitterBufferTargetDelay !== null) Object.assign(heard, { jitterBufferTargetDelay });
            const { delay_ms, target_ms } = hearing.read(new Map([[0, heard]]));
            return [delay_ms, target_ms ?? null].map((ms) => ms && Math.round(ms));
          });
        }""",
        sums,
    )
    assert told == [[20, 40], [60, 20], [0, 0], [20, None]]


async def begun_anew(desk: Desk, visit: Visit, *delays: tuple[int, float]) -> list[float]:
    """Seconds at which the jitter buffer is to begin anew; each delay is so many seconds long, in ms."""
    customer = await load(desk, visit, "jitterbuffer.js")
    play = """(delays) => {
      const watch = new it.BufferWatch();
      return delays.map((delay, second) => watch.look(delay, second * 1000) ? second : -1).filter((each) => each >= 0);
    }"""
    begun: list[float] = await customer.ask(play, [ms for seconds, ms in delays for _ in range(seconds)])
    return begun


async def test_a_jitter_buffer_that_holds_what_came_late_begins_anew(desk: Desk, visit: Visit) -> None:
    assert await begun_anew(desk, visit, (5, 40), (1, 500), (60, 40), (1, 249), (1, 250), (9, 40)) == [5, 67]


async def test_on_a_line_that_keeps_standing_still_it_is_left_alone_for_longer_each_time(
    desk: Desk, visit: Visit
) -> None:
    often = await begun_anew(desk, visit, (600, 400))
    assert often == [0, 5, 15, 35, 75, 155, 315, 475]
    assert await begun_anew(desk, visit, (20, 400), (60, 40), (1, 400), (4, 400), (1, 400)) == [
        0,
        5,
        15,
        80,
        85,
    ]


async def test_an_agent_without_sound_still_hears_and_has_their_pictures(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "jitterbuffer.js")
    offer = "v=0\r\na=group:BUNDLE 0 1\r\n" + "".join(
        f"m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\na={direction}\r\na=rtcp-mux\r\n"
        for kind, direction in (("audio", "sendrecv"), ("video", "sendrecv"))
    )
    without = await customer.ask("(sdp) => it.withoutSound(sdp)", offer)
    assert without == offer.replace("a=sendrecv", "a=recvonly", 1)
    assert await customer.ask("(sdp) => it.withoutSound(sdp)", without) == without


async def looks(
    desk: Desk, visit: Visit, *lines: dict[str, float], late: Collection[int] = ()
) -> tuple[str, str]:
    """What a `LineWatch` says look by look: suspended, and frugal ("#" and "-"). Those in ``late`` are, by half a second."""
    customer = await load(desk, visit, "linewatch.js")
    said = await customer.ask(
        """({ lines, late }) => {
          const watch = new it.LineWatch();
          let at = 5000;
          return lines.map((line, n) => {
            at += late.includes(n) ? 1500 : 1000;
            return [watch.look(line, at), watch.frugal];
          });
        }""",
        {"lines": list(lines), "late": list(late)},
    )
    marks = ["".join("#" if look[which] else "-" for look in said) for which in (0, 1)]
    return marks[0], marks[1]


async def test_pictures_are_suspended_where_they_starve_the_sound(desk: Desk, visit: Visit) -> None:
    assert await looks(desk, visit, FINE, FULL, FULL, FULL) == ("--##", "-###")
    assert await looks(desk, visit, FINE, LOSSY, LOSSY) == ("--#", "---")
    assert await looks(desk, visit, FINE, FULL, FINE, FULL, FINE) == ("-----", "-####")


async def test_a_machine_that_stands_still_is_not_taken_for_a_slow_line(desk: Desk, visit: Visit) -> None:
    stalled = [FINE, *[FULL] * 4, FINE, FINE]
    assert await looks(desk, visit, *stalled, late={1}) == ("-" * 7, "-" * 7)
    assert await looks(desk, visit, FINE, *[FULL] * 7, late={1}) == ("------##", "-----###")
    always = (await looks(desk, visit, FINE, *[FULL] * 15, late=range(1, 16)))[0]
    assert always == "-" * 14 + "##", "but not for ever"


async def test_a_line_that_pictures_can_share_keeps_them(desk: Desk, visit: Visit) -> None:
    roomy = {**FULL, "estimate": 80e3}
    for line in (roomy, UNKNOWN, {**LOSSY, "loss": 0.05}):
        assert "#" not in (await looks(desk, visit, FINE, *[line] * 5))[0]


async def test_a_queue_is_what_lasts_or_is_long(desk: Desk, visit: Visit) -> None:
    assert (await looks(desk, visit, FINE, *[LASTING] * 4))[1] == "---##"
    assert (await looks(desk, visit, FINE, *[LASTING, LASTING, FINE] * 3))[1] == "-" * 10


async def test_a_way_that_is_longer_for_good_is_no_queue(desk: Desk, visit: Visit) -> None:
    longer = {**FULL, "estimate": 80e3, "checked": 0.34}
    assert (await looks(desk, visit, FINE, *[longer] * 140))[1] == "-" + "#" * (119 + 7) + "-" * 14


async def test_pictures_come_back_after_a_while_and_later_each_time_that_fails(
    desk: Desk, visit: Visit
) -> None:
    failing = [*[FULL] * 2, *[FINE] * 20, *[FULL] * 2, *[FINE] * 40, *[FULL] * 2, *[FINE] * 80, FINE]
    expected = "-#" + "#" * 19 + "-" + "-#" + "#" * 39 + "-" + "-#" + "#" * 79 + "--"
    assert (await looks(desk, visit, *[FINE], *failing))[0] == "-" + expected
    proven = [*[FULL] * 2, *[FINE] * 20, *[FINE] * 60, *[FULL] * 2, *[FINE] * 20]
    said = (await looks(desk, visit, FINE, *proven))[0]
    assert said == "--#" + "#" * 19 + "-" + "-" * 60 + "-#" + "#" * 19 + "-"


async def test_what_a_report_says_of_the_line(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "linewatch.js")
    pair = {
        "type": "candidate-pair",
        "availableOutgoingBitrate": 9e5,
        "currentRoundTripTime": 0.02,
        "timestamp": 9000,
    }
    remote = {"type": "remote-inbound-rtp", "fractionLost": 0.1, "roundTripTime": 0.03, "timestamp": 8000}
    entries = [
        pair | {"nominated": True},
        pair | {"nominated": False, "availableOutgoingBitrate": 1},
        remote | {"kind": "audio"},
        remote | {"kind": "video", "fractionLost": 0.9, "roundTripTime": 0.5},
    ]
    line_of = "(entries) => it.lineOf(new Map(entries.map((entry, index) => [index, entry])))"
    line = await customer.ask(line_of, entries)
    assert line == {"estimate": 9e5, "loss": 0.9, "reported": 0.03, "checked": 0.02}
    stale = [pair | {"nominated": True}, *(each | {"timestamp": 5000} for each in entries[2:])]
    assert await customer.ask(line_of, stale) == {"estimate": 9e5, "loss": 0, "reported": 0, "checked": 0.02}
    assert await customer.ask(line_of, []) == UNKNOWN


async def test_an_offer_with_copies_has_another_order_and_short_packets_without_fec(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "redundancy.js")
    offer = (
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96 110\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:110 red/48000/2\r\n"
        "a=fmtp:96 minptime=10;useinbandfec=1;stereo=0\r\na=fmtp:110 96/96\r\nm=video 9 UDP/TLS/RTP/SAVPF 97 98\r\n"
        "a=rtpmap:97 VP8/90000\r\n"
    )
    first = await customer.ask("(sdp) => it.withRed(sdp, true)", offer)
    reordered = offer.replace("SAVPF 96 110", "SAVPF 110 96")
    assert first == reordered.replace("useinbandfec=1", "useinbandfec=0;ptime=10")
    assert await customer.ask("(sdp) => it.withRed(sdp, false)", first) == offer
    assert await customer.ask("(sdp) => it.withRed(sdp, true)", offer.replace("red/48000", "CN/8000")) == ""


async def test_headers_are_added_to_the_bit_rate_of_sound_where_the_browser_takes_them_off(
    desk: Desk, visit: Visit
) -> None:
    """In turn: what is wanted, in how many packets a second, and whether the codec changes, which makes a new encoder."""
    customer = await load(desk, visit, "soundrate.js")
    steps = [(32e3, 50, True), (32e3, 50, False), (48e3, 100, True), (48e3, 100, False), (48e3, 100, True)]
    steps += [*[(48e3, 100, False)] * 3, (20e3, 100, False), (20e3, 50, True), *[(20e3, 50, False)] * 3]
    play = """([steps, headers]) => {
      let limit = 32e3, target;
      return steps.map(([wanted, packets, anew]) => {
        if (anew) target = limit;
        const next = it.maxBitrate(wanted, packets, headers === null ? undefined : target, limit);
        if (next !== limit) target = next - packets * headers;
        limit = next;
        return target;
      });
    }"""
    counting = await customer.ask(play, [steps, 384])
    assert counting == [32e3, 32e3, 48e3, 48e3, 9.6e3, *[48e3] * 3, *[20e3] * 5]
    plain = await customer.ask(play, [steps, 0])
    assert plain[:2] == [32e3, 32e3]
    assert (plain[3], plain[7], plain[-1]) == (48e3, 48e3, 20e3)
    assert await customer.ask(play, [steps, None]) == [wanted for wanted, *_ in steps]


async def test_browsers_are_told_apart(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "browser.js")
    agents = [INSTAGRAM, FACEBOOK, WEBVIEW, ANDROID, IPHONE, FIREFOX]
    assert await customer.ask("(agents) => agents.map(it.inApp)", agents) == [
        "Instagram",
        "Facebook",
        "",
        None,
        None,
        None,
    ]
    named = await customer.ask(
        "(agents) => agents.map((agent) => it.browserOf(agent, 5))", [ANDROID, IPHONE, FIREFOX]
    )
    assert named == ["android_chrome", "ios_safari", "firefox"]


async def test_every_end_and_refusal_of_a_customer_has_its_words(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "texts.js")
    other = await customer.ask("it.problem('other', {}).title")
    codes = [Code.NO_SUCH_LINK, Code.LINK_USED, Code.LINK_EXPIRED, Code.LINK_REVOKED, Code.LOBBY_FULL, Code.REPLACED,
             Code.VERSION, Code.NOT_SIGNED_IN]  # fmt: skip
    for code in codes:
        assert await customer.ask("(code) => it.problem(code, {}).title", code.value) != other
    endings = [
        await customer.ask("(reason) => it.ending(reason, {}).title", reason.value) for reason in EndReason
    ]
    assert len(set(endings)) == len(endings)


async def test_every_text_asked_for_exists(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "texts.js")
    source = "".join(path.read_text("utf-8") for path in FILES.glob("*.*ml")) + "".join(
        path.read_text("utf-8") for path in FILES.glob("*.js")
    )
    keys = sorted(set(re.findall(r'(?:data-text=|say\()"([a-z_.]+)"', source)))
    assert len(keys) > 20
    assert await customer.ask("(keys) => keys.filter((key) => it.say(key) === key)", keys) == []
