"""Version 1 of the tables, as they were when records were first kept. History: never to be changed."""

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

_REFUSAL = "the audit log is append-only"

_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    # INSERT OR REPLACE deletes a row without firing the trigger above.
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit "
    "WHEN NEW.id IN (SELECT id FROM audit) "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)

_POSTGRESQL_TRIGGERS = (
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)

for _dialect, _triggers in (("sqlite", _SQLITE_TRIGGERS), ("postgresql", _POSTGRESQL_TRIGGERS)):
    for _trigger in _triggers:
        _ddl = DDL(_trigger).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(audit, "after_create", _ddl)
