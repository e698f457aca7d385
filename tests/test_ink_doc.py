"""docs/ink.md says what the code says: every example is a message, every message has one, and the tables hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from coachdesk import inkwire
from coachdesk.annotation import MAX_MARKS, MAX_PATH, AnyEdit
from coachdesk.media.connection import controlchannel

TEXT = (Path(__file__).parents[1] / "docs" / "ink.md").read_text("utf-8")
PARSERS = {
    "party ink": inkwire.parse_from_party,
    "hub ink": inkwire.parse_from_hub,
    "party ink-live": inkwire.parse_live_from_party,
    "hub ink-live": inkwire.parse_live_from_hub,
}
UNIONS = {
    "party ink": inkwire.FromParty,
    "hub ink": inkwire.FromHub,
    "party ink-live": inkwire.LiveFromParty,
}
EXAMPLES = re.findall(r"```json (party|hub) (ink|ink-live)\n(.*?)\n```", TEXT, re.DOTALL)


def tags(union: object) -> set[str]:
    return {kind.__struct_config__.tag for kind in get_args(union)}


@pytest.mark.parametrize(("side", "channel", "text"), EXAMPLES)
def test_every_example_is_a_message(side: str, channel: str, text: str) -> None:
    message = PARSERS[f"{side} {channel}"](text.encode())
    said, understood = msgspec.json.decode(text), msgspec.json.decode(inkwire.dump(message))
    assert understood.items() >= {key: understood[key] for key in said}.items()


@pytest.mark.parametrize("place", UNIONS)
def test_every_message_has_an_example(place: str) -> None:
    shown = {
        msgspec.json.decode(text)["kind"] for side, channel, text in EXAMPLES if f"{side} {channel}" == place
    }
    assert shown == tags(UNIONS[place])


def test_every_edit_has_an_example() -> None:
    messages = [
        inkwire.parse_from_party(text.encode()) for *place, text in EXAMPLES if place == ["party", "ink"]
    ]
    edits = [edit for each in messages if isinstance(each, inkwire.Edits) for edit in each.edits]
    assert {type(edit).__struct_config__.tag for edit in edits} == tags(AnyEdit)


def test_the_channels_and_limits_are_those_of_the_code() -> None:
    assert f"| `{controlchannel.LABEL}` | {controlchannel.ID} |" in TEXT
    assert f"| `{inkwire.RELIABLE}` | {inkwire.RELIABLE_ID} |" in TEXT
    assert f"| `{inkwire.LIVE}` | {inkwire.LIVE_ID} |" in TEXT
    assert f"| marks on a board | {MAX_MARKS} |" in TEXT
    assert f"| {inkwire.MAX_EDITS}, {MAX_PATH} |" in TEXT
