"""docs/endpoint.md lists every command and event, and every example in it is one."""

import re
from pathlib import Path
from typing import get_args

import pytest

from coachdesk import commands, events

TEXT = (Path(__file__).parents[1] / "docs" / "endpoint.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`(\{\"cmd\".*?\})`", TEXT)
EVENTS = re.findall(r"`(\{\"event\".*?\})`(?= \|)", TEXT)


def tags(union: object) -> set[str]:
    return {kind.__struct_config__.tag for kind in get_args(union)}


@pytest.mark.parametrize("line", COMMANDS)
def test_an_example_is_a_command(line: str) -> None:
    commands.parse(line)


@pytest.mark.parametrize("line", EVENTS)
def test_an_example_is_an_event(line: str) -> None:
    events.parse(line)


def test_every_command_is_listed() -> None:
    listed = {type(commands.parse(line)).__struct_config__.tag for line in COMMANDS}
    assert listed == tags(commands.AnyCommand)


def test_every_event_is_listed() -> None:
    listed = {type(events.parse(line)).__struct_config__.tag for line in EVENTS}
    assert listed == tags(events.AnyEvent)


def test_the_bot_is_about_twenty_lines_and_compiles() -> None:
    source = TEXT.split("```python\n")[1].split("```")[0]
    assert len([line for line in source.splitlines() if line.strip()]) <= 22
    compile(source, "bot", "exec")
