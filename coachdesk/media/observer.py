"""An observer's side of a call: each source on its own track, and the own mic on the track of the mode in force."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import msgspec

from coachdesk.events import Reading, Sharer, ShareState
from coachdesk.media.audioout import AudioOut
from coachdesk.media.briefing import AT_CUSTOMER, Briefing, Wish
from coachdesk.media.catchup import CatchUp
from coachdesk.media.connection.leg import Leg
from coachdesk.media.connection.peer import OBSERVER, Peer, State
from coachdesk.media.ears import Ear
from coachdesk.media.ink.inkparty import InkParty
from coachdesk.media.mixer import AGENT, CUSTOMER, Block, Headset, Public
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import SILENCE, Stereo
from coachdesk.media.picture.thinning import Quality
from coachdesk.media.quality import FRAME_MS
from coachdesk.media.screenshare.desktopmarks import DesktopMarks
from coachdesk.media.screenshare.screencast import STREAM as SCREEN
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.speech import SpeechDetector
from coachdesk.media.talktime import Talk
from coachdesk.media.whisper.preroll import PushToTalk
from coachdesk.routing import LANE_OF, Lane
from coachdesk.screenwire import Size
from coachdesk.stillwire import AnyMessage, Freeze, Have, Whole
from signaling.protocol import IceServer, SignalBody

FINISH_SECONDS, FINISH_POLITE_SECONDS = 0.22, 6.0
"""For so long after a release what was spoken before it is still sent; a polite whisper may have to wait first."""
GRANT_SECONDS = 1.5
"""For so long after a release a grant of what was spoken before it is awaited: then it is too late to be of use."""
ARRIVAL_SECONDS = 0.08
"""What was sent last has reached the agent's ear by then, if the path is a good one."""

log = logging.getLogger(__name__)


