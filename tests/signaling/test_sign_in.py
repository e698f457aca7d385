"""Passwords, tokens, pages, and what the server must never tell."""

from __future__ import annotations

import asyncio
import logging
import re
import time

import jwt
import pytest

from signaling.administration import set_disabled, set_password
from signaling.auth import Attempts, AuthError, Bearer, issue_token, read_token, verify_password
from signaling.pace import TokenBucket
from signaling.protocol import Code, Knock, Listen, Refused, Welcome
from signaling.server import token_for
from signaling.store import open_store
from signaling.switchboard import Clock

from .wire import PASSWORD, PATIENCE, Site

KEY = "k" * 48


# --- tokens ---


def test_a_token_names_its_user_until_it_expires() -> None:
    token = issue_token(KEY, Bearer("u1", 3), 1000.0, 60)
    assert read_token(KEY, token, 1059.0) == Bearer("u1", 3)
    with pytest.raises(AuthError, match="expired"):
        read_token(KEY, token, 1060.0)


def test_a_token_from_before_passwords_were_counted_is_of_the_first() -> None:
    token = jwt.encode({"sub": "u1", "exp": 2000}, KEY, "HS256")
    assert read_token(KEY, token, 1000.0) == Bearer("u1", 0)


def forged() -> dict[str, str]:
    claims = {"sub": "u1", "exp": 9999999999}
    header, body, signature = issue_token(KEY, Bearer("u1"), 1000.0).split(".")
    return {
        "other key": jwt.encode(claims, "x" * 48, "HS256"),
        "no signature": jwt.encode(claims, None, "none"),
        "other algorithm": jwt.encode(claims, "k" * 64, "HS512"),
        "no expiry": jwt.encode({"sub": "u1"}, KEY, "HS256"),
        "generation is no number": jwt.encode({**claims, "gen": "new"}, KEY, "HS256"),
        "no subject": jwt.encode({"exp": 9999999999}, KEY, "HS256"),
        "cut": f"{header}.{body}",
        "swapped body": f"{header}.{jwt.encode({**claims, 'sub': 'u2'}, KEY, 'HS256').split('.')[1]}.{signature}",
        "empty": "",
        "rubbish": "\x00☃",
    }


@pytest.mark.parametrize("kind", sorted(forged()))
def test_a_forged_token_is_no_token(kind: str) -> None:
    with pytest.raises(AuthError):
        read_token(KEY, forged()[kind], 1001.0)


async def test_role_and_team_come_from_the_records_not_the_token(office: Site) -> None:
    claims = jwt.decode(office.tokens["tim"], options={"verify_signature": False})
    assert set(claims) == {"sub", "gen", "iat", "exp"}


async def test_a_disabled_account_is_refused_with_token_and_with_resume(office: Site) -> None:
    agent = await office.staff("sue")
    await set_disabled(office.db, "sue", True)
    assert await (await office.hello(token=office.tokens["sue"])).goodbye() == Code.NOT_SIGNED_IN
    assert await (await office.hello(resume=agent.resume)).goodbye() == Code.NOT_SIGNED_IN


# --- passwords ---


async def test_a_new_password_voids_the_old_tokens_and_the_old_password(office: Site) -> None:
    _, body = await post(office, {"name": "amy", "password": PASSWORD})
    await set_password(office.db, "amy", "battery staple")
    for token in (body["token"], office.tokens["amy"]):
        assert await (await office.hello(token=token)).goodbye() == Code.NOT_SIGNED_IN
    assert (await post(office, {"name": "amy", "password": PASSWORD}))[0] == 401
    status, body = await post(office, {"name": "amy", "password": "battery staple"})
    assert status == 200
    assert isinstance(await (await office.hello(token=body["token"])).next(), Welcome)


async def test_without_a_password_only_tokens_sign_in(office: Site) -> None:
    await set_password(office.db, "amy", None)
    assert (await post(office, {"name": "amy", "password": PASSWORD}))[0] == 401
    token = await token_for(office.db, "amy")
    assert isinstance(await (await office.hello(token=token)).next(), Welcome)


async def post(office: Site, body: object) -> tuple[int, dict[str, str]]:
    async with office.session.post(f"{office.url}/api/sign-in", json=body) as response:
        return response.status, await response.json()


async def test_name_and_password_give_a_token_that_signs_in(office: Site) -> None:
    status, body = await post(office, {"name": "amy", "password": PASSWORD})
    assert status == 200
    wire = await office.hello(token=body["token"])
    assert (await wire.until(Welcome)).name == "amy"


async def test_wrong_name_and_wrong_password_look_alike(office: Site) -> None:
    wrong = [await post(office, {"name": name, "password": "wrong"}) for name in ("amy", "nobody", "sue")]
    assert wrong == [(401, {"code": "not_signed_in", "message": "the name or the password is wrong"})] * 3


async def test_guessing_is_slowed_down_even_with_the_right_password(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "__call__", lambda _: 1e9)
    answers = [(await post(office, {"name": "amy", "password": "wrong"}))[0] for _ in range(7)]
    assert answers[0] == 401
    assert answers[-1] == 429
    status, body = await post(office, {"name": "amy", "password": PASSWORD})
    assert (status, body["code"]) == (429, "too_many_attempts")


