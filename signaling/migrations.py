"""Tables of an older CoachDesk brought up to the present ones, in order, all in one transaction.

Version 1 is the first tables ever, which did not say their version. To change a table: change ``schema``, and append a
step here that does the same to what exists; ``tests/signaling/test_migrations.py`` holds both to the same result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Connection, insert, inspect, select, text, update

from signaling import schema

log = logging.getLogger("signaling.store")

_KEY = "schema_version"
_LOCK = 7_265_417_101
"""Names PostgreSQL's advisory lock under which tables are made and changed; any number of our own."""


class NewerTables(Exception):
    """The tables are of a CoachDesk newer than this one."""


def _count_passwords(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE users ADD COLUMN generation INTEGER DEFAULT '0' NOT NULL"))


def _consents_over_time(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE consents ADD COLUMN call VARCHAR(64) DEFAULT '' NOT NULL"))
    connection.execute(text("ALTER TABLE consents ADD COLUMN event VARCHAR(16) DEFAULT 'given' NOT NULL"))
    for statement in schema.append_only("consents", connection.dialect.name):
        connection.exec_driver_sql(statement)


def _quality_of_calls(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE call_quality (call VARCHAR(64) NOT NULL, source VARCHAR(16) NOT NULL, "
            "listener VARCHAR(16) NOT NULL, readings INTEGER NOT NULL, mos_mean FLOAT NOT NULL, "
            "mos_worst FLOAT NOT NULL, PRIMARY KEY (call, source, listener))"
        )
    )


def _windows_hidden_by_teams(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE teams ADD COLUMN hidden_windows TEXT DEFAULT '' NOT NULL"))


def _quality_by_minute(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE call_minutes (call VARCHAR(64) NOT NULL, source VARCHAR(16) NOT NULL, "
            "listener VARCHAR(16) NOT NULL, minute INTEGER NOT NULL, readings INTEGER NOT NULL, "
            "mos_mean FLOAT NOT NULL, mos_worst FLOAT NOT NULL, delay_ms FLOAT NOT NULL, loss FLOAT NOT NULL, "
            "concealed FLOAT NOT NULL, PRIMARY KEY (call, source, listener, minute))"
        )
    )


def _regions_hidden_by_teams(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE teams ADD COLUMN hidden_regions TEXT DEFAULT '' NOT NULL"))


_STEPS: tuple[Callable[[Connection], None], ...] = (
    _count_passwords,
    _consents_over_time,
    _quality_of_calls,
    _windows_hidden_by_teams,
    _quality_by_minute,
    _regions_hidden_by_teams,
)
VERSION = 1 + len(_STEPS)


def bring_up(connection: Connection) -> None:
    """Makes the tables of an empty database, or changes those of an older one. Raises NewerTables.

    Call it first in a transaction: it locks out others who do the same, until the commit.
    """
    _lock(connection)
    if not inspect(connection).has_table(schema.settings.name):
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.settings).values(key=_KEY, value=str(VERSION)))
        return
    present = _version(connection)
    if present > VERSION:
        raise NewerTables(
            f"its tables are of version {present}, and this CoachDesk knows them up to {VERSION}"
        )
    for number, step in enumerate(_STEPS, start=2):
        if number > present:
            step(connection)
            _note(connection, number)
            log.info("the records were brought from version %d to %d", number - 1, number)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    else:
        # Python's driver would begin a transaction with the first INSERT only, and leave tables out of it.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _version(connection: Connection) -> int:
    table = schema.settings
    found = connection.execute(select(table.c.value).where(table.c.key == _KEY)).scalar()
    return 1 if found is None else int(found)


def _note(connection: Connection, version: int) -> None:
    table = schema.settings
    if version == 2:
        connection.execute(insert(table).values(key=_KEY, value=str(version)))
    else:
        connection.execute(update(table).where(table.c.key == _KEY).values(value=str(version)))
