"""What holds for every address: who may come in, what a body may be, how errors and pages look."""

from __future__ import annotations

import pytest
from sqlmodel import select

from masteria.actions import sessions
from masteria.api import app as front
from masteria.api.entry import COOKIE
from masteria.api.frame import Frame
from masteria.core.work import work_as
from masteria.models import Activity
from tests.api.api import PLENTY, a_key, client, fields, problem
from tests.cast import PASSWORD, Cast, contacts


async def test_nobody_comes_in_without_a_key() -> None:
    async with client() as api:
        answer = await api.get("/contacts")
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["Bearer mk_wrong", "Bearer ", "Basic bWs6", "mk_bare", "Bearer eyJhbGciOiJub25lIn0.e30."]
)
async def test_a_wrong_key_is_refused(header: str) -> None:
    async with client(authorization=header) as api:
        assert problem(await api.get("/me"), 401)


async def test_a_revoked_key_is_worth_nothing_at_once(cast: Cast) -> None:
    key = a_key(cast.ana)
    async with client(key) as api:
        key_id = (await api.get("/me")).json()["api_key"]["id"]
        assert (await api.delete(f"/api-keys/{key_id}")).status_code == 204
        problem(await api.get("/me"), 401)


async def test_a_key_does_what_its_scopes_allow_and_no_more(cast: Cast) -> None:
    async with client(a_key(cast.ana, "contacts:read")) as api:
        assert (await api.get("/contacts")).status_code == 200
        refused = await api.post("/contacts", json={"phone": "+5511987654321"})
    assert "contacts:write" in problem(refused, 403)["detail"]


async def test_whoever_may_write_may_read_what_was_written(cast: Cast) -> None:
    async with client(a_key(cast.ana, "contacts:write")) as api:
        made = await api.post("/contacts", json={"phone": "+5511987654321"})
        assert (await api.get(f"/contacts/{made.json()['id']}")).status_code == 200


async def test_a_session_counts_only_for_requests_of_our_own_pages(cast: Cast) -> None:
    cookie = f"{COOKIE}={sessions.sign_in(cast.ana.email, PASSWORD)}"
    async with client(cookie=cookie) as ours:
        assert (await ours.get("/me")).json()["user"]["email"] == cast.ana.email
        assert (await ours.get("/me", headers={"sec-fetch-site": "same-origin"})).status_code == 200
        problem(await ours.get("/me", headers={"sec-fetch-site": "cross-site"}), 401)
        problem(await ours.get("/me", headers={"origin": "https://evil.example"}), 401)
        problem(await ours.get("/me", headers={"origin": "null"}), 401)
        body = {"name": "x"}
        problem(await ours.post("/lists", json=body), 401)
        problem(await ours.post("/lists", json=body, headers={"sec-fetch-site": "none"}), 401)
        problem(await ours.post("/lists", json=body, headers={"sec-fetch-site": "same-site"}), 401)
        made = await ours.post("/lists", json=body, headers={"sec-fetch-site": "same-origin"})
        assert made.status_code == 201


async def test_unknown_addresses_and_methods_are_problems_too(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        problem(await api.get("/nothing"), 404)
        problem(await api.get("/contacts/"), 404)
        answer = await api.put("/contacts", json={})
    problem(answer, 405)
    assert "GET" in answer.headers["allow"]


async def test_an_unknown_field_is_named(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.post("/contacts", json={"phone": "+5511987654321", "fone": "1"})) == ["fone"]
        body = {"kind": "whatsapp_cloud", "name": "Loja", "settings": {"colour": "red"}}
        assert "settings.colour" in fields(await api.post("/connections", json=body))
        assert (await api.get("/contacts")).json()["data"] == []


@pytest.mark.parametrize("body", [b"{", b"not json", b'{"a": 1,}', b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_400(cast: Cast, body: bytes) -> None:
    async with client(a_key(cast.ana)) as api:
        assert problem(await api.post("/lists", content=body, headers={"content-type": "application/json"}), 400)
        assert problem(await api.post("/lists", content=body), 400)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"7"])
async def test_json_that_is_no_object_is_422(cast: Cast, body: bytes) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.post("/lists", content=body, headers={"content-type": "application/json"}))


