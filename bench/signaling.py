"""The signaling server against a bare aiohttp server on the same machine, in the same run.

    python bench/signaling.py [--json FILE]

Two numbers, each as a ratio to a server that only copies WebSocket messages: idle clients per MB of the server's memory,
and messages delivered per second of the server's CPU time when every change goes to the members of a call. The counts are
fixed, so a run takes about half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

# Started as a script, this file's folder comes first and this file would be found as "signaling".
sys.path.insert(0, str(Path(__file__).parents[1]))

import aiohttp
import psutil
from aiohttp import web

from signaling.policy import Role
from signaling.protocol import (
    Admit,
    CallState,
    ClientMessage,
    CreateLink,
    Hello,
    Hold,
    Invitation,
    Knock,
    LinkCreated,
    Listen,
    Lobby,
    Welcome,
    dump,
    parse_server,
)
from signaling.server import ServerOptions, add_user, serve, token_for

IDLE = 200
CALLS = 8
OBSERVERS = [Role.SUPERVISOR] * 4 + [Role.TRAINEE] * 4
CHANGES = 120
"""Changes per call: within the burst that the server grants a client."""


# --- the servers, each in a process of its own ---


async def run_ours(db: str) -> None:
    await serve(ServerOptions(port=0, db=db), lambda url: print(url, flush=True))


async def run_bare() -> None:
    """Copies each message to all connections of its group, as many times as the message asks for."""
    groups: dict[str, list[web.WebSocketResponse]] = {}

    async def socket(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, heartbeat=10)
        await ws.prepare(request)
        group = groups.setdefault(request.query["group"], [])
        group.append(ws)
        async for message in ws:
            for index in range(int(message.data[:4])):
                await group[index % len(group)].send_str(message.data)
        return ws

    app = web.Application()
    app.add_routes([web.get("/ws", socket)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def server(*arguments: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
        yield url, psutil.Process(process.pid)
    finally:
        process.kill()
        await process.wait()


@dataclass
class Numbers:
    """Of one server: memory per idle client in kB, deliveries, and the server's CPU seconds they took."""

    idle_kb: float = 0.0
    delivered: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0

    @property
    def clients_per_mb(self) -> float:
        return 1000 / self.idle_kb

    @property
    def per_cpu_second(self) -> float:
        return self.delivered / self.cpu_s


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


# --- clients ---


