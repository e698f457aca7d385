"""What those who send us video are told that their way bears (REMB, draft-alvestrand-rmcat-remb): aiortc's estimate, mended.

aiortc's own begins with what has arrived after 3 s, takes half a minute to 720p, and after congestion stays near what
arrives then: a browser that has gone down to its least never gets more. It also takes a pause of the sender for a queue.
"""

from __future__ import annotations

from typing import Protocol

from aiortc.rate import BandwidthUsage, RemoteBitrateEstimator

START_BITRATE = 2_000_000
"""Bits per second a sender is told it may use until congestion shows."""
FREE_MS = 2000
"""Without a queue for so long, a sender may try more."""
GROWTH = 1.2
"""Per second; browsers follow with 1.08."""
MOST_TIMES, MOST_BESIDES = 2.0, 60_000
"""By growth it gets to so many times what arrives and so many bit/s: where a queue stays full, delays do not show it."""
PAUSE_MS = 2000
"""After so long without a packet, delays are compared anew."""


class Limit(Protocol):
    """As `ReceiveLimit` and `ScreenLimit`; ms and bytes, ``abs_send_time`` as it is on the wire."""

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None: ...


class ReceiveLimit:
    """Takes arrivals, gives estimates; stands where aiortc has its own estimator."""

    def __init__(self) -> None:
        self._estimator = RemoteBitrateEstimator()
        self._last: int | None = None
        self._queued = 0

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        """One packet. Returns bit/s, and of which streams, whenever the sender is to be told."""
        if self._last is None:
            self._begin(START_BITRATE, arrival_time_ms)
        elif arrival_time_ms - self._last > PAUSE_MS:
            self._begin(self._estimator.rate_control.current_bitrate, arrival_time_ms)
        else:
            self._grow(arrival_time_ms, (arrival_time_ms - self._last) / 1000)
        self._last = arrival_time_ms
        return self._estimator.add(arrival_time_ms, abs_send_time, payload_size, ssrc)

    def _begin(self, bitrate: int, now: int) -> None:
        self._estimator = RemoteBitrateEstimator()
        self._estimator.rate_control.set_estimate(bitrate, now)
        self._queued = now

    def _grow(self, now: int, seconds: float) -> None:
        control = self._estimator.rate_control
        if self._estimator.detector.state() != BandwidthUsage.NORMAL:
            self._queued = now
        elif now - self._queued >= FREE_MS:
            arriving = self._estimator.incoming_bitrate.rate(now) or 0
            most = min(START_BITRATE, round(MOST_TIMES * arriving) + MOST_BESIDES)
            grown = min(most, round(control.current_bitrate * GROWTH**seconds))
            control.current_bitrate = max(control.current_bitrate, grown)
