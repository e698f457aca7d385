"""Screenshots of the real windows with sample data: ``python -m tests.ui.screenshots FOLDER [--docs]``."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from coachdesk import events
from coachdesk.annotation import Point, Tool
from coachdesk.ui.presenters.desk import Desk
from coachdesk.ui.presenters.gallery import PhotoMark
from coachdesk.ui.presenters.notices import Notice
from coachdesk.ui.theme import theme
from coachdesk.ui.theme.tokens import THEMES
from coachdesk.ui.views.agent_desk import AgentDesk
from coachdesk.ui.views.call_view import CallPage
from coachdesk.ui.views.desk import make_view
from coachdesk.ui.views.dialogs import ShareLink
from coachdesk.ui.views.gallery import GalleryWindow
from coachdesk.ui.views.main_window import MainWindow
from coachdesk.ui.views.settings_dialog import SettingsDialog
from coachdesk.ui.views.sign_in import SignInPage
from coachdesk.ui.views.video import VideoView
from signaling.policy import Mode, Role
from signaling.protocol import HelpView
from tests.ui.ink_samples import AT_FIRST, FRAME, FRAMES, IN_PLACE, MARKS, PRIVATE, SOMEWHERE, STEP
from tests.ui.samples import (
    AGENT,
    LEAK,
    LEAKS,
    LEVELS,
    LOBBY,
    LONG_NAME,
    MIA,
    NOW,
    QUALITY,
    SAM,
    SOURCES,
    TALK,
    StillPictures,
    call,
    desktop_picture,
    make_desk,
    party,
    router_picture,
    wall_calls,
    with_mode,
)

SIZES = ((900, 600), (1440, 900), (3840, 2160))
Scene = Callable[[MainWindow], None]


def _show(window: MainWindow, who: object, *told: events.AnyEvent, notice: Notice | None = None) -> Desk:
    desk, _ = make_desk(who)  # type: ignore[arg-type]
    for link in LOBBY.links:
        desk.handle(events.Invited(url="https://calls.example.com/join#s", link=link.link, expires_at=0))
    view = make_view(desk)
    page = view if isinstance(view, AgentDesk) else view.call
    page.video._open = lambda _: StillPictures(router_picture(), FRAME, SEEN)
    if isinstance(page, CallPage):
        page.screen_pane.video._open = lambda _: StillPictures(desktop_picture())
    for event in told:
        desk.handle(event)
    if notice is not None:
        desk.session.notices.show(notice)
    window.show_desk(desk.session, desk.quality, view, lambda: None, lambda: None)
    return desk


SEEN = FRAME + STEP
"""The frame that is shown: the one after that on which the sample marks were drawn."""


def sign_in(window: MainWindow) -> None:
    page = SignInPage(lambda _: None, can_remember=True)
    window.show_page(page)
    page.begin("https://calls.example.com", "mia", remember=True)


def sign_in_failed(window: MainWindow) -> None:
    page = SignInPage(lambda _: None, can_remember=True)
    window.show_page(page)
    page.begin("https://calls.example.com", "mia", remember=True)
    page.fail("The name or the password is wrong.")


def agent_idle(window: MainWindow) -> None:
    _show(window, AGENT, LOBBY)


def agent_empty(window: MainWindow) -> None:
    _show(window, AGENT, events.Lobby(links=[], waiting=[]))


def agent_whispered(window: MainWindow) -> None:
    _show(window, AGENT, events.Lobby(links=LOBBY.links, waiting=LOBBY.waiting[1:]),
          events.Call(call=call(with_mode(MIA, Mode.WHISPER), SAM)), FRAMES, LEVELS, QUALITY, LEAK, TALK)  # fmt: skip


def agent_leaks(window: MainWindow) -> None:
    _show(window, AGENT, LOBBY, events.Call(call=call(MIA)), FRAMES, LEVELS, QUALITY, LEAKS)


def _agent_in_call(window: MainWindow, *told: events.AnyEvent) -> Desk:
    view = events.Call(call=call(MIA, SAM))
    return _show(window, AGENT, events.Lobby(links=[], waiting=[]), view, FRAMES, LEVELS, *told)


def agent_shares(window: MainWindow) -> None:
    _agent_in_call(window, events.Sharing(state="on", label="Order 4711", seen_by=["Mia", "Sam"]))


def agent_chooses(window: MainWindow) -> None:
    sharing = _agent_in_call(window).sharing
    assert sharing is not None
    sharing.choose()
    sharing.handle(SOURCES)


def agent_taken_over(window: MainWindow) -> None:
    lost = Notice(
        "server", "warning", "The server can't be reached", "Your call goes on. Reconnecting…", lasting=True
    )
    _show(window, AGENT, events.Lobby(links=[], waiting=[]),
          events.Call(call=call(with_mode(MIA, Mode.TAKEOVER), help_=HelpView("Customer is upset", 0, "Mia"))),
          LEVELS, notice=lost)  # fmt: skip


def wall(window: MainWindow) -> None:
    _show(window, MIA, events.Calls(calls=wall_calls()))


def wall_long(window: MainWindow) -> None:
    agent, customer = party("a-9", LONG_NAME, Role.AGENT), party("k-9", LONG_NAME, Role.CUSTOMER)
    long = call(
        label=LONG_NAME, call="c-9", agent=agent, customer=customer, help_=HelpView(LONG_NAME, NOW - 70)
    )
    _show(window, MIA, events.Calls(calls=[long, *wall_calls()]))


def wall_empty(window: MainWindow) -> None:
    _show(window, MIA, events.Calls(calls=[]))


def _supervisor(
    window: MainWindow,
    mode: Mode,
    *,
    in_force: bool = True,
    heard: tuple[str, ...] = (),
    more: tuple[events.AnyEvent, ...] = (),
) -> None:
    mine = with_mode(MIA, mode, in_force=in_force)
    told = events.ModeChanged(mode=mode, in_force=in_force, heard_by=list(heard))
    _show(window, MIA, events.Calls(calls=wall_calls()), events.Call(call=call(mine, SAM)), told,
          FRAMES, LEVELS, QUALITY, *more)  # fmt: skip


def supervisor_listens(window: MainWindow) -> None:
    _supervisor(window, Mode.LISTEN)


def supervisor_whispers(window: MainWindow) -> None:
    _supervisor(window, Mode.WHISPER, heard=("Alex", "Sam"))


def supervisor_pending(window: MainWindow) -> None:
    _supervisor(window, Mode.BARGE, in_force=False)


def supervisor_leads(window: MainWindow) -> None:
    _supervisor(window, Mode.TAKEOVER, heard=("Alex", "Jana Novak", "Sam"))


def supervisor_sees_screen(window: MainWindow) -> None:
    shared = events.Screen(party="agent", state="on")
    _supervisor(window, Mode.LISTEN, more=(shared, events.Frames(party="agent", name="screen", screen=True)))


def supervisor_sees_blank(window: MainWindow) -> None:
    _supervisor(window, Mode.LISTEN, more=(events.Screen(party="agent", state="blank"),))


def supervisor_catches_up(window: MainWindow) -> None:
    _supervisor(window, Mode.LISTEN, more=(events.CatchingUp(on=True), events.Picture(quality="reduced")))


def supervisor_waits(window: MainWindow) -> None:
    _supervisor(window, Mode.WHISPER, heard=("Alex", "Sam"), more=(events.WhisperHeld(on=True),))


def supervisor_leak(window: MainWindow) -> None:
    _supervisor(window, Mode.LISTEN, more=(events.Leak(closed=True, message="Put on a headset."),))


def trainee(window: MainWindow) -> None:
    _show(window, SAM, events.Calls(calls=wall_calls()), events.Call(call=call(with_mode(MIA, Mode.WHISPER), SAM)),
          FRAMES, LEVELS)  # fmt: skip


def agent_draws(window: MainWindow) -> None:
    """The picture stands still; nobody but the customer is on the call."""
    desk = _show(
        window, AGENT, LOBBY, events.Call(call=call()), FRAMES, LEVELS, QUALITY, *MARKS, AT_FIRST, IN_PLACE
    )
    desk.ink.choose(Tool.ARROW)
    desk.ink.pen.down(0.62, 0.35, 0.5, SEEN)
    desk.ink.pen.move(0.545, 0.69)


def agent_marks(window: MainWindow) -> None:
    """A coach's private mark beside own ones; one is lost, one out of the picture; the place is too plain for another."""
    _show(window, AGENT, LOBBY, events.Call(call=call(MIA)), FRAMES, LEVELS, QUALITY, *MARKS, PRIVATE, AT_FIRST, SOMEWHERE,
          events.Surface(surface="plain"))  # fmt: skip


