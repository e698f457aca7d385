"""A far end that answers late is not gone while anything comes from it; one that says nothing is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aioice import stun

from coachdesk.media.connection import consent
from coachdesk.media.connection.consent import Consent


class Line:
    """An ICE connection with one pair, and the protocol of that pair; ``answers`` to checks or does not."""

    remote_password = "secret"
    remote_addr = ("192.0.2.1", 1)

    def __init__(self) -> None:
        self.answers = True
        self.checks = 0
        self.now = 1000.0
        self.came: list[bytes] = []

    def monotonic(self) -> float:
        return self.now

    @property
    def protocol(self) -> Line:
        return self

    def build_request(self, pair: Any, nominate: bool) -> str:
        return "request"

    async def request(self, *arguments: Any, **options: Any) -> None:
        self.checks += 1
        self.now += 0.8
        await asyncio.sleep(0)
        if not self.answers:
            raise stun.TransactionTimeout

    def data_received(self, data: bytes, component: int) -> None:
        self.came.append(data)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """Its time passes with the checks alone."""
    line = Line()
    monkeypatch.setattr(consent, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(consent, "time", line)
    return line


async def checks_until_lost(line: Line, consent: Consent, media: bool, most: int) -> int:
    """How many checks are made, up to about ``most``; with ``media``, something comes before each."""
    ending = asyncio.ensure_future(consent.lost())
    before = line.checks
    while not ending.done() and line.checks - before < most:
        if media:
            line.data_received(b"sound", 1)
        await asyncio.sleep(0)
    ending.cancel()
    return line.checks - before


async def test_silence_ends_it_within_seconds(line: Line) -> None:
    line.answers = False
    assert await checks_until_lost(line, Consent(line, lambda: {1: line}), media=False, most=50) <= 5


async def test_answers_keep_it(line: Line) -> None:
    assert await checks_until_lost(line, Consent(line, lambda: {1: line}), media=False, most=200) >= 200


async def test_media_keeps_it_without_answers_but_not_for_ever(line: Line) -> None:
    line.answers = False
    checks = await checks_until_lost(line, Consent(line, lambda: {1: line}), media=True, most=200)
    assert 25 < checks < 60


async def test_what_comes_is_passed_on(line: Line) -> None:
    Consent(line, lambda: {1: line})
    line.data_received(b"sound", 1)
    assert line.came == [b"sound"]
