"""CoachDesk's screen share as a party: the media of an agent's endpoint who shares, and of a supervisor's who watches.

As in ``coachdesk.py``, with the screen that ``DISPLAY`` names. Nobody speaks. The viewer puts its pictures into shared
memory as for a window, and writes the memory's name to the file ``memory`` of its folder.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.parties.coachdesk import AgentParty, SupervisorParty
from bench.parties.wire import Party, Setup, serve
from coachdesk import events
from coachdesk.media.screenshare.screensource import open_screen
from coachdesk.media.screenshare.screenview import ScreenView


class SharingParty(AgentParty):
    """The agent's endpoint, with the first screen."""

    async def speak(self) -> None:
        await self._hub.screens.agent.start(await asyncio.to_thread(open_screen, "screen:0"))

    async def finish(self) -> dict[str, float]:
        await self._hub.screens.agent.stop()
        return {}


class WatchingParty(SupervisorParty):
    """A supervisor's endpoint, with a window that shows the screen."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._view = ScreenView(self._told)
        self._view.request_keyframe = self._media.request_screen_keyframe
        self._media.on_screen, self._media.on_screen_packet = self._view.told, self._view.put

    def _told(self, event: events.AnyEvent) -> None:
        if isinstance(event, events.Frames):
            Path(self._setup.folder, "memory").write_text(event.name)

    async def speak(self) -> None:
        self._view.publish(True)

    async def finish(self) -> dict[str, float]:
        return {}

    async def close(self) -> None:
        self._view.close()
        await super().close()


async def make(setup: Setup) -> Party:
    return SharingParty(setup) if setup.offers else WatchingParty(setup)


if __name__ == "__main__":
    serve(make)
