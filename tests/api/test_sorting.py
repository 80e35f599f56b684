"""Every list can be sorted by what its document names, page after page, without gap or repeat among equals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from masteria.actions import campaigns, imports, invites, keys, members, roles, teams
from masteria.actions import contacts as people
from masteria.core.work import work_as
from masteria.enums import Direction, Role
from masteria.kit.clock import now
from masteria.models import Contact, Conversation, Intake, Message, Template
from tests.api.api import a_key, client, fields
from tests.api.test_doors import OPERATIONS
from tests.cast import PASSWORD, Cast, a_connection, a_template, contacts, make_cast

QUERIES = {
    path: {p["name"]: p for p in part.get("parameters", [])} for method, path, part in OPERATIONS if method == "GET"
}
LISTS = {path: query for path, query in QUERIES.items() if "cursor" in query}
WORDS = [(path, word) for path, query in LISTS.items() if "sort" in query for word in query["sort"]["schema"]["enum"]]
Crowd = tuple[str, dict[str, str]]
# what a row is sorted by, where it is not a field of its own
INSIDE = {"last_message_at": lambda row: row["last_message"]["at"]}


@pytest.fixture(scope="module")
def crowd(services: None) -> Crowd:
    """A key, and the ids in addresses, of a company with five or more of everything, some alike in all that they can be sorted by."""
    cast, moment = make_cast(), now()
    found = contacts(cast.ana, 6, created_at=moment, tags=["b", "a"])
    connection, *_ = [a_connection(cast.ana, name=name) for name in ("Loja", "loja", "Aí", "Loja", "b")]
    for n in range(5):
        a_template(cast.ana, connection, name=f"oferta_{n // 2}", language=f"l{n}", created_at=moment)
    with work_as(cast.ana) as work:
        for n, contact in enumerate(found):
            at = moment - timedelta(minutes=n // 2)
            talk = work.add(Conversation(connection_id=connection.id, contact_id=contact.id, last_message_at=at))
            month = at.date().replace(day=1)
            work.add(Intake(connection_id=connection.id, month=month, digest=bytes([n]), body=b"{}", created_at=at))
            people.create_list(work, f"lista {n}" if n % 2 else f"Lista {n}")
            imports.start(work, "a.csv", f"{work.company_id.hex}-{n}", {}, {})
            keys.create_api_key(work, "Caixa" if n % 2 else "caixa", ["contacts:read"])
            campaigns.create(work, name=f"Campanha {n // 3}", connection_id=connection.id)
            members.add_member(
                work, f"Rita {n // 2}", f"r{n}-{connection.external_id}@exemplo.com", PASSWORD, Role.AGENT
            )
            roles.create(work, f"Papel {n}" if n % 2 else f"papel {n}", ["contacts:read"])
            teams.create(work, f"Time {n}" if n % 2 else f"time {n}")
            invites.create(work, Role.AGENT)
            people.update(work, contact.id, name=f"pessoa {n // 2}", add_tags=[f"t{n}"])
        work.session.flush()
        for n in range(6):
            at = moment - timedelta(seconds=n // 2)
            work.add(Message(conversation_id=talk.id, direction=Direction.INBOUND, text="Oi", created_at=at))
        template = work.session.exec(work.select(Template)).first()
        body = {"template_id": template and template.id, "variables": {"1": {"fallback": "você"}}}
        sent = campaigns.create(work, name="Geral", connection_id=connection.id, audience={"all": True}, **body)
        campaigns.launch(work, sent)
        work.rung.clear()
    return a_key(cast.ana), {"conversation_id": str(talk.id), "campaign_id": str(sent)}


async def walk(api: httpx.AsyncClient, address: str, sort: str) -> list[dict[str, Any]]:
    """All rows of a list, two a page."""
    seen: list[dict[str, Any]] = []
    query = {"sort": sort, "limit": "2"}
    while True:
        answer = await api.get(address, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += page["data"]
        if page["next_cursor"] is None:
            return seen
        query["cursor"] = page["next_cursor"]


def marks(rows: list[dict[str, Any]]) -> list[str]:
    """What tells rows apart; a tag is its name."""
    return [row["id"] if "id" in row else row["name"] for row in rows]


def value(row: dict[str, Any], field: str) -> Any:
    found = INSIDE[field](row) if field in INSIDE else row[field]
    return found.lower() if isinstance(found, str) else found


def test_every_list_says_how_it_can_be_sorted() -> None:
    for path, query in LISTS.items():
        assert query["sort"]["schema"]["default"] in query["sort"]["schema"]["enum"], path
    assert len(LISTS) >= 13


@pytest.mark.parametrize(("path", "word"), WORDS)
async def test_pages_follow_the_sort_without_gap_or_repeat(crowd: Crowd, path: str, word: str) -> None:
    key, ids = crowd
    address, field, down = path.format_map(ids), word.lstrip("-"), word.startswith("-")
    async with client(key) as api:
        rows = await walk(api, address, word)
        whole = (await api.get(address, params={"sort": word, "limit": 200})).json()["data"]
        back = await walk(api, address, field if down else f"-{field}")
    assert len(rows) >= 5
    assert len(set(marks(rows))) == len(rows)
    assert marks(rows) == marks(whole) == marks(back)[::-1]
    values = [value(row, field) for row in rows]
    assert values == sorted(values, reverse=down)


@pytest.mark.parametrize("path", LISTS)
async def test_an_unknown_sort_is_named(crowd: Crowd, path: str) -> None:
    key, ids = crowd
    async with client(key) as api:
        for sort in ("colour", "--name", "name;drop", "-", "id desc"):
            answer = await api.get(path.format_map(ids), params={"sort": sort})
            assert fields(answer) == ["sort"], sort
    assert all(word in answer.json()["detail"] for found, word in WORDS if found == path)


@pytest.mark.parametrize("path", LISTS)
async def test_a_cursor_belongs_to_its_sort(crowd: Crowd, path: str) -> None:
    key, ids = crowd
    words = [word for found, word in WORDS if found == path]
    async with client(key) as api:
        for word in words:
            page = (await api.get(path.format_map(ids), params={"sort": word, "limit": 1})).json()
            for other in set(words) - {word}:
                query = {"sort": other, "cursor": page["next_cursor"]}
                assert fields(await api.get(path.format_map(ids), params=query)) == ["cursor"], (word, other)


async def test_who_comes_in_between_moves_nobody(cast: Cast) -> None:
    """A page goes on after the last row seen, whatever was added or taken away before it."""
    contacts(cast.ana, 6)
    async with client(a_key(cast.ana)) as api:
        first = (await api.get("/contacts", params={"sort": "name", "limit": 3})).json()
        await api.post("/contacts", json={"phone": "+5511987654321", "name": "Aa"})
        with work_as(cast.ana) as work:
            work.session.delete(work.get(Contact, UUID(first["data"][-1]["id"])))
        query = {"sort": "name", "limit": 3, "cursor": first["next_cursor"]}
        rest = (await api.get("/contacts", params=query)).json()
    assert [row["name"] for row in first["data"] + rest["data"]] == [f"Pessoa {n}" for n in range(6)]
