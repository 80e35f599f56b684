"""Campaigns, connections and templates over REST, with the sandbox as Meta."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from masteria.core.work import work_as
from masteria.kit.clock import now
from tests.api.api import a_key, client, fields, problem
from tests.cast import Cast, a_connection, a_template, contacts
from tests.stage import SandboxProcess, digits


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess()
    yield process
    process.stop()


def draft(cast: Cast) -> dict[str, object]:
    connection = a_connection(cast.ana)
    template = a_template(cast.ana, connection)
    return {
        "name": "Novidades",
        "connection_id": str(connection.id),
        "template_id": str(template.id),
        "variables": {"1": {"field": "first_name", "fallback": "você"}},
        "audience": {"all": True},
    }


async def test_a_campaign_from_draft_to_the_end(cast: Cast) -> None:
    contacts(cast.ana, 4)
    async with client(a_key(cast.ana)) as api:
        made = await api.post("/campaigns", json=draft(cast))
        assert made.status_code == 201, made.text
        address = f"/campaigns/{made.json()['id']}"
        assert made.json()["state"] == "draft"
        renamed = await api.patch(address, json={"name": "Outro nome"})
        assert (renamed.json()["name"], renamed.json()["audience"]) == ("Outro nome", {"all": True})
        before = (await api.post(f"{address}/preflight")).json()
        assert (before["eligible"], before["excluded"], before["blocks"]) == (4, {}, [])
        assert before["finish_at"].endswith("Z")
        assert before["budget"] is None
        launched = await api.post(f"{address}/launch")
        assert launched.status_code == 202
        assert launched.json()["counts"]["pending"] == launched.json()["counts"]["total"] == 4
        assert (await api.post(f"{address}/pause")).json()["state"] == "paused"
        assert (await api.post(f"{address}/resume")).json()["state"] == "running"
        assert (await api.post(f"{address}/cancel")).json()["state"] == "cancelled"
        found = (await api.get(address)).json()
        assert (found["counts"]["skipped"], found["counts"]["total"]) == (4, 4)
        assert [row["id"] for row in (await api.get("/campaigns?state=cancelled")).json()["data"]] == [found["id"]]
        assert (await api.get("/campaigns?state=draft")).json()["data"] == []


async def test_what_the_state_does_not_allow_is_a_conflict(cast: Cast) -> None:
    contacts(cast.ana, 1)
    async with client(a_key(cast.ana)) as api:
        address = f"/campaigns/{(await api.post('/campaigns', json=draft(cast))).json()['id']}"
        for verb in ("pause", "resume"):
            assert problem(await api.post(f"{address}/{verb}"), 409)
        await api.post(f"{address}/launch", json={})
        assert problem(await api.post(f"{address}/launch"), 409)
        assert problem(await api.patch(address, json={"name": "Tarde"}), 409)
        assert problem(await api.delete(address), 409)


async def test_two_launches_at_once_are_one(cast: Cast) -> None:
    contacts(cast.ana, 2)
    async with client(a_key(cast.ana)) as api:
        address = f"/campaigns/{(await api.post('/campaigns', json=draft(cast))).json()['id']}"
        answers = await asyncio.gather(*(api.post(f"{address}/launch") for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [202] + [409] * 7
        assert (await api.get(address)).json()["counts"]["total"] == 2


async def test_a_launch_can_be_planned(cast: Cast) -> None:
    contacts(cast.ana, 1)
    at = now() + timedelta(hours=2)
    async with client(a_key(cast.ana)) as api:
        address = f"/campaigns/{(await api.post('/campaigns', json=draft(cast))).json()['id']}"
        assert fields(await api.post(f"{address}/launch", json={"at": "2020-01-01T00:00:00Z"})) == ["at"]
        assert "body" in fields(await api.post(f"{address}/launch", json={"at": "2099-01-01T00:00:00"}))[0]
        assert fields(await api.post(f"{address}/launch", json={"when": "now"})) == ["when"]
        planned = (await api.post(f"{address}/launch", json={"at": at.isoformat()})).json()
    assert planned["state"] == "scheduled"
    assert planned["schedule"]["at"] == at.isoformat().replace("+00:00", "Z")


async def test_bad_campaigns_are_named(cast: Cast) -> None:
    good = draft(cast)
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.post("/campaigns", json={**good, "name": "x"})) == ["name"]
        assert fields(await api.post("/campaigns", json={**good, "colour": 1})) == ["colour"]
        assert fields(await api.post("/campaigns", json={**good, "rate_per_second": 0})) == ["rate_per_second"]
        assert fields(await api.post("/campaigns", json={**good, "audience": {"all": True, "tag": "a"}})) == [
            "audience"
        ]
        assert fields(await api.post("/campaigns", json={**good, "variables": {"1": {"feld": "x"}}})) == [
            "variables.1.feld"
        ]
        unmapped = (await api.post("/campaigns", json={**good, "variables": {}})).json()["id"]
        contacts(cast.ana, 1)
        assert fields(await api.post(f"/campaigns/{unmapped}/launch")) == ["variables"]
        nobody = (await api.post("/campaigns", json={**good, "audience": {"tag": "nobody"}})).json()["id"]
        assert fields(await api.post(f"/campaigns/{nobody}/launch")) == ["audience"]
        assert (await api.get(f"/campaigns/{nobody}")).json()["state"] == "draft"


async def test_recipients_by_state_as_pages_and_as_a_file(cast: Cast) -> None:
    contacts(cast.ana, 3)
    async with client(a_key(cast.ana)) as api:
        address = f"/campaigns/{(await api.post('/campaigns', json=draft(cast))).json()['id']}"
        await api.post(f"{address}/launch")
        with work_as(cast.ana) as work:
            work.execute(
                """update recipient set state = 'failed', due_at = null, reason_code = '131026', failed_at = now(), sent_at = now()
                   where id = (select id from recipient order by id limit 1)"""
            )
        failed = (await api.get(f"{address}/recipients?state=failed")).json()["data"]
        assert len(failed) == 1
        assert failed[0]["reason"]["code"] == "131026"
        assert [moment["state"] for moment in failed[0]["timeline"]] == ["sent", "failed"]
        pages = (await api.get(f"{address}/recipients?state=pending&limit=1")).json()
        assert (pages["data"][0]["state"], pages["next_cursor"] is None) == ("pending", False)
        assert fields(await api.get(f"{address}/recipients?state=odd")) == ["state"]
        file = await api.get(f"{address}/recipients.csv")
        assert len(file.text.strip().splitlines()) == 4


async def test_a_number_is_kept_once_meta_confirms_it(cast: Cast, sandbox: SandboxProcess, elsewhere) -> None:
    elsewhere(META_GRAPH_URL=sandbox.url)
    number, account = digits(), digits()
    secrets = {"access_token": "token-of-ana", "app_secret": "segredo-1", "verify_token": "verifica-1"}
    sandbox.post("numbers", phone_number_id=number, waba_id=account, display_number="+55 11 90000-0100", **secrets)
    settings = {"phone_number_id": number, "waba_id": account, **secrets}
    body = {"kind": "whatsapp_cloud", "name": "Loja", "settings": settings}
    async with client(a_key(cast.ana)) as api:
        wrong = {**body, "settings": {**settings, "access_token": "token-wrong"}}
        assert fields(await api.post("/connections", json=wrong)) == ["settings.access_token"]
        assert (await api.get("/connections")).json()["data"] == []
        made = await api.post("/connections", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["status"] == "connected"
        assert made.json()["settings"]["access_token"] == "•••• -ana"
        assert "token-of-ana" not in made.text
        address = f"/connections/{made.json()['id']}"
        assert (await api.post(f"{address}/verify")).json()["health"]["token"] == "ok"
        await api.patch(address, json={"settings": {"access_token": "token-of-old"}})
        broken = (await api.post(f"{address}/verify")).json()
        assert (broken["status"], broken["health"]["token"]) == ("disconnected", "refused")
        assert fields(await api.patch(address, json={"settings": {"phone_number_id": "1"}})) == [
            "settings.phone_number_id"
        ]
        assert (await api.delete(address)).status_code == 204


async def test_the_check_tells_how_far_the_daily_limit_reaches(cast: Cast) -> None:
    contacts(cast.ana, 4)
    connection = a_connection(cast.ana, people_per_day=3)
    template = a_template(cast.ana, connection)
    async with client(a_key(cast.ana)) as api:
        asked = {"connection_id": str(connection.id), "template_id": str(template.id)}
        made = (await api.post("/campaigns", json={**draft(cast), **asked})).json()
        found = (await api.post(f"/campaigns/{made['id']}/preflight")).json()
        later = {"at": (now() + timedelta(days=3)).isoformat()}
        planned = (await api.post(f"/campaigns/{made['id']}/preflight", json=later)).json()
    assert found["finish_at"] < planned["finish_at"]
    counted = {"people_per_day": 3, "left": 3, "fits": 3, "later": 1}
    assert found["budget"] == {**counted, "later_at": found["finish_at"]}


@pytest.mark.parametrize("nothing", [None, ""])
async def test_a_number_joins_a_portfolio_and_leaves_it(cast: Cast, nothing: str | None) -> None:
    address = f"/connections/{a_connection(cast.ana).id}"
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.patch(address, json={"settings": {"portfolio_id": "meu"}})) == ["settings.portfolio_id"]
        joined = await api.patch(address, json={"settings": {"portfolio_id": "300000000000001"}})
        assert joined.json()["settings"]["portfolio_id"] == "300000000000001"
        assert (await api.patch(address, json={"name": "Outra loja"})).json()["settings"] == joined.json()["settings"]
        left = await api.patch(address, json={"settings": {"portfolio_id": nothing}})
        assert left.json()["settings"] == {**joined.json()["settings"], "portfolio_id": ""}


async def test_templates_are_mirrored(cast: Cast, sandbox: SandboxProcess, elsewhere) -> None:
    elsewhere(META_GRAPH_URL=sandbox.url)
    connection = sandbox.number(cast.ana)
    text = {"type": "BODY", "text": "Oi {{1}}!", "example": {"body_text": [["Rita"]]}}
    parts = [{"type": "HEADER", "format": "TEXT", "text": "Novidades"}, text, {"type": "FOOTER", "text": "Até já"}]
    sandbox.post("templates", waba_id=connection.account_id, name="novidades", language="pt_BR", components=parts)
    async with client(a_key(cast.ana)) as api:
        done = await api.post("/templates/sync", json={"connection_id": str(connection.id)})
        assert done.status_code == 200, done.text
        found = (await api.get("/templates", params={"connection_id": str(connection.id), "limit": 200})).json()["data"]
        assert len(found) == done.json()["count"] == 1
        one = (await api.get(f"/templates/{found[0]['id']}")).json()
    assert one == found[0]
    assert (one["header"], one["footer"], one["variables"], one["buttons"]) == ("Novidades", "Até já", ["1"], [])


async def test_an_unreachable_provider_is_said_so(cast: Cast, elsewhere) -> None:
    elsewhere(META_GRAPH_URL="http://127.0.0.1:1")
    connection = a_connection(cast.ana)
    async with client(a_key(cast.ana)) as api:
        answer = await api.post(f"/connections/{connection.id}/verify")
        problem(answer, 502)
        assert (await api.get(f"/connections/{connection.id}")).json()["status"] == "connected"
