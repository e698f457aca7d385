"""A whole call around a real ``AgentHub``: everybody makes sounds that can be told apart, everything that comes out is
compared with what the routing of the moment allows.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable

import pytest

from coachdesk import call as calls
from coachdesk.media import audioout, legs
from coachdesk.media.agent_hub import AgentHub
from coachdesk.media.mixer import Private
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE, Block
from coachdesk.media.whisper import replay
from coachdesk.media.whisper.leakguard import LeakGuard
from coachdesk.routing import Lane, Route, routes
from signaling.protocol import CallView, SignalBody
from tests.fakes.legs import FakeLeg, FakeOut
from tests.fakes.sounds import LONGEST_QUEUE, PlainEncoder, QueueEar, block_of, decoded, tokens_in
from tests.fakes.views import AGENT, CUSTOMER

KEYFRAME = b"\x10\x00"
KEPT_WHISPERS = 6
"""Blocks that can be heard again, so few that no sound has to go by another's name."""
BURST = 3
"""Packets of one sound put at once: more than a tick plays, so that some are buffered when the mode changes."""


class DeafGuard(LeakGuard):
    """Finds no leak where all sounds are clicks, one as much like the mic's as the other."""

    def observe(self, private: Block, mic: Block) -> bool:
        return False


class HubCall:
    """Injects, ticks, and keeps ``heard``: per sink the (source, lane) pairs that came out since it was last cleared."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(legs, "Leg", FakeLeg)
        patch.setattr(audioout, "Encoder", PlainEncoder)
        patch.setattr(replay, "KEPT_BLOCKS", KEPT_WHISPERS)
        self.guard = DeafGuard()
        self.hub = AgentHub(
            ice=list, signal=self._signal, new_ear=lambda party, lane: QueueEar(), guard=self.guard
        )
        self.view: CallView | None = None
        self.heard: set[Route] = set()
        self.heard_again: set[tuple[str, Lane]] = set()
        self.pictures: set[str] = set()
        self.time = 0.0
        self._next = 0
        self._made: dict[int, tuple[str, Lane, frozenset[Route]]] = {}
        self._mixed: list[frozenset[Route]] = [frozenset(), frozenset()]
        self._seqs: dict[tuple[str, str], int] = {}

    async def _signal(self, party: str, body: SignalBody) -> None: ...

    # --- the call ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        before = self.routes
        self.view = view
        self.hub.apply(view)
        for sink in {route.sink for route in before ^ self.routes}:
            self._assert_forgotten(sink)

    def _assert_forgotten(self, sink: str) -> None:
        """After a change of what ``sink`` hears, copies of nothing from before it can be sent there."""
        leg = self.leg(sink)
        if leg is not None and leg.peer is not None:
            assert not any(
                out.kept for stream, out in leg.peer.outs.items() if stream not in ("camera", "screen")
            )

    def leg(self, party: str) -> FakeLeg | None:
        leg = self.hub._legs.get(party)
        assert leg is None or isinstance(leg, FakeLeg)
        return leg

    def connect(self, *parties: str) -> None:
        for party in parties:
            leg = self.leg(party)
            assert leg is not None
            leg.come_up()

    def observers(self) -> list[str]:
        return [each.party for each in calls.observers(self.view)] if self.view is not None else []

    @property
    def routes(self) -> frozenset[Route]:
        view = self.view
        return routes(calls.members(view), held=calls.held(view)) if view is not None else frozenset()

    @property
    def reachable(self) -> frozenset[Route]:
        """The routes whose both ends are connected."""
        return frozenset(each for each in self.routes if self._is_up(each.source) and self._is_up(each.sink))

    def _is_up(self, party: str) -> bool:
        leg = self.leg(party)
        return party == AGENT or (leg is not None and leg.peer is not None)

    def made_by(self, token: int) -> tuple[str, Lane]:
        return self._made[token][:2]

    # --- sounds in --------------------------------------------------------------------------------------------

    def speak(self) -> None:
        """Everyone but the agent, on every track they have, several packets each; also those who may not."""
        for party in (CUSTOMER, *self.observers()):
            for lane in [Lane.VOICE] if party == CUSTOMER else Lane:
                for _ in range(BURST):
                    self._inject(party, "main" if party == CUSTOMER else lane.value, lane)
        self._inject_picture()

    def _inject(self, party: str, stream: str, lane: Lane) -> None:
        leg = self.leg(party)
        if leg is not None and leg.peer is not None:
            token = self._token(party, lane)
            leg.on_packet(stream, self._packet(party, stream, b"sound#%d" % token))
            self._collect()

    def _inject_picture(self) -> None:
        leg = self.leg(CUSTOMER)
        if leg is not None and leg.peer is not None:
            leg.on_packet("camera", self._packet(CUSTOMER, "camera", KEYFRAME))
            self._collect()

    def _token(self, party: str, lane: Lane) -> int:
        again = self.hub._whispers._replay
        kept = self._tokens_of(again._kept) | self._tokens_of(again._left)
        self._next = (self._next + 1) % BLOCK_SAMPLES
        while self._next in kept:
            self._next = (self._next + 1) % BLOCK_SAMPLES
        self._made[self._next] = (party, lane, self.routes)
        return self._next

    @staticmethod
    def _tokens_of(sounds: Iterable[Private]) -> set[int]:
        return set().union(*(tokens_in(sound.block) for sound in sounds))

    def _packet(self, party: str, stream: str, payload: bytes) -> Packet:
        key = (party, stream)
        seq = self._seqs[key] = self._seqs.get(key, 0) + 1
        ssrc = zlib.crc32(f"{party}.{stream}".encode())
        return Packet(seq & 0xFFFF, seq * 960, False, payload, ssrc, self.time)

    # --- sounds out -------------------------------------------------------------------------------------------

    def tick(self, times: int = 1) -> None:
        """10 ms each, in which the agent speaks."""
        for _ in range(times):
            self.time += 0.01
            self._mixed = [self._mixed[-1], self.routes]
            mic: Block = block_of(self._token(AGENT, Lane.VOICE)) if self.view is not None else SILENCE
            again = self._tokens_of(list(self.hub._whispers._replay._left)[:1])
            heard = tokens_in(self.hub.tick(mic, self.time))
            self.heard_again |= {self._made[token][:2] for token in again & heard}
            self._note(AGENT, heard - again, mixed=[self.routes])
            self._collect()

    def drain(self) -> None:
        """Plays what is buffered, to the end of a frame."""
        self.tick(LONGEST_QUEUE)

    def _collect(self) -> None:
        """Takes what was sent to everyone since the last time."""
        for party in (CUSTOMER, *self.observers()):
            leg = self.leg(party)
            if leg is None or leg.peer is None:
                continue
            told = [json.loads(message) for message in leg.peer.control.sent]
            seats = next((each["slots"] for each in reversed(told) if "slots" in each), {})
            for stream, out in leg.peer.outs.items():
                for payload in self._taken(out):
                    self._received(party, stream, payload, seats)

    def _taken(self, out: FakeOut) -> list[bytes]:
        sent, out.sent = out.sent, []
        return sent

    def _received(self, sink: str, stream: str, payload: bytes, seats: dict[str, str]) -> None:
        if stream == "camera":
            assert self.view is not None
            assert not calls.held(self.view), "a picture passed during a hold"
            self.pictures.add(sink)
        elif payload.startswith(b"sound#"):
            token = int(payload.split(b"#")[1])
            source = self._made[token][0]
            expected = "customer" if source == CUSTOMER else seats.get(stream)
            assert (stream, source) == ("customer", CUSTOMER) or expected == source, f"{source} on {stream}"
            self._note(sink, {token}, mixed=[self.routes])
        else:
            tokens = decoded(payload)
            assert stream == "main" or {self._made[each][0] for each in tokens} <= {AGENT}
            self._note(sink, tokens, mixed=self._mixed)

    def _note(self, sink: str, tokens: Iterable[int], mixed: Iterable[frozenset[Route]]) -> None:
        """What comes out must be routed now (for a frame of two blocks: when mixed), and when it was spoken."""
        for token in tokens:
            source, lane, then = self._made[token]
            route = Route(source, lane, sink)
            assert route in then, f"{source}'s {lane} reached {sink}, to whom it was not spoken"
            assert any(route in each for each in mixed), f"{source}'s {lane} reached {sink} after the change"
            self.heard.add(route)
