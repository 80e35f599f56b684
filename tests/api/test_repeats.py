"""`Idempotency-Key`: once carried out, answered alike, never mixed up."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from masteria.core.work import work_as
from masteria.kit.clock import now
from masteria.models import IdempotencyKey
from tests.api.api import a_key, client, fields, problem
from tests.api.test_doors import belongings
from tests.cast import Cast

NEW = {"phone": "+5511987654321", "name": "Rita"}


def contacts_of(cast: Cast) -> int:
    with work_as(cast.ana) as work:
        return int(work.execute("select count(*) from contact").scalar() or 0)


async def test_the_same_request_gets_the_first_answer_again(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "a"}) as api:
        first = await api.post("/contacts", json=NEW)
        again = await api.post("/contacts", json=NEW)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert contacts_of(cast) == 1


async def test_thirty_at_once_are_carried_out_once(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "thirty"}) as api:
        answers = await asyncio.gather(*(api.post("/lists", json={"name": "Clientes"}) for _ in range(30)))
        kinds = {answer.status_code for answer in answers}
        assert kinds <= {201, 409}
        for answer in answers:
            if answer.status_code == 409:
                assert problem(answer, 409)["type"].endswith("request_running")
        made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        assert len(made) == 1
        assert (await api.post("/lists", json={"name": "Clientes"})).json()["id"] in made
        assert len((await api.get("/lists")).json()["data"]) == 1


async def test_another_body_under_the_same_key_is_refused(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "b"}) as api:
        await api.post("/contacts", json=NEW)
        assert fields(await api.post("/contacts", json={**NEW, "name": "Rosa"})) == ["Idempotency-Key"]
        assert fields(await api.post("/lists", json=NEW)) == ["Idempotency-Key"]
    assert contacts_of(cast) == 1


async def test_another_caller_never_gets_the_answer(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "c"}) as api:
        await api.post("/api-keys", json={"name": "nova", "scopes": ["contacts:read"]})
    async with client(a_key(cast.ana), **{"idempotency-key": "c"}) as other:
        assert fields(await other.post("/api-keys", json={"name": "nova", "scopes": ["contacts:read"]}))
    async with client(a_key(cast.clara), **{"idempotency-key": "c"}) as outsider:
        made = await outsider.post("/api-keys", json={"name": "nova", "scopes": ["contacts:read"]})
    assert made.status_code == 201


async def test_a_refusal_is_given_again_as_well(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "d"}) as api:
        first = await api.post("/contacts", json={"phone": "7"})
        again = await api.post("/contacts", json={"phone": "7"})
    assert fields(first) == ["phone"]
    assert (again.status_code, again.json()) == (422, first.json())
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotent-replayed"] == "true"


async def test_an_answer_without_a_body_is_given_again(cast: Cast) -> None:
    ids = belongings(cast)
    async with client(a_key(cast.ana), **{"idempotency-key": "i"}) as api:
        answers = [await api.post(f"/conversations/{ids['conversation_id']}/read") for _ in range(2)]
    assert [(a.status_code, a.content) for a in answers] == [(204, b"")] * 2
    assert answers[1].headers["idempotent-replayed"] == "true"


async def test_a_file_counts_by_its_content_not_by_the_forms_boundary(cast: Cast) -> None:
    def file(content: bytes) -> dict[str, tuple[str, bytes]]:
        return {"file": ("a.csv", content)}

    async with client(a_key(cast.ana), **{"idempotency-key": "e"}) as api:
        first = await api.post("/imports", files=file(b"nome;telefone\nRita;11987654321\n"))
        again = await api.post("/imports", files=file(b"nome;telefone\nRita;11987654321\n"))
        other = await api.post("/imports", files=file(b"nome;telefone\nRosa;11987654321\n"))
    assert first.status_code == 202
    assert again.json()["id"] == first.json()["id"]
    assert fields(other) == ["Idempotency-Key"]


@pytest.mark.parametrize("key", ["", "x" * 256, "é".encode()], ids=["empty", "long", "not ASCII"])
async def test_a_key_that_cannot_be_one_is_refused(cast: Cast, key: str | bytes) -> None:
    async with client(a_key(cast.ana)) as api:
        answer = await api.post("/lists", json={"name": "Clientes"}, headers={"idempotency-key": key})  # pyright: ignore[reportArgumentType]
        assert fields(answer) == ["Idempotency-Key"]
        assert (await api.get("/lists")).json()["data"] == []


async def test_after_a_day_a_key_is_new(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "f"}) as api:
        await api.post("/lists", json={"name": "Um"})
        age(cast, "f", timedelta(hours=25))
        assert (await api.post("/lists", json={"name": "Dois"})).status_code == 201


async def test_a_request_that_was_cut_off_is_never_carried_out_again_by_itself(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "g"}) as api:
        await api.post("/lists", json={"name": "Um"})
        with work_as(cast.ana) as work:
            work.session.get_one(IdempotencyKey, (cast.ana.company_id, "g")).status_code = 0
        assert problem(await api.post("/lists", json={"name": "Um"}), 409)["type"].endswith("request_running")
        age(cast, "g", timedelta(minutes=11))
        assert problem(await api.post("/lists", json={"name": "Um"}), 409)["type"].endswith("request_cut_off")


async def test_a_key_shown_once_is_not_left_readable_in_the_table(cast: Cast) -> None:
    async with client(a_key(cast.ana), **{"idempotency-key": "h"}) as api:
        made = (await api.post("/api-keys", json={"name": "nova", "scopes": ["contacts:read"]})).json()["key"]
    with work_as(cast.ana) as work:
        raw = work.execute("select body from idempotency_key where key = 'h'").scalar()
    assert len(bytes(raw or b"")) > len(made)
    assert made.encode() not in bytes(raw or b"")


def age(cast: Cast, key: str, by: timedelta) -> None:
    with work_as(cast.ana) as work:
        work.session.get_one(IdempotencyKey, (cast.ana.company_id, key)).created_at = now() - by