def agent_freezes(window: MainWindow) -> None:
    """The picture stands still for everybody, on a line that bears single pictures alone."""
    _show(window, AGENT, LOBBY, events.Call(call=call(MIA)), FRAMES, LEVELS, QUALITY, *MARKS, AT_FIRST, IN_PLACE,
          events.Stills(on=True), events.Frozen(on=True, frame=SEEN, sharp=True))  # fmt: skip


def supervisor_sees_frozen(window: MainWindow) -> None:
    _supervisor(
        window, Mode.LISTEN, more=(*MARKS, PRIVATE, AT_FIRST, IN_PLACE, events.Frozen(on=True, frame=SEEN))
    )


def supervisor_draws(window: MainWindow) -> None:
    _supervisor(window, Mode.LISTEN, more=(*MARKS, PRIVATE, AT_FIRST, IN_PLACE))


def trainee_draws(window: MainWindow) -> None:
    _show(window, SAM, events.Calls(calls=wall_calls()), events.Call(call=call(MIA, SAM)), FRAMES, LEVELS, *MARKS,
          AT_FIRST, IN_PLACE)  # fmt: skip


def settings(window: MainWindow) -> None:
    agent_idle(window)
    desk, _ = make_desk(AGENT)
    views = [
        events.DeviceView("default", "System default", default=True),
        events.DeviceView("usb", "USB headset"),
    ]
    desk.settings.handle(events.Devices(mics=views, speakers=views, cameras=views[:1]))
    desk.settings.handle(LEVELS)
    SettingsDialog(window, desk.settings, Role.AGENT, first=True).open()


