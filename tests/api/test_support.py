"""A visit as support in the browser's cookies: in, out, and nobody left behind; and what limits and suspensions say over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select
from starlette.applications import Starlette

from masteria.actions import installation, sessions
from masteria.api import auth, entry, support
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.kit.clock import now
from masteria.models import Session
from masteria.queries import audit
from tests.api.api import a_key, client, problem
from tests.cast import PASSWORD, Cast, an_operator

REASON = "a campanha não sai desde ontem"


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Starlette(routes=[*auth.routes, *support.routes]))
    async with httpx.AsyncClient(transport=transport, base_url="http://panel") as opened:
        yield opened


@pytest.fixture
def olga() -> Actor:
    return an_operator()


async def enter(browser: httpx.AsyncClient, olga: Actor, cast: Cast, **more: str) -> httpx.Response:
    await browser.post("/auth/login", data={"email": olga.email, "password": PASSWORD})
    form = {"company_id": str(cast.ana.company_id), "reason": REASON, **more}
    return await browser.post("/auth/support", data=form)


def who(browser: httpx.AsyncClient) -> Actor | None:
    return sessions.find_actor(browser.cookies.get(entry.COOKIE) or "")


async def test_in_and_out_again_as_oneself(browser: httpx.AsyncClient, olga: Actor, cast: Cast) -> None:
    answer = await enter(browser, olga, cast)
    assert answer.headers["location"] == "/campaigns"
    assert all("HttpOnly" in c for c in answer.headers.get_list("set-cookie") if "session=" in c)
    guest = who(browser)
    assert guest is not None
    assert (guest.company_id, guest.is_support) == (cast.ana.company_id, True)
    visit = browser.cookies[entry.COOKIE]
    answer = await browser.post("/auth/support/leave")
    assert answer.headers["location"] == f"/admin/companies/{cast.ana.company_id}"
    home = who(browser)
    assert home is not None
    assert (home.company_id, home.is_support) == (olga.company_id, False)
    assert sessions.find_actor(visit) is None
    assert entry.OWN_COOKIE not in browser.cookies


async def test_a_reason_too_short_comes_back_to_the_page(browser: httpx.AsyncClient, olga: Actor, cast: Cast) -> None:
    answer = await enter(browser, olga, cast, reason="olhar")
    page = f"/admin/companies/{cast.ana.company_id}"
    assert answer.headers["location"] == f"{page}?problem=reason_too_short&field=reason"
    answer = await enter(browser, olga, cast, may_change="1", change_reason="")
    assert answer.headers["location"] == f"{page}?problem=reason_too_short&field=change_reason"
    assert entry.OWN_COOKIE not in browser.cookies


async def test_who_showed_who_they_are_long_ago_shows_it_again_first(
    browser: httpx.AsyncClient, olga: Actor, cast: Cast
) -> None:
    await browser.post("/auth/login", data={"email": olga.email, "password": PASSWORD})
    with work_across() as database:
        for session in database.exec(select(Session).where(Session.person_id == olga.person_id)):
            session.proven_at = now() - timedelta(minutes=11)
    form = {"company_id": str(cast.ana.company_id), "reason": REASON}
    answer = await browser.post("/auth/support", data=form)
    assert "problem=proof_needed" in answer.headers["location"]
    assert entry.OWN_COOKIE not in browser.cookies


async def test_an_owner_cannot_enter_another_company(browser: httpx.AsyncClient, cast: Cast) -> None:
    await browser.post("/auth/login", data={"email": cast.clara.email, "password": PASSWORD})
    answer = await browser.post("/auth/support", data={"company_id": str(cast.ana.company_id), "reason": REASON})
    assert answer.status_code == 403
    clara = who(browser)
    assert clara is not None
    assert clara.company_id == cast.clara.company_id
    with work_as(cast.ana) as work:
        assert audit.entries(work, audit.Wanted(happened="support.entered")).rows == []


@pytest.mark.parametrize("address", ["/auth/support", "/auth/support/leave"])
async def test_another_site_can_neither_send_in_nor_out(browser: httpx.AsyncClient, address: str) -> None:
    answer = await browser.post(address, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_signing_out_during_a_visit_leaves_nobody_behind(
    browser: httpx.AsyncClient, olga: Actor, cast: Cast
) -> None:
    await enter(browser, olga, cast)
    tokens = [browser.cookies[entry.COOKIE], browser.cookies[entry.OWN_COOKIE]]
    await browser.post("/auth/logout")
    assert [sessions.find_actor(token) for token in tokens] == [None, None]
    assert not {entry.COOKIE, entry.OWN_COOKIE} & set(browser.cookies)


async def test_who_came_after_the_operator_does_not_become_them(
    browser: httpx.AsyncClient, olga: Actor, cast: Cast
) -> None:
    await enter(browser, olga, cast)
    await browser.post("/auth/login", data={"email": cast.clara.email, "password": PASSWORD})
    await browser.post("/auth/support/leave")
    clara = who(browser)
    assert clara is not None
    assert clara.person_id == cast.clara.person_id
    assert entry.OWN_COOKIE not in browser.cookies


async def test_a_key_of_a_suspended_company_is_told_why(olga: Actor, cast: Cast) -> None:
    key = a_key(cast.ana)
    with work_as(olga) as work:
        installation.suspend(work, cast.ana.company_id, "por falta de pagamento")
    async with client(key) as api:
        found = problem(await api.get("/contacts"), 403)
    assert found["type"].endswith(":suspended")
    assert "por falta de pagamento" in found["detail"]


async def test_levels_and_quotas_bite_over_rest(olga: Actor, cast: Cast) -> None:
    key = a_key(cast.ana)
    with work_as(olga) as work:
        installation.set_levels(work, cast.ana.company_id, {"contacts": "limited", "campaigns": "read_only"})
        installation.set_quotas(work, cast.ana.company_id, {"contacts": 1})
    async with client(key) as api:
        assert (await api.post("/contacts", json={"phone": "+5511987654321"})).status_code == 201
        found = problem(await api.post("/contacts", json={"phone": "+5511987654322"}), 409)
        assert found["detail"] == "The company has as many contacts as it may have."
        bulk = {"contacts": [{"phone": "+5511987654321", "name": "Rui"}, {"phone": "+5511987654323"}]}
        brought = (await api.post("/contacts/bulk", json=bulk)).json()
        assert (brought["created"], brought["updated"]) == (0, 1)
        assert [(each["index"], each["message"]) for each in brought["rejected"]] == [(1, found["detail"])]
        problem(await api.post("/campaigns", json={"name": "Campanha", "connection_id": str(olga.company_id)}), 403)
        assert (await api.get("/campaigns")).status_code == 200


async def test_an_api_to_read_only_changes_nothing(olga: Actor, cast: Cast) -> None:
    key = a_key(cast.ana)
    with work_as(olga) as work:
        installation.set_levels(work, cast.ana.company_id, {"api": "read_only"})
    async with client(key) as api:
        problem(await api.post("/contacts", json={"phone": "+5511987654321"}), 403)
        assert (await api.get("/contacts")).status_code == 200
