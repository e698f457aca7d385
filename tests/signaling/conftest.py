"""Fixtures of the signaling tests."""

import pytest

from .desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
