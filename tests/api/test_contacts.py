"""Contacts, lists, tags and imports over REST."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import httpx
import pytest

from masteria import storage
from masteria.actions import contacts as actions
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.flows import importing
from masteria.models import ImportBatch
from tests.api.api import a_key, client, fields, problem
from tests.cast import Cast, contacts

RITA = {"phone": "(11) 98765-4321", "name": "Rita Lee", "email": "rita@exemplo.com", "tags": ["vip", "rock"]}


async def test_a_contact_lives_and_goes(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        list_id = (await api.post("/lists", json={"name": "Clientes"})).json()["id"]
        made = await api.post("/contacts", json={**RITA, "lists": [list_id], "attributes": {"city": "SP", "age": 70}})
        assert made.status_code == 201
        rita = made.json()
        assert (rita["phone"], rita["tags"], rita["lists"]) == ("+5511987654321", ["rock", "vip"], ["Clientes"])
        assert rita["consent"] == {"whatsapp": "unknown"}
        assert {"kind": "phone", "value": "+5511987654321"} in rita["identities"]
        change = {"name": "Rita", "add_tags": ["mpb"], "remove_tags": ["vip"], "attributes": {"age": None}}
        changed = (await api.patch(f"/contacts/{rita['id']}", json=change)).json()
        assert (changed["name"], changed["tags"], changed["attributes"]) == ("Rita", ["mpb", "rock"], {"city": "SP"})
        assert changed["email"] == RITA["email"]
        assert (await api.delete(f"/contacts/{rita['id']}")).status_code == 204
        problem(await api.get(f"/contacts/{rita['id']}"), 404)


async def test_bad_contacts_are_named(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.post("/contacts", json={"phone": "123"})) == ["phone"]
        assert fields(await api.post("/contacts", json={"name": "sem telefone"})) == ["phone"]
        assert fields(await api.post("/contacts", json={**RITA, "email": "nowhere"})) == ["email"]
        assert fields(await api.post("/contacts", json={**RITA, "consent": "maybe"})) == ["consent"]
        await api.post("/contacts", json=RITA)
        again = await api.post("/contacts", json={"phone": "11 98765 4321"})
        assert problem(again, 409)["type"] == "urn:masteria:problem:phone_taken"


async def test_contacts_are_found(cast: Cast) -> None:
    contacts(cast.ana, 3)
    async with client(a_key(cast.ana)) as api:
        rita = (await api.post("/contacts", json=RITA)).json()
        for query in ({"q": "rita"}, {"q": "98765"}, {"tag": "rock"}):
            found = (await api.get("/contacts", params=query)).json()["data"]
            assert [row["id"] for row in found] == [rita["id"]]
        assert {"name": "rock", "count": 1} in (await api.get("/tags")).json()["data"]


async def test_lists_are_named_once(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        made = (await api.post("/lists", json={"name": "Clientes"})).json()
        problem(await api.post("/lists", json={"name": " Clientes "}), 409)
        assert (await api.patch(f"/lists/{made['id']}", json={"name": "Amigos"})).json()["name"] == "Amigos"
        assert (await api.get(f"/lists/{made['id']}")).json() == {**made, "name": "Amigos", "count": 0}
        assert (await api.delete(f"/lists/{made['id']}")).status_code == 204
        assert (await api.get("/lists")).json()["data"] == []


async def test_people_come_into_a_list_and_leave_it(cast: Cast) -> None:
    people = [str(person.id) for person in contacts(cast.ana, 4)]
    async with client(a_key(cast.ana)) as api:
        found = (await api.post("/lists", json={"name": "Clientes"})).json()
        members = f"/lists/{found['id']}/contacts"
        for _ in range(2):
            put = await api.post(members, json={"contact_ids": people[:3]})
            assert (put.status_code, put.json()) == (200, {**found, "count": 3})
        for _ in range(2):
            assert (await api.delete(f"{members}/{people[0]}")).status_code == 204
        page = (await api.get("/contacts", params={"list_id": found["id"]})).json()["data"]
        assert {row["id"] for row in page} == {people[1], people[2]}
        assert all((row["lists"], row["list_ids"]) == (["Clientes"], [found["id"]]) for row in page)
        assert (await api.get(f"/lists/{found['id']}")).json()["count"] == 2
        assert (await api.get(f"/contacts/{people[3]}")).json()["lists"] == []


async def test_a_list_takes_all_or_none(cast: Cast) -> None:
    mine, theirs = contacts(cast.ana, 1)[0], contacts(cast.clara, 1)[0]
    async with client(a_key(cast.ana)) as api:
        address = f"/lists/{(await api.post('/lists', json={'name': 'Clientes'})).json()['id']}"
        problem(await api.post(f"{address}/contacts", json={"contact_ids": [str(mine.id), str(theirs.id)]}), 404)
        assert (await api.get(address)).json()["count"] == 0
        for ids in ([], [str(mine.id)] * 1001):
            assert fields(await api.post(f"{address}/contacts", json={"contact_ids": ids})) == ["contact_ids"]
        assert fields(await api.post(f"{address}/contacts", json={"contact_ids": ["7"]})) == ["contact_ids.0"]
        problem(await api.delete(f"{address}/contacts/{theirs.id}"), 404)


async def test_a_contact_joins_and_leaves_lists(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        one, two = [(await api.post("/lists", json={"name": name})).json()["id"] for name in ("Um", "Dois")]
        address = f"/contacts/{(await api.post('/contacts', json={**RITA, 'lists': [one]})).json()['id']}"
        moved = (await api.patch(address, json={"add_lists": [two], "remove_lists": [one]})).json()
        assert (moved["lists"], moved["list_ids"]) == (["Dois"], [two])
        both = (await api.patch(address, json={"add_lists": [one, two]})).json()
        assert both["lists"] == ["Dois", "Um"]
        with work_as(cast.clara) as work:
            theirs = str(actions.create_list(work, "Alheia"))
        problem(await api.patch(address, json={"name": "Tarde", "add_lists": [theirs]}), 404)
        assert (await api.get(address)).json()["name"] == RITA["name"]
        assert fields(await api.patch(address, json={"add_lists": ["Um"]})) == ["add_lists.0"]


async def test_filters_add_up(cast: Cast) -> None:
    people = contacts(cast.ana, 3, tags=["vip"])
    async with client(a_key(cast.ana)) as api:
        list_id = (await api.post("/lists", json={"name": "Clientes"})).json()["id"]
        await api.post(f"/lists/{list_id}/contacts", json={"contact_ids": [str(p.id) for p in people[:2]]})
        await api.patch(f"/contacts/{people[0].id}", json={"remove_tags": ["vip"]})
        query = {"list_id": list_id, "tag": "vip", "q": "pessoa"}
        assert [row["id"] for row in (await api.get("/contacts", params=query)).json()["data"]] == [str(people[1].id)]


async def test_short_lists_are_pages_too(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        for name in "abcde":
            await api.post("/lists", json={"name": name})
        first = (await api.get("/lists?limit=3")).json()
        rest = (await api.get("/lists", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [row["name"] for row in first["data"] + rest["data"]] == list("abcde")
    assert rest["next_cursor"] is None


async def test_many_at_once(cast: Cast) -> None:
    people = [{"phone": f"+55119{80000000 + n}", "name": f"P {n}", "tags": ["b"]} for n in range(998)]
    async with client(a_key(cast.ana)) as api:
        await api.post("/contacts", json={"phone": "+5511980000000", "name": "Antiga"})
        body = {"contacts": [*people, {"phone": "1"}, {"phone": "+5511980000001"}], "list": "Todos", "tags": ["api"]}
        done = await api.post("/contacts/bulk", json=body)
        assert done.status_code == 200, done.text
        counts = done.json()
        assert [r["index"] for r in counts.pop("rejected")] == [998]
        assert counts == {"created": 997, "updated": 1, "skipped": 1}
        assert (await api.get("/lists")).json()["data"][0]["count"] == 998
        assert (await api.get("/contacts?q=P 0&tag=api")).json()["data"][0]["tags"] == ["api", "b"]
        assert fields(await api.post("/contacts/bulk", json={"contacts": [*people, *people[:3]]})) == ["contacts"]
        assert fields(await api.post("/contacts/bulk", json={"contacts": [{"phone": "1", "fone": 2}]})) == [
            "contacts.0.fone"
        ]


async def upload(api: httpx.AsyncClient, content: bytes, **form: str) -> httpx.Response:
    return await api.post("/imports", files={"file": ("clientes.csv", content, "text/csv")}, data=form)


async def test_a_file_comes_in_and_its_bad_lines_come_back(cast: Cast) -> None:
    lines = "nome;celular;cidade\nRita;11987654321;SP\nJosé;123;=1+1\n".encode("latin-1")
    options = json.dumps({"list": "Feira", "tags": ["feira"]})
    async with client(a_key(cast.ana)) as api:
        begun = await upload(api, lines, options=options, mapping='{"cidade": "attributes.city"}')
        assert begun.status_code == 202, begun.text
        import_id = begun.json()["id"]
        assert begun.json()["status"] == "queued"
        await asyncio.to_thread(importing.import_contacts, Actor.system(cast.ana.company_id), UUID(import_id))
        done = (await api.get(f"/imports/{import_id}")).json()
        assert (done["status"], done["created"], done["rejected"]) == ("done", 1, 1)
        rejects = await api.get(done["rejects_url"].removeprefix("/api/v1"))
        assert rejects.headers["content-type"].startswith("text/csv")
        assert "attachment" in rejects.headers["content-disposition"]
        assert "José" in rejects.text
        assert ";=1+1" not in rejects.text
        rita = (await api.get("/contacts?q=rita")).json()["data"][0]
        assert (rita["tags"], rita["attributes"]) == (["feira"], {"city": "SP"})
        assert [row["id"] for row in (await api.get("/imports")).json()["data"]] == [import_id]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"mapping": "{"}, "mapping"),
        ({"mapping": "[1]"}, "mapping"),
        ({"mapping": '{"telefone": "shoe"}'}, "mapping"),
        ({"mapping": '{"telefone": "name"}'}, "mapping"),
        ({"mapping": '{"calçado": "name"}'}, "mapping"),
        ({"options": '{"colour": 1}'}, "options.colour"),
        ({"options": '{"on_match": "panic"}'}, "options.on_match"),
        ({"extra": "1"}, "extra"),
    ],
)
async def test_a_wrong_form_is_named_and_no_file_stays(cast: Cast, form: dict[str, str], field: str) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await upload(api, b"telefone\n11987654321\n", **form)) == [field]
        assert (await api.get("/imports")).json()["data"] == []
    folder = storage.path_of(f"{cast.ana.company_id.hex}-x").parent
    assert not list(folder.glob("*")) if folder.exists() else True


@pytest.mark.parametrize("content", [b"", b"nome;telefone\n", b"%PDF-1.7", b"PK\x03\x04"])
async def test_what_is_no_table_is_refused_at_once(cast: Cast, content: bytes) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await upload(api, content)) == ["file"]
        assert (await api.get("/imports")).json()["data"] == []


async def test_a_form_without_a_file_is_named(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        answer = await api.post("/imports", files={"other": ("a.csv", b"x")})
        assert "file" in fields(answer)


async def test_a_file_may_be_larger_than_a_body_but_not_endless(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        row = b"nome;telefone\n" + b"Rita;11987654321\n" * 120_000
        begun = await upload(api, row)
        assert begun.status_code == 202, begun.text
        problem(await upload(api, b"x" * (51 * 1024 * 1024)), 413)
    with work_as(cast.ana) as work:
        key = work.get(ImportBatch, UUID(begun.json()["id"])).file_key
    assert storage.path_of(key).stat().st_size == len(row)


async def test_a_viewer_is_refused_before_the_file_is_read(cast: Cast) -> None:
    read = 0

    async def parts():
        nonlocal read
        for _ in range(40):
            read += 1
            yield b"x" * 1_000_000

    async with client(a_key(cast.ana, "contacts:read"), **{"content-type": "multipart/form-data; boundary=b"}) as api:
        problem(await api.post("/imports", content=parts()), 403)
    assert read <= 1
