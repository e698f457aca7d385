"""The call a supervisor or trainee is on: picture, sound, people, who hears them, and the ways to speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea

from coachdesk.screenevents import Sharer
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.presenters.listening import ListeningPresenter
from coachdesk.ui.presenters.observer import ObserverPresenter
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.presenters.sharing import ScreenPresenter, SharingPresenter
from coachdesk.ui.presenters.wall import WallPresenter
from coachdesk.ui.sound_wording import PICTURES, talk_time
from coachdesk.ui.views.button import Action, ActionButton, make_button
from coachdesk.ui.views.call_frame import CallFrame
from coachdesk.ui.views.catch_up import catch_up_switch, show_switch
from coachdesk.ui.views.channel import Channel
from coachdesk.ui.views.desktop_ink import DesktopInk
from coachdesk.ui.views.dialogs import confirm
from coachdesk.ui.views.label import Chip
from coachdesk.ui.views.mute import MUTE, show_mute
from coachdesk.ui.views.own_microphone import OwnMicrophone
from coachdesk.ui.views.panels import HearingPanel
from coachdesk.ui.views.people import People
from coachdesk.ui.views.screen_pane import ScreenPane
from coachdesk.ui.views.share_bar import ShareBar
from coachdesk.ui.views.style import card, column, restyle, side_panel, side_width, text
from coachdesk.ui.views.wall import Rail
from coachdesk.ui.views.whisper_key import WhisperKey
from coachdesk.ui.wording import agent_name, customer_name
from signaling.policy import Mode
from signaling.protocol import CallView

LISTEN = Action("Listen only", "Escape", "listen", "Back to listening: nobody hears you")
WHISPER = Action(
    "Whisper",
    "Space",
    "whisper",
    "Hold to whisper to the agent; the customer does not hear it",
)
LATCH = Action("Whisper on", "W", "whisper", "Whisper until you press it again")
BARGE = Action("Join in", "B", "barge", "Speak to everyone, the customer too. Press twice")
TAKEOVER = Action(
    "Take over", "T", "takeover", "Lead the call; the agent listens. Press twice; again hands back"
)
LANE = Action("Trainees", "L", "lane", "Talk to the trainees on this call alone")
POLITE = Action(
    "Polite whisper", "O", "polite", "Hold a whisper back, 3 s at most, until the customer pauses"
)
PREVIOUS = Action("Previous", "P", "previous", "Listen to the previous call")
NEXT = Action("Next", "N", "next", "Listen to the next call")
LEAVE = Action("Leave", "X", "leave", "Leave this call; it goes on")
HANG_UP = Action("End call", "E", "hang-up", "End the call for everyone")
DO_HANG_UP = Action("End the call", "Ctrl+E", "hang-up", "End the call for everyone")
ARMED_MS = 4000
"""How long the second press is waited for before "join in" and "take over" go back to safe."""
RAIL_FROM_WIDTH = 1180
STATES = {Mode.WHISPER: "private", Mode.BARGE: "everyone", Mode.TAKEOVER: "everyone", Mode.LANE: "trainees"}
CHANNELS = {
    "customer": ("Customer", "customer"),
    "agent": ("Agent", "agent"),
    "coaches": ("Coaches", "coach"),
}


class CallPage(CallFrame):
    """Rail of calls (where there is room), the call, and the sound of each speaker."""

    def __init__(
        self,
        presenter: ObserverPresenter,
        wall: WallPresenter,
        listening: ListeningPresenter,
        quality: QualityPresenter,
        ink: InkPresenter,
        screen: ScreenPresenter,
        screen_inks: Mapping[Sharer, ScreenInkPresenter],
        sharing: SharingPresenter | None = None,
    ) -> None:
        """``sharing``: the own share, of who may have one."""
        super().__init__(quality, ink, ScreenPane(screen, screen_inks))
        self._presenter = presenter
        self._wall = wall
        self._listening = listening
        self._screen = screen
        self.share = ShareBar(sharing, beside=True) if sharing is not None else None
        self.desktop_ink = DesktopInk(screen_inks["supervisor"], self)
        self.hearing = HearingPanel("Who hears you now")
        self.picture_note = Chip("warning", "", "warning")
        self.rail = Rail(wall, presenter.listen_to, self._current)
        self._make_buttons()
        self._disarm = QTimer(self, singleShot=True, interval=ARMED_MS)
        self._disarm.timeout.connect(presenter.disarm)
        self.side = self._side()
        share = (self.share,) if self.share is not None else ()
        self._lay_out(self.rail, self.side, beneath=(*share, self.picture_note, self.hearing), bar=self.talk)
        self.whisper_key = WhisperKey(self, presenter.press_whisper, presenter.release_whisper)
        presenter.subscribe(self.refresh)
        listening.subscribe(self.refresh)
        self._go(screen)

    def set_whisper_key(self, key: str) -> None:
        """The key to hold while whispering, one of ``whisper_key.KEYS``."""
        self.whisper_key.key = key
        self.whisper.set_key(key)

    # --- layout ---

    def _make_buttons(self) -> None:
        p = self._presenter
        self.listen = make_button(LISTEN, p.listen_only, "tall")
        self.whisper = ActionButton(WHISPER, "tall")
        self.whisper.pressed.connect(p.press_whisper)
        self.whisper.released.connect(p.release_whisper)
        self.latch = make_button(LATCH, p.toggle_whisper, "tall")
        self.barge = make_button(BARGE, lambda: p.speak_up(Mode.BARGE), "tall")
        self.takeover = make_button(TAKEOVER, lambda: p.speak_up(Mode.TAKEOVER), "tall")
        self.lane = make_button(LANE, p.toggle_lane, "tall")
        self.talk = [self.listen, self.whisper, self.latch, self.barge, self.takeover, self.lane]
        self.hang_up = make_button(HANG_UP, self._hang_up, "danger")
        self.previous = make_button(PREVIOUS, lambda: p.hop(-1), show_text=False)
        self.next = make_button(NEXT, lambda: p.hop(1), show_text=False)
        self.leave = make_button(LEAVE, p.leave)
        share = [self.share.button] if self.share is not None else []
        for button in (*share, self.hang_up, self.previous, self.next, self.leave):
            self.header.line.addWidget(button)

    def _side(self) -> QScrollArea:
        return side_panel((self._help_card(), self._sound_card(), self._people_card()))

    def _people_card(self) -> QFrame:
        frame = card()
        layout = column(frame, gap=8, margin=14)
        layout.addWidget(text("On the call", "section"))
        self.people = People()
        layout.addWidget(self.people)
        self.talked = text("", "small", wrap=True)
        layout.addWidget(self.talked)
        return frame

    def _sound_card(self) -> QFrame:
        frame = card()
        layout = column(frame, gap=12, margin=14)
        layout.addWidget(text("Sound", "section"))
        self.channels: dict[str, Channel] = {}
        for source, (name, icon) in CHANNELS.items():
            self.channels[source] = Channel(name, icon, self._volume(source))
            layout.addWidget(self.channels[source])
        self._mic = OwnMicrophone(gap=5)
        self.mute = make_button(MUTE, self._presenter.toggle_mute, "row", show_key=True)
        self._mic.column.addWidget(self.mute)
        layout.addWidget(self._mic)
        self.polite = make_button(POLITE, self._presenter.toggle_polite, "row", show_key=True)
        layout.addWidget(self.polite)
        layout.addWidget(catch_up_switch(self._listening, "row"))
        return frame

    def _help_card(self) -> QFrame:
        self.help = QFrame()
        layout = column(self.help, gap=8, margin=12)
        self.help_text = text("", "heading", wrap=True)
        self.help_state = text("", wrap=True)
        self.claim = make_button(Action("I'll take it", "C", "claim", "Tell the team that you see to it"),
                                 lambda: self._wall.claim(self._current()), show_key=True)  # fmt: skip
        for widget in (self.help_text, self.help_state, self.claim):
            layout.addWidget(widget)
        return self.help

    def _volume(self, source: str) -> Callable[[float], None]:
        return lambda gain: self._presenter.set_volume(source, gain)

    # --- what the presenter says ---

    def refresh(self) -> None:
        p = self._presenter
        hearing = p.hearing
        self.hearing.show_hearing(hearing.kind, hearing.title, hearing.detail)
        self.video.show_source(p.video if p.call else None)
        self._show_tools()
        self.rail.refresh()
        self._show_words()
        self._show_picture_note()
        self._show_sound()
        if p.call is not None:
            self._show_header(p.call)
            self.people.show_parties(p.call.parties, p.party)
        self._show_talked(p.call)
        self._show_help()
        self._show_talk()
        for button in (self.previous, self.next):
            button.setEnabled(self._wall.neighbour(self._current(), 1) is not None)

    def _share_room(self) -> None:
        super()._share_room()
        self._show_tools()

    def _show_tools(self) -> None:
        p = self._presenter
        self.tools.setVisible(p.call is not None and (p.video is not None or self._screen.shown))

    def _show_header(self, call: CallView) -> None:
        self.header.show_call(call, self._wall.now(), catching_up=self._listening.catching_up)

    def _show_talked(self, call: CallView | None) -> None:
        talk = self._listening.talk
        self.talked.setVisible(call is not None and talk is not None)
        if call is not None and talk is not None:
            self.talked.setText(talk_time(talk, agent_name(call)))

    def _show_picture_note(self) -> None:
        quality = self._listening.picture
        self.picture_note.setVisible(quality != "full" and self._presenter.video is not None)
        self.picture_note.set("warning", PICTURES[quality], "warning")

    def _show_words(self) -> None:
        p = self._presenter
        if p.call is None:
            self.video.say("pending", "Joining the call…", calm=True)
        elif p.media_lost:
            self.video.say("offline", "Reconnecting to the agent…", "You hear nothing until it is back.")
        else:
            self.video.say(
                "camera-off",
                "The camera is off",
                f"You hear {customer_name(p.call)} and {agent_name(p.call)}.",
            )

    def _show_sound(self) -> None:
        p = self._presenter
        for source, channel in self.channels.items():
            channel.show_sound(p.speakers.level(source), speaks=p.speakers.speaks(source))
            channel.show_gain(p.volumes[source])
        for widget in (self._mic, self.polite):
            widget.setVisible(p.may_speak)
        show_switch(self.polite, on=p.polite)
        show_mute(self.mute, on=p.muted)
        self._mic.show_sound(p.speakers.levels.get("mic", -120.0), muted=p.muted)

    def _show_help(self) -> None:
        call = self._presenter.call
        help_ = call.help if call else None
        self.help.setVisible(help_ is not None)
        if call is None or help_ is None:
            return
        self.help_text.setText(help_.reason or f"{agent_name(call)} asks for help")
        self.help_state.setText(
            f"{help_.claimed_by} sees to it" if help_.claimed_by else "Nobody sees to it yet"
        )
        self.claim.setVisible(self._wall.claimable(call))
        restyle(self.help, "notice", "success" if help_.claimed_by else "error")

    def _show_talk(self) -> None:
        p = self._presenter
        for button in self.talk:
            button.setVisible(p.may_speak)
            button.setEnabled(p.call is not None and (p.trusted or button is self.listen))
        for button in (self.whisper, self.latch):
            button.setEnabled(button.isEnabled() and not p.whisper_closed)
        shown = p.shown_mode
        self.listen.set_state("on" if shown is Mode.LISTEN and p.settled else "off")
        self.whisper.set_state(self._state(Mode.WHISPER))
        self.latch.set_state("private" if p.latched and shown is Mode.WHISPER else "off")
        self.lane.set_state(self._state(Mode.LANE))
        self._show_deliberate(self.barge, Mode.BARGE, BARGE, ("Step back", "Back to listening", "listen"))
        self._show_deliberate(
            self.takeover, Mode.TAKEOVER, TAKEOVER, ("Hand back", "Give the call back to the agent", "resume")
        )
        self.takeover.setEnabled(self.takeover.isEnabled() and not p.taken_over_by)
        self.hang_up.setVisible(p.mode is Mode.TAKEOVER and p.in_force)
        if p.armed is None:
            self._disarm.stop()
        elif not self._disarm.isActive():
            self._disarm.start()

    def _state(self, mode: Mode) -> str:
        p = self._presenter
        if p.armed is mode:
            return "armed"
        if p.shown_mode is mode:
            return STATES[mode]
        return "pending" if p.wanted is mode and p.trusted else "off"

    def _show_deliberate(
        self, button: ActionButton, mode: Mode, action: Action, on: tuple[str, str, str]
    ) -> None:
        state = self._state(mode)
        if state == "armed":
            button.describe("Press again", f"Press again to do it: {action.tip.lower()}", "warning")
        elif state == "off":
            button.describe(action.text, action.tip, action.icon)
        else:
            button.describe(*on)
        button.set_state(state)

    def _current(self) -> str:
        return self._presenter.call.call if self._presenter.call else ""

    def _tick(self) -> None:
        if self._presenter.call is not None:
            self._show_header(self._presenter.call)

    def _hang_up(self) -> None:
        question = "The customer, the agent and everyone who listens are disconnected."
        confirm(self.window(), "End this call?", question, DO_HANG_UP, self._presenter.hang_up)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.rail.setVisible(self.width() >= RAIL_FROM_WIDTH)
        self.rail.setFixedWidth(side_width(self.width(), 184))
        self.side.setFixedWidth(side_width(self.width(), 228))