class ObserverMedia:
    """The media of one call at a supervisor's or trainee's endpoint.

    Attributes:
        headset: the mix heard here; its volumes are set here.
        ink: what is drawn on the customer's picture.
        mouth: to whom the own mic goes.
        past: what was heard before this observer came, if that was asked for.
        ears: one per source: ``customer``, ``agent`` or a coach's party id.
        whisper_closed: the agent's microphone picks up whispers; none is played.
        screen: this machine's, to the hub, which passes it on as the server has it. marks: where marks are on it.
        on_screen: called with what is told of a shared screen: see ``ScreenView.told``. on_screen_packet: of that screen.
        on_screen_size: called with the size of the whole of it, in pixels; None: not known.
        on_media, on_picture_packet: as in ``AgentHub``. on_still: a still is here, to be looked at.
        on_whisper_closed: called when that begins (True) or ends (False).
        on_picture_quality: called when more or less of the customer's picture is sent on this line.
        on_talk: called with who has talked for how long, every few seconds.
        on_held: called when a polite whisper begins (True) or ends (False) to wait for the customer's pause.
    """

    def __init__(
        self,
        *,
        ice: Callable[[], list[IceServer]],
        signal: Callable[[SignalBody], Awaitable[None]],
        new_ear: Callable[[str, str], Ear],
        party: str = "",
        catch_up: bool = False,
    ) -> None:
        """``party``: this endpoint's. ``catch_up``: begin with the last 20 s."""
        self._leg = Leg(OBSERVER, offers=False, ice=ice, signal=signal)
        self._leg.on_state = self._stated
        self._leg.on_packet = self._packet
        self._leg.on_message = self._message
        self._leg.on_connected = self._connected
        self._leg.on_keyframe_request = lambda stream: self.screen.request_keyframe(AGENT)
        self.screen = ScreenCast()
        self.screen.show_to({AGENT})
        self.screen.tell = lambda party, message: self._tell_pointer(message)
        self.screen.on_size = self._tell_size
        self.screen.seen_at = lambda party: self._wanted
        self._wanted: Size | None = None
        self._shows: Size | None = None
        self.ink = InkParty(party)
        self.marks = DesktopMarks(self.ink, self.screen, "coach")
        self._leg.on_ink_open = self.ink.opened
        self._leg.on_ink = self.ink.received
        self._leg.on_live_ink = lambda peer, data: self.ink.received_live(data)
        self._leg.on_stills_open = lambda peer: self._greet(peer)
        self._leg.on_stills = lambda peer, message: self._still(message)
        self._has: int | None = None
        self._new_ear = new_ear
        self._seats: dict[str, str] = {}
        self._ways_ms: dict[str, float] = {}
        self._at_customer: Reading | None = None
        self._held = False
        self._own_speech = SpeechDetector()
        self._wants_past = catch_up
        self._ticked = asyncio.Event()
        self.mouth = PushToTalk()
        self._outs = {lane: AudioOut() for lane in Lane}
        self.ears: dict[str, Ear] = {}
        self.headset = Headset()
        self.past = CatchUp(self.headset.factor)
        self.whisper_closed = False
        self.on_whisper_closed: Callable[[bool], None] = lambda closed: None
        self.on_media: Callable[[State], None] = lambda state: None
        self.on_picture_packet: Callable[[Packet], None] = lambda packet: None
        self.on_screen: Callable[[ShareState, Sharer, str], None] = lambda state, party, also: None
        self.on_screen_packet: Callable[[Packet], None] = lambda packet: None
        self.on_screen_size: Callable[[Size | None], None] = lambda size: None
        self.on_still: Callable[[Whole], None] = lambda still: None
        self.picture: Quality = "full"
        self.on_picture_quality: Callable[[Quality], None] = lambda quality: None
        self.on_talk: Callable[[Talk], None] = lambda talk: None
        self.on_held: Callable[[bool], None] = lambda on: None

    async def finish(self) -> None:
        """Returns when what was spoken before the last release is granted, sent, and should have arrived, within bounds."""
        await self._while(lambda: self.mouth.unanswered, GRANT_SECONDS)
        if not self.mouth.finishing:
            return
        limit = FINISH_POLITE_SECONDS if self.mouth.patient else FINISH_SECONDS
        await self._while(lambda: self.mouth.finishing, limit)
        await asyncio.sleep(ARRIVAL_SECONDS)

    async def _while(self, holds: Callable[[], bool], seconds: float) -> None:
        """Returns when that does not hold any more, or after so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while holds():
                    self._ticked.clear()
                    await self._ticked.wait()

    async def signalled(self, body: SignalBody) -> None:
        await self._leg.signalled(body)

    def request_keyframe(self) -> None:
        if self._leg.peer is not None:
            self._leg.peer.request_keyframe("camera")

    def request_screen_keyframe(self) -> None:
        if self._leg.peer is not None:
            self._leg.peer.request_keyframe(SCREEN)

    async def close(self) -> None:
        await asyncio.gather(self.screen.stop(), self._leg.close())

    def tick(self, mic: Block, now: float) -> Block | Stereo:
        """One block from the own mic in, one block for the own headset out."""
        self._speak(mic, now)
        self._ticked.set()
        if self.mouth.busy:
            self.past.stop()  # who talks has to hear the answers
        return self.past.push(
            self.headset.mix({name: Public(ear.pull(now)) for name, ear in self.ears.items()}, {})
        )

    def _speak(self, mic: Block, now: float) -> None:
        """Sends what is to be sent now, on the track it was spoken for and on no other."""
        customer = self.ears.get(CUSTOMER)
        customer_speaks = customer is not None and customer.speaking
        speaks = self._own_speech.push(mic) if self.mouth.polite else True
        said = self.mouth.push(mic, customer_speaks=customer_speaks, speaks=speaks)
        lane = LANE_OF.get(said[0]) if said is not None else None
        peer = self._leg.peer
        for each, out in self._outs.items():
            if said is not None and each is lane and peer is not None:
                out.push(said[1], [peer.outs[each.value]], now)
            else:
                out.push(SILENCE, [], now)
        if self.mouth.held is not self._held:
            self._held = self.mouth.held
            self.on_held(self._held)

    def measure(self) -> dict[str, Reading]:
        """How good each sound is here since the last call, and at the customer if that was told since."""
        readings = {source: ear.read(self._way_ms(source)) for source, ear in self.ears.items()}
        readings[AT_CUSTOMER], self._at_customer = self._at_customer, None
        return {source: reading for source, reading in readings.items() if reading is not None}

    def _way_ms(self, source: str) -> float:
        """As the hub has told, which alone knows of the way to itself, and of the round trip where one only listens; and
        what the hub and the way from there hold it back for beyond half of that, by the hub's reports.
        """
        peer, half = self._leg.peer, self._ways_ms.get(AGENT)
        way = None
        if peer is not None and half is not None:
            stream = next((slot for slot, party in self._seats.items() if party == source), source)
            way = peer.way_from_capture(stream, half / 500)
        held = 0.0 if way is None or half is None else max(0.0, way * 1000 - FRAME_MS - half)
        return self._ways_ms.get(source, 0.0) + held

    async def stats(self) -> dict[str, dict[str, float]]:
        """Numbers of every stream, keyed ``hub.STREAM``, and of every playout buffer, keyed ``heard.SOURCE``."""
        peer = self._leg.peer
        rows = await peer.stats() if peer is not None else {}
        table = {f"hub.{stream}": row for stream, row in rows.items()}
        return table | {f"heard.{name}": ear.stats() for name, ear in self.ears.items()}

    def _connected(self, peer: Peer) -> None:
        self.screen.connect(AGENT, peer)
        peer.request_keyframe("camera")
        if self._wants_past:
            self._wants_past = False
            self._wish(Wish(catch_up=True))
        if self._shows is not None:
            self._wish(Wish(shows=self._shows))
        self._tell_size()

    def show_screen_at(self, size: Size | None) -> None:
        """The whole of another's screen is shown here at ``size``, in pixels of the monitor; None: not known."""
        self._shows = size
        self._wish(Wish(shows=size))

    def _tell_size(self) -> None:
        if self.screen.size is not None:
            self._wish(Wish(shares=self.screen.size))

    def _wish(self, wish: Wish) -> None:
        if self._leg.peer is not None:
            self._leg.peer.control.send(msgspec.json.encode(wish))

    def _tell_pointer(self, message: bytes) -> None:
        if self._leg.peer is not None:
            self._leg.peer.ink.send_live(message)

    def _packet(self, stream: str, packet: Packet) -> None:
        if stream == "camera":
            self.on_picture_packet(packet)
            return
        if stream == SCREEN:
            self.on_screen_packet(packet)
            return
        source = self._seats.get(stream, "") if stream.startswith("coach") else stream
        if source:
            self._ear(source).put(packet)

    def _message(self, data: bytes) -> None:
        try:
            told = msgspec.json.decode(data, type=Briefing)
        except msgspec.DecodeError as error:
            log.warning("unreadable control message: %s", error)
            return
        if told.past is not None:
            self.past.put(told.past)
        if told.talk is not None:
            self.on_talk(told.talk)
        if told.at_customer is not None:
            self._at_customer = told.at_customer
        if told.slots is not None:
            self._seat(told.slots)
            self._ways_ms = told.ways_ms
            self._close_whisper(told.whisper_closed)
            self._see(told.picture)
            self.on_screen(told.screen, told.screen_of, told.also)
            self.on_screen_size(told.screen_size)
            self._wanted = told.wanted
            self.screen.fit()

    def _stated(self, state: State) -> None:
        if state == "lost":
            self.on_screen("off", "agent", "")
            self._has = None  # nothing stands still any more, as far as is known here
        self.on_media(state)

    def _greet(self, peer: Peer) -> None:
        peer.stills.send(Have(frame=self._has))

    def freeze(self, on: bool) -> bool:
        """Asks that the picture stand still for everybody, or be live again; False where nobody can be asked now."""
        peer = self._leg.peer
        return peer is not None and peer.stills.send(Freeze(on=on))

    def _still(self, message: AnyMessage | Whole) -> None:
        if isinstance(message, Whole):
            self._has = message.frame
            self.on_still(message)

    def _seat(self, seats: dict[str, str]) -> None:
        for slot, party in self._seats.items():
            if seats.get(slot) != party:
                self.ears.pop(party, None)
        self._seats = seats

    def _close_whisper(self, closed: bool) -> None:
        if closed is not self.whisper_closed:
            self.whisper_closed = closed
            self.on_whisper_closed(closed)

    def _see(self, picture: Quality) -> None:
        if picture != self.picture:
            self.picture = picture
            self.on_picture_quality(picture)

    def _ear(self, source: str) -> Ear:
        if source not in self.ears:
            self.ears[source] = self._new_ear(source, Lane.VOICE.value)
        return self.ears[source]
