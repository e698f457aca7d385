"""docs/endpoint.md lists every command and event, and every example in it is one."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import get_args

import aiohttp
import pytest

from coachdesk import commands, events
from coachdesk.demo.stage import Stage
from signaling.policy import Role
from signaling.protocol import CallState

from .signaling.wire import Site

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


BOT = TEXT.split("```python\n")[1].split("```")[0]


def test_the_bot_is_about_twenty_lines() -> None:
    assert len([line for line in BOT.splitlines() if line.strip()]) <= 22


@pytest.mark.skipif(os.name != "posix", reason="ends the bot as Ctrl-C does")
async def test_the_bot_signs_in_listens_to_a_new_call_and_ends(tmp_path: Path) -> None:
    bot = tmp_path / "bot.py"
    bot.write_text(BOT)
    async with Stage(tmp_path) as stage, aiohttp.ClientSession() as session:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(bot), stage.url, await stage.token("bot", Role.SUPERVISOR)),
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            site = Site(stage.url, stage.db, {"amy": await stage.token("amy", Role.AGENT)}, session)
            agent = await site.staff("amy")
            await site.call(agent)
            async with asyncio.timeout(60):
                while len((told := await agent.until(CallState)).call.parties) < 3:
                    pass
            assert [party.name for party in told.call.parties if party.role is Role.SUPERVISOR] == ["bot"]
            assert process.returncode is None
            process.send_signal(signal.SIGINT)
            _, complaint = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert complaint.decode().splitlines()[-1:] == ["KeyboardInterrupt"]
