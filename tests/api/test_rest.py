"""The REST API as programs outside see it: conventions first, then every resource, then the outsider at every door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient

from masteria.actions import accounts
from masteria.api.app import RESOURCES, build, rest
from masteria.api.doors import permission_of
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Direction, SendState
from masteria.flows import importing
from masteria.kit.clock import now
from masteria.models import Conversation, Message
from tests.cast import PASSWORD, Cast, a_connection, a_template, contacts

DATA = Path(__file__).parents[1] / "data"
NOTHING = "01a20d20-5531-78e2-8c8f-30d2a9c5dc75"


@pytest.fixture(scope="module")
def api() -> Iterator[TestClient]:
    with TestClient(build(), base_url="http://testserver/api/v1", raise_server_exceptions=False) as client:
        yield client


def key(actor: Actor, *scopes: str) -> dict[str, str]:
    with work_as(actor) as work:
        made = accounts.create_api_key(work, "teste", list(scopes or ("admin",)))
    return {"authorization": f"Bearer {made.key}"}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["request_id"]
    return body


def test_no_key_and_a_wrong_key_are_401(api: TestClient) -> None:
    problem(api.get("me"), 401)
    problem(api.get("me", headers={"authorization": "Bearer mk_wrong"}), 401)


def test_me_says_who_and_what(api: TestClient, cast: Cast) -> None:
    found = api.get("me", headers=key(cast.ana, "contacts:*")).json()
    assert found["company"]["id"] == str(cast.ana.company_id)
    assert found["scopes"] == ["contacts:read", "contacts:write"]


def test_a_revoked_key_opens_nothing(api: TestClient, cast: Cast) -> None:
    admin = key(cast.ana)
    made = api.post("api-keys", headers=admin, json={"name": "loja", "scopes": ["contacts:read"]}).json()
    given = {"authorization": f"Bearer {made['key']}"}
    assert api.get("contacts", headers=given).status_code == 200
    assert api.delete(f"api-keys/{made['id']}", headers=admin).status_code == 204
    problem(api.get("contacts", headers=given), 401)


def test_a_scope_that_is_missing_is_403(api: TestClient, cast: Cast) -> None:
    problem(api.post("contacts", headers=key(cast.ana, "contacts:read"), json={"phone": "+5511987654321"}), 403)


def test_an_unknown_field_is_422_and_named(api: TestClient, cast: Cast) -> None:
    answer = api.post("contacts", headers=key(cast.ana), json={"phone": "+5511987654321", "nick": "x"})
    assert problem(answer, 422)["errors"][0]["field"] == "nick"


def test_what_is_no_json_is_400(api: TestClient, cast: Cast) -> None:
    headers = {**key(cast.ana), "content-type": "application/json"}
    problem(api.post("contacts", headers=headers, content=b"{nope"), 400)


def test_a_large_body_is_413(api: TestClient, cast: Cast) -> None:
    problem(api.post("contacts", headers=key(cast.ana), json={"phone": "1", "name": "x" * 1_100_000}), 413)


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_limit_out_of_range_is_422(api: TestClient, cast: Cast, limit: str) -> None:
    assert problem(api.get(f"contacts?limit={limit}", headers=key(cast.ana)), 422)["errors"][0]["field"] == "limit"


def test_a_made_up_cursor_is_422(api: TestClient, cast: Cast) -> None:
    problem(api.get("contacts?cursor=abc", headers=key(cast.ana)), 422)


def test_unknown_addresses_and_methods_are_problems(api: TestClient, cast: Cast) -> None:
    problem(api.get("nothing", headers=key(cast.ana)), 404)
    problem(api.put("contacts", headers=key(cast.ana)), 405)


def test_pages_follow_each_other_without_gap_or_repeat(api: TestClient, cast: Cast) -> None:
    contacts(cast.ana, 7)
    headers, cursor, seen = key(cast.ana), "", []
    for _ in range(4):
        found = api.get(f"contacts?limit=2{cursor and f'&cursor={cursor}'}", headers=headers).json()
        seen += [c["id"] for c in found["data"]]
        cursor = found["next_cursor"]
    assert cursor is None
    assert len(seen) == len(set(seen)) == 7


def test_thirty_posts_with_one_key_are_one(api: TestClient, cast: Cast) -> None:
    headers = {**key(cast.ana), "idempotency-key": "abc"}

    def post(_: int) -> int:
        return api.post("contacts", headers=headers, json={"phone": "+5511987654321"}).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(30)))
    assert set(answers) <= {201, 409}
    assert api.post("contacts", headers=headers, json={"phone": "+5511987654321"}).status_code == 201
    assert len(api.get("contacts", headers=headers).json()["data"]) == 1
    problem(api.post("contacts", headers=headers, json={"phone": "+5511987654322"}), 422)


def test_limits_are_told_and_kept(api: TestClient, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masteria.api.doors.PER_KEY", 2)
    headers = key(cast.ana)
    assert int(api.get("me", headers=headers).headers["ratelimit-remaining"]) == 1
    api.get("me", headers=headers)
    refused = api.get("me", headers=headers)
    problem(refused, 429)
    assert int(refused.headers["retry-after"]) >= 1


def test_contacts_are_made_changed_and_deleted(api: TestClient, cast: Cast) -> None:
    headers = key(cast.ana)
    made = api.post(
        "contacts", headers=headers, json={"phone": "11 98765-4321", "name": "Bia", "add_tags": ["vip"]}
    ).json()
    assert (made["phone"], made["tags"]) == ("+5511987654321", ["vip"])
    changed = api.patch(
        f"contacts/{made['id']}", headers=headers, json={"add_tags": ["nova"], "remove_tags": ["vip"]}
    ).json()
    assert (changed["tags"], changed["name"]) == (["nova"], "Bia")
    problem(api.post("contacts", headers=headers, json={"phone": "+55 11 8765-4321"}), 409)
    assert api.delete(f"contacts/{made['id']}", headers=headers).status_code == 204
    problem(api.get(f"contacts/{made['id']}", headers=headers), 404)


def test_bulk_takes_the_good_and_names_the_bad(api: TestClient, cast: Cast) -> None:
    body = {"contacts": [{"phone": "+5511987654321"}, {"phone": "123"}]}
    found = api.post("contacts/bulk", headers=key(cast.ana), json=body).json()
    assert (found["created"], found["failed"]) == (1, 1)
    assert found["data"][1]["error"] == "phone_unusable"


def test_an_import_by_api_gives_the_known_counts(api: TestClient, cast: Cast) -> None:
    headers, file = key(cast.ana), (DATA / "clientes-latin1.csv").read_bytes()
    started = api.post("imports", headers=headers, files={"file": ("clientes.csv", file)})
    assert started.status_code == 202
    importing.import_contacts(cast.ana, UUID(started.json()["id"]))
    found = api.get(f"imports/{started.json()['id']}", headers=headers).json()
    assert (found["status"], found["created"], found["skipped"], found["rejected"]) == ("done", 4860, 100, 40)
    assert len(api.get(found["rejects_url"].removeprefix("/api/v1/"), headers=headers).text.splitlines()) == 41


def test_a_huge_file_is_refused_by_its_announcement(api: TestClient, cast: Cast) -> None:
    headers = {
        **key(cast.ana),
        "content-length": str(300 * 1024 * 1024),
        "content-type": "multipart/form-data; boundary=x",
    }
    problem(api.post("imports", headers=headers, content=b"--x--"), 413)


def test_a_campaign_by_api(api: TestClient, cast: Cast) -> None:
    headers, connection = key(cast.ana), a_connection(cast.ana)
    template = a_template(cast.ana, connection)
    contacts(cast.ana, 3)
    body = {
        "name": "Novidades",
        "connection_id": str(connection.id),
        "template_id": str(template.id),
        "audience": {"all": True},
    }
    made = api.post("campaigns", headers=headers, json=body).json()
    assert made["state"] == "draft"
    address = f"campaigns/{made['id']}"
    assert "unmapped_variable" in api.post(f"{address}/preflight", headers=headers).json()["blocks"]
    assert problem(api.post(f"{address}/launch", headers=headers), 422)["errors"][0]["field"] == "variables"
    mapped = {"variables": {"1": {"field": "name", "fallback": "você"}}}
    api.patch(address, headers=headers, json=mapped)
    checked = api.post(f"{address}/preflight", headers=headers).json()
    assert (checked["eligible"], checked["blocks"]) == (3, [])
    problem(api.post(f"{address}/launch", headers=headers, json={"at": "2020-01-01T10:00:00Z"}), 422)
    assert (
        api.post(f"{address}/launch", headers=headers, json={"at": "2099-01-01T10:00:00Z"}).json()["state"]
        == "scheduled"
    )
    problem(api.post(f"{address}/launch", headers=headers), 409)
    counts = api.get(address, headers=headers).json()["counts"]
    assert (counts["total"], counts["pending"]) == (3, 3)
    assert len(api.get(f"{address}/recipients?state=pending", headers=headers).json()["data"]) == 3
    assert api.post(f"{address}/cancel", headers=headers).json()["counts"]["skipped"] == 3


def test_the_openapi_document_is_3_1_and_says_all(api: TestClient) -> None:
    found = api.get("openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert "/campaigns/{campaign_id}/launch" in found["paths"]
    assert "campaigns" in api.get("docs").text


def everything(cast: Cast) -> dict[str, str]:
    """An id of Aurora for each kind of address."""
    connection, contact = a_connection(cast.ana), contacts(cast.ana, 1)[0]
    template = a_template(cast.ana, connection)
    headers = key(cast.ana)
    with TestClient(build(), base_url="http://testserver/api/v1") as api:
        campaign = api.post(
            "campaigns", headers=headers, json={"name": "Abc", "connection_id": str(connection.id)}
        ).json()
        found_list = api.post("lists", headers=headers, json={"name": "Lista"}).json()
        started = api.post("imports", headers=headers, files={"file": ("a.csv", b"Nome;Fone\nA;1\n")}).json()
        made = api.post("api-keys", headers=headers, json={"name": "chave", "scopes": ["admin"]}).json()
    with work_as(cast.ana) as work:
        conversation = work.add(Conversation(connection_id=connection.id, contact_id=contact.id, last_message_at=now()))
        work.session.flush()
        message = work.add(
            Message(conversation_id=conversation.id, direction=Direction.OUTBOUND, state=SendState.FAILED)
        )
    return {
        "connection_id": str(connection.id),
        "contact_id": str(contact.id),
        "template_id": str(template.id),
        "campaign_id": campaign["id"],
        "list_id": found_list["id"],
        "import_id": started["id"],
        "key_id": made["id"],
        "conversation_id": str(conversation.id),
        "message_id": str(message.id),
    }


BODIES = {"Named": {"name": "Outra"}, "Reply": {"text": "Oi"}}


def test_the_outsider_gets_404_at_every_address_with_an_id(api: TestClient, cast: Cast) -> None:
    ids, headers, document = everything(cast), key(cast.clara), rest().openapi()
    tried = 0
    for path, operations in document["paths"].items():
        names = re.findall(r"\{(\w+)\}", path)
        for method, operation in operations.items() if names else ():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            body = BODIES.get(schema.get("$ref", "").rpartition("/")[2], {})
            for values in (ids, dict.fromkeys(ids, NOTHING)):
                address = path.format(**values).lstrip("/")
                answer = api.request(
                    method, address, headers=headers, json=body if method in ("post", "patch") else None
                )
                problem(answer, 404)
                tried += 1
    assert tried >= 40


def test_every_route_says_its_permission() -> None:
    routes = [route for resource in RESOURCES for route in resource.router.routes]
    assert len(routes) > 30
    assert [r.path for r in routes if permission_of(r) is None] == []


def test_a_session_of_our_own_page_may_and_of_another_site_may_not(api: TestClient, cast: Cast) -> None:
    token = accounts.sign_in(cast.ana.email, PASSWORD)
    cookies = {"masteria_session": token}
    assert api.get("me", cookies=cookies, headers={"sec-fetch-site": "same-origin"}).json()["user"]["name"] == "Ana"
    problem(api.get("me", cookies=cookies, headers={"sec-fetch-site": "cross-site"}), 401)


def test_health_and_readiness() -> None:
    with TestClient(build()) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").json() == {"ready": True, "problems": []}
