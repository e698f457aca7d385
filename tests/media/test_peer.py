"""Peer connections: named streams, candidates, loss, death, the control channel. Real ICE, DTLS, SRTP and
SCTP.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import socket
import threading
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aioice import Connection

from coachdesk.media.connection import controlchannel
from coachdesk.media.connection import peer as peers
from coachdesk.media.connection.iceservers import aiortc_servers
from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, NegotiationError, Peer
from coachdesk.media.connection.trickle import keep_usable, usable
from coachdesk.media.opus import Encoder
from coachdesk.media.packet import Packet
from signaling.protocol import IceServer
from tests.media.peers import WAIT, Network, collect, connect, pair, until

pytestmark = pytest.mark.media

MDNS = "candidate:1 1 udp 2122260223 0a4e7b4c-59d4-4d0d-a3a4-79ab6b6b6b6b.local 54400 typ host"


# --- streams ------------------------------------------------------------------------------------------------


async def test_each_stream_arrives_under_its_own_name() -> None:
    async with pair(OBSERVER) as (hub, observer):
        at_hub, at_observer = collect(hub), collect(observer)
        for side in (hub, observer):
            for name in side.outs:
                side.outs[name].send(b"\x10\x01" + name.encode(), 0, marker=True)
        await until(lambda: len(at_observer) == 8 and len(at_hub) == 4)
        assert {name for name, _ in at_observer} == {
            *("customer", "agent", "coach0", "coach1", "coach2", "coach3", "camera", "screen")
        }
        assert {name for name, _ in at_hub} == {"whisper", "voice", "lane", "screen"}
        for name, packet in at_hub + at_observer:
            assert packet.payload.removeprefix(b"\x10\x01") == name.encode()


async def test_numbers_and_timestamps_arrive_as_sent() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        got = collect(customer)
        out = hub.outs["main"]
        first, begun = out.next_seq, time.monotonic()
        for index in range(10):
            out.send(bytes([index]), 0xFFFFFF00 + index * 960 & 0xFFFFFFFF, marker=index == 3)
        out.send(b"late", 5 * 960, seq=(first + 12) & 0xFFFF)
        await until(lambda: len(got) == 11)
        packets = [packet for _, packet in got]
        assert [packet.seq for packet in packets] == [*range(first, first + 10), first + 12]
        assert out.next_seq == first + 13
        steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(packets[:10])]
        assert steps == [960] * 9
        assert [packet.marker for packet in packets].index(True) == 3
        assert all(begun <= packet.arrival <= time.monotonic() for packet in packets)


async def test_what_is_sent_before_the_connection_is_forgotten() -> None:
    hub = Peer(CUSTOMER, offers=True, ice=[])
    hub.outs["main"].send(b"stale", 0)
    customer = Peer(CUSTOMER, offers=False, ice=[])
    got = collect(customer)
    await connect(hub, customer)
    hub.outs["main"].send(b"fresh", 0)
    await until(lambda: got)
    assert [packet.payload for _, packet in got] == [b"fresh"]
    await asyncio.gather(hub.close(), customer.close())


async def test_no_thread_is_started_per_stream() -> None:
    before = set(threading.enumerate())
    async with pair(OBSERVER):
        assert set(threading.enumerate()) <= before


@pytest.mark.allow_log("the handler fails on purpose")
async def test_a_handler_that_fails_does_not_end_the_connection() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        calls = []

        def fail(name: str, packet: Packet) -> None:
            calls.append(name)
            raise RuntimeError("broken")

        customer.on_packet = fail
        for index in range(2):
            hub.outs["main"].send(b"x", index)
        await until(lambda: len(calls) == 2)
        assert customer.state == "connected"


# --- requests -----------------------------------------------------------------------------------------------


async def test_a_keyframe_request_reaches_the_sender_of_that_stream_and_is_throttled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with pair(CUSTOMER) as (hub, customer):
        asked: list[str] = []
        customer.on_keyframe_request = asked.append
        customer.outs["camera"].send(b"\x10\x00\x00", 0, marker=True)
        await until(lambda: hub._ins["camera"].packets)
        now = [time.monotonic()]
        monkeypatch.setattr(peers, "time", SimpleNamespace(monotonic=lambda: now[0]))
        for _ in range(20):
            hub.request_keyframe("camera")
        await until(lambda: asked)
        now[0] += peers.KEYFRAME_INTERVAL
        await until(lambda: len(asked) >= 2)
        assert asked == ["camera", "camera"], "at once, and once for those that came too soon"


# --- negotiation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sdp", ["", "nonsense", "v=0\r\n", "v=0\r\nm=audio x y z\r\n", "m=\r\n"])
async def test_a_malformed_description_is_refused(sdp: str) -> None:
    observer = Peer(OBSERVER, offers=False, ice=[])
    with pytest.raises(NegotiationError):
        await observer.answer(sdp)
    await observer.close()


async def test_an_offer_of_another_layout_is_refused() -> None:
    hub, observer = Peer(CUSTOMER, offers=True, ice=[]), Peer(OBSERVER, offers=False, ice=[])
    with pytest.raises(NegotiationError, match="m-lines"):
        await observer.answer(await hub.offer())
    await asyncio.gather(hub.close(), observer.close())


async def test_only_opus_with_redundancy_and_vp8_with_retransmission_are_offered() -> None:
    hub = Peer(OBSERVER, offers=True, ice=[])
    sdp = await hub.offer()
    codecs = {line.split()[1].split("/")[0] for line in sdp.splitlines() if line.startswith("a=rtpmap:")}
    assert codecs == {"opus", "red", "VP8", "rtx"}
    assert "useinbandfec=1" in sdp
    assert "a=fmtp:110 96/96" in sdp
    assert "a=rtcp-fb:96 nack" in sdp
    assert sdp.count("m=") == len(OBSERVER) + 1
    await hub.close()


async def test_candidates_may_come_before_and_after_the_description_and_may_be_rubbish() -> None:
    hub, far = Peer(CUSTOMER, offers=True, ice=[]), Peer(CUSTOMER, offers=False, ice=[])
    answer = await far.answer(await hub.offer())
    lines = answer.splitlines()
    candidates = [line.removeprefix("a=") for line in lines if line.startswith("a=candidate:")]
    bare = [line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    await hub.add_candidate(candidates[0], "0")
    await hub.accept("\r\n".join(bare) + "\r\n")
    for text in ("candidate:", "rubbish", "candidate:1 1 udp x y z typ host", *candidates, MDNS, ""):
        await hub.add_candidate(text, "1")
    await until(lambda: hub.state == far.state == "connected")
    await asyncio.gather(hub.close(), far.close())


async def test_a_flood_of_candidates_is_cut_off() -> None:
    hub = Peer(CUSTOMER, offers=True, ice=[])
    for port in range(1, 500):
        await hub.add_candidate(f"candidate:1 1 udp 1 192.0.2.1 {port} typ host", "0")
    assert len(hub._candidates) == peers.MAX_CANDIDATES
    await hub.close()


async def test_a_far_end_that_hides_all_its_addresses_is_found_by_its_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolved = []

    async def resolver(subscriber: object) -> None:
        resolved.append(subscriber)
        raise OSError("no multicast here")

    monkeypatch.setattr("aioice.ice.get_or_create_mdns_protocol", resolver)
    hub, far = Peer(CUSTOMER, offers=True, ice=[]), Peer(CUSTOMER, offers=False, ice=[])
    answer = await far.answer(await hub.offer())
    hidden = re.sub(r"(a=candidate:\S+ \S+ \S+ \S+) \S+", r"\1 0a4e7b4c-59d4.local", answer)
    await hub.accept(hidden)
    await until(lambda: hub.state == far.state == "connected")
    assert resolved == [], "that takes a whole second"
    await asyncio.gather(hub.close(), far.close())


def test_hidden_candidates_and_the_end_of_candidates_are_taken_out() -> None:
    sdp = f"v=0\r\na=candidate:2 1 udp 1 10.0.0.1 9 typ host\r\na={MDNS}\r\na=end-of-candidates\r\n"
    assert keep_usable(sdp) == "v=0\r\na=candidate:2 1 udp 1 10.0.0.1 9 typ host\r\n"
    assert not usable("")
    assert not usable(MDNS)


async def test_an_unreachable_stun_server_delays_the_offer_by_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gather, bounds = Connection.get_component_candidates, []

    async def gathering(self: Connection, *given: Any, timeout: float = 5, **options: Any) -> Any:
        bounds.append(timeout)
        return await gather(self, *given, timeout=timeout, **options)

    monkeypatch.setattr(Connection, "get_component_candidates", gathering)
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    hub = Peer(CUSTOMER, offers=True, ice=[IceServer([f"stun:127.0.0.1:{silent.getsockname()[1]}"])])
    assert "a=candidate" in await hub.offer()
    assert bounds == [peers.GATHER_SECONDS]
    await hub.close()
    silent.close()


@pytest.mark.allow_log("a malformed URL is named in the log")
def test_one_stun_and_the_quickest_turn_server_are_used() -> None:
    servers = [
        IceServer(["stuns:s.example", "rubbish", "stun:a.example", "stun:b.example"]),
        IceServer(["turns:t.example", "turn:t.example?transport=tcp", "turn:t.example"], "user", "secret"),
    ]
    chosen = aiortc_servers(servers)
    assert [server.urls for server in chosen] == ["stun:a.example", "turn:t.example"]
    assert (chosen[1].username, chosen[1].credential) == ("user", "secret")
    assert aiortc_servers([]) == []


# --- state --------------------------------------------------------------------------------------------------


async def test_a_dead_peer_is_lost_within_five_seconds() -> None:
    async with pair(OBSERVER) as (hub, observer):
        states: list[str] = []
        hub.on_state = states.append
        Network(observer).dead = True
        # The checks need 5 s at most; the rest is for a machine that is busy.
        await until(lambda: states == ["lost"], seconds=6)


async def test_a_far_end_that_closes_is_told_from_one_that_is_lost() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        states: list[str] = []
        hub.on_state = states.append
        await customer.close()
        await until(lambda: states == ["closed"])


async def test_a_far_end_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "CONNECT_SECONDS", 0.2)
    hub, far = Peer(CUSTOMER, offers=True, ice=[]), Peer(CUSTOMER, offers=False, ice=[])
    answer = await far.answer(await hub.offer())
    await far.close()
    states: list[str] = []
    hub.on_state = states.append
    await hub.accept(answer)
    await until(lambda: states == ["connecting", "lost"])
    await hub.close()


# --- control channel ----------------------------------------------------------------------------------------


async def test_messages_wait_for_the_channel_and_pass_both_ways() -> None:
    hub, far = Peer(OBSERVER, offers=True, ice=[]), Peer(OBSERVER, offers=False, ice=[])
    at_hub: list[bytes] = []
    at_far: list[bytes] = []
    hub.control.on_message, far.control.on_message = at_hub.append, at_far.append
    for index in range(controlchannel.MAX_PENDING_MESSAGES + 10):
        hub.control.send(b"%d" % index)
    far.control.send(b"early")
    await connect(hub, far)
    await until(lambda: at_hub and len(at_far) == controlchannel.MAX_PENDING_MESSAGES)
    assert at_far[0] == b"10"  # the oldest gave way
    assert at_hub == [b"early"]
    await asyncio.gather(hub.close(), far.close())


@pytest.mark.allow_log("an oversized message is named in the log")
async def test_an_oversized_message_is_dropped() -> None:
    async with pair(OBSERVER) as (hub, far):
        got: list[bytes] = []
        far.control.on_message = got.append
        hub.control.send(b"x" * (controlchannel.MAX_MESSAGE_BYTES + 1))
        hub.control.send(b"after")
        await until(lambda: got)
        assert got == [b"after"]


# --- numbers ------------------------------------------------------------------------------------------------


async def test_stats_tell_of_packets_loss_and_round_trip() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        out = hub.outs["main"]
        count = 0
        async with asyncio.timeout(WAIT):
            while count < 20 or out.path.rtt is None:
                skipped = 2 if count == 5 else 0
                out.send(b"x" * 100, (count + skipped) * 960, seq=(out.next_seq + skipped) & 0xFFFF)
                count += 1
                await asyncio.sleep(0.01)
        await until(lambda: customer._ins["main"].packets == count)
        sent, rtt = (await hub.stats())["main.out"], out.path.rtt
        received = (await customer.stats())["main.in"]
        assert (sent["packets"], sent["dropped"]) == (count, 0)
        assert 0 <= sent["rtt_ms"] == pytest.approx(rtt * 1000)
        assert (received["packets"], received["lost"]) == (count, 2)
        assert "main.in" not in await hub.stats()


async def test_how_long_sound_takes_from_its_capture_is_told_by_reports_both_ways() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        encoder, count = Encoder(), 0
        async with asyncio.timeout(WAIT):
            while hub.way_from_capture("main") is None or customer.way_from_capture("main") is None:
                for peer in (hub, customer):
                    peer.outs["main"].send(encoder.encode(np.zeros(960, np.float32)), count * 960)
                count += 1
                await asyncio.sleep(0.02)
        assert hub.way_from_capture("camera") is None


async def test_who_only_listens_knows_how_long_sound_takes_by_a_round_trip_that_was_told() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        encoder, count = Encoder(), 0
        async with asyncio.timeout(WAIT):
            while customer.way_from_capture("main", 0.01) is None:
                hub.outs["main"].send(encoder.encode(np.zeros(960, np.float32)), count * 960)
                count += 1
                await asyncio.sleep(0.02)
        assert customer.rtt is None
        assert customer.way_from_capture("main") is None
        assert customer.way_from_capture("no such stream", 0.01) is None


# --- the end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["made", "offered", "answered", "connecting", "handshake", "connected"])
async def test_closing_at_any_stage_is_quick_and_leaves_nothing_running(stage: str) -> None:
    before = asyncio.all_tasks()
    hub, far = Peer(OBSERVER, offers=True, ice=[]), Peer(OBSERVER, offers=False, ice=[])
    await reach(stage, hub, far)
    closing = asyncio.gather(hub.close(), far.close())
    await until(closing.done, seconds=3)
    await closing
    await hub.close()
    assert hub.state == far.state == "closed"
    for out in hub.outs.values():
        out.send(b"x", 0)
    await until(lambda: asyncio.all_tasks() <= before)
    gc.collect()  # tells of tasks whose failures nobody has heard of


async def reach(stage: str, hub: Peer, far: Peer) -> None:
    if stage == "made":
        return
    offer = await hub.offer()
    if stage == "offered":
        return
    answer = await far.answer(offer)
    if stage == "answered":
        return
    await hub.accept(answer)
    if stage == "handshake":
        async with asyncio.timeout(WAIT):
            while "connecting" not in (hub._transport.state, far._transport.state):  # noqa: ASYNC110
                await asyncio.sleep(0)
        for _ in range(2):  # one side is in the midst of it
            await asyncio.sleep(0)
    if stage == "connected":
        await until(lambda: hub.state == far.state == "connected")


@pytest.mark.allow_log("the hanging close is named in the log")
async def test_close_returns_although_aiortc_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "CLOSE_SECONDS", 0.1)
    async with pair(CUSTOMER) as (hub, _):

        async def hang() -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(hub._pc.getTransceivers()[0], "stop", hang)
        async with asyncio.timeout(WAIT):
            await hub.close()
        assert hub.state == "closed"


@pytest.mark.allow_log("the failing close is named in the log")
async def test_close_never_raises(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "CLOSE_SECONDS", 1.0)
    caplog.set_level(logging.CRITICAL)
    async with pair(CUSTOMER) as (hub, _):

        async def fail() -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(hub._pc.getTransceivers()[0], "stop", fail)
        await hub.close()
