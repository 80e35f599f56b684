"""Walls over REST: every route that the document knows, for the outsider, the viewer, and a key without the scope."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from masteria.actions import contacts as people
from masteria.actions import imports, inbox, intake, invites, keys, roles, sessions, teams
from masteria.api import app as front
from masteria.api import door
from masteria.api.document import document, operations
from masteria.core.access import known_scopes, permissions_of
from masteria.core.work import work_as
from masteria.enums import Direction, Role
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models import Campaign, Conversation, Message
from tests.api.api import PLENTY, VIEWER, a_key, as_person, client, problem
from tests.cast import PASSWORD, Cast, a_connection, a_template, contacts

ALL = [(method.upper(), path, part) for path, method, part in operations(document(front.rest(PLENTY)))]
OPERATIONS = [operation for operation in ALL if operation[2]["x-permission"] != door.ANYONE]
WITH_ID = [o for o in OPERATIONS if "{" in o[1]]
WRITES = [
    o for o in OPERATIONS if o[2]["x-permission"].endswith((":write", ":send")) or o[2]["x-permission"] == "admin"
]
# a body that is right in form, so that only the wall can refuse
BODIES: dict[str, Any] = {
    "/connections": {
        "kind": "whatsapp_cloud",
        "name": "Loja",
        "settings": {
            "phone_number_id": "100001",
            "waba_id": "200001",
            "access_token": "token-of-a-number",
            "app_secret": "secret-of-a-number",
        },
    },
    "/contacts": {"phone": "+5511987654321"},
    "/contacts/bulk": {"contacts": [{"phone": "+5511987654321"}]},
    "/lists": {"name": "Clientes"},
    "/lists/{list_id}": {"name": "Outro"},
    "/templates/sync": {"connection_id": str(uuid4())},
    "/campaigns": {"name": "Campanha", "connection_id": str(uuid4())},
    "/conversations/{conversation_id}/messages": {"text": "Oi"},
    "/conversations/{conversation_id}": {"assignee": None},
    "/members/{person_id}": {"own_only": True},
    "/invites": {"role": "agent"},
    "/roles": {"name": "Recepção", "permissions": ["contacts:read"]},
    "/roles/{role_id}": {"name": "Outra"},
    "/teams": {"name": "Vendas"},
    "/teams/{team_id}": {"name": "Outra"},
    "/company": {"country": "PT"},
    "/api-keys": {"name": "nova", "scopes": ["contacts:read"]},
}


def named(operation: tuple[str, str, Any]) -> str:
    return f"{operation[0]} {operation[1]}"


async def call(api: httpx.AsyncClient, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    address = re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)
    if path == "/imports" and method == "POST":
        return await api.post(address, files={"file": ("a.csv", b"nome;telefone\nAna;11987654321\n")})
    body = BODIES.get(path, {})
    if path == "/lists/{list_id}/contacts":
        body = {"contact_ids": [ids.get("contact_id", ids["list_id"])]}
    return await api.request(method, address, json=body if method in ("POST", "PATCH") else None)


def belongings(cast: Cast) -> dict[str, str]:
    """One of everything of Aurora, by the name that addresses give it."""
    connection = a_connection(cast.ana)
    template, person = a_template(cast.ana, connection), contacts(cast.ana, 1)[0]
    with work_as(cast.ana) as work:
        campaign = work.add(Campaign(id=new_id(), name="Minha", kind="text", connection_id=connection.id, body="Olá!"))
        conversation = work.add(
            Conversation(
                id=new_id(),
                connection_id=connection.id,
                contact_id=person.id,
                assignee_id=cast.bruno.person_id,
                last_message_at=now(),
                unread_count=1,
            )
        )
        work.session.flush()
        message = work.add(
            Message(id=new_id(), conversation_id=conversation.id, direction=Direction.INBOUND, text="Oi")
        )
        found = {
            "import_id": imports.start(work, "a.csv", f"{work.company_id.hex}-nowhere", {}, {}),
            "list_id": people.create_list(work, "Lista"),
            "person_id": cast.bruno.person_id,
            "role_id": roles.create(work, "Gente", ["contacts:read"]),
            "team_id": teams.create(work, "Suporte"),
            "invite_id": invites.create(work, Role.AGENT).id,
            "key_id": keys.create_api_key(work, "chave", ["contacts:read"]).id,
        }
        intake.take_in(work, connection.id, [b'{"entry": []}'])
        query = "select id from intake where connection_id = :id"
        found["event_id"] = work.execute(query, {"id": connection.id}).scalar_one()
        work.rung.clear()
    signed_in = sessions.find_actor(sessions.sign_in(cast.ana.email, PASSWORD))
    found |= {"session_id": signed_in.session_id}  # pyright: ignore[reportOptionalMemberAccess]
    found |= {"connection_id": connection.id, "template_id": template.id, "contact_id": person.id}
    found |= {"campaign_id": campaign.id, "conversation_id": conversation.id, "message_id": message.id}
    return {name: str(value) for name, value in found.items()}


def rows(cast: Cast) -> list[tuple[Any, ...]]:
    """Everything of Aurora that a stranger could change."""
    tables = (
        "connection",
        "template",
        "contact",
        "contact_list",
        "campaign",
        "conversation",
        "message",
        "import_batch",
        "intake",
        "member",
        "invite",
        "team",
        "custom_role",
    )
    with work_as(cast.ana) as work:
        found = [tuple(work.execute(f"select * from {table} order by id").all()) for table in tables]
        # its use alone changes a key's last_used_at
        found.append(tuple(work.execute("select name, country, requires_second_step from company").all()))
        return [*found, tuple(work.execute("select id, name, scopes, revoked_at from api_key order by id").all())]


@pytest.mark.parametrize("operation", WITH_ID, ids=named)
async def test_another_companys_id_is_not_found(cast: Cast, operation: tuple[str, str, Any]) -> None:
    ids, key = belongings(cast), a_key(cast.clara)
    before = rows(cast)
    async with client(key) as api:
        problem(await call(api, operation[0], operation[1], ids), 404)
    assert rows(cast) == before


@pytest.mark.parametrize("operation", WITH_ID, ids=named)
async def test_the_same_id_is_known_to_its_own_company(cast: Cast, operation: tuple[str, str, Any]) -> None:
    """Without this the test above could pass by a mistyped id."""
    ids = belongings(cast)
    is_own = operation[2]["x-permission"] == door.ANYONE_SIGNED_IN  # a person's, not the company's
    caller = as_person(sessions.sign_in(cast.ana.email, PASSWORD)) if is_own else client(a_key(cast.ana))
    async with caller as api:
        answer = await call(api, operation[0], operation[1], ids)
    assert answer.status_code not in (401, 403, 404), answer.text


async def test_ids_in_bodies_and_queries_stay_inside_the_company(cast: Cast) -> None:
    ids = belongings(cast)
    async with client(a_key(cast.clara)) as api:
        problem(await api.post("/templates/sync", json={"connection_id": ids["connection_id"]}), 404)
        body = {"name": "Minha", "connection_id": ids["connection_id"]}
        problem(await api.post("/campaigns", json=body), 404)
        problem(await api.post("/contacts", json={"phone": "+5511987654321", "lists": [ids["list_id"]]}), 404)
        for address in (f"/contacts?list_id={ids['list_id']}", f"/inbound-events?connection_id={ids['connection_id']}"):
            assert (await api.get(address)).json()["data"] == []


@pytest.mark.parametrize("operation", WRITES, ids=named)
async def test_a_viewer_may_not_change_anything(cast: Cast, operation: tuple[str, str, Any]) -> None:
    ids = belongings(cast)
    key = a_key(cast.ana, *VIEWER)
    before = rows(cast)
    async with client(key) as api:
        problem(await call(api, operation[0], operation[1], ids), 403)
    assert rows(cast) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
async def test_every_route_refuses_nobody_and_a_key_without_its_scope(
    cast: Cast, operation: tuple[str, str, Any]
) -> None:
    method, path, part = operation
    ids = {name: str(uuid4()) for name in re.findall(r"\{(\w+)\}", path)}
    async with client() as api:
        problem(await call(api, method, path, ids), 401)
    wanted = part["x-permission"]
    others = [
        s for s in known_scopes() if s not in ("admin", wanted) and s.partition(":")[0] != wanted.partition(":")[0]
    ]
    async with client(a_key(cast.ana, *others)) as api:
        answer = await call(api, method, path, ids)
    let_in = 404 if "{" in path else 200  # a made-up id of the caller's own
    assert answer.status_code == (let_in if wanted == "signed in" else 403), answer.text


@pytest.mark.parametrize("scope", sorted(known_scopes()))
async def test_a_scope_opens_the_routes_that_name_it_and_no_other(cast: Cast, scope: str) -> None:
    """The matrix of each scope and each route is what the document says."""
    ids = {name: str(uuid4()) for operation in OPERATIONS for name in re.findall(r"\{(\w+)\}", operation[1])}
    opened, told = set(), permissions_of([scope])
    async with client(a_key(cast.ana, scope)) as api:
        for method, path, _ in OPERATIONS:
            address = re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)
            body = {"json": {"no_such_field": 1}} if method in ("POST", "PATCH", "PUT") else {}
            answer = await api.request(method, address, **body)
            assert answer.status_code < 500
            if answer.status_code != 403:
                opened.add((method, path))
    wanted = {(m, p) for m, p, part in OPERATIONS if part["x-permission"] in {*told, "signed in"}}
    assert opened == wanted


async def test_an_open_door_takes_no_key_and_is_counted_by_address() -> None:
    strangers = [operation for operation in ALL if operation not in OPERATIONS]
    assert {(m, p) for m, p, _ in strangers} == {("POST", "/auth/token"), ("POST", "/auth/revoke")}
    limits = replace(PLENTY, ip=2)
    async with client(limits=limits, host="203.0.113.77") as api:
        answers = [(await api.post("/auth/token", json={})).status_code for _ in range(3)]
    assert answers == [422, 422, 429]
    assert all(part["security"] == [] for _, _, part in strangers)


def test_every_door_names_what_it_asks_for() -> None:
    doors = front.api_doors()
    documented = {(method, f"/api/v1{path}") for method, path, _ in ALL}
    assert documented <= {(door.method, door.path) for door in doors}
    assert all(door.needs for door in doors)
    public = {door.path for door in doors if door.needs == "public"}
    signing_in = {path for path in public if path == "/" or path.removeprefix("/api/v1").startswith("/auth/")}
    assert public - signing_in == {"/api/v1/openapi.json", "/api/v1/docs", "/healthz", "/readyz"}


def test_a_route_without_a_mark_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="must name what it needs"):
        door.router("nowhere").get("/forgotten")(lambda: None)


def test_a_reply_is_kept_apart_from_reading(cast: Cast) -> None:
    """The action itself refuses too, whatever the door does."""
    ids = belongings(cast)
    with pytest.raises(Exception, match="messages:send"), work_as(cast.vera) as work:
        inbox.reply(work, ids["conversation_id"], "Oi")  # pyright: ignore[reportArgumentType]
