"""What tests with real connections get."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _patient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that closes while the whole machine stands still is not taken for one that hangs."""
    if request.node.get_closest_marker("media") is not None:
        monkeypatch.setattr("coachdesk.media.peer.CLOSE_SECONDS", 40.0)
