"""What administrators do to the records, beside a running server or without one.

Every function takes a ``--db`` URL, and raises StoreError when the records cannot be used. A running server takes up
changes within ``switchboard.FOLLOW`` seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import msgspec

from signaling.auth import TOKEN_LIFETIME, AuthError, Bearer, hash_password, issue_token
from signaling.fields import LONGEST_TITLE, MOST_HIDDEN, MOST_REGIONS, SHORTEST_TITLE, HiddenWindows, Regions
from signaling.policy import Role
from signaling.protocol import Awareness
from signaling.state import Team
from signaling.step import AuditEntry
from signaling.store import Account, Store, UnknownUser, open_store

MAX_NAME = 80
MAX_ANNOUNCEMENT = 1000
COMMAND_LINE = "command line"
"""Who did it, in the audit log: the command line knows no accounts of ours."""
_MAX_TARGET = 80


class AdministrationError(Exception):
    """What was asked for cannot be; the text says what to do."""


@asynccontextmanager
async def _opened(db: str | None) -> AsyncIterator[Store]:
    store = await open_store(db)
    try:
        yield store
    finally:
        await store.close()


# --- accounts ---


async def add_user(db: str | None, name: str, role: Role, team: str, password: str | None = None) -> None:
    """Makes an account; without a password it signs in by token only. Raises AdministrationError."""
    if not _is_name(name):
        raise AdministrationError(f"a user needs a name of 1 to {MAX_NAME} characters")
    _check(role, team)
    hashed = await _hashed(password)
    async with _opened(db) as store:
        await store.add_user(name, Role(role), team, hashed, _entry("add_user", f"{name} {role} {team}"))


async def set_user(db: str | None, name: str, role: Role | None = None, team: str | None = None) -> Account:
    """Gives an account another role or team or both, and returns it. Raises AdministrationError, UnknownUser."""
    _check(role, team)
    given = [part for part in (role and role.value, team) if part]
    async with _opened(db) as store:
        await store.set_user(name, _entry("set_user", " ".join([name, *given])), role=role, team=team)
        return next(account for account in await store.users() if account.name == name)


async def set_password(db: str | None, name: str, password: str | None) -> None:
    """Another password, or none: then only tokens sign in. Voids those there are.

    Raises AdministrationError, UnknownUser.
    """
    hashed = await _hashed(password)
    async with _opened(db) as store:
        await store.set_password(name, hashed, _entry("set_password", name))


async def set_disabled(db: str | None, name: str, disabled: bool) -> None:
    """Shuts a user out, or lets them in again. Raises UnknownUser."""
    entry = _entry("disable_user" if disabled else "enable_user", name)
    async with _opened(db) as store:
        await store.set_disabled(name, disabled, entry)


def _is_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAX_NAME


def _check(role: Role | None, team: str | None) -> None:
    if team is not None and not _is_name(team):
        raise AdministrationError(f"a user needs a team of 1 to {MAX_NAME} characters")
    if role is Role.CUSTOMER:
        raise AdministrationError("customers need no account: they come by a join link")


async def _hashed(password: str | None) -> str | None:
    try:
        return None if password is None else await asyncio.to_thread(hash_password, password)
    except AuthError as error:
        raise AdministrationError(str(error)) from error


def _entry(action: str, target: str) -> AuditEntry:
    return AuditEntry(time.time(), COMMAND_LINE, "", action, allowed=True, target=target[:_MAX_TARGET])


async def users(db: str | None) -> list[Account]:
    """All accounts, by name."""
    async with _opened(db) as store:
        return await store.users()


async def token_for(db: str | None, name: str) -> str:
    """A sign-in token for a user, good for 30 days. Raises UnknownUser."""
    async with _opened(db) as store:
        found = await store.user_named(name)
        if found is None:
            raise UnknownUser(
                f"there is no user {name!r}, or they are disabled; "
                f"make one with: coachdesk user add {name} --role ... --team ..."
            )
        bearer = Bearer(found[0].id, found[0].generation)
        return issue_token(store.signing_secret, bearer, time.time(), TOKEN_LIFETIME)


# --- teams ---


async def teams(db: str | None) -> list[Team]:
    """All teams with their policies, by name."""
    async with _opened(db) as store:
        return list((await store.teams()).values())


async def set_team(
    db: str | None,
    name: str,
    awareness: Awareness | None = None,
    announcement: str | None = None,
    hidden_windows: Sequence[str] | None = None,
    hidden_regions: Sequence[str] | None = None,
) -> Team:
    """Changes what is given of a team's policy, and returns it whole. Raises AdministrationError."""
    windows = _titles(hidden_windows) if hidden_windows is not None else None
    regions = _regions(hidden_regions) if hidden_regions is not None else None
    if announcement is not None and len(announcement) > MAX_ANNOUNCEMENT:
        raise AdministrationError(f"an announcement may have {MAX_ANNOUNCEMENT} characters")
    async with _opened(db) as store:
        known = await store.teams()
        if name not in known:
            raise AdministrationError(
                f"there is no team {name!r}, only: {', '.join(known) or 'none yet'}; "
                "a team begins with its first user (coachdesk user add)"
            )
        present = known[name]
        changed = Team(
            name,
            present.awareness if awareness is None else awareness,
            present.announcement if announcement is None else announcement,
            present.hidden_windows if windows is None else windows,
            present.hidden_regions if regions is None else regions,
        )
        await store.set_team(changed)
        return changed


def _titles(given: Sequence[str]) -> tuple[str, ...]:
    titles = tuple(dict.fromkeys(" ".join(each.split()) for each in given if each.strip()))
    try:
        return msgspec.convert(titles, HiddenWindows)
    except msgspec.ValidationError:
        raise AdministrationError(
            f"a team may hide windows by {MOST_HIDDEN} titles, each of {SHORTEST_TITLE} to {LONGEST_TITLE} characters"
        ) from None


def _regions(given: Sequence[str]) -> tuple[str, ...]:
    regions = tuple(dict.fromkeys("".join(each.split()) for each in given if each.strip()))
    try:
        return msgspec.convert(regions, Regions)
    except msgspec.ValidationError:
        raise AdministrationError(
            f"a team may hide {MOST_REGIONS} regions, each of the form region:SCREEN:X,Y,WIDTH,HEIGHT in that screen's "
            "pixels, as region:0:0,0,640,80"
        ) from None


# --- the audit log ---


async def audit_lines(db: str | None, call: str = "", last: int | None = None) -> AsyncIterator[str]:
    """The audit log as JSON, an entry each, oldest first; ``at`` in UTC (RFC 3339). See ``Store.audit_log``."""
    async with _opened(db) as store:
        async for entry in store.audit_log(call, last):
            yield _line(entry)


def _line(entry: AuditEntry) -> str:
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
    return msgspec.json.encode({**asdict(entry), "at": at.replace("+00:00", "Z")}).decode()
