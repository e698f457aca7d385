"""Fixtures of the signaling tests."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .desk import Desk
from .wire import Site, Staff, make_staff, site


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/new.db"


@pytest.fixture(scope="session")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return asyncio.run(make_staff(tmp_path_factory.mktemp("staff") / "staff.db"))


@pytest.fixture
async def office(staff: Staff, tmp_path: Path) -> AsyncIterator[Site]:
    """A running server with amy and bea (agents), sue (supervisor), tim (trainee), ada (admin), sam (other team)."""
    async with site(staff, tmp_path) as running:
        yield running
