"""The agent's window: lobby, the customer's picture, the call's controls, the coach's banner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea

from coachdesk.screenevents import Sharer
from coachdesk.ui.presenters.agent import QUICK_REASONS, AgentPresenter
from coachdesk.ui.presenters.asking import AskingPresenter
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.presenters.sharing import ScreenPresenter, SharingPresenter
from coachdesk.ui.presenters.whispers import WhispersPresenter
from coachdesk.ui.sound_wording import talk_time
from coachdesk.ui.views.button import Action, ActionButton, make_button
from coachdesk.ui.views.call_frame import CallFrame
from coachdesk.ui.views.channel import Channel, gain_slider
from coachdesk.ui.views.desktop_ink import DesktopInk
from coachdesk.ui.views.dialogs import AskHelp, confirm
from coachdesk.ui.views.label import ElidedLabel
from coachdesk.ui.views.leak import LeakBanner, LeakGauge
from coachdesk.ui.views.lobby import LobbyColumn
from coachdesk.ui.views.mute import MUTE, show_mute
from coachdesk.ui.views.own_microphone import OwnMicrophone
from coachdesk.ui.views.panels import HearingPanel
from coachdesk.ui.views.people import People
from coachdesk.ui.views.screen_pane import ScreenPane
from coachdesk.ui.views.share_bar import ShareBar
from coachdesk.ui.views.style import card, column, row, side_panel, side_width, text
from coachdesk.ui.wording import REPLIES, customer_name
from signaling.protocol import QuickReply

HOLD = Action("Hold", "H", "hold", "Put the customer on hold")
HELP = Action("Help", "A", "help", "Ask your supervisors for help, with a reason")
HANG_UP = Action("Hang up", "E", "hang-up", "End the call for everyone")
DO_HANG_UP = Action("End the call", "Ctrl+E", "hang-up", "End the call for everyone")
ASK_SCREEN = Action(
    "Ask for screen",
    "Shift+F9",
    "screen-ask",
    "Ask your customer to share their screen; only they can share it",
)
ASKED_SCREEN = ("Asked…", "Your customer is asked to share their screen; take it back", "screen-ask")
REPLAY = Action("Hear it again", "R", "replay", "Hear the last whisper again; nobody else does")
REPLY_KEYS: dict[QuickReply, str] = {"got_it": "1", "say_again": "2", "wrap_up": "3"}


class AgentDesk(CallFrame):
    """Left: lobby. Centre: the call. Right: sound, people, quick replies."""

    def __init__(
        self,
        presenter: AgentPresenter,
        whispers: WhispersPresenter,
        quality: QualityPresenter,
        ink: InkPresenter,
        sharing: SharingPresenter,
        screen: ScreenPresenter,
        asking: AskingPresenter,
        screen_inks: Mapping[Sharer, ScreenInkPresenter],
    ) -> None:
        others: Mapping[Sharer, ScreenInkPresenter] = {
            sharer: ink for sharer, ink in screen_inks.items() if sharer != "agent"
        }
        super().__init__(quality, ink, ScreenPane(screen, others, beside=True))
        self._presenter = presenter
        self._whispers = whispers
        self.lobby = LobbyColumn(presenter)
        self.coach = HearingPanel("Your coach")
        self.leak = LeakBanner(whispers)
        self.gauge = LeakGauge(whispers)
        self.share = ShareBar(sharing)
        self._asking = asking
        self.desktop_ink = DesktopInk(screen_inks["agent"], self)
        self._make_controls()
        self.side = self._side()
        self._lay_out(
            self.lobby,
            self.side,
            beneath=(self.share, self.leak, self.coach),
            bar=(*self.controls[:-1], self.share.button, self.ask_screen, self.hang_up),
        )
        presenter.subscribe(self.refresh)
        whispers.subscribe(self._show_replay)
        asking.subscribe(self._show_asking)
        self._go(screen)

    def _make_controls(self) -> None:
        p = self._presenter
        self.mute = make_button(MUTE, p.toggle_mute, "tall")
        self.hold = make_button(HOLD, p.toggle_hold, "tall")
        self.help = make_button(HELP, self._help, "tall")
        self.hang_up = make_button(HANG_UP, self._hang_up, "tall")
        self.hang_up.set_state("danger")
        self.ask_screen = make_button(ASK_SCREEN, self._asking.toggle, "tall")
        self.controls = [self.mute, self.hold, self.help, self.hang_up]
        self.replay = make_button(REPLAY, self._whispers.replay, show_key=True)
        self.replies: list[ActionButton] = []
        for reply, words in REPLIES.items():
            action = Action(words, REPLY_KEYS[reply], "reply", f"Silently tell your coach: {words}")
            self.replies.append(make_button(action, partial(p.reply, reply), show_key=True))

    def _side(self) -> QScrollArea:
        p = self._presenter
        self.customer_channel = Channel("Customer", "customer", partial(p.set_volume, "customer"))
        self.coach_channel = Channel("Coaches", "coach", partial(p.set_volume, "coaches"))
        self._mic = OwnMicrophone(gap=10)
        self.duck = gain_slider("How far the customer is turned down while a coach whispers", -40, 0)
        self.duck.valueChanged.connect(self._duck)
        self._duck_value = QLabel()
        self._duck_value.setProperty("type", "small")
        self.people = People()
        return side_panel((self._sound_card(), self._reply_card(), self._people_card()))

    def _sound_card(self) -> QFrame:
        frame = card()
        layout = column(frame, gap=10, margin=14)
        layout.addWidget(text("Sound", "section"))
        layout.addWidget(self._mic)
        layout.addWidget(self.gauge)
        layout.addWidget(self.customer_channel)
        layout.addWidget(self.coach_channel)
        line = row()
        line.addWidget(ElidedLabel("Customer during a whisper"), 1)
        line.addWidget(self._duck_value)
        layout.addLayout(line)
        layout.addWidget(self.duck)
        return frame

    def _reply_card(self) -> QFrame:
        self.reply_card = card()
        layout = column(self.reply_card, gap=8, margin=14)
        layout.addWidget(self.replay)
        layout.addWidget(text("Silent reply to your coach", "section"))
        for button in self.replies:
            layout.addWidget(button)
        return self.reply_card

    def _people_card(self) -> QFrame:
        self.people_card = card()
        layout = column(self.people_card, gap=8, margin=14)
        layout.addWidget(text("On the line", "section"))
        layout.addWidget(self.people)
        self.talk = text("", "small", wrap=True)
        layout.addWidget(self.talk)
        return self.people_card

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lobby.setFixedWidth(side_width(self.width(), 240))
        self.side.setFixedWidth(side_width(self.width(), 228))

    # --- what the presenter says ---

    def refresh(self) -> None:
        call = self._presenter.call
        self.header.setVisible(call is not None)
        self.people_card.setVisible(call is not None)
        self.reply_card.setVisible(call is not None)
        for button in self.controls:
            button.setEnabled(call is not None)
        self.video.show_source(self._presenter.video if call else None)
        self.tools.setVisible(call is not None and self._presenter.video is not None)
        self._show_words()
        self._show_toggles()
        self._show_sound()
        self._show_coach()
        self._show_replay()
        self._show_asking()
        talk = self._presenter.talk
        self.talk.setVisible(talk is not None)
        self.talk.setText(talk_time(talk) if talk is not None else "")
        if call is not None:
            self.header.show_call(call, self._presenter.now(), call.agent)
            self.people.show_parties(self._presenter.on_the_line)

    def _show_asking(self) -> None:
        asked = self._asking.request == "asked"
        plain = (ASK_SCREEN.text, ASK_SCREEN.tip, ASK_SCREEN.icon)
        self.ask_screen.describe(*(ASKED_SCREEN if asked else plain))
        self.ask_screen.set_state("pending" if asked else "off")
        self.ask_screen.setEnabled(self._asking.possible)

    def _show_words(self) -> None:
        p = self._presenter
        if p.call is None:
            answer = ("answer", "A customer is waiting", "Answer them on the left.")
            invite = ("agent", "No call", "Send a customer a link. When they open it, they wait on the left.")
            self.video.say(*(answer if p.waiting else invite), calm=True)
        elif p.media_lost:
            self.video.say(
                "offline", "Reconnecting to the customer…", "Their network dropped. Stay on the line."
            )
        else:
            self.video.say("camera-off", "The camera is off", f"You hear {customer_name(p.call)}.")

    def _show_toggles(self) -> None:
        p = self._presenter
        show_mute(self.mute, on=p.muted)
        resume = ("Resume", "Take the customer off hold", "resume")
        self.hold.describe(*(resume if p.held else ("Hold", HOLD.tip, "hold")))
        self.hold.set_state("pending" if p.held else "off")
        asked = p.call is not None and p.call.help is not None
        cancel = ("Help asked", "Take back your call for help", "help")
        self.help.describe(*(cancel if asked else ("Help", HELP.tip, "help")))
        self.help.set_state("pending" if asked else "off")

    def _show_sound(self) -> None:
        p = self._presenter
        self._mic.show_sound(p.speakers.levels.get("mic", -120.0), muted=p.muted)
        for source, channel in (("customer", self.customer_channel), ("coaches", self.coach_channel)):
            channel.show_sound(p.speakers.level(source), speaks=p.speakers.speaks(source))
        if self.duck.value() != round(p.duck):
            self.duck.setValue(round(p.duck))
        self._duck_value.setText(f"{round(p.duck)} dB")

    def _show_coach(self) -> None:
        coaching = self._presenter.coaching
        asked = self._presenter.call.help if self._presenter.call else None
        self.coach.setVisible(coaching is not None or asked is not None)
        if coaching is not None:
            self.coach.show_hearing(coaching.kind, coaching.title, coaching.detail)
        elif asked is not None:
            title = f"{asked.claimed_by} sees to it" if asked.claimed_by else "You asked for help"
            self.coach.show_hearing("pending", title, asked.reason or "Your supervisors have been told.")

    def _show_replay(self) -> None:
        playing = self._whispers.replaying
        words = ("Playing…", "You hear the last whisper again", "volume")
        self.replay.describe(*(words if playing else (REPLAY.text, REPLAY.tip, "replay")))
        self.replay.set_state("private" if playing else "off")

    def _tick(self) -> None:
        if self._presenter.call is not None:
            self.header.show_call(self._presenter.call, self._presenter.now(), self._presenter.call.agent)
        self.lobby.refresh()

    # --- what the user does ---

    def _duck(self, value: int) -> None:
        if value != round(self._presenter.duck):
            self._presenter.set_duck(float(value))
            self._duck_value.setText(f"{value} dB")

    def _help(self) -> None:
        call = self._presenter.call
        if call is not None and call.help is not None:
            self._presenter.cancel_help()
        else:
            AskHelp(self.window(), QUICK_REASONS, self._presenter.ask_help).open()

    def _hang_up(self) -> None:
        question = "The customer and everyone who listens are disconnected."
        confirm(self.window(), "End this call?", question, DO_HANG_UP, self._presenter.hang_up)
