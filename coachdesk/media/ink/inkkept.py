"""What a record of a call's ink says: its lines, and what they add up to when it is read back. ``inkrecord`` writes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from coachdesk.annotation import Entry, MarkId
from coachdesk.annotation import Epoch as EpochNumber
from signaling.pictureform import PNG, form_of

LOG = "log"
VERSION = 1
MOST_READ_BYTES = 40 << 20
"""More than is ever written."""
MOST_PICTURE_BYTES, MOST_PIXELS = 1 << 20, 300_000

PartyId = Annotated[str, Meta(min_length=1, max_length=64)]
LogId = Annotated[str, Meta(min_length=1, max_length=32)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,40}\Z")]
Places = list[Annotated[int, Meta(ge=1)]]


class InkRecordError(ValueError):
    """A record that cannot be gone on with: of another version or call, damaged, too large, or open to others."""


# --- its lines -----------------------------------------------------------------------------------------------


class Header(Struct, frozen=True, kw_only=True, tag="ink", forbid_unknown_fields=True):
    """The first line. ``began``: when the ink's clock was 0, seconds of this machine's clock."""

    call: str
    began: float
    version: int = VERSION


class Done(Struct, frozen=True, kw_only=True, tag="done", forbid_unknown_fields=True):
    """An entry of the log; authors by their party ids. Of each mark they come in order, and not of every mark."""

    entry: Entry


class Party(Struct, frozen=True, kw_only=True, tag="party", forbid_unknown_fields=True):
    """One party's log: by which name it is known there, and the places in the log of what it was told, in order."""

    party: PartyId
    log: LogId
    told: Places


class Told(Struct, frozen=True, kw_only=True, tag="told", forbid_unknown_fields=True):
    """What a party was told besides."""

    party: PartyId
    told: Places


class Epoch(Struct, frozen=True, kw_only=True, tag="epoch", forbid_unknown_fields=True):
    epoch: EpochNumber


class Drawn(Struct, frozen=True, kw_only=True, tag="drawn", forbid_unknown_fields=True):
    """The picture that a mark was drawn on is kept by this name."""

    mark: MarkId
    picture: Name


class LetGo(Struct, frozen=True, kw_only=True, tag="let_go", forbid_unknown_fields=True):
    mark: MarkId


Line = Header | Done | Party | Told | Epoch | Drawn | LetGo


# --- what they add up to -------------------------------------------------------------------------------------


@dataclass
class KeptParty:
    """``log``: what its log is called. ``told``: places in the log of the entries it was told, in order."""

    log: str
    told: list[int]


@dataclass
class Kept:
    """
    Attributes:
        now: seconds on the ink's clock.
        epoch: the last there was.
        entries: of the log, by their places; authors by their party ids.
        parties: by party id. They may have been told of entries that are not kept.
        drawn_on: marks and the names of the pictures they were drawn on; ``pictures``: these by mark, as PNG.
        size: bytes of the lines that are whole.
    """

    now: float = 0.0
    epoch: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)
    parties: dict[str, KeptParty] = field(default_factory=dict)
    drawn_on: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    size: int = 0

    def take(self, line: Line) -> None:
        """The next line. Raises InkRecordError where it does not fit those before."""
        match line:
            case Done(entry=entry):
                if entry.n in self.entries:
                    raise InkRecordError("two entries have one place")
                self.entries[entry.n] = entry
            case Party(party=party, log=log, told=told):
                self.parties[party] = KeptParty(log, told)
            case Told(party=party, told=told) if party in self.parties:
                self.parties[party].told += told
            case Epoch(epoch=epoch):
                self.epoch = epoch
            case Drawn(mark=mark, picture=picture):
                self.drawn_on[mark] = picture
            case LetGo(mark=mark):
                self.drawn_on.pop(mark, None)
            case _:
                raise InkRecordError("its lines are in disorder")


def read(folder: Path, call: str, now: float) -> Kept | None:
    """What is kept in ``folder`` of a call; None if there is nothing. ``now``: as ``Header.began``.

    A last line without its end was being written as the program ended: it does not count. Raises InkRecordError.
    """
    try:
        if not folder.exists():
            return None
        _require_private(folder)
        kept = _added_up((folder / LOG).read_bytes(), call, now)
        kept.pictures = {mark: _picture(folder, name) for mark, name in kept.drawn_on.items()}
    except OSError as error:
        raise InkRecordError(str(error)) from error
    return kept


def picture_of(folder: Path, name: str) -> Path:
    """The file of a picture."""
    return folder / f"{name}.png"


def _require_private(folder: Path) -> None:
    log = folder / LOG
    if os.name == "posix" and (folder.stat().st_mode | log.stat().st_mode) & 0o077:
        raise InkRecordError("others may read or write it")
    if log.stat().st_size > MOST_READ_BYTES:
        raise InkRecordError("it is too large")


def _added_up(data: bytes, call: str, now: float) -> Kept:
    whole = data[: data.rfind(b"\n") + 1]
    lines = _parsed(whole)
    header = next(lines, None)
    if not isinstance(header, Header) or (header.version, header.call) != (VERSION, call):
        raise InkRecordError("it is of another call or release")
    kept = Kept(size=len(whole))
    for line in lines:
        kept.take(line)
    newest = max((entry.at for entry in kept.entries.values()), default=0.0)
    kept.now = max(newest, now - header.began)  # the machine's clock may have been set back
    return kept


def _parsed(whole: bytes) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(Line)
    for line in whole.splitlines():
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise InkRecordError(f"damaged: {error}") from error


def _picture(folder: Path, name: str) -> bytes:
    file = picture_of(folder, name)
    if file.stat().st_size > MOST_PICTURE_BYTES:
        raise InkRecordError("a picture is too large")
    data = file.read_bytes()
    form = form_of(data)
    if form is None or form.kind != PNG or form.width * form.height > MOST_PIXELS:
        raise InkRecordError("a picture is none")
    return data
