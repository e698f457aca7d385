"""One peer connection and its named streams. SDP strings in and out; no signaling inside."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Literal

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import SessionDescription, candidate_from_sdp

from coachdesk.media.connection import compat
from coachdesk.media.connection.codecs import preferred_codecs
from coachdesk.media.connection.controlchannel import ControlChannel
from coachdesk.media.connection.iceservers import aiortc_servers
from coachdesk.media.connection.nack import (
    PATIENT_MAX_MISSING,
    PATIENT_RETRY_AFTER,
    NackTracker,
    SoundNackTracker,
)
from coachdesk.media.connection.receivelimit import ReceiveLimit
from coachdesk.media.connection.reports import RoundTrips
from coachdesk.media.connection.rtpin import RtpIn
from coachdesk.media.connection.rtpout import RtpOut
from coachdesk.media.connection.trickle import keep_usable, usable
from coachdesk.media.ink.inkchannels import InkChannels
from coachdesk.media.ink.stillpipe import StillPipe
from coachdesk.media.packet import CLOCK_RATES, Packet
from coachdesk.media.screenshare.screenlimit import ScreenLimit
from signaling.pace import TokenBucket
from signaling.protocol import MAX_COACHES, IceServer

log = logging.getLogger(__name__)

State = Literal["connecting", "connected", "lost", "closed"]
Direction = Literal["sendonly", "recvonly", "sendrecv"]

GATHER_SECONDS, GATHER_RELAY_SECONDS = 1.5, 2.5
CONNECT_SECONDS = 15.0
CLOSE_SECONDS = 2.0
KEYFRAME_INTERVAL = 0.3
MAX_CANDIDATES = 64
DATA_PACKETS_PER_SECOND, DATA_PACKETS_AT_ONCE = 600, 1200
"""Of a far end's data channels, their acknowledgements among them; it uses a tenth of that."""


def _ignore(*_: object) -> None: ...


class NegotiationError(Exception):
    """A session description from the far end is malformed or does not fit the layout."""


@dataclass(frozen=True)
class Stream:
    """One m-line; ``direction`` is the hub's; ``screen``: the video is of one."""

    name: str
    kind: Literal["audio", "video"]
    direction: Direction
    screen: bool = False


Layout = tuple[Stream, ...]

CUSTOMER: Layout = (
    Stream("main", "audio", "sendrecv"),
    Stream("camera", "video", "sendrecv"),
    Stream("screen", "video", "sendrecv", screen=True),
)
OBSERVER: Layout = (
    Stream("customer", "audio", "sendonly"),
    Stream("agent", "audio", "sendonly"),
    *(Stream(f"coach{slot}", "audio", "sendonly") for slot in range(MAX_COACHES)),
    *(Stream(name, "audio", "recvonly") for name in ("whisper", "voice", "lane")),
    Stream("camera", "video", "sendonly"),
    Stream("screen", "video", "sendrecv", screen=True),
)

_MIRRORED: dict[Direction, Direction] = {
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "sendrecv": "sendrecv",
}


def _nacks(stream: Stream) -> NackTracker:
    if stream.kind == "audio":
        return SoundNackTracker()
    if stream.screen:
        return NackTracker(PATIENT_RETRY_AFTER, PATIENT_MAX_MISSING)
    return NackTracker()


def _is_camera_of_far_end(stream: Stream) -> bool:
    return stream.kind == "video" and not stream.screen and stream.direction != "sendonly"


