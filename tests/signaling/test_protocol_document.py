"""PROTOCOL.md says what the code says."""

import re
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from signaling import connection, outlet, photos, pictureform, protocol, writer
from signaling.auth import Attempts
from signaling.policy import AUDITED, MODE_ACTION, Action, Context, Mode, Role, may
from signaling.state import Limits

DOCUMENT = (Path(protocol.__file__).parent / "PROTOCOL.md").read_text()
EXAMPLES = re.findall(r"```json (client|server)\n(.*?)\n```", DOCUMENT, re.DOTALL)


def tag(struct: type) -> str:
    return struct.__struct_config__.tag


def rows(title: str) -> list[list[str]]:
    """The body of the table under a heading, cells stripped of backticks."""
    section = DOCUMENT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(("side", "text"), EXAMPLES)
def test_every_example_is_a_message_and_says_nothing_the_protocol_does_not_know(side: str, text: str) -> None:
    parse = protocol.parse_client if side == "client" else protocol.parse_server
    message = parse(text)
    assert (
        protocol.msgspec.json.decode(protocol.dump(message)).items()
        >= protocol.msgspec.json.decode(text).items()
    )


@pytest.mark.parametrize(
    ("side", "union"), [("client", protocol.ClientMessage), ("server", protocol.ServerMessage)]
)
def test_every_message_has_an_example(side: str, union: object) -> None:
    shown = {protocol.msgspec.json.decode(text)["type"] for where, text in EXAMPLES if where == side}
    assert shown == {tag(struct) for struct in get_args(union)}


def contexts() -> list[Context]:
    flags = product([False, True], [False, True], [False, True], Mode, [False, True], [False, True])
    return [Context(*values) for values in flags]


def roles_for(action: Action) -> str:
    allowed = [role for role in Role if any(may(role, action, context) for context in contexts())]
    return "all" if len(allowed) == len(Role) else ", ".join(allowed)


def expected_client_rows() -> set[tuple[str, str, str, str]]:
    found = {("hello", "client to server", "all", "no"), ("ping", "client to server", "all", "no")}
    for struct, action in protocol._ACTIONS.items():
        audited = "yes" if action in AUDITED else "no"
        found.add((tag(struct), "client to server", roles_for(action), audited))
    for mode, action in MODE_ACTION.items():
        audited = "yes" if action in AUDITED else "no"
        found.add((f"set_mode to {mode}", "client to server", roles_for(action), audited))
    return found


def test_the_table_of_requests_is_the_policy() -> None:
    table = {tuple(row) for row in rows("All messages") if row[1] == "client to server"}
    assert table == expected_client_rows()


def test_the_table_lists_every_server_message() -> None:
    names = [row[0] for row in rows("All messages") if row[1] == "server to client"]
    assert sorted(names) == sorted(tag(struct) for struct in get_args(protocol.ServerMessage))


def test_every_error_code_has_a_remedy() -> None:
    table = rows("Error codes")
    assert sorted(row[0] for row in table) == sorted(protocol.Code)
    assert all(row[1] and row[2] for row in table)


def test_the_limits_are_those_of_the_code() -> None:
    limits, told = Limits(), {row[0]: row[1] for row in rows("Limits")}
    attempts = Attempts()
    assert told == {
        "message": f"{protocol.MAX_MESSAGE_BYTES // 1024} KiB",
        "messages": f"{connection.MESSAGES_PER_SECOND:.0f} a second, {connection.MESSAGE_BURST:.0f} at once",
        "photos of one call": f"one in {limits.photo_interval:.0f} s, one at a time, {photos.MAX_OF_CALL} in all",
        "a photo": f"{photos.MAX_PHOTO_BYTES >> 20} MiB, within {limits.photo_lifetime:.0f} s",
        "all photos that are held": f"{photos.MAX_KEPT_BYTES >> 20} MiB",
        "refused frames": f"{connection.REFUSALS_PER_SECOND:.0f} a second, {connection.REFUSAL_BURST:.0f} at once",
        "reports of quality, of one party": f"one in {limits.quality_interval:.0f} s",
        "time to hello": f"{connection.HELLO_TIMEOUT:.0f} s",
        "connections of one address, staff not counted": f"{connection.MAX_PER_ADDRESS}",
        "connections of one account": f"{limits.connections_per_user} (agents: 1)",
        "connections": f"{connection.MAX_CONNECTIONS:,}".replace(",", " "),
        "what waits to be sent to a client": f"{outlet.MAX_QUEUED} messages, {outlet.MAX_QUEUED_BYTES >> 20} MiB",
        "silence at the WebSocket level": f"{connection.HEARTBEAT * 1.5:.0f} s",
        "customers in an agent's lobby": f"{limits.lobby}",
        "open links of an agent": f"{limits.links_per_agent}",
        "observers on a call": f"{limits.observers}, of which {limits.coaches} may speak",
        "attempts to sign in, per address and per name": (
            f"{attempts.per_minute:.0f} a minute, {attempts.burst:.0f} at once"
        ),
    }


def test_the_bounds_of_photos_are_those_of_the_code() -> None:
    told = DOCUMENT.replace("\n", " ")
    least, most = photos.MIN_PIECE_BYTES >> 10, photos.MAX_PIECE_BYTES >> 10
    assert f"in pieces of {least} to {most} KiB" in told
    assert f"{photos.MAX_PHOTO_BYTES >> 20} MiB and {pictureform.MAX_PIXELS // 10**6} million pixels" in told
    assert f"good once, for {Limits().photo_opening:.0f} s" in told
    assert f"the newest {photos.KEPT_OF_CALL} of a call" in told


def test_the_patience_with_the_records_is_that_of_the_code() -> None:
    assert f"cannot be written for more than {writer.STALL:.0f} s" in DOCUMENT
    assert f"after {outlet.RECORDS_TIMEOUT:.0f} s in vain" in DOCUMENT


def test_the_grace_periods_are_those_of_the_code() -> None:
    limits = Limits()
    told = DOCUMENT.replace("\n", " ")
    for role, seconds in (
        ("a customer's (from the knock on)", limits.customer_grace),
        ("an agent's", limits.agent_grace),
        ("an observer's", limits.observer_grace),
    ):
        assert f"{role} for {seconds:.0f} s" in told
