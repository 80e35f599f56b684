"""The form of an invite, posted as a browser does."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from masteria.actions import invites, sessions
from masteria.api import app as api
from masteria.core import forms
from masteria.core.work import work_as
from masteria.enums import Role
from tests.api.api import PLENTY
from tests.cast import PASSWORD, Cast


def browser(actor_email: str = "", **headers: str) -> httpx.AsyncClient:
    cookie = {"cookie": f"masteria_session={sessions.sign_in(actor_email, PASSWORD)}"} if actor_email else {}
    transport = httpx.ASGITransport(api.build(PLENTY), client=("127.0.0.1", 4711))
    ours = {"sec-fetch-site": "same-origin", **headers, **cookie}
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=ours)


def a_token(cast: Cast, email: str = "") -> str:
    with work_as(cast.ana) as work:
        return parse_qs(urlsplit(invites.create(work, Role.AGENT, email=email).link).query)["token"][0]


def newcomer(cast: Cast, token: str) -> dict[str, str]:
    email = f"rita-{cast.ana.company_id.hex[-12:]}@exemplo.com"
    return {"token": token, "name": "Rita Lee", "email": email, "password": PASSWORD, "language": "en"}


def who(answer: httpx.Response) -> sessions.Actor | None:
    return sessions.find_actor(answer.cookies.get("masteria_session", ""))


def refused(answer: httpx.Response) -> forms.Refused | None:
    return forms.read(answer.cookies.get(forms.COOKIE, ""))


async def test_somebody_new_is_signed_in_as_what_the_invite_said(cast: Cast) -> None:
    async with browser() as page:
        answer = await page.post("/auth/invite", data=newcomer(cast, a_token(cast)))
    rita = who(answer)
    assert rita is not None
    assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns")
    assert (rita.company_id, rita.role, rita.name, rita.language) == (
        cast.ana.company_id,
        Role.AGENT,
        "Rita Lee",
        "en",
    )


async def test_who_is_signed_in_goes_on_in_the_new_company(cast: Cast) -> None:
    token = a_token(cast)
    async with browser(cast.clara.email) as page:
        answer = await page.post("/auth/invite", data={"token": token})
        again = await page.post("/auth/invite", data={"token": token})
    clara = who(answer)
    assert clara is not None
    assert (clara.company_id, clara.person_id) == (cast.ana.company_id, cast.clara.person_id)
    assert again.headers["location"].startswith("/login") or "again=1" in again.headers["location"]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"password": "curta"}, "password", "too_short"),
        ({"email": "x"}, "email", "not_an_email"),
        ({"name": ""}, "name", "too_short"),
        ({"token": "what-nobody-made"}, "", "invite_unknown"),
    ],
)
async def test_a_refused_form_says_why_and_keeps_what_was_typed(
    cast: Cast, change: dict[str, str], field: str, reason: str
) -> None:
    form = newcomer(cast, a_token(cast)) | change
    async with browser() as page:
        answer = await page.post("/auth/invite", data=form)
    told = refused(answer)
    assert told is not None
    assert (told.form, told.field, told.reason) == ("invite", field, reason)
    assert told.typed == {"name": form["name"], "email": form["email"]}
    assert who(answer) is None


async def test_who_has_an_account_is_told_to_sign_in(cast: Cast) -> None:
    form = newcomer(cast, a_token(cast)) | {"email": cast.clara.email}
    async with browser() as page:
        told = refused(await page.post("/auth/invite", data=form))
    assert told is not None
    assert (told.field, told.reason) == ("email", "has_account")


async def test_another_site_brings_nobody_in(cast: Cast) -> None:
    token = a_token(cast)
    async with browser(cast.clara.email, **{"sec-fetch-site": "cross-site"}) as page:
        assert (await page.post("/auth/invite", data={"token": token})).status_code == 403
    offer = invites.look(token)
    assert offer is not None
    assert offer.state == "open"
