"""Filters are named after fields, add up, and refuse what they cannot mean."""

from __future__ import annotations

from typing import Any

import pytest

from masteria.actions import campaigns, members
from masteria.actions import contacts as people
from masteria.core.work import work_as
from masteria.enums import Role
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models import Conversation, ImportBatch
from tests.api.api import a_key, client, fields
from tests.cast import PASSWORD, Cast, a_connection, a_template, contacts


@pytest.fixture
def ids(cast: Cast) -> dict[str, str]:
    """Two or three of everything, of which the filters below find one."""
    shop, other = a_connection(cast.ana, name="Loja 100%"), a_connection(cast.ana, name="Filial", status="failed")
    a_template(cast.ana, shop, name="oferta", body="Só hoje")
    a_template(cast.ana, other, name="aviso", status="paused")
    found = contacts(cast.ana, 2, tags=["vip"])
    with work_as(cast.ana) as work:
        people.create_list(work, "Clientes")
        people.create_list(work, "Amigos")
        people.update(work, found[0].id, add_tags=["rock"])
        campaigns.create(work, name="Natal", connection_id=shop.id)
        campaigns.create(work, name="Páscoa", connection_id=other.id)
        members.add_member(work, "Rita Lee", f"rita-{shop.external_id}@exemplo.com", PASSWORD, Role.AGENT)
        for person in found:
            work.add(Conversation(connection_id=shop.id, contact_id=person.id, last_message_at=now()))
        for status in ("done", "failed"):
            work.add(ImportBatch(file_name="a.csv", file_key="", status=status))  # pyright: ignore[reportArgumentType]
    return {"shop": str(shop.id), "other": str(other.id), "contact": str(found[0].id)}


FINDS_ONE: list[tuple[str, dict[str, str]]] = [
    ("/connections", {"q": "100%"}),
    ("/connections", {"status": "failed"}),
    ("/templates", {"q": "HOJE"}),
    ("/templates", {"status": "paused"}),
    ("/templates", {"connection_id": "{shop}"}),
    ("/templates", {"connection_id": "{other}", "q": "aviso", "status": "paused"}),
    ("/campaigns", {"q": "pásc"}),
    ("/campaigns", {"connection_id": "{shop}", "state": "draft"}),
    ("/lists", {"q": "client"}),
    ("/tags", {"q": "roc"}),
    ("/members", {"q": "rita-"}),
    ("/imports", {"status": "failed"}),
    ("/conversations", {"contact_id": "{contact}"}),
]


@pytest.mark.parametrize(("path", "query"), FINDS_ONE)
async def test_a_filter_finds_what_it_names(cast: Cast, ids: dict[str, str], path: str, query: dict[str, str]) -> None:
    async with client(a_key(cast.ana)) as api:
        wanted = {name: value.format_map(ids) for name, value in query.items()}
        answer = await api.get(path, params=wanted)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == 1
        assert len((await api.get(path)).json()["data"]) > 1
        assert (await api.get(path, params={**wanted, "limit": 1})).json()["next_cursor"] is None


@pytest.mark.parametrize(("path", "query"), FINDS_ONE)
async def test_a_filter_finds_nothing_of_another_company(
    cast: Cast, ids: dict[str, str], path: str, query: dict[str, str]
) -> None:
    async with client(a_key(cast.clara)) as api:
        wanted = {name: value.format_map(ids) for name, value in query.items()}
        assert (await api.get(path, params=wanted)).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/connections", "status", "asleep"),
        ("/templates", "status", "asleep"),
        ("/templates", "connection_id", "7"),
        ("/campaigns", "state", "asleep"),
        ("/imports", "status", "asleep"),
        ("/conversations", "contact_id", "7"),
        ("/lists", "q", "x" * 201),
    ],
)
async def test_what_a_filter_cannot_mean_is_named(cast: Cast, path: str, name: str, value: Any) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.get(path, params={name: value})) == [name]


async def test_odd_words_find_nothing_and_break_nothing(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        for path in ("/connections", "/templates", "/campaigns", "/lists", "/tags"):
            for q in ("%00", "a%ed%a0%80", "%27%25_%5C", ":name", str(new_id())):
                answer = await api.get(f"{path}?q={q}")
                assert answer.status_code == 200, answer.text
                assert answer.json()["data"] == []
