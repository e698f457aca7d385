"""The customer's picture to one observer: as much of it as their line bears, at nobody else's cost. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from coachdesk.media.connection.rate import Path
from coachdesk.media.forward import Forwarder, Outlet
from coachdesk.media.packet import VIDEO_RATE, Packet
from coachdesk.media.picture.thinning import KEYFRAMES_ONLY, NOTHING, Ladder, LayerRates, Quality, Thinner

UPDATE_SECONDS = 0.5
"""How often the reports are looked at."""
KEYFRAMES_EVERY = 10.0
"""Seconds between the keyframes asked for on behalf of a line that gets nothing else."""
FIRST_WAIT, LONGEST_WAIT = 0.3, 8.0
"""A line that asks again and again has to wait ever longer: keyframes cost everybody."""
CALM_SECONDS = 4.0
"""Without asking for so long beyond the wait, a line may ask at once again."""


class PictureOutlet(Outlet, Protocol):
    """See ``rtpout.RtpOut``."""

    @property
    def path(self) -> Path: ...
    @property
    def bitrate_limit(self) -> int | None: ...
    @property
    def timestamp_origin(self) -> int: ...


class PictureLine:
    """Forwards packets of VP8, thinned to what the reports on ``out`` say the line bears.

    Attributes:
        quality: what is sent at present.
        on_quality: called when that has changed.
        on_keyframe_wanted: called when this line needs a keyframe; seldom, if it is a slow one.
    """

    def __init__(self, out: PictureOutlet, rates: LayerRates) -> None:
        """``rates``: of the source, kept by the caller for all its lines."""
        self.on_quality: Callable[[Quality], None] = lambda quality: None
        self.on_keyframe_wanted: Callable[[], None] = lambda: None
        self.quality: Quality = "full"
        self._out = out
        self._rates = rates
        self._ladder = Ladder()
        self._thinner = Thinner()
        self._forwarder = Forwarder(out, VIDEO_RATE, video=True)
        self._forwarder.on_keyframe_wanted = lambda: self.request_keyframe(self._now)
        self._now = 0.0
        self._updated = float("-inf")
        self._asked = float("-inf")
        self._wait = 0.0

    def forward(self, packet: Packet) -> None:
        self._now = packet.arrival
        if self._now - self._updated >= UPDATE_SECONDS:
            self._update()
        if self._thinner.keeps(packet, self._ladder.rung):
            self._forwarder.forward(packet)
        else:
            self._forwarder.drop(packet)
            if self._thinner.needs_keyframe:
                self.request_keyframe(self._now)

    @property
    def offset(self) -> int | None:
        """What is to be added to the timestamps on ``out`` as they arrive, modulo 2**32, to get those of the source; None
        before there is one.
        """
        shift = self._forwarder.shift
        return (shift - self._out.timestamp_origin) & 0xFFFFFFFF if shift is not None else None

    def restart(self) -> None:
        """After a pause of the source: what was not forwarded is no gap."""
        self._forwarder.restart()

    def request_keyframe(self, now: float) -> None:
        """A keyframe would help this line. Asks for one, unless it has just done so or gets no pictures."""
        if self._ladder.rung == NOTHING:
            return
        wait = KEYFRAMES_EVERY if self._ladder.rung == KEYFRAMES_ONLY else self._wait
        quiet = now - self._asked - wait
        if quiet < 0:
            return
        self._wait = FIRST_WAIT if quiet > CALM_SECONDS else min(LONGEST_WAIT, 2 * self._wait)
        self._asked = now
        self.on_keyframe_wanted()

    def _update(self) -> None:
        self._updated = self._now
        path = self._out.path
        self._ladder.update(path.loss, path.congested, self._out.bitrate_limit, self._rates, self._now)
        if self._ladder.quality != self.quality:
            self.quality = self._ladder.quality
            self.on_quality(self.quality)
