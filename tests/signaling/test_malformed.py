"""Whatever a client sends, it gets an answer with a code or a goodbye, and nobody else notices."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from signaling import protocol
from signaling.protocol import Code, Goodbye, ProtocolError, Refused, dump, parse_client, parse_server

from .wire import PATIENCE, Site, Staff, Wire, site

T = TypeVar("T")

DOCUMENT = (Path(protocol.__file__).parent / "PROTOCOL.md").read_text()
VALID = [msgspec.json.decode(text) for text in re.findall(r"```json client\n(.*?)\n```", DOCUMENT, re.DOTALL)]
SESSION = [message for message in VALID if message["type"] != "hello"]

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A valid message with one thing wrong: a field lost, added, of another type, out of bounds; or the text cut."""
    message = dict(draw(st.sampled_from(SESSION)))
    key = draw(st.sampled_from(sorted(message)))
    how = draw(st.sampled_from(["lose", "add", "change", "grow", "cut"]))
    if how == "lose":
        del message[key]
    elif how == "add":
        message[draw(st.text(max_size=10))] = draw(values)
    elif how == "change":
        message[key] = draw(values)
    elif how == "grow":
        message[key] = draw(st.sampled_from(["x" * 5000, -1, 2**60, [[]] * 50, "\ud7ff" * 90]))
    text = msgspec.json.encode(message).decode()
    return text[: draw(st.integers(0, len(text) - 1))] if how == "cut" else text


anything = st.text() | values.map(lambda value: msgspec.json.encode(value).decode()) | spoiled()


@given(anything)
@example("[" * 60_000)
@example('{"a":' * 12_000)
@example('{"type":"ping","id":1,"id":2}')
@settings(max_examples=400, deadline=None)
def test_a_text_is_a_message_or_a_protocol_error(text: str) -> None:
    with suppress(ProtocolError):
        message = parse_client(text)
        assert parse_client(dump(message)) == message


@given(st.binary())
@settings(deadline=None)
def test_bytes_are_a_message_or_a_protocol_error(data: bytes) -> None:
    for parse in (parse_client, parse_server):
        with pytest.raises(ProtocolError):
            parse(data)


@given(st.sampled_from(SESSION), st.sampled_from(["from", "sender", "user", "role", "re", "x"]))
def test_no_request_takes_an_unknown_field(message: dict[str, Any], field: str) -> None:
    with pytest.raises(ProtocolError) as error:
        parse_client(msgspec.json.encode({**message, field: "x"}))
    assert error.value.re == message["id"]


class Running:
    """A server in a thread of its own, so that Hypothesis can run many examples against it."""

    def __init__(self, staff: Staff, folder: Path) -> None:
        self._staff, self._folder = staff, folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._context = site(staff, folder)
        self.bystander: Wire

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def __enter__(self) -> Running:
        self._thread.start()
        self.office: Site = self.run(self._context.__aenter__())
        self.bystander = self.run(self.office.staff("bea"))
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._context.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@pytest.fixture(scope="module")
def running(staff: Staff, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(staff, tmp_path_factory.mktemp("malformed")) as server:
        yield server


def test_every_text_is_answered_and_nobody_else_notices(running: Running) -> None:
    @given(st.lists(anything, max_size=30))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def send(texts: list[str]) -> None:
        running.run(answered(running, texts))

    send()


async def answered(running: Running, texts: list[str]) -> None:
    client = await running.office.staff("sue")
    expected = 0
    for text in texts:
        await client.ws.send_str(text)
        expected += 1
    answers = 0
    while answers < expected:
        message = await client.next()
        if isinstance(message, Goodbye):
            assert message.code in Code
            break
        answers += hasattr(message, "re")
        if isinstance(message, Refused):
            assert message.code is not Code.INTERNAL
    else:
        assert await client.alive()
    await client.ws.close()
    assert await running.bystander.alive()
