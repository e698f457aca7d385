"""Records: users, teams, calls, consents, audit, links, and the journal of what is live.

SQLite by default, PostgreSQL by URL. Reads go straight to the database. Writes of the running server are handed to
its ``writer``.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import platformdirs
from sqlalchemy import Dialect, Table, bindparam, delete, event, insert, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable
from sqlalchemy.sql.dml import UpdateBase

from signaling import migrations, schema
from signaling.auth import new_signing_secret
from signaling.policy import Role
from signaling.protocol import Awareness
from signaling.state import Link, Team, User
from signaling.step import (
    AuditEntry,
    CallBegan,
    CallEnded,
    CallMinute,
    CallQuality,
    Change,
    Consent,
    DropLive,
    PutLink,
    PutLive,
)
from signaling.writer import Write, Writer, cause

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}

_AUDIT = insert(schema.audit)
_CONSENT = insert(schema.consents)
_BEGAN = insert(schema.calls)
_ENDED = (
    update(schema.calls)
    .where(schema.calls.c.call == bindparam("over"))
    .values(ended_at=bindparam("ended_at"), reason=bindparam("reason"))
)
_DROP_LIVE = delete(schema.journal).where(schema.journal.c.key == bindparam("dropped"))


class StoreError(Exception):
    """The records cannot be used; the text says what to do."""


class UnknownUser(StoreError):
    """There is no user of that name."""


class DuplicateUser(StoreError):
    """There is a user of that name already."""


def default_url() -> str:
    folder = platformdirs.user_data_path("coachdesk", appauthor=False)
    return f"sqlite:///{folder / 'coachdesk.db'}"


def database_url(text: str | None) -> URL:
    """``--db`` as given, with an asynchronous driver. Raises StoreError when it is no URL, or of an unknown kind."""
    try:
        url = make_url(text or default_url())
    except ArgumentError as error:
        raise StoreError(
            "--db must be a URL such as sqlite:///path/to/coachdesk.db or postgresql://user:password@host/name"
        ) from error
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        raise StoreError(f"--db: {url.drivername!r} is not supported; use sqlite:///... or postgresql://...")
    return url.set(drivername=driver)


def make_engine(url: URL) -> AsyncEngine:
    """Raises StoreError when the folder cannot be made or the driver is missing."""
    if url.get_backend_name() == "sqlite" and url.database:
        try:
            Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder of {url.database} cannot be made: {error.strerror}") from error
    try:
        engine = create_async_engine(url)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError("for PostgreSQL install the extra: pip install 'coachdesk[postgresql]'") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000", "recursive_triggers=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Account(NamedTuple):
    """A user as administrators see them. ``password``: whether there is one; without, a token signs in."""

    name: str
    role: Role
    team: str
    password: bool
    disabled: bool


class Store:
    """The records of one database. Open with ``open_store``, and ``close`` it.

    Attributes:
        signing_secret: signs sign-in tokens; made once, kept in the database.
        writer: takes the writes of a running server.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._put_live = self._upsert(schema.journal, update=("value",))
        self._put_link = self._upsert(schema.links, update=("uses_left", "revoked"))
        self._put_quality = self._upsert(schema.call_quality, update=("readings", "mos_mean", "mos_worst"))
        scores = ("readings", "mos_mean", "mos_worst", "delay_ms", "loss", "concealed")
        self._put_minute = self._upsert(schema.call_minutes, update=scores)
        self.writer = Writer(engine)
        self.signing_secret = ""

    async def start(self) -> None:
        """Makes the tables, or brings older ones up, and takes up work. Raises StoreError when that cannot be done."""
        try:
            async with self._engine.begin() as connection:
                await connection.run_sync(migrations.bring_up)
                self.signing_secret = await _setting(connection, "signing_secret", new_signing_secret())
        except migrations.NewerTables as error:
            await self._engine.dispose()
            raise StoreError(
                f"the database {self._where()} was used by a newer CoachDesk: {error}. "
                "Update CoachDesk, or go back to a backup made before."
            ) from error
        except (SQLAlchemyError, OSError) as error:
            await self._engine.dispose()
            raise StoreError(f"the database {self._where()} cannot be opened: {cause(error)}") from error
        self.writer.start()

    def _where(self) -> str:
        return self._engine.url.render_as_string(hide_password=True)

    async def close(self) -> None:
        """Writes what is left, then closes."""
        await self.writer.close()
        await self._engine.dispose()

    # --- users and teams ---

    async def add_user(
        self, name: str, role: Role, team: str, password_hash: str | None, entry: AuditEntry
    ) -> User:
        """Raises DuplicateUser. ``entry`` goes into the audit log with it."""
        user = User(uuid.uuid4().hex, name, role, team)
        row = {"id": user.id, "name": name, "role": role.value, "team": team, "password": password_hash}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(schema.users).values(**row))
                await self._begin_team(connection, team)
                await connection.execute(_AUDIT, asdict(entry))
        except IntegrityError as error:
            raise DuplicateUser(f"there is a user {name!r} already; choose another name") from error
        return user

    async def set_user(
        self, name: str, entry: AuditEntry, *, role: Role | None = None, team: str | None = None
    ) -> None:
        """Another role or team or both. Raises UnknownUser."""
        changed = {"role": role.value if role else None, "team": team}
        values = {column: value for column, value in changed.items() if value is not None}
        await self._change_user(name, values, entry)

    async def set_password(self, name: str, password_hash: str | None, entry: AuditEntry) -> None:
        """Another password or none; voids the tokens there are. Raises UnknownUser."""
        values = {"password": password_hash, "generation": schema.users.c.generation + 1}
        await self._change_user(name, values, entry)

    async def set_disabled(self, name: str, disabled: bool, entry: AuditEntry) -> None:
        """Shuts a user out, or lets them in again. Raises UnknownUser."""
        await self._change_user(name, {"disabled": disabled}, entry)

    async def _change_user(self, name: str, values: Mapping[str, Any], entry: AuditEntry) -> None:
        table = schema.users
        async with self._engine.begin() as connection:
            result = await connection.execute(update(table).where(table.c.name == name).values(**values))
            if result.rowcount == 0:
                raise UnknownUser(f"there is no user {name!r}")
            if "team" in values:
                await self._begin_team(connection, values["team"])
            await connection.execute(_AUDIT, asdict(entry))

    async def _begin_team(self, connection: AsyncConnection, team: str) -> None:
        await connection.execute(self._upsert(schema.teams, update=()), {"name": team})

    async def user(self, user_id: str) -> User | None:
        """The user of an id, unless disabled. Raises StoreError when the database cannot be read at present."""
        found = await self._user(schema.users.c.id == user_id)
        return found[0] if found else None

    async def user_named(self, name: str) -> tuple[User, str | None] | None:
        """The user of a name, unless disabled, with the password's hash. Raises StoreError likewise."""
        return await self._user(schema.users.c.name == name)

    async def _user(self, where: Any) -> tuple[User, str | None] | None:
        table = schema.users
        rows = await self._rows(select(table).where(where, table.c.disabled.is_(False)))
        return (_user_of(rows[0]), rows[0].password) if rows else None

    async def users(self) -> list[Account]:
        """All accounts, by name."""
        table = schema.users
        rows = await self._rows(select(table).order_by(table.c.name))
        return [Account(row.name, Role(row.role), row.team, bool(row.password), row.disabled) for row in rows]

    async def good_users(self) -> dict[str, User]:
        """By id, all users who are not disabled. Raises StoreError when the database cannot be read at present."""
        table = schema.users
        rows = await self._rows(select(table).where(table.c.disabled.is_(False)))
        return {row.id: _user_of(row) for row in rows}

    async def set_team(self, team: Team) -> None:
        """A team's policy; a running server takes it up within seconds."""
        row = {
            "name": team.name,
            "awareness": team.awareness,
            "announcement": team.announcement,
            "hidden_windows": "\n".join(team.hidden_windows),
            "hidden_regions": "\n".join(team.hidden_regions),
        }
        update = ("awareness", "announcement", "hidden_windows", "hidden_regions")
        async with self._engine.begin() as connection:
            await connection.execute(self._upsert(schema.teams, update=update), row)

    async def teams(self) -> dict[str, Team]:
        """By name. Raises StoreError when the database cannot be read at present."""
        rows = await self._rows(select(schema.teams).order_by(schema.teams.c.name))
        return {row.name: _team_of(row) for row in rows}

    async def _rows(self, query: Executable) -> Sequence[Any]:
        try:
            async with self._engine.connect() as connection:
                return (await connection.execute(query)).all()
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"the records cannot be read: {cause(error)}") from error

    # --- what a server takes up at its start ---

    async def links(self, expired_after: float) -> list[Link]:
        table = schema.links
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(table).where(table.c.expires_at > expired_after))).all()
        return [Link(**row._mapping) for row in rows]

    async def live(self) -> list[tuple[str, bytes]]:
        """The journal: see ``Hub.restore``."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(schema.journal))).all()
        return [(row.key, row.value) for row in rows]

    async def audit_log(self, call: str = "", last: int | None = None) -> AsyncIterator[AuditEntry]:
        """The entries, oldest first: all, those of a call, or the last so many of these. Not held in memory."""
        table = schema.audit
        wanted = select(table).where(table.c.call == call) if call else select(table)
        if last is not None:
            newest = wanted.order_by(table.c.id.desc()).limit(last).subquery()
            wanted = select(newest).order_by(newest.c.id)
        else:
            wanted = wanted.order_by(table.c.id)
        async with self._engine.connect() as connection:
            async for row in await connection.stream(wanted):
                values = dict(row._mapping)
                del values["id"]
                yield AuditEntry(**values)

    # --- writes of the running server ---

    def write(self, changes: Iterable[Change], audit: Iterable[AuditEntry]) -> int:
        """Hands records to the writer, in order; see ``Writer.put``."""
        return self.writer.put(
            chain(map(self._record, changes), ((_AUDIT, asdict(entry)) for entry in audit))
        )

    def _record(self, change: Change) -> Write:
        match change:
            case PutLive():
                return self._put_live, asdict(change)
            case DropLive(key):
                return _DROP_LIVE, {"dropped": key}
            case PutLink(link):
                return self._put_link, msgspec.structs.asdict(link)
            case CallBegan():
                row = asdict(change)
                return _BEGAN, {**row, "began_at": row.pop("at")}
            case CallEnded(call, reason, at):
                return _ENDED, {"over": call, "ended_at": at, "reason": reason}
            case CallQuality():
                return self._put_quality, asdict(change)
            case CallMinute():
                return self._put_minute, asdict(change)
            case Consent():
                return _CONSENT, asdict(change)

    def _upsert(self, table: Table, *, update: Iterable[str]) -> UpdateBase:
        """INSERT, or UPDATE of the named columns where the primary key is there already."""
        dialect: Dialect = self._engine.dialect
        make = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        statement = make(table)
        columns = {name: statement.excluded[name] for name in update}
        if not columns:
            return statement.on_conflict_do_nothing()
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=columns)


async def _setting(connection: AsyncConnection, key: str, default: str) -> str:
    """The kept value, or the default, which is kept from now on."""
    table = schema.settings
    found = (await connection.execute(select(table.c.value).where(table.c.key == key))).scalar()
    if found is None:
        await connection.execute(insert(table).values(key=key, value=default))
        return default
    return str(found)


def _user_of(row: Any) -> User:
    return User(row.id, row.name, Role(row.role), row.team, row.generation)


def _team_of(row: Any) -> Team:
    windows, regions = (tuple(each.splitlines()) for each in (row.hidden_windows, row.hidden_regions))
    return Team(row.name, cast(Awareness, row.awareness), row.announcement, windows, regions)


async def open_store(db: str | None) -> Store:
    """A started store for a ``--db`` URL. Raises StoreError."""
    store = Store(make_engine(database_url(db)))
    await store.start()
    return store