def ask_help(window: MainWindow) -> None:
    agent_whispered(window)
    desk = window.findChild(AgentDesk)
    assert desk is not None
    desk.help.click()


def share_link(window: MainWindow) -> None:
    agent_idle(window)
    ShareLink(
        window, "Router down, ticket 4711", "https://calls.example.com/join#T0x8d1Jb7cXkq2mVnR4yLs"
    ).open()


def gallery(window: MainWindow) -> None:
    """A photo with a mark of each tool, and one without."""
    desk = _show(window, AGENT, LOBBY, events.Call(call=call()), FRAMES, LEVELS, QUALITY)
    photo = router_picture()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("one", "two"):
            file = Path(folder) / f"{name}.png"
            cv2.imwrite(str(file), photo)
            desk.gallery.handle(events.Photo(photo=name, stage="ready", file=str(file)))
    still = desk.gallery.stills[-1]
    still.caption = "The lower screw, then the plug"
    still.marks.extend(
        [
            PhotoMark(Tool.ARROW, [Point(0.15, 0.8), Point(0.3, 0.65)]),
            PhotoMark(Tool.CIRCLE, [Point(0.5, 0.55), Point(0.62, 0.75)]),
            PhotoMark(Tool.STAMP, [Point(0.2, 0.2)], number=1),
            PhotoMark(Tool.STAMP, [Point(0.45, 0.25)], number=2),
            PhotoMark(Tool.TEXT, [Point(0.6, 0.3)], text="pull here"),
        ]
    )
    GalleryWindow(window, desk.gallery).open()


SCENES: dict[str, Scene] = {scene.__name__: scene for scene in (
    sign_in, sign_in_failed, agent_idle, agent_empty, agent_whispered, agent_taken_over, agent_leaks,
    wall, wall_long, wall_empty, supervisor_listens, supervisor_whispers, supervisor_pending, supervisor_leads,
    supervisor_leak, supervisor_catches_up, supervisor_waits, trainee, settings, ask_help, share_link,
    agent_shares, agent_chooses, supervisor_sees_screen, supervisor_sees_blank,
    agent_draws, agent_marks, agent_freezes, supervisor_draws, supervisor_sees_frozen, trainee_draws, gallery,
)}  # fmt: skip
DOCS = {
    "signin": sign_in,
    "agent": agent_whispered,
    "supervisor": supervisor_whispers,
    "wall": wall,
    "trainee": trainee,
    "drawing": agent_marks,
}


def settle(app: QApplication, window: QWidget) -> None:
    """Let layouts, fonts and the first picture come."""
    for _ in range(8):
        app.processEvents()
    for _ in range(2):
        for view in window.findChildren(VideoView):
            view._look()
        for _ in range(4):
            app.processEvents()


def shoot(app: QApplication, scene: Scene, width: int, height: int) -> QImage:
    """The window after ``scene``, its dialog painted over it."""
    window = MainWindow(lambda: None)
    window.resize(width, height)
    scene(window)
    window.show()
    settle(app, window)
    image = window.grab().toImage()
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            settle(app, dialog)
            with QPainter(image) as painter:
                painter.drawPixmap(
                    window.rect().center() - dialog.rect().center() + QPoint(0, 0), dialog.grab()
                )
    window._may_close = True
    window.close()
    window.deleteLater()
    return image


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", action="store_true", help="the images of the documentation only")
    parser.add_argument("--scene", action="append", choices=SCENES)
    parser.add_argument("--theme", action="append", choices=THEMES)
    parser.add_argument("--width", type=int)
    chosen = parser.parse_args()
    app = QApplication([])
    asyncio.set_event_loop(asyncio.new_event_loop())
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.docs:
        theme.apply(app, "light")
        for name, scene in DOCS.items():
            shoot(app, scene, 1280, 800).convertToFormat(QImage.Format.Format_RGB888).save(
                str(chosen.folder / f"{name}.png")
            )
        return
    for name in chosen.theme or THEMES:
        theme.apply(app, name)
        for scene_name in chosen.scene or SCENES:
            for width, height in SIZES:
                if chosen.width in (None, width):
                    image = shoot(app, SCENES[scene_name], width, height)
                    image.save(str(chosen.folder / f"{scene_name}-{name}-{width}.png"))


if __name__ == "__main__":
    main()
