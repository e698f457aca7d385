"""The records in PostgreSQL: set COACHDESK_TEST_POSTGRESQL to the URL of an empty database to run these."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from signaling import schema
from signaling.policy import Role
from signaling.server import add_user
from signaling.state import Link, Team
from signaling.step import (
    AuditEntry,
    CallBegan,
    CallEnded,
    CallMinute,
    CallQuality,
    Consent,
    DropLive,
    PutLink,
    PutLive,
)
from signaling.store import DuplicateUser, Store, StoreError, database_url, make_engine, open_store

from .wire import drained

URL = os.environ.get("COACHDESK_TEST_POSTGRESQL", "")
pytestmark = pytest.mark.skipif(not URL, reason="COACHDESK_TEST_POSTGRESQL is not set")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    made = await open_store(URL)
    yield made
    await made.close()
    engine = make_engine(database_url(URL))
    async with engine.begin() as connection:
        await connection.run_sync(schema.metadata.drop_all)
    await engine.dispose()


async def test_records_are_kept_in_order_and_completed(store: Store) -> None:
    link = Link(
        link="l",
        secret="s",
        owner="u",
        owner_name="amy",
        team="north",
        label="x",
        uses_left=1,
        expires_at=9.5,
    )
    store.write(
        [
            PutLive("call:1", b"a"),
            PutLive("call:1", b"b"),
            PutLive("call:2", b"c"),
            DropLive("call:2"),
            PutLink(link),
            CallBegan("c", "Router", "north", "amy", "Bob", 1.5),
            CallQuality("c", "customer", "agent", 30, 4.25, 2.5),
            CallQuality("c", "customer", "agent", 60, 4.0, 2.0),
            CallMinute("c", "customer", "agent", 0, 5, 4.0, 2.0, 80.0, 0.01, 0.02),
            CallMinute("c", "customer", "agent", 0, 20, 4.0, 2.0, 80.0, 0.01, 0.02),
            CallEnded("c", "hung_up", 61.5),
            Consent("p", "l", "Bob", True, False, "", 1.0),
        ],
        [AuditEntry(1000.5 + n, "amy", "agent", "hold", True, call=f"c{n}") for n in range(3)],
    )
    await drained(store)
    assert await store.live() == [("call:1", b"b")]
    assert await store.links(9.0) == [link]
    assert [(row.at, row.call) async for row in store.audit_log()] == [
        (1000.5 + n, f"c{n}") for n in range(3)
    ]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
async def test_nobody_changes_the_audit_log(store: Store, statement: str) -> None:
    store.write((), [AuditEntry(1.0, "amy", "agent", "hold", True)])
    await drained(store)
    engine = make_engine(database_url(URL))
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    await engine.dispose()
    assert [row.actor async for row in store.audit_log()] == ["amy"]


async def test_accounts_and_teams(store: Store) -> None:
    await add_user(URL, "amy", Role.AGENT, "north")
    with pytest.raises(DuplicateUser):
        await add_user(URL, "amy", Role.AGENT, "north")
    await store.set_team(Team("north", "none", "We listen in."))
    assert await store.teams() == {"north": Team("north", "none", "We listen in.")}


async def test_a_database_that_is_not_there_is_told() -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        await open_store(str(database_url(URL).set(database="no_such_database").render_as_string(False)))
