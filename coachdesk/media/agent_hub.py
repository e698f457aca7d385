"""The hub of a call: what the agent's endpoint does with everybody's sound and picture.

It wires exactly the routes of ``coachdesk.routing``: packets are forwarded, sounds are mixed, and whatever has no route
is dropped where it arrives. A coach's whisper becomes a ``Private`` block, which the customer's uplink does not accept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from coachdesk import call as calls
from coachdesk import screenwire
from coachdesk.events import Reading
from coachdesk.media.audioout import AudioOut, Kept, Out
from coachdesk.media.briefing import Briefing, FarReading, Seats, Wish
from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, Peer, State
from coachdesk.media.ears import Ear
from coachdesk.media.fanout import Fanout
from coachdesk.media.farear import FarEar
from coachdesk.media.history import Retelling
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.stillhub import StillHub
from coachdesk.media.legs import Legs
from coachdesk.media.mixer import Block, Headset, Private, Public, uplink
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import Stereo
from coachdesk.media.screenshare.screencast import STREAM as SCREEN
from coachdesk.media.screenshare.screenhub import ScreenHub
from coachdesk.media.talktime import Talk
from coachdesk.media.whisper.leakguard import LeakGuard
from coachdesk.media.whisper.whispers import Whispers
from coachdesk.routing import Lane, Route, routes
from signaling.policy import Role
from signaling.protocol import CallView, IceServer, PartyView, SignalBody

log = logging.getLogger(__name__)

AGENT_AT_CUSTOMER = "agent_at_customer"
"""What the agent's sound is called where the customer hears it."""
LANE_STREAMS = frozenset(lane.value for lane in Lane)


