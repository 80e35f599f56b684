"""The code after the password, its limits, and showing again who is sitting there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from masteria.actions import proofs, second_steps, sessions
from masteria.api import entry
from masteria.core.access import PROVEN_FOR
from masteria.core.work import work_across
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden
from masteria.models import Company, Person, Session
from tests.actions.test_second_steps import code, enrol, person_of
from tests.api.api import a_key, client, problem
from tests.api.strangers import browser, refusal, sign_in, who
from tests.cast import PASSWORD, Cast


@pytest_asyncio.fixture
async def panel() -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as opened:
        yield opened


def age(cast: Cast, minutes: float = 11) -> None:
    """Ana's sessions were proven so long ago."""
    with work_across() as database:
        for session in database.exec(select(Session).where(Session.person_id == cast.ana.person_id)):
            session.proven_at = now() - timedelta(minutes=minutes)


async def test_the_password_alone_opens_nothing(panel: httpx.AsyncClient, cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    answer = await sign_in(panel, cast.ana, PASSWORD, next="/contacts")
    assert (answer.headers["location"], who(panel)) == ("/login/code", None)
    assert not any(c.startswith(entry.COOKIE) for c in answer.headers.get_list("set-cookie"))
    answer = await panel.post("/auth/code", data={"code": code(totp)})
    actor = who(panel)
    assert answer.headers["location"] == "/contacts"
    assert actor is not None
    assert actor.person_id == cast.ana.person_id
    with work_across() as database:
        assert database.get_one(Session, actor.session_id).method == "password+code"


async def test_a_backup_code_opens_it_too(panel: httpx.AsyncClient, cast: Cast) -> None:
    _, backup = enrol(cast.ana)
    await sign_in(panel, cast.ana, PASSWORD)
    await panel.post("/auth/code", data={"code": backup[3]})
    assert who(panel) is not None
    assert second_steps.codes_left(person_of(cast.ana)) == 9


async def test_a_code_of_the_last_sign_in_opens_nothing(panel: httpx.AsyncClient, cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    used = code(totp)
    await sign_in(panel, cast.ana, PASSWORD)
    await panel.post("/auth/code", data={"code": used})
    async with browser() as other:
        await sign_in(other, cast.ana, PASSWORD)
        assert refusal(await other.post("/auth/code", data={"code": used})) == "code_wrong"
        assert who(other) is None


async def test_after_five_wrong_codes_it_starts_over(panel: httpx.AsyncClient, cast: Cast) -> None:
    _, backup = enrol(cast.ana)
    await sign_in(panel, cast.ana, PASSWORD)
    waiting = panel.cookies["masteria-second-step"]
    for _ in range(5):
        answer = await panel.post("/auth/code", data={"code": "0000000"})
        assert (answer.headers["location"], refusal(answer)) == ("/login/code?again=1", "code_wrong")
    answer = await panel.post("/auth/code", data={"code": backup[0]})
    assert (answer.status_code, refusal(answer)) == (429, "code_over")
    panel.cookies.set("masteria-second-step", waiting)
    assert refusal(await panel.post("/auth/code", data={"code": backup[0]})) == "code_late"
    assert second_steps.codes_left(person_of(cast.ana)) == 10


async def test_starting_over_again_and_again_does_not_help(cast: Cast) -> None:
    _, backup = enrol(cast.ana)
    wrong = 0
    for _ in range(4):
        async with browser() as fresh:
            await sign_in(fresh, cast.ana, PASSWORD)
            for _ in range(4):
                wrong += (await fresh.post("/auth/code", data={"code": "0000000"})).status_code == 303
    assert wrong <= 10 + 4  # ten codes, and the pages after a ticket that was ended
    async with browser() as fresh:
        await sign_in(fresh, cast.ana, PASSWORD)
        assert (await fresh.post("/auth/code", data={"code": backup[0]})).status_code == 429
        assert who(fresh) is None


async def test_without_the_first_step_a_code_is_nothing(panel: httpx.AsyncClient, cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    assert refusal(await panel.post("/auth/code", data={"code": code(totp)})) == "code_late"
    await sign_in(panel, cast.bruno, PASSWORD)
    for_bruno = who(panel)
    await panel.post("/auth/code", data={"code": code(totp)})
    assert for_bruno is not None
    assert for_bruno.person_id == cast.bruno.person_id


async def test_one_persons_waiting_takes_no_code_of_another(panel: httpx.AsyncClient, cast: Cast) -> None:
    enrol(cast.ana)
    totp, _ = enrol(cast.clara)
    await sign_in(panel, cast.ana, PASSWORD)
    assert refusal(await panel.post("/auth/code", data={"code": code(totp)})) == "code_wrong"


async def test_another_site_sends_no_code_and_no_proof(panel: httpx.AsyncClient, cast: Cast) -> None:
    await sign_in(panel, cast.ana, PASSWORD)
    for path in ("/auth/code", "/auth/prove", "/auth/second-step/off", "/auth/newcomer"):
        answer = await panel.post(path, data={"secret": PASSWORD}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


async def test_the_password_proves_who_is_there(panel: httpx.AsyncClient, cast: Cast) -> None:
    await sign_in(panel, cast.ana, PASSWORD)
    age(cast)
    assert proofs.way(cast.ana) == proofs.PASSWORD
    assert (await panel.post("/auth/prove", data={"secret": "errada-errada"})).json() == {"code": "wrong"}
    stale = who(panel)
    assert (await panel.post("/auth/prove", data={"secret": PASSWORD})).status_code == 204
    proven = who(panel)
    assert stale is not None
    assert proven is not None
    assert (stale.is_proven(now()), proven.is_proven(now())) == (False, True)
    assert not proven.is_proven(now() + PROVEN_FOR)


async def test_guessing_a_proof_is_slowed_down(panel: httpx.AsyncClient, cast: Cast) -> None:
    await sign_in(panel, cast.ana, PASSWORD)
    for _ in range(5):
        await panel.post("/auth/prove", data={"secret": "errada-errada"})
    answer = await panel.post("/auth/prove", data={"secret": PASSWORD})
    assert (answer.status_code, answer.json()) == (429, {"code": "slow"})


async def test_nobody_proves_anything(panel: httpx.AsyncClient) -> None:
    assert (await panel.post("/auth/prove", data={"secret": PASSWORD})).status_code == 401


async def test_who_has_no_password_proves_it_by_a_code(panel: httpx.AsyncClient, cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    await sign_in(panel, cast.ana, PASSWORD)
    await panel.post("/auth/code", data={"code": code(totp)})
    with work_across() as database:
        database.get_one(Person, person_of(cast.ana)).password_hash = ""
    age(cast)
    assert proofs.way(cast.ana) == proofs.CODE
    assert (await panel.post("/auth/prove", data={"secret": ""})).status_code == 401
    assert (await panel.post("/auth/prove", data={"secret": code(totp, 1)})).status_code == 204


async def test_switching_off_from_the_page(panel: httpx.AsyncClient, cast: Cast) -> None:
    totp, backup = enrol(cast.ana)
    await sign_in(panel, cast.ana, PASSWORD)
    await panel.post("/auth/code", data={"code": backup[0]})
    wrong = await panel.post("/auth/second-step/off", data={"password": "errada-errada", "code": code(totp)})
    assert (wrong.status_code, wrong.json()) == (401, {"code": "wrong"})
    right = await panel.post("/auth/second-step/off", data={"password": PASSWORD, "code": code(totp)})
    assert right.status_code == 204
    assert not second_steps.is_on(person_of(cast.ana))


# dangerous acts over REST, and a company that asks for the second step


async def test_a_dangerous_act_wants_a_recent_proof_from_a_session_and_none_from_a_key(cast: Cast) -> None:
    cookie = {"cookie": f"{entry.COOKIE}={sessions.sign_in(cast.ana.email, PASSWORD)}", "sec-fetch-site": "same-origin"}
    wanted = {"name": "nova", "scopes": ["contacts:read"]}
    async with client(**cookie) as api:
        assert (await api.post("/api-keys", json=wanted)).status_code == 201
        age(cast)
        assert problem(await api.post("/api-keys", json=wanted), 403)["type"] == "urn:masteria:problem:proof_needed"
        assert (await api.get("/api-keys")).status_code == 200
    async with client(a_key(cast.ana)) as api:
        assert (await api.post("/api-keys", json=wanted)).status_code == 201


async def test_a_company_that_asks_for_it_lets_nobody_work_without(cast: Cast) -> None:
    with work_across() as database:
        database.get_one(Company, cast.ana.company_id).requires_second_step = True
    token = sessions.sign_in(cast.ana.email, PASSWORD)
    actor = sessions.find_actor(token)
    assert actor is not None
    assert (actor.must_enrol, actor.permissions) == (True, frozenset())
    with pytest.raises(Forbidden):
        actor.require(Permission.READ_CONTACTS)
    async with client(cookie=f"{entry.COOKIE}={token}") as api:
        assert problem(await api.get("/contacts"), 403)["type"] == "urn:masteria:problem:second_step_needed"
        assert (await api.get("/me")).status_code == 200
    enrol(cast.ana)
    enrolled = sessions.find_actor(token)
    assert enrolled is not None
    assert not enrolled.must_enrol
    assert enrolled.may(Permission.OWN_COMPANY)
