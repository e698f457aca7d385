"""Records of an older CoachDesk are brought up; those of a newer one are left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from signaling import migrations, schema
from signaling.administration import set_password, users
from signaling.policy import Role
from signaling.server import add_user, token_for
from signaling.state import Link, Team, User
from signaling.step import Consent
from signaling.store import StoreError, database_url, make_engine, open_store

from . import first_tables
from .test_postgresql import URL

AMY = User("u1", "amy", Role.AGENT, "north")
LINK = Link(
    link="l", secret="s", owner="u1", owner_name="amy", team="north", label="x", uses_left=1, expires_at=9.5
)


async def on(db: str, work: Any) -> Any:
    """Runs ``work(connection)`` in a transaction of its own."""
    engine = make_engine(database_url(db))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def fill_first(connection: Connection) -> None:
    """A database as the first version left it."""
    first_tables.metadata.create_all(connection)
    rows: dict[str, dict[str, Any]] = {
        "settings": {"key": "signing_secret", "value": "k" * 64},
        "teams": {"name": "north", "awareness": "none", "announcement": "We listen in."},
        "users": {"id": "u1", "name": "amy", "role": "agent", "team": "north", "password": None},
        "links": {name: getattr(LINK, name) for name in LINK.__struct_fields__},
        "consents": {
            "party": "p",
            "link": "l",
            "name": "Bob",
            "camera": True,
            "microphone": True,
            "announcement": "",
            "at": 1.0,
        },
        "audit": {
            "at": 1.0,
            "actor": "amy",
            "role": "agent",
            "action": "hold",
            "allowed": True,
            "call": "c",
            "target": "",
            "code": "",
            "party": "p",
        },
    }
    for table, row in rows.items():
        connection.execute(insert(first_tables.metadata.tables[table]), row)


def structure(connection: Connection) -> dict[str, Any]:
    """Tables, columns, indexes and triggers, without the order of columns."""
    found = inspect(connection)
    tables = {
        table: (
            sorted(
                (c["name"], str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(table)
            ),
            sorted(str(index["column_names"]) for index in found.get_indexes(table)),
        )
        for table in found.get_table_names()
    }
    triggers = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT event_object_table, trigger_name, event_manipulation FROM information_schema.triggers"
    )
    return {**tables, "triggers": sorted(map(tuple, connection.execute(text(triggers))))}


def drop_all(connection: Connection) -> None:
    schema.metadata.drop_all(connection)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not URL, reason="no PostgreSQL"))]
)
async def db(request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/records.db"
        return
    yield URL
    await on(URL, drop_all)


async def test_the_first_records_are_brought_up_with_all_they_hold(db: str) -> None:
    await on(db, fill_first)
    store = await open_store(db)
    assert store.signing_secret == "k" * 64
    assert await store.good_users() == {"u1": AMY}
    assert await store.links(0.0) == [LINK]
    assert (await store.teams())["north"].awareness == "none"
    hiding = Team("north", hidden_windows=("Payroll", "*- Vault"), hidden_regions=("region:0:1,2,30,40",))
    await store.set_team(hiding)
    assert (await store.teams())["north"] == hiding
    assert [entry.action async for entry in store.audit_log()] == ["hold"]
    store.write([Consent("p", "l", "Bob", False, True, "", 2.0, "c", "changed")], ())
    await store.close()

    def consents(connection: Connection) -> list[tuple[Any, ...]]:
        return list(
            map(tuple, connection.execute(text("SELECT at, camera, event, call FROM consents ORDER BY id")))
        )

    assert await on(db, consents) == [(1.0, True, "given", ""), (2.0, False, "changed", "c")]
    await set_password(db, "amy", "battery staple")
    assert [account.password for account in await users(db)] == [True]


async def test_brought_up_tables_are_those_made_anew(db: str) -> None:
    await on(db, fill_first)
    await (await open_store(db)).close()
    grown = await on(db, structure)
    await on(db, drop_all)
    await (await open_store(db)).close()
    assert await on(db, structure) == grown


@pytest.mark.parametrize("statement", ["UPDATE consents SET camera = NULL", "DELETE FROM consents"])
async def test_nobody_changes_a_consent_any_more(db: str, statement: str) -> None:
    await on(db, fill_first)
    await (await open_store(db)).close()
    with pytest.raises(DBAPIError, match="append-only"):
        await on(db, lambda connection: connection.execute(text(statement)))


async def test_opening_again_changes_nothing(db: str) -> None:
    for _ in range(2):
        await (await open_store(db)).close()
    await add_user(db, "amy", Role.AGENT, "north")
    assert await token_for(db, "amy")
    version = text("SELECT value FROM settings WHERE key = 'schema_version'")
    found = await on(db, lambda connection: connection.execute(version).scalars().all())
    assert found == [str(migrations.VERSION)]


async def test_newer_records_are_refused_and_left_as_they_are(db: str) -> None:
    await (await open_store(db)).close()
    newer = text("UPDATE settings SET value = '99' WHERE key = 'schema_version'")
    await on(db, lambda connection: connection.execute(newer))
    before = await on(db, structure)
    with pytest.raises(StoreError, match=r"newer CoachDesk: .* version 99.*Update CoachDesk"):
        await open_store(db)
    assert await on(db, structure) == before


async def test_a_step_that_fails_leaves_the_older_records_whole(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on(db, fill_first)
    before = await on(db, structure)

    def breaks(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE nothing ADD COLUMN x INTEGER"))

    with monkeypatch.context() as broken:
        broken.setattr(migrations, "_STEPS", (*migrations._STEPS, breaks))
        with pytest.raises(StoreError, match="cannot be opened"):
            await open_store(db)
    assert await on(db, structure) == before
    await (await open_store(db)).close()


async def test_a_program_of_the_first_version_can_still_write(tmp_path: Any) -> None:
    """A backup script or a report written for the old tables finds its columns."""
    path = tmp_path / "records.db"
    await on(f"sqlite:///{path}", fill_first)
    await (await open_store(f"sqlite:///{path}")).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO users (id, name, role, team, disabled) VALUES ('u2', 'bea', 'agent', 't', 0)"
        )
    store = await open_store(f"sqlite:///{path}")
    assert (await store.good_users())["u2"].generation == 0
    await store.close()