class AgentHub:
    """The media of one call, at its agent.

    Attributes:
        headset: the mix the agent hears; its volumes and ducking are set here.
        ink: what is drawn on the customer's picture. stills: what stands still of it.
        screens: those that are shared.
        ears: one per sound that reaches the agent, by source name (``customer`` or a coach's party id).
        on_replay: called when the last whisper begins (True) or ceases (False) to be heard again.
        on_media: state of the leg to a party.
        on_picture_packet: the customer's camera, packet by packet.
        on_customer_connected: the customer's (new) peer connection, which takes the agent's own camera.
        on_own_keyframe_wanted: the customer needs a keyframe of the agent's own camera.
    """

    def __init__(
        self,
        *,
        ice: Callable[[], list[IceServer]],
        signal: Callable[[str, SignalBody], Awaitable[None]],
        new_ear: Callable[[str, str], Ear],
        guard: LeakGuard | None = None,
    ) -> None:
        self._new_ear = new_ear
        self._view: CallView | None = None
        self._routes: frozenset[Route] = frozenset()
        self._legs = Legs(ice, signal)
        self._fanout = Fanout()
        self._fanout.on_keyframe_wanted = self.request_keyframe
        self._fanout.on_quality = self._tell
        self.ink = InkHub()
        self.stills = StillHub(self.ink)
        self.screens = ScreenHub(self._legs, self.ink)
        self.screens.on_change = self._tell_observers
        self._fanout.on_offset = self.ink.lines.set_offset
        self._seats = Seats()
        self._mic_out = AudioOut()
        self._uplink_out = AudioOut()
        self._whispers = Whispers(guard or LeakGuard())
        self._whispers.on_replay = lambda on: self.on_replay(on)
        self._whispers.on_closed = self._tell_observers
        self._past = Retelling()
        self._far_ear = FarEar()
        self._now = 0.0
        self.ears: dict[str, Ear] = {}
        self.headset = Headset()
        self.on_replay: Callable[[bool], None] = lambda on: None
        self.on_media: Callable[[str, State], None] = lambda party, state: None
        self.on_picture_packet: Callable[[Packet], None] = lambda packet: None
        self.on_customer_connected: Callable[[Peer], None] = lambda peer: None
        self.on_own_keyframe_wanted: Callable[[], None] = lambda: None

    # --- the call as the server tells it ---------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Wires what ``view`` says: legs for its parties, routes for their modes. Nothing stale survives a change."""
        if self._view is not None and calls.held(self._view) and not calls.held(view):
            self._fanout.resume()
        self._view = view
        wanted = routes(calls.members(view), held=calls.held(view))
        if calls.held(view):
            self._past.clear()
        self._empty_changed(self._routes ^ wanted)
        self._routes = wanted
        self._seats.seat(coach.party for coach in calls.coaches(view))
        self.ink.apply(view)
        self.stills.apply(view)
        self.screens.apply(view)
        for party in view.parties:
            if party.party != view.agent and party.party not in self._legs:
                self._open(party)
        present = {party.party for party in view.parties}
        for party_id in [each for each in self._legs if each not in present]:
            self._shut(party_id)

    async def signalled(self, sender: str, body: SignalBody) -> None:
        await self._legs.signalled(sender, body)

    def renegotiate_lost(self) -> None:
        """After the server came back: builds anew what was lost meanwhile."""
        self._legs.renegotiate_lost()

    async def close(self) -> None:
        self._fanout.clear()
        self._whispers.clear()
        self._past.clear()
        await asyncio.gather(self.screens.close(), self._legs.close())

    def _empty_changed(self, changed: Iterable[Route]) -> None:
        """Empties what is buffered of every source that is now mixed otherwise here, and what was sent to every sink
        that now hears others: no copy of it goes out any more.
        """
        view = self._view
        if view is None:
            return
        sources = {route.source for route in changed if route.sink in (view.agent, view.customer)}
        for name, ear in self.ears.items():
            if name.split("/")[0] in {self._ear_party(source) for source in sources}:
                ear.flush()
        for sink in {route.sink for route in changed}:
            peer = self._legs.peer(sink)
            if peer is not None:
                peer.forget_sound()

    def _ear_party(self, party_id: str) -> str:
        return "customer" if self._view is not None and party_id == self._view.customer else party_id

    def _tell_observers(self) -> None:
        for observer in calls.observers(self._view) if self._view is not None else []:
            self._tell(observer.party)

    def _tell(self, observer: str) -> None:
        """Says on the control channel how things are with the call."""
        briefing = Briefing(
            slots=self._seats.coaches,
            whisper_closed=self._whispers.closed,
            picture=self._fanout.quality(observer),
            **self.screens.told(observer),
            ways_ms=self._ways_to(observer),
        )
        self._legs.tell(observer, msgspec.json.encode(briefing))

    def tell_talk(self, talk: Talk) -> None:
        """Tells all observers who has talked for how long."""
        self._tell_all(Briefing(talk=talk))

    def _tell_all(self, briefing: Briefing) -> None:
        for observer in calls.observers(self._view) if self._view is not None else []:
            self._legs.tell(observer.party, msgspec.json.encode(briefing))

    def whisper_reopened(self) -> None:
        """Tells coaches that they may ask for the whisper again; what is left of the last one is not played."""
        for name, ear in self.ears.items():
            if name.endswith(f"/{Lane.WHISPER}"):
                ear.flush()
        self._tell_observers()

    # --- legs ------------------------------------------------------------------------------------------------

    def _open(self, party: PartyView) -> None:
        is_customer = party.role is Role.CUSTOMER
        leg = self._legs.open(party.party, CUSTOMER if is_customer else OBSERVER)
        leg.on_state = lambda state: self.on_media(party.party, state)
        leg.on_connected = lambda peer: self._connected(party, peer)
        leg.on_ink = lambda peer, data: self.ink.received(party.party, peer, data)
        leg.on_ink_open = lambda peer: self.screens.agent.tell_pointer(party.party)
        leg.on_live_ink = lambda peer, data: self.ink.received_live(party.party, data)
        leg.on_stills = lambda peer, message: self.stills.received(party.party, peer, message)
        if is_customer:
            leg.on_packet = self._from_customer
            leg.on_keyframe_request = lambda stream: self._keyframe_wanted(party.party, stream)
            leg.on_message = self._told_by_customer
            leg.on_state = lambda state: self._customer_leg(party.party, state)
        else:
            leg.on_packet = lambda stream, packet: self._from_observer(party.party, stream, packet)
            leg.on_keyframe_request = lambda stream: self._keyframe_wanted(party.party, stream)
            leg.on_message = lambda data: self._told(party.party, data)
        leg.negotiate()

    def _keyframe_wanted(self, party: str, stream: str) -> None:
        if stream == SCREEN:
            self.screens.request_keyframe(party)
        elif self._view is not None and party == self._view.customer:
            self.on_own_keyframe_wanted()
        else:
            self._fanout.request_keyframe(party)

    def _shut(self, party_id: str) -> None:
        self._fanout.disconnect(party_id)
        self.screens.disconnect(party_id)
        for name in [name for name in self.ears if name.split("/")[0] == party_id]:
            del self.ears[name]
        self._past.forget(party_id)
        self._legs.shut(party_id)

    def _connected(self, party: PartyView, peer: Peer) -> None:
        """Points the forwarding at the leg's new peer connection."""
        if party.role is Role.CUSTOMER:
            self._far_ear = FarEar()
            self.on_customer_connected(peer)
            self.request_keyframe()
            self.screens.connect_customer(party.party, peer)
            return
        self._fanout.connect(party.party, peer)
        self.screens.connect(party.party, peer)
        self._tell(party.party)
        self._past.forget(party.party)
        self.request_keyframe()

    def request_keyframe(self) -> None:
        """Asks the customer's browser for a keyframe (throttled by the peer)."""
        if self._customer_peer is not None:
            self._customer_peer.request_keyframe("camera")

    @property
    def _customer_peer(self) -> Peer | None:
        return self._legs.peer(self._view.customer) if self._view is not None else None

    def _customer_leg(self, customer: str, state: State) -> None:
        if state in ("lost", "closed"):
            self.screens.customer.lost()
        self.on_media(customer, state)

    def _told_by_customer(self, data: bytes) -> None:
        said = screenwire.read(data)
        if said is not None:
            self.screens.said(said)
        else:
            self._far_ear.put(data)
            if self._far_ear.holds_too_much:
                self._uplink_out.shorten_pause()

    def _told(self, party: str, data: bytes) -> None:
        """An observer may ask, once per connection, for what was heard before, and says how large screens are there."""
        try:
            wish = msgspec.json.decode(data, type=Wish)
        except msgspec.DecodeError as error:
            log.warning("unreadable control message of an observer: %s", error)
            return
        if wish.catch_up:
            self._past.ask(party, self._now)
        if wish.shows is not msgspec.UNSET:
            self.screens.show_at(party, wish.shows)
        if wish.shares is not msgspec.UNSET:
            self.screens.shared_at(party, wish.shares)

    def _retell(self) -> None:
        for observer, message in self._past.tick():
            self._legs.tell(observer, message)

    # --- packets ---------------------------------------------------------------------------------------------

    def _from_customer(self, stream: str, packet: Packet) -> None:
        view = self._view
        if view is None or calls.held(view):
            return
        if stream == "main":
            self._ear("customer").put(packet)
            self._past.history.add("customer", packet.ssrc, packet.timestamp, packet.payload, packet.arrival)
            self._fanout.sound("customer", packet, self._sinks(view.customer, Lane.VOICE))
        elif stream == "camera":
            self.on_picture_packet(packet)
            self._fanout.picture(packet, (each.party for each in calls.observers(view)))
        elif stream == SCREEN:
            self.screens.customer.put(packet)

    def _from_observer(self, party: str, stream: str, packet: Packet) -> None:
        """A coach's packet goes along its routes; without a route (wrong lane, trainee, stale) it ends here."""
        if stream == SCREEN:
            self.screens.coach.put(party, packet)
            return
        view = self._view
        if view is None or stream not in LANE_STREAMS:
            return
        lane = Lane(stream)
        sinks = self._sinks(party, lane)
        if view.agent in sinks:
            self._ear(f"{party}/{lane}").put(packet)
        seat = self._seats.stream(party)
        if seat is not None:
            self._fanout.sound(seat, packet, sinks)

    def _sinks(self, source: str, lane: Lane) -> set[str]:
        return {route.sink for route in self._routes if route.source == source and route.lane is lane}

    def _ear(self, name: str) -> Ear:
        if name not in self.ears:
            party, _, lane = name.partition("/")
            self.ears[name] = self._new_ear(party, lane or Lane.VOICE.value)
        return self.ears[name]

    # --- sound, every 10 ms ----------------------------------------------------------------------------------

    def replay(self) -> bool:
        """Plays the last whispers again, to the agent alone; False when there are none, or none may be heard."""
        return self._whispers.replay()

    def tick(self, mic: Block, now: float) -> Block | Stereo:
        """One block from the agent's mic in, one block for the agent's headset out; sends what is due to all others."""
        public: dict[str, Public] = {}
        private: dict[str, Private] = {}
        for name, ear in self.ears.items():
            party, _, lane = name.partition("/")
            if lane == Lane.WHISPER:
                private[party] = Private(ear.pull(now))
            else:
                public[party] = Public(ear.pull(now))
        self._now = now
        self._retell()
        self.ink.tick()
        self._send_mic(mic)
        self._send_uplink(mic, public)
        return self.headset.mix(public, self._whispers.next(private, mic))

    def _send_mic(self, mic: Block) -> None:
        view = self._view
        if view is None:
            return
        sinks = self._sinks(view.agent, Lane.VOICE) - {view.customer}
        peers = (self._legs.peer(sink) for sink in sorted(sinks))
        outs: list[Out] = [peer.outs["agent"] for peer in peers if peer is not None]
        if Route(view.agent, Lane.VOICE, view.customer) in self._routes:
            outs[:1] = [Kept(self._keep_mic, *outs[:1])]
        self._mic_out.push(mic, outs, self._now)

    def _keep_mic(self, payload: bytes, timestamp: int) -> None:
        self._past.history.add("agent", 0, timestamp, payload, self._now)

    def _send_uplink(self, mic: Block, public: dict[str, Public]) -> None:
        """The customer's mix: the agent and the coaches routed there. It flows always, so nothing tells who listens."""
        peer, view = self._customer_peer, self._view
        if peer is None or view is None:
            return
        routed = {route.source for route in self._routes if route.sink == view.customer}
        heard = [sound for party, sound in public.items() if party in routed]
        if view.agent in routed:
            heard.append(Public(mic))
        self._uplink_out.push(uplink(heard), [peer.outs["main"]], self._now)

    # --- how it is ------------------------------------------------------------------------------------------

    def measure(self) -> dict[str, Reading]:
        """How good each sound is here, and the agent's at the customer, since the last call; tells observers the latter, and
        how far away each source is from them: they cannot measure either.
        """
        self._tell_observers()
        far = self._far_ear.read(self._way_ms("customer"), self._now)
        if far is not None:
            self._tell_all(Briefing(at_customer=FarReading(**msgspec.structs.asdict(far))))
        readings = {AGENT_AT_CUSTOMER: far}
        for name, ear in self.ears.items():
            party, _, lane = name.partition("/")
            reading = ear.read(self._sound_way_ms(party, lane or "main"))
            if reading is not None:
                readings[party] = reading
        return {source: reading for source, reading in readings.items() if reading is not None}

    def _leg_of(self, source: str) -> str:
        view = self._view
        return view.customer if view is not None and source == "customer" else source

    def _way_ms(self, source: str) -> float:
        """One way to a source of sound through the network."""
        return self._legs.way_ms(self._leg_of(source))

    def _sound_way_ms(self, source: str, stream: str) -> float:
        return self._legs.sound_way_ms(self._leg_of(source), stream)

    def _ways_to(self, observer: str) -> dict[str, float]:
        """One way from each source to an observer, in ms, beyond the frame that the source waits for."""
        own = self._way_ms(observer)
        coaches = [coach for coach in self._seats.coaches.values() if coach != observer]
        sources = {"customer": self._sound_way_ms("customer", "main"), "agent": 0.0}
        sources |= {coach: self._sound_way_ms(coach, Lane.VOICE.value) for coach in coaches}
        return {source: round(own + way, 1) for source, way in sources.items()}

    async def stats(self) -> dict[str, dict[str, float]]:
        """Numbers of every stream of every leg, keyed ``PARTY.STREAM``."""
        heard = {f"heard.{name}": ear.stats() for name, ear in self.ears.items()}
        return await self._legs.stats() | heard | self.ink.stats()
