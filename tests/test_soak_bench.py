"""The soak of a call tells what it is to tell."""

from __future__ import annotations

import pytest

from bench.soak import soak

pytestmark = pytest.mark.media


async def test_a_soak_tells_of_each_minute(capsys: pytest.CaptureFixture[str]) -> None:
    found = await soak(2, seconds=1.5)
    assert len(found) == 2
    assert all(minute.memory_mb > 10 for minute in found)
    assert all(minute.delay_ms > 0 for minute in found)
    assert all(0 <= minute.concealed <= 1 for minute in found)
    assert len(capsys.readouterr().out.splitlines()) == 3
