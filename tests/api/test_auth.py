"""Sign-in, first run and sign-out as a browser meets them: cookies, refusals, other sites, the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from masteria.actions import accounts, sessions
from masteria.api import auth, entry
from masteria.core import forms
from tests.cast import PASSWORD, Cast


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Starlette(routes=auth.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://panel") as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await browser.post("/auth/login", data={"email": email, "password": password, **more})


def refusal(answer: httpx.Response) -> forms.Refused:
    found = forms.read(answer.cookies[forms.COOKIE])
    assert found is not None
    return found


async def test_the_right_password_opens_a_session(browser: httpx.AsyncClient, cast: Cast) -> None:
    answer = await sign_in(browser, cast.ana.email)
    assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(entry.COOKIE))
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/"))
    actor = sessions.find_actor(answer.cookies[entry.COOKIE])
    assert actor is not None
    assert actor.person_id == cast.ana.person_id


async def test_over_https_the_cookie_is_bound_to_the_host(browser: httpx.AsyncClient, cast: Cast) -> None:
    answer = await browser.post(
        "/auth/login", data={"email": cast.ana.email, "password": PASSWORD}, headers={"x-forwarded-proto": "https"}
    )
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(entry.SECURE_COOKIE))
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie


async def test_a_wrong_password_keeps_what_was_typed_but_never_the_password(
    browser: httpx.AsyncClient, cast: Cast
) -> None:
    answer = await sign_in(browser, cast.ana.email, "errada-errada")
    assert answer.headers["location"] == "/login?again=1"
    refused = refusal(answer)
    assert (refused.reason, refused.typed["email"]) == ("wrong", cast.ana.email)
    assert "errada" not in repr(refused)
    assert entry.COOKIE not in answer.cookies


async def test_an_unknown_address_gets_the_same_answer(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, "ninguem@exemplo.com")
    assert refusal(answer).reason == "wrong"


async def test_the_sixth_try_after_five_wrong_ones_is_told_to_wait(browser: httpx.AsyncClient, cast: Cast) -> None:
    for _ in range(5):
        assert (await sign_in(browser, cast.bruno.email, "errada-errada")).status_code == 303
    answer = await sign_in(browser, cast.bruno.email)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert (refusal(answer).reason, refusal(answer).limit) == ("slow", 15)
    assert entry.COOKIE not in answer.cookies
    assert (await sign_in(browser, cast.vera.email)).cookies.get(entry.COOKIE)


async def test_the_right_password_clears_the_count(browser: httpx.AsyncClient, cast: Cast) -> None:
    for _ in range(2):
        for _ in range(4):
            await sign_in(browser, cast.vera.email, "errada-errada")
        assert (await sign_in(browser, cast.vera.email)).cookies.get(entry.COOKIE)


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
)
async def test_another_site_is_refused(browser: httpx.AsyncClient, cast: Cast, headers: dict[str, str]) -> None:
    for path in ("/auth/login", "/auth/setup", "/auth/logout"):
        answer = await browser.post(path, data={"email": cast.ana.email, "password": PASSWORD}, headers=headers)
        assert answer.status_code == 403
        assert not answer.cookies


async def test_signing_out_ends_the_session(browser: httpx.AsyncClient, cast: Cast) -> None:
    token = (await sign_in(browser, cast.ana.email)).cookies[entry.COOKIE]
    browser.cookies.clear()
    answer = await browser.post("/auth/logout", headers={"cookie": f"{entry.COOKIE}={token}"})
    assert answer.headers["location"] == "/login"
    assert sessions.find_actor(token) is None


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/contacts?q=ana", "/contacts?q=ana"),
        ("https://evil.example/", "/campaigns"),
        ("//evil.example", "/campaigns"),
        ("/\\evil.example", "/campaigns"),
        ("/login", "/campaigns"),
        ("/x\r\nset-cookie: a=b", "/campaigns"),
        ("", "/campaigns"),
    ],
)
def test_the_way_back_stays_with_us(target: str, goes_to: str) -> None:
    assert entry.local_path(target) == goes_to


async def test_the_first_run_needs_the_link_of_the_console(browser: httpx.AsyncClient) -> None:
    typed = {"company": "Aurora", "name": "Ana", "email": "ana@exemplo.com", "password": PASSWORD}
    answer = await browser.post("/auth/setup", data={**typed, "token": "guessed"})
    refused = refusal(answer)
    assert (refused.form, refused.reason) == ("setup", "link_wrong")
    assert refused.typed == {"company": "Aurora", "name": "Ana", "email": "ana@exemplo.com"}


async def test_a_second_company_does_not_come_from_the_first_run_page(browser: httpx.AsyncClient, cast: Cast) -> None:
    typed = {"company": "Outra", "name": "Rui", "email": "rui@exemplo.com", "password": PASSWORD}
    answer = await browser.post("/auth/setup", data={**typed, "token": accounts.setup_token()})
    assert answer.headers["location"] == "/login?again=1"
    assert refusal(answer).reason == "done"


async def test_the_start_leads_to_work_or_to_the_sign_in(browser: httpx.AsyncClient, cast: Cast) -> None:
    assert (await browser.get("/")).headers["location"] == "/login"
    await sign_in(browser, cast.ana.email)
    assert (await browser.get("/")).headers["location"] == "/campaigns"


@pytest.mark.parametrize("value", ["", "x", "e30", "bnVsbA", "W10", "{}", "a" * 5000])
def test_a_forged_form_cookie_is_nothing(value: str) -> None:
    assert forms.read(value) is None
