"""The windows with real presenters: every control does what it says."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.views.dialogs import AskHelp, NewLink, ShareLink
from coachdesk.ui.views.observer_desk import ObserverDesk
from coachdesk.ui.views.video import VideoView
from signaling.policy import Mode
from signaling.protocol import HelpView
from tests.ui.samples import (
    AGENT,
    LOBBY,
    MIA,
    NOW,
    SAM,
    StillPictures,
    call,
    router_picture,
    wall_calls,
)
from tests.ui.shown import PATIENCE_MS, Shown

# --- push to talk -------------------------------------------------------------------------------------------


def test_space_held_whispers_until_it_is_let_go(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyPress(supervisor.window, Qt.Key.Key_Space)
    assert supervisor.link.modes() == [Mode.WHISPER]
    dressed.keyRelease(supervisor.window, Qt.Key.Key_Space)
    assert supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN]


def test_auto_repeat_neither_asks_again_nor_lets_go(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyPress(supervisor.window, Qt.Key.Key_Space)
    for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress) * 3:
        event = QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", True)
        QApplication.sendEvent(supervisor.window, event)
    assert supervisor.link.modes() == [Mode.WHISPER]


def test_space_whispers_even_when_a_button_has_the_focus(supervisor: Shown, dressed: QtBot) -> None:
    supervisor.call.leave.setFocus()
    dressed.keyPress(supervisor.call.leave, Qt.Key.Key_Space)
    dressed.keyRelease(supervisor.call.leave, Qt.Key.Key_Space)
    assert supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN]
    assert commands.Leave() not in supervisor.link.sent


def test_losing_the_window_lets_the_key_go(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyPress(supervisor.window, Qt.Key.Key_Space)
    QApplication.sendEvent(supervisor.window, QEvent(QEvent.Type.WindowDeactivate))
    assert supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN]


def test_a_dialog_above_lets_the_key_go_and_keeps_it_quiet(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyPress(supervisor.window, Qt.Key.Key_Space)
    supervisor.window.show_keys()
    dressed.waitUntil(lambda: supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN], timeout=PATIENCE_MS)
    dressed.keyPress(supervisor.window, Qt.Key.Key_Space)
    assert supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN]


def test_holding_the_button_whispers_too(supervisor: Shown, dressed: QtBot) -> None:
    dressed.mousePress(supervisor.call.whisper, Qt.MouseButton.LeftButton)
    assert supervisor.link.modes() == [Mode.WHISPER]
    dressed.mouseRelease(supervisor.call.whisper, Qt.MouseButton.LeftButton)
    assert supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN]


def test_the_whisper_key_can_be_chosen(supervisor: Shown, dressed: QtBot) -> None:
    supervisor.desk.settings.set_whisper_key("F8")
    assert "(F8)" in supervisor.call.whisper.toolTip()
    dressed.keyPress(supervisor.window, Qt.Key.Key_F8)
    dressed.keyRelease(supervisor.window, Qt.Key.Key_F8)
    assert supervisor.link.modes() == [Mode.WHISPER, Mode.LISTEN]


# --- the other keys of the supervisor -----------------------------------------------------------------------


@pytest.mark.parametrize(("key", "mode"), [(Qt.Key.Key_B, Mode.BARGE), (Qt.Key.Key_T, Mode.TAKEOVER)])
def test_one_press_never_reaches_the_customer(
    supervisor: Shown, dressed: QtBot, key: Qt.Key, mode: Mode
) -> None:
    dressed.keyClick(supervisor.window, key)
    assert supervisor.link.modes() == []
    dressed.keyClick(supervisor.window, key)
    assert supervisor.link.modes() == [mode]


def test_an_armed_button_says_so_in_words_and_forgets(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyClick(supervisor.window, Qt.Key.Key_B)
    assert supervisor.call.barge.text() == "Press again"
    supervisor.call._disarm.timeout.emit()
    assert supervisor.call.barge.text() == "Join in"
    dressed.keyClick(supervisor.window, Qt.Key.Key_B)
    assert supervisor.link.modes() == []


def test_escape_returns_to_listening(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyClick(supervisor.window, Qt.Key.Key_L)
    dressed.keyClick(supervisor.window, Qt.Key.Key_Escape)
    assert supervisor.link.modes() == [Mode.LANE, Mode.LISTEN]


def test_hopping_and_leaving_by_key(supervisor: Shown, dressed: QtBot) -> None:
    dressed.keyClick(supervisor.window, Qt.Key.Key_N)
    assert supervisor.link.sent[-1] == commands.Listen(call="c-5")
    dressed.keyClick(supervisor.window, Qt.Key.Key_1)
    assert supervisor.link.sent[-1] == commands.Listen(call="c-2")
    dressed.keyClick(supervisor.window, Qt.Key.Key_X)
    assert supervisor.link.sent[-1] == commands.Leave()


def test_hand_back_is_offered_while_leading(supervisor: Shown) -> None:
    supervisor.desk.note(commands.SetMode(mode=Mode.TAKEOVER))
    supervisor.desk.handle(
        events.ModeChanged(mode=Mode.TAKEOVER, in_force=True, heard_by=["Alex", "Jana Novak", "Sam"])
    )
    assert supervisor.call.takeover.text() == "Hand back"
    assert supervisor.call.hang_up.isVisible()
    supervisor.call.takeover.click()
    assert supervisor.link.modes() == [Mode.LISTEN]


def test_panel_follows_the_mode_in_force(supervisor: Shown) -> None:
    panel = supervisor.call.hearing
    supervisor.desk.handle(events.ModeChanged(mode=Mode.WHISPER, in_force=False))
    assert panel.property("hearing") == "pending"
    supervisor.desk.handle(events.ModeChanged(mode=Mode.WHISPER, in_force=True, heard_by=["Alex", "Sam"]))
    assert panel.property("hearing") == "private"
    assert panel.title.text() == "Only Alex (agent) and Sam (trainee) hear you"
    supervisor.desk.handle(events.ModeChanged(mode=Mode.LISTEN, in_force=False))
    supervisor.desk.handle(events.Online(on=False))
    assert panel.property("hearing") == "nobody"
    assert not supervisor.call.barge.isEnabled()
    assert "Only" not in panel.accessibleName()


def test_trainee_has_no_controls_to_speak(dressed: QtBot) -> None:
    shown = Shown(dressed, SAM, events.Calls(calls=wall_calls()), events.Call(call=call(MIA, SAM)))
    assert not any(button.isVisible() for button in shown.call.talk)
    assert shown.call.hearing.title.text() == "You are heard by nobody"
    dressed.keyClick(shown.window, Qt.Key.Key_Space)
    assert shown.link.modes() == []


def test_wall_listens_by_click_and_by_number(dressed: QtBot) -> None:
    shown = Shown(dressed, MIA, events.Calls(calls=wall_calls()))
    assert isinstance(shown.view, ObserverDesk)
    card = shown.view.wall.cards["c-4"]
    dressed.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert shown.link.sent[-1] == commands.Listen(call="c-4")
    assert shown.view.currentWidget() is shown.view.call


def test_wall_claims_help_on_the_card_in_focus(dressed: QtBot) -> None:
    shown = Shown(dressed, MIA, events.Calls(calls=wall_calls()))
    assert isinstance(shown.view, ObserverDesk)
    card = shown.view.wall.cards["c-2"]
    assert card.claim.isVisible()
    assert "Customer is upset" in card.help_text.text()
    card.setFocus()
    dressed.keyClick(card, Qt.Key.Key_C)
    assert shown.link.sent[-1] == commands.ClaimHelp(call="c-2")


def test_wall_tells_loading_from_empty(dressed: QtBot) -> None:
    shown = Shown(dressed, MIA)
    assert isinstance(shown.view, ObserverDesk)
    assert shown.view.wall._empty_title.text() == "Loading the calls…"
    shown.desk.handle(events.Calls(calls=[]))
    assert shown.view.wall._empty_title.text() == "No live calls"


def test_wall_keeps_the_cards_that_stay(dressed: QtBot) -> None:
    shown = Shown(dressed, MIA, events.Calls(calls=wall_calls()))
    assert isinstance(shown.view, ObserverDesk)
    first = shown.view.wall.cards["c-2"]
    shown.desk.handle(events.Calls(calls=wall_calls()[:2]))
    assert set(shown.view.wall.cards) == {"c-1", "c-2"}
    assert shown.view.wall.cards["c-2"] is first


# --- the agent ----------------------------------------------------------------------------------------------


def test_agent_is_told_of_a_whisper_in_words_and_colour(agent: Shown) -> None:
    assert agent.agent.coach.isVisible()
    assert agent.agent.coach.title.text() == "Mia whispers to you"
    assert agent.agent.coach.property("hearing") == "private"


@pytest.mark.parametrize(
    ("key", "command"),
    [
        (Qt.Key.Key_M, commands.Mute(on=True)),
        (Qt.Key.Key_H, commands.Hold(on=True)),
        (Qt.Key.Key_1, commands.Reply(reply="got_it")),
        (Qt.Key.Key_2, commands.Reply(reply="say_again")),
        (Qt.Key.Key_3, commands.Reply(reply="wrap_up")),
    ],
)
def test_agent_keys(agent: Shown, dressed: QtBot, key: Qt.Key, command: commands.Command) -> None:
    dressed.keyClick(agent.window, key)
    assert agent.link.sent[-1] == command


def test_asking_for_help_takes_two_keys(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_A)
    dressed.keyClick(agent.dialog(AskHelp), Qt.Key.Key_2)
    assert agent.link.sent[-1] == commands.AskHelp(reason="Customer is upset")
    agent.desk.handle(events.Call(call=call(help_=HelpView("Customer is upset", NOW))))
    assert agent.agent.coach.title.text() == "You asked for help"
    agent.window.activateWindow()  # a window manager would do that when the dialog is gone
    dressed.waitUntil(agent.window.isActiveWindow, timeout=PATIENCE_MS)
    dressed.keyClick(agent.window, Qt.Key.Key_A)
    assert agent.link.sent[-1] == commands.CancelHelp()


def test_typing_a_reason_uses_no_shortcuts(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_A)
    dialog = agent.dialog(AskHelp)
    dialog.other.setFocus()
    dressed.keyClicks(dialog.other, "1 mum")
    dressed.keyClick(dialog.other, Qt.Key.Key_Return)
    assert agent.link.sent[-1] == commands.AskHelp(reason="1 mum")


def test_hanging_up_asks_first(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_E)
    assert commands.HangUp() not in agent.link.sent
    dressed.keyClick(agent.dialog(QDialog), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert agent.link.sent[-1] == commands.HangUp()


def test_a_new_link_is_made_and_shown(dressed: QtBot) -> None:
    shown = Shown(dressed, AGENT, events.Lobby(links=[], waiting=[]))
    shown.agent.lobby.new_link()
    dialog = shown.dialog(NewLink)
    dressed.keyClicks(dialog.label, "Router down")
    dressed.keyClick(dialog.label, Qt.Key.Key_Return)
    assert shown.link.sent[-1] == commands.Invite(label="Router down", uses=1, expires_in=3600)
    shown.desk.handle(events.Invited(url="https://x.example/join#s", link="l-1", expires_at=NOW + 3600))
    shown.desk.handle(LOBBY)
    share = shown.dialog(ShareLink)
    share._copy.click()
    assert QApplication.clipboard().text() == "https://x.example/join#s"
    assert share._copy.text() == "Copied"
    shown.desk.handle(events.Lobby(links=[], waiting=LOBBY.waiting))
    dressed.waitUntil(lambda: not share.isVisible(), timeout=PATIENCE_MS)


def test_rows_answer_to_keys_while_they_have_the_focus(dressed: QtBot) -> None:
    shown = Shown(dressed, AGENT, LOBBY)
    waiting, link = shown.agent.lobby._rows[1], shown.agent.lobby._rows[2]
    waiting.setFocus()
    dressed.keyClick(waiting, Qt.Key.Key_Delete)
    assert shown.link.sent[-1] == commands.Decline(party="w-2")
    link.setFocus()
    dressed.keyClick(link, Qt.Key.Key_Delete)
    assert shown.link.sent[-1] == commands.Revoke(link="l-1")


def test_quitting_during_a_call_asks_first(agent: Shown) -> None:
    agent.window.close()
    assert agent.window.isVisible()
    assert "during a call" in agent.dialog(QDialog).windowTitle()


def test_notices_come_and_go_by_key(agent: Shown, dressed: QtBot) -> None:
    agent.desk.handle(events.Error(code="busy", message=""))
    agent.desk.handle(events.Error(code="timeout", message=""))
    assert [n.title for n in agent.desk.session.notices.shown] == [
        "You are on a call already",
        "That took too long",
    ]
    dressed.keyClick(agent.window, Qt.Key.Key_Backspace, Qt.KeyboardModifier.ControlModifier)
    assert [n.title for n in agent.desk.session.notices.shown] == ["You are on a call already"]
    dressed.keyClick(agent.window, Qt.Key.Key_Backspace, Qt.KeyboardModifier.ControlModifier)
    assert agent.desk.session.notices.shown == []


# --- pictures -----------------------------------------------------------------------------------------------


def test_picture_keeps_its_aspect_and_its_colours(dressed: QtBot) -> None:
    picture = np.zeros((90, 160, 4), np.uint8)
    picture[..., 2] = 255
    video = VideoView(lambda _: StillPictures(picture))
    dressed.addWidget(video)
    video.resize(400, 400)
    video.show_source("pictures")
    video.show()
    dressed.waitUntil(lambda: not video.content_rect().isEmpty(), timeout=PATIENCE_MS)
    content = video.content_rect()
    assert (content.width(), content.height()) == (400, 225)
    assert content.center().toPoint() == QPoint(200, 200)
    assert video.grab().toImage().pixelColor(200, 200).name() == "#ff0000"


def test_picture_is_gone_when_its_camera_is(dressed: QtBot) -> None:
    pictures = StillPictures(router_picture(160, 90))
    video = VideoView(lambda _: pictures)
    dressed.addWidget(video)
    video.show_source("pictures")
    video.show()
    dressed.waitUntil(lambda: not video.content_rect().isEmpty(), timeout=PATIENCE_MS)
    video.show_source(None)
    assert video.content_rect().isEmpty()
    assert pictures.closed


def test_pictures_that_are_not_there_yet_are_tried_again(dressed: QtBot) -> None:
    tries: list[str] = []

    def open_later(name: str) -> StillPictures:
        tries.append(name)
        if len(tries) < 2:
            raise FileNotFoundError(name)
        return StillPictures(router_picture(160, 90))

    video = VideoView(open_later)
    dressed.addWidget(video)
    video.show_source("pictures")
    video.show()
    dressed.waitUntil(lambda: not video.content_rect().isEmpty(), timeout=PATIENCE_MS)
