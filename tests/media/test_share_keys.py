"""Keys that blank and stop a share while another program has the focus, on a real (virtual) screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from coachdesk import events
from tests.fakes.windows import ORDER
from tests.media.desktops import Overlay, click, overlay, press
from tests.media.peers import until
from tests.media.screens import Open

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a virtual screen (Xvfb)"),
    pytest.mark.parametrize("desktop", ["openbox"], indirect=True),
]

ON, OFF = events.Sharing(state="on", label="Order 4711"), events.Sharing(state="off")
HELD = ("Control_L", "Alt_L", "Shift_L")


async def sent(shown: Overlay, *commands: str) -> None:
    await until(lambda: len(shown.keys()) > len(commands))
    assert shown.keys() == ["", *commands]


@pytest.mark.parametrize("locks", [(), ("Caps_Lock",), ("Num_Lock",), ("Caps_Lock", "Num_Lock")])
async def test_they_blank_and_stop_from_another_program(
    desktop: str, show: Open, tmp_path: Path, locks: tuple[str, ...]
) -> None:
    show(ORDER)
    click(ORDER.place[0] + 5, ORDER.place[1] + 5)
    for lock in locks:
        press(lock)
    with overlay(tmp_path) as shown:
        shown.tell(ON)
        await sent(shown)
        press(*HELD, "b")
        await sent(shown, "BlankShare")
        press("b")
        press(*HELD[:2], "s")
        press(*HELD, "s")
        await sent(shown, "BlankShare", "StopShare")


async def test_a_key_that_is_held_is_pressed_once(desktop: str, tmp_path: Path) -> None:
    with overlay(tmp_path) as shown:
        shown.tell(ON)
        await sent(shown)
        press(*HELD, "b", seconds=1.5)
        press(*HELD, "s")
        await sent(shown, "BlankShare", "StopShare")


async def test_they_are_held_while_something_is_shared_alone(desktop: str, tmp_path: Path) -> None:
    with overlay(tmp_path) as shown, overlay(tmp_path) as other:
        press(*HELD, "b")
        shown.tell(ON)
        await sent(shown)
        other.tell(ON)
        said = other.keys()[0]
        assert "Ctrl+Alt+Shift+B and Ctrl+Alt+Shift+S" in said
        other.tell(OFF)
        shown.tell(OFF)
        assert shown.keys() == other.keys() == [""]
        other.tell(ON)
        assert other.keys() == [""], "they were given free"
        press(*HELD, "b")
        await sent(other, "BlankShare")
        assert shown.keys() == [""]