class Client:
    """One connection to our server; ``call`` is the id of the call it is the agent of."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.call = ""

    async def send(self, message: ClientMessage) -> None:
        await self.ws.send_str(dump(message))

    async def until(self, kind: type) -> object:
        while True:
            message = parse_server(await asyncio.wait_for(self.ws.receive_str(), 60))
            if isinstance(message, kind):
                return message


async def client(session: aiohttp.ClientSession, url: str, hello: Hello) -> Client:
    made = Client(await session.ws_connect(f"{url}/ws"))
    await made.send(hello)
    return made


async def accounts(db: str) -> dict[str, str]:
    """Tokens by name: a few accounts to idle, and one team for each call."""
    names = {f"idle{i}": (Role.SUPERVISOR, "idle") for i in range(IDLE // 5)}
    for number in range(CALLS):
        names[f"agent{number}"] = (Role.AGENT, f"team{number}")
        names |= {f"o{number}.{i}": (role, f"team{number}") for i, role in enumerate(OBSERVERS)}
    tokens = {}
    for name, (role, team) in names.items():
        await add_user(db, name, role, team)
        tokens[name] = await token_for(db, name)
    return tokens


async def a_call(
    session: aiohttp.ClientSession, url: str, tokens: dict[str, str], number: int
) -> list[Client]:
    """A call with all its observers; the agent first, the customer second."""
    agent = await client(session, url, Hello(1, token=tokens[f"agent{number}"]))
    await agent.send(CreateLink(1))
    link = await agent.until(LinkCreated)
    assert isinstance(link, LinkCreated)
    customer = await client(session, url, Hello(1, link=link.path.removeprefix("/join#")))
    await customer.until(Invitation)
    await customer.send(Knock(1, "Bob"))
    lobby = Lobby([], [])
    while not lobby.waiting:
        found = await agent.until(Lobby)
        assert isinstance(found, Lobby)
        lobby = found
    await agent.send(Admit(2, lobby.waiting[0].party))
    state = await agent.until(CallState)
    assert isinstance(state, CallState)
    observers = []
    for i, _ in enumerate(OBSERVERS):
        observer = await client(session, url, Hello(1, token=tokens[f"o{number}.{i}"]))
        await observer.until(Welcome)
        await observer.send(Listen(1, state.call.call))
        await observer.until(CallState)
        observers.append(observer)
    while len(state.call.parties) < 2 + len(OBSERVERS):
        latest = await agent.until(CallState)
        assert isinstance(latest, CallState)
        state = latest
    agent.call = state.call.call
    return [agent, customer, *observers]


async def count_until(ws: aiohttp.ClientWebSocketResponse, last: str) -> tuple[int, int]:
    """Messages and bytes received, up to the one that says the last change."""
    count = size = 0
    while True:
        text = await asyncio.wait_for(ws.receive_str(), 120)
        count, size = count + 1, size + len(text)
        if last in text:
            return count, size


# --- measurements ---


async def measure_ours(folder: str) -> tuple[Numbers, int]:
    """The numbers, and the mean size of a delivered message."""
    db, numbers = f"sqlite:///{folder}/bench.db", Numbers()
    tokens = await accounts(db)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        url, process = await stack.enter_async_context(server("--serve", db))
        for name in ("idle0", "idle1"):
            await (await client(session, url, Hello(1, token=tokens[name]))).until(Welcome)
        before = process.memory_info().rss
        idle = [await client(session, url, Hello(1, token=tokens[f"idle{i // 5}"])) for i in range(10, IDLE)]
        for one in idle:
            await one.until(Welcome)
        numbers.idle_kb = (process.memory_info().rss - before) / 1000 / len(idle)
        calls = [await a_call(session, url, tokens, number) for number in range(CALLS)]
        started, used = time.monotonic(), cpu(process)
        received = await asyncio.gather(*(changes(call) for call in calls))
        numbers.wall_s, numbers.cpu_s = time.monotonic() - started, cpu(process) - used
        numbers.delivered = sum(count for count, _ in received)
        return numbers, sum(size for _, size in received) // numbers.delivered


async def changes(call: list[Client]) -> tuple[int, int]:
    """Hold and release many times; what all members of the call received."""
    agent, _customer, *observers = call
    last = f'"revision":{1 + len(observers) + CHANGES}'
    watching = [asyncio.create_task(count_until(one.ws, last)) for one in (agent, *observers)]
    # The customer is told of every change too: one message each, which need not be read to be counted.
    for number in range(CHANGES):
        await agent.send(Hold(10 + number, agent.call, number % 2 == 0))
    done = await asyncio.gather(*watching)
    return sum(count for count, _ in done) + CHANGES, sum(size for _, size in done) + CHANGES * 100


async def measure_bare(numbers_of_ours: Numbers, size: int) -> Numbers:
    """As many clients, groups, requests and deliveries of the same size, without any thought given to them."""
    numbers = Numbers()
    members = 2 + len(OBSERVERS)
    copies = round(numbers_of_ours.delivered / (CALLS * CHANGES))
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        url, process = await stack.enter_async_context(server("--bare"))
        for _ in range(10):
            await session.ws_connect(f"{url}/ws?group=idle")
        before = process.memory_info().rss
        for _ in range(10, IDLE):
            await session.ws_connect(f"{url}/ws?group=idle")
        numbers.idle_kb = (process.memory_info().rss - before) / 1000 / (IDLE - 10)
        groups = [
            [await session.ws_connect(f"{url}/ws?group={number}") for _ in range(members)]
            for number in range(CALLS)
        ]
        text = f"{copies:04d}" + "x" * (size - 4)
        started, used = time.monotonic(), cpu(process)
        counts = await asyncio.gather(*(copied(group, text, copies) for group in groups))
        numbers.wall_s, numbers.cpu_s = time.monotonic() - started, cpu(process) - used
        numbers.delivered = sum(counts)
        return numbers


async def copied(group: list[aiohttp.ClientWebSocketResponse], text: str, copies: int) -> int:
    async def drain(index: int, ws: aiohttp.ClientWebSocketResponse) -> int:
        expected = CHANGES * len(range(index, copies, len(group)))
        for _ in range(expected):
            await asyncio.wait_for(ws.receive_str(), 120)
        return expected

    draining = [asyncio.create_task(drain(index, ws)) for index, ws in enumerate(group)]
    for _ in range(CHANGES):
        await group[0].send_str(text)
    return sum(await asyncio.gather(*draining))


def report(ours: Numbers, bare: Numbers, size: int) -> dict[str, object]:
    rows = [
        ("idle clients per MB", ours.clients_per_mb, bare.clients_per_mb),
        ("deliveries per CPU second", ours.per_cpu_second, bare.per_cpu_second),
        ("deliveries per second", ours.delivered / ours.wall_s, bare.delivered / bare.wall_s),
    ]
    print(f"{'':28}{'CoachDesk':>12}{'bare aiohttp':>14}{'ratio':>8}")
    for name, mine, its in rows:
        print(f"{name:28}{mine:12.1f}{its:14.1f}{mine / its:8.2f}")
    print(
        f"{ours.delivered} deliveries of {size} bytes on {CALLS} calls with {len(OBSERVERS)} observers each"
    )
    return {
        "ours": asdict(ours),
        "bare": asdict(bare),
        "message_bytes": size,
        "ratios": {name: mine / its for name, mine, its in rows},
    }


async def measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        ours, size = await measure_ours(folder)
    return report(ours, await measure_bare(ours, size), size)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to a file too")
    parser.add_argument("--serve", metavar="DB", help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(run_ours(options.serve))
    elif options.bare:
        asyncio.run(run_bare())
    else:
        text = json.dumps(asyncio.run(measure()), indent=2)
        print(text)
        if options.json:
            options.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
