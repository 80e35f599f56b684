"""People, roles, teams and the company over REST."""

from __future__ import annotations

from uuid import uuid4

import httpx

from masteria.actions import sessions
from masteria.core.access import ROLES
from masteria.enums import Role
from tests.actions.test_inbox import a_conversation
from tests.api.api import a_key, client, problem
from tests.cast import PASSWORD, Cast, a_colleague


def as_person(email: str) -> httpx.AsyncClient:
    """A page of ours in the browser of this person."""
    cookie = f"masteria_session={sessions.sign_in(email, PASSWORD)}"
    return client(cookie=cookie, **{"sec-fetch-site": "same-origin"})


async def test_an_admin_moves_people_up_to_their_own_role(cast: Cast) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    async with as_person(admin.email) as api:
        changed = await api.patch(f"/members/{cast.bruno.person_id}", json={"role": "supervisor"})
        assert changed.json()["role"] == "supervisor"
        problem(await api.patch(f"/members/{cast.bruno.person_id}", json={"role": "owner"}), 403)
        problem(await api.patch(f"/members/{cast.ana.person_id}", json={"role": "agent"}), 403)
        problem(await api.delete(f"/members/{cast.ana.person_id}"), 403)
        found = {m["name"]: m["role"] for m in (await api.get("/members")).json()["data"]}
    assert (found["Bruno"], found["Ana"]) == ("supervisor", "owner")


async def test_the_last_owner_stays_over_rest_too(cast: Cast) -> None:
    async with as_person(cast.ana.email) as api:
        assert problem(await api.delete(f"/members/{cast.ana.person_id}"), 409)["type"].endswith("last_owner")
        problem(await api.patch(f"/members/{cast.ana.person_id}", json={"role": "admin"}), 409)


async def test_who_is_removed_hands_on_and_is_nobody_at_once(cast: Cast) -> None:
    talk, helper = a_conversation(cast.ana), a_colleague(cast.ana, Role.AGENT)
    async with as_person(cast.ana.email) as api, as_person(cast.bruno.email) as his:
        given = await api.patch(f"/conversations/{talk}", json={"assignee": str(cast.bruno.person_id)})
        assert given.json()["assignee"] == {"id": str(cast.bruno.person_id), "name": "Bruno"}
        assert (await his.get("/me")).status_code == 200
        gone = await api.delete(f"/members/{cast.bruno.person_id}?reassign_to={helper.person_id}")
        assert gone.status_code == 204
        problem(await his.get("/me"), 401)
        head = (await api.get(f"/conversations/{talk}")).json()
    assert head["assignee"]["name"] == "Rita"


async def test_who_is_held_to_their_own_sees_no_other_conversation(cast: Cast) -> None:
    talk = a_conversation(cast.ana)
    async with as_person(cast.ana.email) as api, as_person(cast.bruno.email) as his:
        assert len((await his.get("/conversations")).json()["data"]) == 1
        await api.patch(f"/conversations/{talk}", json={"assignee": str(cast.ana.person_id)})
        await api.patch(f"/members/{cast.bruno.person_id}", json={"own_only": True})
        assert (await his.get("/conversations")).json()["data"] == []
        for method, path in (
            ("GET", f"/conversations/{talk}"),
            ("GET", f"/conversations/{talk}/messages"),
            ("POST", f"/conversations/{talk}/messages"),
            ("POST", f"/conversations/{talk}/read"),
            ("PATCH", f"/conversations/{talk}"),
        ):
            body = {"text": "Oi"} if path.endswith("messages") else {"assignee": None}
            problem(await his.request(method, path, json=body if method in ("POST", "PATCH") else None), 404)
        problem(await his.get("/inbound-events"), 403)


async def test_roles_say_what_each_may(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        made = (await api.post("/roles", json={"name": "Recepção", "permissions": ["messages:send"]})).json()
        assert (made["rank"], made["members"]) == ("agent", 0)
        listed = (await api.get("/roles")).json()
        problem(await api.post("/roles", json={"name": "Chefe", "permissions": ["company:own"]}), 422)
    assert {each["role"]: set(each["permissions"]) for each in listed["built_in"]} == ROLES
    assert [row["id"] for row in listed["data"]] == [made["id"]]


async def test_an_invites_link_is_told_once(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        made = (await api.post("/invites", json={"role": "agent", "email": "novo@exemplo.com"})).json()
        assert "/invite?token=" in made["link"]
        shown = (await api.get("/invites?state=open")).json()["data"]
        assert [(row["email"], row["role"], row["state"]) for row in shown] == [("novo@exemplo.com", "agent", "open")]
        assert made["link"].partition("token=")[2] not in str(shown)
        assert (await api.delete(f"/invites/{made['id']}")).status_code == 204
        assert (await api.get(f"/invites/{made['id']}")).json()["state"] == "revoked"
        problem(await api.post("/invites", json={"role": "owner"}), 403)
        problem(await api.post("/invites", json={}), 422)


async def test_teams_hold_people_of_the_company(cast: Cast) -> None:
    async with client(a_key(cast.ana)) as api:
        body = {"name": "Vendas", "member_ids": [str(cast.bruno.person_id)]}
        team = (await api.post("/teams", json=body)).json()
        assert team["member_ids"] == body["member_ids"]
        problem(await api.patch(f"/teams/{team['id']}", json={"member_ids": [str(uuid4())]}), 404)
        assert (await api.get(f"/members/{cast.bruno.person_id}")).json()["teams"] == ["Vendas"]


async def test_the_company_says_what_it_is_and_uses(cast: Cast) -> None:
    a_conversation(cast.ana)
    async with as_person(cast.ana.email) as api:
        assert (await api.patch("/company", json={"name": "Aurora Café", "country": "PT"})).status_code == 200
        company, usage = (await api.get("/company")).json(), (await api.get("/usage")).json()
        problem(await api.patch("/company", json={"requires_second_step": True}), 409)
        problem(await api.patch("/company", json={"max_members": 9}), 422)
    assert (company["name"], company["country"], company["features"]["contacts"]) == ("Aurora Café", "PT", "full")
    assert usage["members"] == {"used": 3, "limit": None}
    assert (usage["contacts"]["used"], usage["connections"]["used"], usage["messages"]["used"]) == (1, 1, 0)
