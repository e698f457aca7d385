"""The records: what is kept, what cannot be changed, what survives."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from signaling.administration import AdministrationError, set_disabled
from signaling.policy import Role
from signaling.server import ServerError, ServerOptions, add_user, serve, token_for
from signaling.state import Link, Team
from signaling.step import (
    AuditEntry,
    CallBegan,
    CallEnded,
    CallMinute,
    CallQuality,
    DropLive,
    PutLink,
    PutLive,
)
from signaling.store import (
    DuplicateUser,
    StoreError,
    UnknownUser,
    database_url,
    default_url,
    open_store,
)

from .wire import drained


def entry(number: int) -> AuditEntry:
    return AuditEntry(1000.0 + number, "amy", "agent", "hold", True, call=f"c{number}")


def plain(db: str) -> sqlite3.Connection:
    """The database as any other program sees it."""
    return sqlite3.connect(db.removeprefix("sqlite:///"))


async def test_all_that_was_handed_over_is_there_after_a_clean_stop(db: str) -> None:
    store = await open_store(db)
    for number in range(2000):
        store.write((), [entry(number)])
    await store.close()
    with plain(db) as connection:
        calls = [row[0] for row in connection.execute("SELECT call FROM audit ORDER BY id")]
    assert calls == [f"c{number}" for number in range(2000)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
        "INSERT OR REPLACE INTO audit SELECT id, at, 'nobody', role, action, allowed, call, target, code, party "
        "FROM audit",
    ],
)
async def test_nobody_changes_the_audit_log(db: str, statement: str) -> None:
    store = await open_store(db)
    store.write((), [entry(1)])
    await store.close()
    with plain(db) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
        assert connection.execute("SELECT actor FROM audit").fetchall() == [("amy",)]


@pytest.mark.allow_log("a record is refused on purpose")
async def test_a_record_the_database_refuses_does_not_hold_up_the_others(
    db: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = await open_store(db)
    began = CallBegan("c", "label", "north", "amy", "Bob", 1.0)
    store.write([began], [entry(1)])
    await drained(store)
    store.write([began], [entry(2)])
    await drained(store)
    assert [row.call async for row in store.audit_log()] == ["c1", "c2"]
    assert "is lost" in caplog.text
    await store.close()


@pytest.mark.allow_log("the disk fails on purpose")
async def test_a_failing_disk_makes_the_server_wait_and_loses_nothing(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.writer.BACKLOG", 3)
    monkeypatch.setattr("signaling.writer._RETRY", 0.01)
    store = await open_store(db)
    works, tried = store.writer._execute, asyncio.Event()

    async def fails(_statements: object) -> None:
        tried.set()
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(store.writer, "_execute", fails)
    store.write((), [entry(number) for number in range(5)])
    await tried.wait()
    room = asyncio.create_task(store.writer.room())
    await asyncio.sleep(0)
    assert not room.done()
    monkeypatch.setattr(store.writer, "_execute", works)
    await asyncio.wait_for(room, 15)
    await drained(store)
    assert [row.call async for row in store.audit_log()] == [f"c{number}" for number in range(5)]
    await store.close()


async def test_the_journal_keeps_the_last_of_each_key(db: str) -> None:
    store = await open_store(db)
    store.write(
        [PutLive("call:1", b"a"), PutLive("call:2", b"b"), PutLive("call:1", b"c"), DropLive("call:2")], ()
    )
    await drained(store)
    assert await store.live() == [("call:1", b"c")]
    await store.close()


async def test_a_link_comes_back_with_the_uses_it_has_left(db: str) -> None:
    link = Link(
        link="l",
        secret="s",
        owner="u",
        owner_name="amy",
        team="north",
        label="x",
        uses_left=2,
        expires_at=2000.0,
    )
    store = await open_store(db)
    store.write([PutLink(link)], ())
    await drained(store)
    link.uses_left = 1
    link.revoked = True
    store.write([PutLink(link)], ())
    await store.close()
    store = await open_store(db)
    assert await store.links(1999.0) == [link]
    assert await store.links(2000.0) == []
    await store.close()


async def test_a_calls_record_is_completed_by_its_end(db: str) -> None:
    store = await open_store(db)
    store.write([CallBegan("c", "Router", "north", "amy", "Bob", 1.0), CallEnded("c", "hung_up", 61.0)], ())
    await store.close()
    with plain(db) as connection:
        rows = connection.execute("SELECT call, began_at, ended_at, reason FROM calls").fetchall()
    assert rows == [("c", 1.0, 61.0, "hung_up")]


async def test_how_a_call_sounded_is_kept_once_for_each_pair_of_roles(db: str) -> None:
    store = await open_store(db)
    store.write([CallQuality("c", "customer", "agent", 30, 4.25, 2.5)], ())
    await drained(store)
    store.write([CallQuality("c", "customer", "agent", 60, 4.0, 2.0)], ())  # written again after a crash
    store.write([CallQuality("c", "agent", "customer", 60, 4.4, 4.1)], ())
    await store.close()
    with plain(db) as connection:
        rows = connection.execute("SELECT * FROM call_quality ORDER BY source").fetchall()
    assert rows == [("c", "agent", "customer", 60, 4.4, 4.1), ("c", "customer", "agent", 60, 4.0, 2.0)]


async def test_the_course_of_a_call_is_kept_once_for_each_minute(db: str) -> None:
    store = await open_store(db)
    pair, scores = ("c", "customer", "agent"), (4.25, 2.5, 80.0, 0.01, 0.02)
    store.write([CallMinute(*pair, 0, 5, *scores), CallMinute(*pair, 1, 5, *scores)], ())
    await drained(store)
    store.write([CallMinute(*pair, 1, 20, *scores)], ())  # written again after a crash
    await store.close()
    with plain(db) as connection:
        rows = connection.execute("SELECT * FROM call_minutes ORDER BY minute").fetchall()
    assert rows == [(*pair, 0, 5, *scores), (*pair, 1, 20, *scores)]


async def test_a_teams_policy_is_kept(db: str) -> None:
    await add_user(db, "amy", Role.AGENT, "north")
    store = await open_store(db)
    assert await store.teams() == {"north": Team("north", "all", "")}
    await store.set_team(Team("north", "talking", "We listen in."))
    assert await store.teams() == {"north": Team("north", "talking", "We listen in.")}
    await store.close()


async def test_the_signing_secret_is_made_once(db: str) -> None:
    first = await open_store(db)
    await first.close()
    second = await open_store(db)
    assert second.signing_secret == first.signing_secret
    assert len(second.signing_secret) >= 43
    await second.close()


# --- accounts ---


async def test_a_duplicate_or_unknown_user_is_told_by_name(db: str) -> None:
    await add_user(db, "amy", Role.AGENT, "north")
    with pytest.raises(DuplicateUser, match="'amy'"):
        await add_user(db, "amy", Role.SUPERVISOR, "south")
    with pytest.raises(UnknownUser, match="coachdesk user add bob"):
        await token_for(db, "bob")


@pytest.mark.parametrize(
    ("name", "role", "team", "password"),
    [
        ("", Role.AGENT, "t", None),
        ("a" * 81, Role.AGENT, "t", None),
        ("a", Role.AGENT, " ", None),
        ("a", Role.CUSTOMER, "t", None),
        ("a", Role.AGENT, "t", "short"),
    ],
)
async def test_a_bad_account_is_not_made(
    db: str, name: str, role: Role, team: str, password: str | None
) -> None:
    with pytest.raises(AdministrationError):
        await add_user(db, name, role, team, password)


# --- where the records are ---


def test_the_usual_urls_get_asynchronous_drivers() -> None:
    assert database_url("sqlite:///x.db").drivername == "sqlite+aiosqlite"
    assert database_url("postgresql://u:p@h/n").drivername == "postgresql+asyncpg"
    assert database_url("postgres://u:p@h/n").drivername == "postgresql+asyncpg"
    assert database_url(None).database == default_url().removeprefix("sqlite:///")


@pytest.mark.parametrize("url", ["mysql://h/n", "coachdesk.db", "://"])
def test_another_url_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        database_url(url)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, and not a database\n" * 40)
    with pytest.raises(StoreError, match="not a database"):
        await open_store(f"sqlite:///{path}")


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        await open_store(f"sqlite:///{tmp_path}/file/x.db")


@pytest.mark.parametrize(
    "options",
    [
        {"cert": "cert.pem"},
        {"cert": "none.pem", "key": "none.pem"},
        {"turn_urls": ("turn:t",)},
        {"host": "203.0.113.7"},
        {"public_url": "calls.example.org"},
    ],
)
async def test_a_server_that_cannot_start_says_why(db: str, options: dict[str, object]) -> None:
    with pytest.raises(ServerError, match=r"TLS|certificate|secret|cannot listen|public-url"):
        await serve(ServerOptions(port=0, db=db, **options), lambda url: None)  # type: ignore[arg-type]


async def test_a_user_is_found_unless_disabled(db: str) -> None:
    await add_user(db, "amy", Role.AGENT, "north")
    store = await open_store(db)
    found = await store.user_named("amy")
    assert found is not None
    assert await store.user(found[0].id) == found[0]
    assert await store.good_users() == {found[0].id: found[0]}
    await set_disabled(db, "amy", True)
    assert await store.user_named("amy") is None
    assert await store.user(found[0].id) is None
    assert await store.good_users() == {}
    with pytest.raises(UnknownUser):
        await set_disabled(db, "bob", True)
    await store.close()
