"""The tables of the records. Audit log and consents are append-only: the database itself refuses to change or delete a row.

A change here needs a step in ``migrations``.
"""

from __future__ import annotations

from sqlalchemy import DDL, Boolean, Column, Float, Integer, LargeBinary, MetaData, String, Table, Text, event

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

teams = Table(
    "teams",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("awareness", String(16), nullable=False, default="all"),
    Column("announcement", Text, nullable=False, default=""),
    Column("hidden_windows", Text, nullable=False, server_default=""),
    Column("hidden_regions", Text, nullable=False, server_default=""),
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("team", String(80), nullable=False),
    Column("password", Text),
    Column("disabled", Boolean, nullable=False, default=False),
    # How often the password was changed; tokens of an earlier generation are void.
    Column("generation", Integer, nullable=False, server_default="0"),
)

links = Table(
    "links",
    metadata,
    Column("link", String(64), primary_key=True),
    Column("secret", String(64), nullable=False, unique=True),
    Column("owner", String(32), nullable=False),
    Column("owner_name", String(80), nullable=False),
    Column("team", String(80), nullable=False),
    Column("label", String(80), nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("expires_at", Float(53), nullable=False, index=True),
    Column("revoked", Boolean, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("label", String(80), nullable=False),
    Column("team", String(80), nullable=False),
    Column("agent", String(80), nullable=False),
    Column("customer", String(80), nullable=False),
    Column("began_at", Float(53), nullable=False),
    Column("ended_at", Float(53)),
    Column("reason", String(32)),
)

# How good the sound of one role was at one role, over the whole call; without a row, nobody reported it.
call_quality = Table(
    "call_quality",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("listener", String(16), primary_key=True),
    Column("readings", Integer, nullable=False),
    Column("mos_mean", Float(53), nullable=False),
    Column("mos_worst", Float(53), nullable=False),
)

# The same in each minute of the call, from 0, in which it was reported.
call_minutes = Table(
    "call_minutes",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("listener", String(16), primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("readings", Integer, nullable=False),
    Column("mos_mean", Float(53), nullable=False),
    Column("mos_worst", Float(53), nullable=False),
    Column("delay_ms", Float(53), nullable=False),
    Column("loss", Float(53), nullable=False),
    Column("concealed", Float(53), nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", String(64), nullable=False),
    Column("link", String(64), nullable=False),
    Column("name", String(80), nullable=False),
    Column("camera", Boolean, nullable=False),
    Column("microphone", Boolean, nullable=False),
    Column("announcement", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("call", String(64), nullable=False, server_default=""),
    Column("event", String(16), nullable=False, server_default="given"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float(53), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("call", String(64), nullable=False),
    Column("target", String(80), nullable=False),
    Column("code", String(32), nullable=False),
    Column("party", String(64), nullable=False),
    sqlite_autoincrement=True,
)

journal = Table(
    "journal",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


def append_only(table: str, dialect: str) -> list[str]:
    """The statements that make the database refuse to change or delete a row of ``table``, for a kind of database."""
    if dialect == "postgresql":
        return _append_only_postgresql(table)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_words(table)}'); END"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes a row without firing the trigger above.
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608
        f"WHEN NEW.id IN (SELECT id FROM {table}) {refuse}",
    ]


def _append_only_postgresql(table: str) -> list[str]:
    refuse = f"EXECUTE FUNCTION {table}_refuse()"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_words(table)}'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


def _words(table: str) -> str:
    return {"audit": "the audit log is append-only", "consents": "consents are append-only"}[table]


for _table in (audit, consents):
    for _dialect in ("sqlite", "postgresql"):
        for _statement in append_only(_table.name, _dialect):
            _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
            event.listen(_table, "after_create", _ddl)
