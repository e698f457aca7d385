"""A real ``ObserverSession`` between a user, a server that answers late, and media that only note the mic's gate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from coachdesk import commands, events, observer
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.catchup import CatchUp
from coachdesk.media.connection.peer import State
from coachdesk.media.ink.inkparty import InkParty
from coachdesk.media.mixer import Headset
from coachdesk.media.screenshare.desktopmarks import DesktopMarks
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.talktime import Talk
from coachdesk.media.whisper.preroll import PushToTalk
from coachdesk.observer import ObserverSession
from coachdesk.stillwire import Whole
from signaling import protocol
from signaling.policy import Mode, Role
from tests.fakes.signaling import FakeClient, FakePictures, settle
from tests.fakes.views import MIA, call_view, party


class GateMedia:
    """A real gate for the mic, and no time: what was spoken before a release has been sent at once; its grant is awaited for
    however long.

    Attributes:
        sending: set it to an event, and that takes until the event.
        frozen: what the agent's endpoint was asked, if it could be ``reached``.
    """

    made: list[GateMedia]

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.mouth = PushToTalk()
        self.ink = InkParty(MIA)
        self.past = CatchUp(lambda source: 1.0)
        self.sending: asyncio.Event | None = None
        self.closed = False
        self.frozen: list[bool] = []
        self.reached = True
        self.headset = Headset()
        self.screen = ScreenCast()
        self.marks = DesktopMarks(self.ink, self.screen, "coach")
        self.whisper_closed = False
        self.on_media: Callable[[State], None] = lambda state: None
        self.on_held: Callable[[bool], None] = lambda on: None
        self.on_talk: Callable[[Talk], None] = lambda talk: None
        self.on_screen: Callable[[events.ShareState, events.Sharer, str], None] = lambda *_: None
        self.on_screen_size: Callable[[tuple[int, int] | None], None] = lambda size: None
        self.shows: tuple[int, int] | None = None
        self.on_still: Callable[[Whole], None] = lambda still: None
        GateMedia.made.append(self)

    async def finish(self) -> None:
        while self.mouth.unanswered:
            await settle()
        if self.sending is not None:
            await self.sending.wait()
            return
        self.mouth.drop_rest()

    def request_keyframe(self) -> None: ...

    def request_screen_keyframe(self) -> None: ...

    def show_screen_at(self, size: tuple[int, int] | None) -> None:
        self.shows = size

    def freeze(self, on: bool) -> bool:
        self.frozen.append(on)
        return self.reached

    async def signalled(self, body: object) -> None: ...

    async def close(self) -> None:
        await self.screen.stop()
        self.closed = True


class Observing:
    """Attributes:
    outcomes: what became of each command, in order of their ends: an event, or an error's code.
    """

    def __init__(self, patch: pytest.MonkeyPatch, role: Role = Role.SUPERVISOR) -> None:
        GateMedia.made = []
        patch.setattr(observer, "ObserverMedia", GateMedia)
        self.client = FakeClient(MIA, role)
        self.events: list[events.AnyEvent] = []
        self.session = ObserverSession(self.client, "http://desk", FakePictures(), self.events.append)  # type: ignore[arg-type]
        self.outcomes: list[object] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.revision = 0

    @property
    def talking(self) -> Mode:
        """The mode the mic is open for, in whatever media there are or were."""
        open_for = [each.mouth.open_for for each in GateMedia.made]
        return next((mode for mode in open_for if mode is not Mode.LISTEN), Mode.LISTEN)

    def told(self, mode: Mode, *, call: str = "call-1", in_force: bool = True) -> None:
        self.revision += 1
        view = call_view(party(MIA, mode, in_force=in_force), call=call, revision=self.revision)
        self.session.message(protocol.CallState(view))

    async def do(self, command: commands.AnyCommand) -> None:
        """Starts a command, and lets it run as far as it can."""

        async def run() -> None:
            try:
                self.outcomes.append(await self.session.do(command))
            except (CommandError, SignalingError) as error:
                self.outcomes.append(error.code)

        self.tasks.append(asyncio.create_task(run()))
        await settle()

    async def set_mode(self, mode: Mode, *, released: bool = False) -> None:
        await self.do(commands.SetMode(mode=mode, released=released))

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.session.close()
