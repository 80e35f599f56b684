"""Where a person is signed in, over REST: their own only, and ended at once."""

from __future__ import annotations

from masteria.actions import sessions
from tests.api.api import a_key, as_person, client, problem
from tests.cast import PASSWORD, Cast

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"


async def test_a_person_sees_their_devices_and_ends_one(cast: Cast) -> None:
    there = sessions.sign_in(cast.ana.email, PASSWORD, user_agent=PHONE, ip="10.0.0.1")
    sessions.sign_in(cast.clara.email, PASSWORD)
    async with as_person(sessions.sign_in(cast.ana.email, PASSWORD)) as api:
        found = (await api.get("/sessions")).json()
        assert [(d["browser"], d["is_this"]) for d in found["data"]] == [("", True), ("Chrome", False)]
        assert {"system": "Android", "ip": "10.0.0.1", "method": "password"}.items() <= found["data"][1].items()
        assert (await api.delete(f"/sessions/{found['data'][1]['id']}")).status_code == 204
        problem(await api.delete(f"/sessions/{found['data'][1]['id']}"), 404)
    assert sessions.find_actor(there) is None


async def test_nobody_ends_anothers_session(cast: Cast) -> None:
    token = sessions.sign_in(cast.ana.email, PASSWORD)
    ana = sessions.find_actor(token)
    assert ana is not None
    async with as_person(sessions.sign_in(cast.bruno.email, PASSWORD)) as api:
        problem(await api.delete(f"/sessions/{ana.session_id}"), 404)
    assert sessions.find_actor(token) is not None


async def test_a_key_has_no_sessions(cast: Cast) -> None:
    sessions.sign_in(cast.ana.email, PASSWORD)
    async with client(a_key(cast.ana)) as api:
        assert (await api.get("/sessions")).json()["data"] == []


async def test_who_has_not_confirmed_their_address_is_told_so(cast: Cast) -> None:
    from_mail = sessions.sign_in(cast.ana.email, PASSWORD)
    with sessions.work_across() as database:
        database.get_one(sessions.Person, cast.ana.person_id).email_verified_at = None
    async with as_person(from_mail) as api:
        assert (await api.get("/contacts")).status_code == 200
        refused = problem(await api.post("/contacts", json={"phone": "+5511987654321"}), 403)
    assert refused["type"] == "urn:masteria:problem:unverified"
    assert "not confirmed" in refused["detail"]