class Peer:
    """A peer connection with the streams of ``layout``. Make it, and call everything, on the running loop.

    Attributes:
        outs: the streams this side sends, by name.
        on_packet: stream name and packet, for every packet as it comes, those that were lost at first included.
        on_keyframe_request: the far end wants a keyframe on this stream of ours.
        on_state: ``connecting``, ``connected``, ``lost`` (for good: build another), ``closed`` (by us or
        by the far end).
        control: the channel of small messages. ink: the channels of ink. stills: the one of stills.
        data_dropped: packets of the data channels that were too many.

    Raises ``contract.CompatError`` when the installed aiortc is not the one we know.
    """

    def __init__(self, layout: Layout, *, offers: bool, ice: list[IceServer]) -> None:
        compat.tune()
        self.on_packet: Callable[[str, Packet], None] = _ignore
        self.on_keyframe_request: Callable[[str], None] = _ignore
        self.on_state: Callable[[State], None] = _ignore
        self.outs: dict[str, RtpOut] = {}
        self.state: State | Literal["new"] = "new"
        self._layout = layout
        self._offers = offers
        self._pc = RTCPeerConnection(
            RTCConfiguration(iceServers=aiortc_servers(ice), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._round_trips = RoundTrips()
        self._ins: dict[str, RtpIn] = {}
        self._nacks: dict[str, NackTracker] = {}
        self._keyframe_asked: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._candidates: list[str] = []
        self._candidates_seen = 0
        self.data_dropped = 0
        self._rates: dict[str, tuple[float, int]] = {}
        # A browser takes what it is told for the whole of the way, whichever of its streams that came with.
        self._limit = ReceiveLimit() if offers and any(map(_is_camera_of_far_end, layout)) else None
        for stream in layout:
            self._add(stream)
        self.control = ControlChannel(self._pc)
        self.ink = InkChannels(self._pc)
        self.stills = StillPipe(self._pc)
        self._pc.on("connectionstatechange", self._connection_changed)
        self._transport = self._pc.getTransceivers()[0].receiver.transport
        self._transport.on("statechange", self._transport_changed)
        if offers:
            self._data_pace = TokenBucket(DATA_PACKETS_PER_SECOND, DATA_PACKETS_AT_ONCE, time.monotonic())
            compat.bound_data(self._pc, self._allow_data)
        relays = any(url.startswith("turn") for server in ice for url in server.urls)
        compat.be_patient(self._pc)
        compat.close_while_connecting(self._pc)
        compat.bound_gathering(self._pc, GATHER_RELAY_SECONDS if relays else GATHER_SECONDS)

    def _add(self, stream: Stream) -> None:
        direction = stream.direction if self._offers else _MIRRORED[stream.direction]
        transceiver = self._pc.addTransceiver(stream.kind, direction=direction)
        transceiver.setCodecPreferences(preferred_codecs(stream.kind))
        if direction != "recvonly":
            out = self.outs[stream.name] = RtpOut(transceiver.sender, self._round_trips)
            out.on_keyframe_request = lambda: self.on_keyframe_request(stream.name)
        self._ins[stream.name] = RtpIn(
            transceiver.receiver,
            lambda packet: self._received(stream, packet),
            self._limit or (ScreenLimit() if stream.screen else None),
        )
        self._nacks[stream.name] = _nacks(stream)

    # --- negotiation --------------------------------------------------------------------------------------

    async def offer(self) -> str:
        """The offer, with the candidates gathered within the time allowed."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return self._pc.localDescription.sdp

    async def accept(self, answer_sdp: str) -> None:
        """Take the far end's answer. Raises NegotiationError."""
        await self._take("answer", answer_sdp)

    async def answer(self, offer_sdp: str) -> str:
        """The answer to the hub's offer. Raises NegotiationError."""
        await self._take("offer", offer_sdp)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return self._pc.localDescription.sdp

    async def add_candidate(self, candidate: str, mid: str) -> None:
        """Take a trickled candidate (RFC 8838), in any order with the description; empty: there are no more.

        All m-lines share one transport, so ``mid`` decides nothing. A malformed candidate is dropped.
        """
        if not usable(candidate):
            return
        self._candidates_seen += 1
        if self._candidates_seen > MAX_CANDIDATES:
            log.debug("candidate for %r dropped: there are more than %d", mid, MAX_CANDIDATES)
        elif self._pc.remoteDescription is None:
            self._candidates.append(candidate)
        else:
            await self._try_candidate(candidate)

    async def _take(self, kind: Literal["offer", "answer"], sdp: str) -> None:
        self._require_layout(sdp)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(keep_usable(sdp), kind))
        except Exception as error:
            # aiortc lets whatever its parser trips over through.
            raise NegotiationError(f"the {kind} cannot be used: {error}") from error
        self._set_state("connecting")
        self._later("connect", CONNECT_SECONDS, self._give_up_connecting)
        waiting, self._candidates = self._candidates, []
        for candidate in waiting:
            await self._try_candidate(candidate)

    def _require_layout(self, sdp: str) -> None:
        expected = [*(stream.kind for stream in self._layout), "application"]
        try:
            found = [media.kind for media in SessionDescription.parse(sdp).media]
        except Exception as error:
            raise NegotiationError(f"the session description is malformed: {error!r}") from error
        if found != expected:
            raise NegotiationError(f"the session description has the m-lines {found}, expected {expected}")

    async def _try_candidate(self, text: str) -> None:
        try:
            candidate = candidate_from_sdp(text.removeprefix("candidate:"))
            candidate.sdpMid = self._pc.getTransceivers()[0].mid
            await self._pc.addIceCandidate(candidate)
        except Exception as error:
            log.debug("candidate dropped: %r", error)

    # --- state --------------------------------------------------------------------------------------------

    def _connection_changed(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self._spawn(self._announce())
        elif state == "failed":
            self._set_state("lost")

    def _transport_changed(self) -> None:
        """The far end closed the connection, or its consent expired; aiortc calls both closed."""
        if self._transport.state == "closed":
            self._set_state("lost" if compat.consent_expired(self._pc) else "closed")

    async def _announce(self) -> None:
        """Say ``connected`` once packets can be sent; aiortc starts its senders a little after connecting."""
        starting = [asyncio.create_task(out.opened.wait()) for out in self.outs.values()]
        if starting:
            _, unopened = await asyncio.wait(starting, timeout=0.5)
            for task in unopened:
                task.cancel()
        if self.state == "connecting":
            self._set_state("connected")

    def _give_up_connecting(self) -> None:
        if self.state == "connecting":
            self._set_state("lost")

    def _set_state(self, state: State) -> None:
        if state == self.state or self.state == "closed" or (self.state == "lost" and state != "closed"):
            return
        self.state = state
        self.on_state(state)

    # --- packets ------------------------------------------------------------------------------------------

    def _received(self, stream: Stream, packet: Packet) -> None:
        asked_for = self._nacks[stream.name].add(packet.seq, packet.arrival)
        self._ask_for_missing(stream.name)
        self.on_packet(stream.name, packet._replace(recovered=True) if asked_for else packet)

    def _ask_for_missing(self, name: str) -> None:
        tracker = self._nacks[name]
        tracker.rtt = self.rtt
        now = time.monotonic()
        missing = tracker.due(now)
        if missing:
            self._spawn(self._ins[name].request_packets(missing))
        if (due := tracker.next_due) is not None:
            self._later(f"nack {name}", due - now, lambda: self._ask_for_missing(name))

    def forget_sound(self) -> None:
        """No sound sent so far goes out again, neither as a copy nor when asked for."""
        for stream in self._layout:
            if stream.kind == "audio" and stream.name in self.outs:
                self.outs[stream.name].forget()

    @property
    def rtt(self) -> float | None:
        """Round trip to the far end in seconds, by its reports on what we send; None if there are none."""
        return min((out.path.rtt for out in self.outs.values() if out.path.rtt is not None), default=None)

    def way_from_capture(self, name: str, rtt: float | None = None) -> float | None:
        """Seconds from a sound's capture to its fastest packets' arrival, if known; ``rtt``: as the far end told."""
        return self._ins[name].captured.way(self.rtt if rtt is None else rtt) if name in self._ins else None

    def request_keyframe(self, name: str) -> None:
        """Ask the far end for a keyframe on ``name``, at most once in 0.3 s; a request too soon is made up
        for then.
        """
        wait = self._keyframe_asked.get(name, -KEYFRAME_INTERVAL) + KEYFRAME_INTERVAL - time.monotonic()
        if wait > 0:
            self._later(f"keyframe {name}", wait, lambda: self.request_keyframe(name))
        elif self.state == "connected":
            self._keyframe_asked[name] = time.monotonic()
            self._spawn(self._ins[name].request_keyframe())

    # --- data channels ------------------------------------------------------------------------------------

    def _allow_data(self) -> bool:
        """A far end that floods the data channels is heard at this pace; sound and picture go on."""
        allowed = self._data_pace.take(time.monotonic())
        self.data_dropped += not allowed
        return allowed

    # --- numbers ------------------------------------------------------------------------------------------

    async def stats(self) -> dict[str, dict[str, float]]:
        """Numbers of each stream: ``NAME.in`` and ``NAME.out``; counts since the start, rates since the
        last call.
        """
        table = {}
        for stream in self._layout:
            if stream.name in self.outs:
                table[f"{stream.name}.out"] = self._out_stats(stream.name)
            if self._ins[stream.name].packets:
                table[f"{stream.name}.in"] = self._in_stats(stream)
        if self.data_dropped:
            table["data.in"] = {"dropped": self.data_dropped}
        return table

    def _in_stats(self, stream: Stream) -> dict[str, float]:
        source = self._ins[stream.name]
        return {
            "packets": source.packets,
            "lost": source.lost,
            "jitter_ms": source.jitter * 1000 / CLOCK_RATES[stream.kind],
            "kbps": self._rate(f"{stream.name}.in", source.octets),
        }

    def _out_stats(self, name: str) -> dict[str, float]:
        out = self.outs[name]
        numbers: dict[str, float] = {
            "packets": out.packets,
            "dropped": out.queue.dropped,
            "kbps": self._rate(f"{name}.out", out.octets),
        }
        return numbers if out.path.rtt is None else numbers | {"rtt_ms": out.path.rtt * 1000}

    def _rate(self, key: str, octets: int) -> float:
        now = time.monotonic()
        then, before = self._rates.get(key, (now, octets))
        self._rates[key] = now, octets
        return (octets - before) * 0.008 / (now - then) if now > then else 0.0

    # --- the end ------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """End the connection. Takes at most 4 s, whatever hangs; never raises."""
        self._set_state("closed")
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await self._bounded(self._pc.close()) or await self._bounded(compat.abort(self._pc))
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)

    async def _bounded(self, closing: Coroutine[None, None, None]) -> bool:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await closing
        except TimeoutError:
            log.warning("peer connection did not close within %.0f s", CLOSE_SECONDS)
            return False
        except Exception:
            log.exception("peer connection did not close cleanly")
            return False
        return True

    def _later(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """One pending timer of each name; none once closed."""
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()
        if self.state != "closed":
            self._timers[name] = asyncio.get_running_loop().call_later(max(0.0, seconds), action)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        if self.state == "closed":
            coroutine.close()
            return
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
