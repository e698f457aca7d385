"""Steps that whole-call tests share."""

from __future__ import annotations

import time

import numpy as np

from coachdesk import commands, events
from coachdesk.demo.recording import BESIDE_HZ, Recording
from coachdesk.demo.scene import Scene
from coachdesk.hearing import FORBIDDEN_DBFS, NOTHING_DBFS, UNHEARD_MARGIN_DB, levels_over_time
from coachdesk.remote import RemoteEndpoint

TAIL_SECONDS = 1.5
"""After the last public word, until it has left the customer's own buffers, on a busy machine too."""
HEARD_DBFS = -50.0
"""What a meter shows when a party's tone arrives."""


async def listen(scene: Scene, name: str = "supervisor") -> RemoteEndpoint:
    """``name`` listens to the call and hears the customer."""
    endpoint, since = scene.staff[name], time.monotonic()
    await endpoint.do(commands.Listen(call=scene.call))
    await endpoint.wait(events.FirstSound, lambda event: event.source == "customer", since=since)
    return endpoint


async def hears(endpoint: RemoteEndpoint, source: str) -> None:
    """Waits until ``endpoint``'s meter of ``source`` moves."""
    since = time.monotonic()
    await endpoint.do(commands.Meters(on=True))
    await endpoint.wait(events.Levels, lambda event: event.levels.get(source, -120) > HEARD_DBFS, since=since)


async def status(scene: Scene, text: str) -> None:
    """Waits until the customer's page shows ``text`` as its state."""
    await scene.customer.page.locator("#room-status", has_text=text).wait_for()


def course(heard: Recording, tone: float, span: tuple[float, float], window: float = 0.5) -> float:
    """The most that any ``window`` seconds of ``span`` have of a tone, in dBFS."""
    return float(np.max(levels_over_time(heard.cut(*span), tone, hop=0.05, window=window)))


def assert_never_heard(
    heard: Recording, tone: float, quiet: tuple[float, float], spoken: tuple[float, float]
) -> None:
    """No half second of ``spoken`` has more of the tone than there is without it, nor more than -70 dBFS.

    Without it: while its source is silent, and in the bands beside it, where nobody has a tone.
    """
    during = course(heard, tone, spoken)
    without = max(course(heard, tone, quiet), *(course(heard, tone + beside, spoken) for beside in BESIDE_HZ))
    assert during <= max(without + UNHEARD_MARGIN_DB, NOTHING_DBFS), (
        f"{during:.0f} dBFS, without {without:.0f}"
    )
    assert during < FORBIDDEN_DBFS, f"{during:.0f} dBFS"