async def test_another_type_of_body_is_415(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        assert problem(await api.post("/lists", data={"name": "x"}), 415)
        assert problem(await api.post("/imports", json={"file": "x"}), 415)


async def test_a_large_body_is_413_by_its_length_and_while_it_is_read(cast: Cast) -> None:
    async def parts():
        for _ in range(20):
            yield b" " * 100_000

    async with client(a_key(cast.ana), **{"content-type": "application/json"}) as api:
        assert problem(await api.post("/lists", content=b" " * 1_100_000), 413)
        assert problem(await api.post("/lists", content=parts()), 413)
        assert problem(await api.post("/lists", content=parts(), headers={"idempotency-key": "large"}), 413)


async def test_text_longer_than_any_field_is_422(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        answer = await api.post("/contacts", json={"phone": "+5511987654321", "attributes": {"a": "x" * 20_001}})
        assert fields(answer)
        assert (await api.get("/contacts")).json()["data"] == []


@pytest.mark.parametrize(("value", "kept"), [("a\x00b", "ab"), ("a\ud800", "a?")], ids=["NUL", "lone surrogate"])
async def test_what_the_database_cannot_keep_is_taken_out(cast: Cast, value: str, kept: str) -> None:
    async with client(a_key(cast.ana)) as api:
        body = f'{{"phone": "+5511987654321", "attributes": {{"a": {ascii_json(value)}}}}}'
        answer = await api.post("/contacts", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (201, 422)
        assert answer.status_code == 422 or answer.json()["attributes"] == {"a": kept}


def ascii_json(text: str) -> str:
    return '"' + "".join(c if c.isascii() and c.isprintable() else f"\\u{ord(c):04x}" for c in text) + '"'


async def test_an_odd_id_names_nothing(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        assert problem(await api.get("/contacts/7"), 404)
        assert problem(await api.get("/contacts/00000000-0000-0000-0000-000000000000"), 404)


async def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast) -> None:
    contacts(cast.ana, 7)
    async with client(a_key(cast.ana)) as api:
        seen, cursor = [], None
        while True:
            page = (await api.get("/contacts", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
            seen += [row["id"] for row in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=-1", "cursor=%21", "cursor=W10", "cursor=WyJ4IiwieSJd"]
)
async def test_a_page_that_cannot_be_is_422(cast: Cast, query: str) -> None:
    async with client(a_key(cast.ana)) as api:
        assert fields(await api.get(f"/contacts?{query}"))


async def test_a_fault_tells_its_id_and_nothing_of_itself() -> None:
    async def broken() -> None:
        raise RuntimeError("secret of the house")

    app = front.rest(PLENTY)
    app.add_api_route("/broken", broken)
    async with client() as caller:
        caller._transport.app = Frame(app)  # pyright: ignore[reportAttributeAccessIssue]
        answer = await caller.get("http://testserver/broken")
    found = problem(answer, 500)
    assert found["request_id"] in found["detail"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_write_leaves_who_from_where_and_by_which_request(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        made = await api.post("/contacts", json={"phone": "+5511987654321"})
        me = (await api.get("/me")).json()
    with work_as(cast.ana) as work:
        query = select(Activity).where(Activity.subject_id == made.json()["id"])
        row = work.session.exec(query).one()
    assert row.request_id == made.headers["x-request-id"]
    assert (row.ip, row.actor_kind, str(row.actor_id)) == ("127.0.0.1", "api_key", me["api_key"]["id"])


@pytest.mark.parametrize("query", ["q=%00", "tag=%00", "q=a%ed%a0%80", "q=" + "z" * 200, "q=%27%25_%5C"])
async def test_odd_searches_find_nothing_and_break_nothing(cast: Cast, query: str) -> None:
    contacts(cast.ana, 1)
    async with client(a_key(cast.ana)) as api:
        answer = await api.get(f"/contacts?{query}")
    assert answer.status_code == 422 or answer.json()["data"] == []
