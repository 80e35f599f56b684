"""Every write leaves a row: who, from where, by which request."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest
from sqlmodel import select

from masteria.actions import sessions
from masteria.api.entry import COOKIE
from masteria.core.work import work_as
from masteria.models import Activity
from tests.api.api import a_key, client, fields
from tests.api.test_doors import BODIES, OPERATIONS, belongings, call, named
from tests.cast import PASSWORD, Cast
from tests.stage import SandboxProcess

# a check beforehand changes nothing; the provider's part of these is in the test below
QUIET = {("POST", "/campaigns/{campaign_id}/preflight")}
OUTSIDE = {("POST", "/connections"), ("POST", "/connections/{connection_id}/verify"), ("POST", "/templates/sync")}
# needs a campaign in a state that the cast's is not in: see the walk below
WALKED = {("POST", f"/campaigns/{{campaign_id}}/{verb}") for verb in ("launch", "pause", "resume", "cancel")}
WALKED |= {("POST", "/campaigns"), ("POST", "/conversations/{conversation_id}/messages")}
WALKED |= {("DELETE", "/connections/{connection_id}"), ("POST", "/messages/{message_id}/retry")}
PEOPLES = {("DELETE", "/sessions/{session_id}")}  # a program has no devices: tests/api/test_sessions.py
WRITES = [o for o in OPERATIONS if o[0] != "GET" and o[:2] not in QUIET | OUTSIDE | WALKED | PEOPLES]


def left_by(cast: Cast, answer: httpx.Response) -> list[Activity]:
    with work_as(cast.ana) as work:
        query = select(Activity).where(Activity.request_id == answer.headers["x-request-id"])
        return list(work.session.exec(query))


def check(cast: Cast, answer: httpx.Response) -> None:
    assert answer.status_code < 300, answer.text
    rows = left_by(cast, answer)
    assert rows, f"{answer.request.method} {answer.request.url.path} left nothing"
    assert all((row.ip, row.actor_kind) == ("127.0.0.1", "api_key") for row in rows)


@pytest.mark.parametrize("operation", WRITES, ids=named)
async def test_a_write_leaves_a_row(cast: Cast, operation: tuple[str, str, Any]) -> None:
    ids = belongings(cast)
    async with client(a_key(cast.ana)) as api:
        check(cast, await call(api, operation[0], operation[1], ids))


async def test_each_step_of_a_campaign_leaves_a_row(cast: Cast) -> None:
    ids = belongings(cast)
    body = {name: ids[name] for name in ("connection_id", "template_id")}
    body |= {"name": "Passo a passo", "audience": {"all": True}, "variables": {"1": {"fallback": "você"}}}
    async with client(a_key(cast.ana)) as api:
        made = await api.post("/campaigns", json=body)
        check(cast, made)
        for verb in ("launch", "pause", "resume", "cancel"):
            check(cast, await api.post(f"/campaigns/{made.json()['id']}/{verb}"))


async def test_asking_the_provider_leaves_a_row(cast: Cast, elsewhere) -> None:
    sandbox = SandboxProcess()
    try:
        elsewhere(META_GRAPH_URL=sandbox.url)
        connection = sandbox.number(cast.ana)
        async with client(a_key(cast.ana)) as api:
            check(cast, await api.post(f"/connections/{connection.id}/verify"))
            check(cast, await api.post("/templates/sync", json={"connection_id": str(connection.id)}))
            check(cast, await api.delete(f"/connections/{connection.id}"))
    finally:
        sandbox.stop()


async def test_the_trail_can_be_read(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        rita = (await api.post("/contacts", json={"phone": "+5511987654321", "name": "Rita"})).json()
        change = await api.patch(f"/contacts/{rita['id']}", json={"name": "Rita Lee"})
        me = (await api.get("/me")).json()["api_key"]
        query = {"subject_id": rita["id"], "actor_id": me["id"], "happened": "contact.updated"}
        (entry,) = (await api.get("/audit-log", params=query)).json()["data"]
        assert (entry["before"], entry["after"]) == ({"name": "Rita"}, {"name": "Rita Lee"})
        assert (entry["request_id"], entry["ip"]) == (change.headers["x-request-id"], "127.0.0.1")
        assert (entry["subject_kind"], entry["actor_kind"], entry["actor_name"]) == ("contact", "api_key", me["name"])
        both = (await api.get("/audit-log", params={"subject_id": rita["id"]})).json()["data"]
        assert [row["happened"] for row in both] == ["contact.updated", "contact.created"]
        assert fields(await api.get("/audit-log?happened=odd")) == ["happened"]
    async with client(a_key(cast.clara)) as api:
        assert (await api.get("/audit-log", params={"subject_id": rita["id"]})).json()["data"] == []


async def test_a_refused_write_leaves_nothing(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        answer = await api.post("/contacts", json={**BODIES["/contacts"], "email": "nowhere"})
    assert answer.status_code == 422
    assert left_by(cast, answer) == []


async def test_the_trail_comes_as_a_file_narrowed_alike(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        await api.post("/contacts", json={"phone": "+5511987654321", "name": "=1+1"})
        await api.post("/lists", json={"name": "Clientes"})
        answer = await api.get("/audit-log.csv", params={"kind": "contact", "since": "2020-01-01T00:00:00Z"})
        assert fields(await api.get("/audit-log.csv?since=ontem")) == ["since"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["happened"], row["ip"], row["actor_kind"]) for row in rows] == [
        ("contact.created", "127.0.0.1", "api_key")
    ]


async def test_the_file_is_a_download_for_who_is_signed_in(cast: Cast) -> None:
    cookie = f"{COOKIE}={sessions.sign_in(cast.ana.email, PASSWORD)}"
    async with client(cookie=cookie) as api:
        opened = await api.get("/audit-log.csv", headers={"sec-fetch-site": "same-origin"})
        elsewhere = await api.get("/audit-log.csv", headers={"sec-fetch-site": "cross-site"})
    assert opened.text.startswith("\ufeffid,created_at,happened")
    assert "session.started" in opened.text
    assert elsewhere.status_code == 401
    agent = f"{COOKIE}={sessions.sign_in(cast.bruno.email, PASSWORD)}"
    async with client(cookie=agent) as api:
        assert (await api.get("/audit-log.csv", headers={"sec-fetch-site": "same-origin"})).status_code == 403


async def test_who_may_read_the_trail_need_not_administer(cast: Cast) -> None:
    async with client(a_key(cast.ana, "audit:read")) as api:
        assert (await api.get("/audit-log")).status_code == 200
        assert (await api.get("/audit-log.csv")).status_code == 200
        assert (await api.get("/api-keys")).status_code == 403
