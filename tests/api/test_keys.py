"""Keys over REST: made, seen, changed, revoked; refused in words, and every refusal of a known one written down."""

from __future__ import annotations

from typing import Any

import httpx

from masteria.actions import refusals as noted
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Happened
from masteria.kit.clock import now
from masteria.models import Activity, Company
from tests.api.api import a_key, client, fields, problem
from tests.cast import Cast

OFFICE = "203.0.113.7"


async def made(api: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await api.post("/api-keys", json={"name": "Integração", "scopes": ["contacts:read"], **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def me(key: str, host: str, **headers: str) -> httpx.Response:
    async with client(key, host=host, **headers) as api:
        return await api.get("/me")


def refusals(actor: Actor) -> list[Activity]:
    with work_as(actor) as work:
        query = work.select(Activity).where(Activity.happened == Happened.DOOR_REFUSED)  # pyright: ignore
        return list(work.session.exec(query.order_by(Activity.id)))  # pyright: ignore


async def test_a_key_is_made_seen_changed_and_revoked(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        key = await made(api, days=30, addresses=["203.0.113.77/24"])
        seen = (await api.get(f"/api-keys/{key['id']}")).json()
        assert (seen["addresses"], seen["hint"], seen["last_used_at"]) == (["203.0.113.0/24"], key["key"][-4:], None)
        assert seen["expires_at"] is not None
        assert "key" not in seen
        change = {"name": "Loja", "addresses": ["2001:DB8::/32"], "expires_at": None}
        after = (await api.patch(f"/api-keys/{key['id']}", json=change)).json()
        assert (after["name"], after["addresses"], after["expires_at"]) == ("Loja", ["2001:db8::/32"], None)
        assert after["scopes"] == ["contacts:read"]
        assert (await api.delete(f"/api-keys/{key['id']}")).status_code == 204
        assert (await api.get(f"/api-keys/{key['id']}")).json()["revoked_at"] is not None


async def test_who_made_a_key_is_told(cast: Cast) -> None:
    with_person = a_key(cast.ana)
    async with client(with_person) as api:
        await made(api)
        makers = {row["name"]: row["created_by"] for row in (await api.get("/api-keys")).json()["data"]}
    assert makers == {"test": "Ana", "Integração": None}


async def test_what_a_key_may_cannot_be_changed_and_bad_addresses_are_named(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        key = await made(api)
        address = f"/api-keys/{key['id']}"
        assert fields(await api.patch(address, json={"scopes": ["admin"]})) == ["scopes"]
        assert fields(await api.patch(address, json={"addresses": ["casa"]})) == ["addresses"]
        assert fields(await api.patch(address, json={"expires_at": "2020-01-01T00:00:00Z"})) == ["expires_at"]
        assert fields(await api.patch(address, json={"name": "x"})) == ["name"]


async def test_a_key_from_elsewhere_is_refused_in_words_and_written_down(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        key = await made(api, addresses=[f"{OFFICE}/32"])
    assert (await me(key["key"], OFFICE)).status_code == 200
    assert (await me(key["key"], f"::ffff:{OFFICE}")).status_code == 200
    refused = await me(key["key"], "198.51.100.9")
    found = problem(refused, 403)
    assert (found["type"], "address" in found["detail"]) == ("urn:masteria:problem:key_address", True)
    (entry,) = refusals(cast.ana)
    assert (entry.subject_kind, str(entry.subject_id), entry.ip) == ("api_key", key["id"], "198.51.100.9")
    assert entry.details == {"name": "Integração", "door": "GET /me", "reason": "key_address"}
    assert entry.request_id == refused.headers["x-request-id"]


async def test_headers_about_addresses_help_nobody(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        key = await made(api, addresses=[OFFICE])
    for name in ("x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip", "x-client-ip"):
        value = f"for={OFFICE}" if name == "forwarded" else OFFICE
        refused = problem(await me(key["key"], "198.51.100.9", **{name: value}), 403)
        assert refused["type"] == "urn:masteria:problem:key_address", name


async def test_keys_that_are_over_say_so_and_are_written_down(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        revoked, expired = await made(api), await made(api, days=1)
        await api.delete(f"/api-keys/{revoked['id']}")
    with work_as(cast.ana) as work:
        work.execute("update api_key set expires_at = now() where id = :id", {"id": expired["id"]})
    for key, reason in ((revoked, "key_revoked"), (expired, "key_expired")):
        found = problem(await me(key["key"], OFFICE), 401)
        assert found["type"] == f"urn:masteria:problem:{reason}"
    assert [entry.details["reason"] for entry in refusals(cast.ana)] == ["key_revoked", "key_expired"]
    problem(await me("mk_of_nobody", OFFICE), 401)
    assert len(refusals(cast.ana)) == 2


async def test_keys_of_a_suspended_company_open_nothing(cast: Cast) -> None:
    key = a_key(cast.ana)
    with work_across() as database:
        company = database.get_one(Company, cast.ana.company_id)
        company.suspended_at, company.suspended_reason = now(), "Fatura em aberto"
    assert "Fatura em aberto" in problem(await me(key, OFFICE), 403)["detail"]


async def test_a_flood_at_shut_doors_is_one_entry_a_minute_each(cast: Cast) -> None:
    async with client(a_key(cast.ana, "contacts:read")) as api:
        for _ in range(5):
            problem(await api.post("/contacts", json={}), 403)
            problem(await api.get("/campaigns"), 403)
            problem(await api.get(f"/campaigns/{cast.ana.company_id}"), 403)
    doors = [(entry.details["door"], entry.details["reason"]) for entry in refusals(cast.ana)]
    assert doors == [
        ("POST /contacts", "contacts:write"),
        ("GET /campaigns", "campaigns:read"),
        ("GET /campaigns/{campaign_id}", "campaigns:read"),
    ]


async def test_a_caller_cannot_fill_the_trail_by_trying_every_door(cast: Cast) -> None:
    actor = Actor(cast.ana.company_id, "person", "Bruno", frozenset(), person_id=cast.bruno.person_id)
    for n in range(noted.MOST + 20):
        noted.note(actor, f"door {n}", "no")
    assert len(refusals(cast.ana)) == noted.MOST