@pytest.mark.parametrize(
    "body", [[], {}, {"name": "amy"}, {"name": "", "password": ""}, {"name": 1, "password": 2}]
)
async def test_a_sign_in_that_is_none_is_refused(office: Site, body: object) -> None:
    assert (await post(office, body))[0] == 400


def test_no_user_takes_as_long_as_a_wrong_password_and_never_passes() -> None:
    assert not verify_password("", None)
    assert not verify_password(PASSWORD, None)
    assert not verify_password(PASSWORD, "damaged")


def test_attempts_are_paced_per_key_and_forgotten_in_bounds() -> None:
    attempts = Attempts(per_minute=60, burst=2, size=2)
    assert [attempts.allow("a", 0.0) for _ in range(3)] == [True, True, False]
    assert attempts.allow("b", 0.0)
    assert attempts.allow("a", 1.0)
    assert not attempts.allow("a", 1.0)
    assert attempts.allow("c", 1.0)
    assert len(attempts._buckets) == 2


def test_a_bucket_never_holds_more_than_its_burst_nor_runs_backwards() -> None:
    bucket = TokenBucket(1.0, 2.0, 0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [True, True, False]
    assert not bucket.take(999.0)


# --- pages ---


@pytest.mark.parametrize(
    "path", ["/", "/join", "/health", "/metrics", "/web/protocol.js", "/nothing", "/web/"]
)
async def test_every_answer_is_locked_down(office: Site, path: str) -> None:
    async with office.session.get(office.url + path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert f"ws://{office.url.split('//')[1]}" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.status == (404 if path == "/nothing" else 403 if path == "/web/" else 200)


@pytest.mark.parametrize(
    "path", ["/web/../auth.py", "/web/%2e%2e/auth.py", "/web/..%2fauth.py", "/web//etc/passwd"]
)
async def test_only_the_page_is_served(office: Site, path: str) -> None:
    from yarl import URL

    async with office.session.get(URL(office.url + path, encoded=True)) as response:
        assert response.status in (403, 404)


async def test_a_crafted_host_cannot_widen_the_content_policy(office: Site) -> None:
    headers = {"Host": "x; script-src *"}
    async with office.session.get(office.url + "/", headers=headers) as response:
        assert "script-src *" not in response.headers.get("Content-Security-Policy", "")


async def test_metrics_count_and_name_nobody(office: Site) -> None:
    agent = await office.staff("amy")
    _, call = await office.call(agent)
    async with office.session.get(f"{office.url}/metrics") as response:
        text = await response.text()
    assert 'coachdesk_connections{role="agent"} 1.0' in text
    assert "coachdesk_calls 1.0" in text
    for personal in ("amy", "Bob", "north", call, agent.party, "127.0.0.1"):
        assert personal not in text


async def test_health_says_ok(office: Site) -> None:
    async with office.session.get(f"{office.url}/health") as response:
        assert (response.status, (await response.json())["status"]) == (200, "ok")


# --- secrets ---


async def test_no_secret_is_ever_logged(office: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        agent = await office.staff("amy")
        link = await office.invite(agent)
        secret = link.path.removeprefix("/join#")
        guest = await office.follow(link)
        await guest.next()
        await guest.do(Knock, name="Bob")
        await (await office.back(guest)).ws.close()
        assert isinstance(await agent.ask(Listen, call="x"), Refused)
        await agent.ws.send_str('{"token":"' + office.tokens["amy"])
        await post(office, {"name": "amy", "password": PASSWORD})
        await post(office, {"name": "amy", "password": "wrong-secret"})
        for path in (f"/join?secret={secret}", f"/join/{secret}", f"/{secret}"):
            await (await office.session.get(office.url + path)).release()
        await (await office.hello(token="forged-" + office.tokens["amy"])).goodbye()
    logged = "\n".join([*(record.getMessage() for record in caplog.records), caplog.text])
    assert re.search(r"POST /api/sign-in 200", logged)
    secrets = [PASSWORD, "wrong-secret", secret, agent.resume, guest.resume, office.tokens["amy"]]
    assert [s for s in secrets if s in logged] == []


async def test_no_secret_is_in_the_records(office: Site) -> None:
    agent = await office.staff("amy")
    customer, _ = await office.call(agent)
    store = await open_store(office.db)
    dump = ""
    async with asyncio.timeout(PATIENCE):
        while not dump.count(customer.party) > 2:
            dump = (
                repr(await store.live())
                + repr(await store.links(0))
                + repr([entry async for entry in store.audit_log()])
            )
    await store.close()
    for wire in (agent, customer):
        assert wire.resume not in dump


async def test_tokens_expire_by_the_servers_clock(office: Site) -> None:
    store = await open_store(office.db)
    user = jwt.decode(office.tokens["sue"], options={"verify_signature": False})["sub"]
    old = issue_token(store.signing_secret, Bearer(user), time.time() - 100, 50)
    await store.close()
    assert await (await office.hello(token=old)).goodbye() == Code.NOT_SIGNED_IN
