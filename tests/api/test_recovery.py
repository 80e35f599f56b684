"""The forms around the sign-in as a browser meets them: the same answer for everybody, links used once, other sites."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from masteria.actions import credentials, sessions
from masteria.api import auth, entry, recovery
from masteria.config import settings
from masteria.core import forms
from tests.actions.test_recovery import letters, link
from tests.cast import PASSWORD, Cast

FRESH = "outra frase bem comprida"


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    ip = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    app = Starlette(routes=[*auth.routes, *recovery.routes])
    transport = httpx.ASGITransport(app=app, client=(ip, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://panel") as client:
        yield client


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every argon2 that is done, hashing or checking; they are done for real."""
    hasher, seen = credentials._hasher(), []

    def counted(name: str) -> None:
        real = getattr(hasher, name)
        monkeypatch.setattr(hasher, name, lambda *args, **kwargs: (seen.append(name), real(*args, **kwargs))[1])

    counted("hash")
    counted("verify_and_update")
    credentials._nobodys_hash()
    seen.clear()
    return seen


def signing_up(email: str) -> dict[str, str]:
    return {"company": "Padaria", "name": "Rui", "email": email, "password": PASSWORD, "language": "en"}


def unknown() -> str:
    return f"rui-{secrets.token_hex(4)}@exemplo.com"


def refusal(answer: httpx.Response) -> forms.Refused:
    found = forms.read(answer.cookies[forms.COOKIE])
    assert found is not None
    return found


def seen_of(answer: httpx.Response) -> tuple[int, str, bytes, list[str]]:
    return answer.status_code, answer.headers["location"], answer.content, answer.headers.get_list("set-cookie")


async def test_signing_up_does_not_tell_who_is_known(browser: httpx.AsyncClient, cast: Cast, hashes: list[str]) -> None:
    fresh, answers, work = unknown(), [], []
    for email in (fresh, cast.ana.email):
        hashes.clear()
        answers.append(seen_of(await browser.post("/auth/signup", data=signing_up(email))))
        work.append(list(hashes))
    assert answers[0] == answers[1] == (303, "/signup?sent=1", b"", [])
    assert work == [["hash"], ["hash"]]
    assert letters(fresh)[0][0] == "Confirm your e-mail"
    assert letters(cast.ana.email)[0][0] == "Você já tem uma conta"


async def test_a_forgotten_password_does_not_tell_who_is_known(browser: httpx.AsyncClient, cast: Cast) -> None:
    answers = [seen_of(await browser.post("/auth/forgot", data={"email": e})) for e in (unknown(), cast.ana.email)]
    assert answers[0] == answers[1] == (303, "/forgot?sent=1", b"", [])
    assert len(letters(cast.ana.email)) == 1


async def test_signing_in_does_not_tell_who_is_known(browser: httpx.AsyncClient, cast: Cast, hashes: list[str]) -> None:
    answers, work = [], []
    for email in (unknown(), cast.ana.email):
        hashes.clear()
        answer = await browser.post("/auth/login", data={"email": email, "password": "errada-errada"})
        answers.append((answer.status_code, answer.headers["location"], refusal(answer).reason))
        work.append(list(hashes))
    assert answers[0] == answers[1] == (303, "/login?again=1", "wrong")
    assert work == [["verify_and_update"], ["verify_and_update"]]


async def test_the_link_confirms_the_address_and_signs_in(browser: httpx.AsyncClient) -> None:
    email = unknown()
    await browser.post("/auth/signup", data=signing_up(email))
    answer = await browser.post("/auth/verify", data={"token": link(email), "password": "errada-errada"})
    assert (refusal(answer).field, refusal(answer).reason) == ("password", "wrong_password")
    answer = await browser.post("/auth/verify", data={"token": link(email), "password": PASSWORD})
    actor = sessions.find_actor(answer.cookies[entry.COOKIE])
    assert actor is not None
    assert actor.is_verified
    assert actor.language == "en"


async def test_a_reset_link_works_once(browser: httpx.AsyncClient, cast: Cast) -> None:
    await browser.post("/auth/forgot", data={"email": cast.ana.email})
    token = link(cast.ana.email)
    refused = refusal(await browser.post("/auth/reset", data={"token": token, "password": "senha123456"}))
    assert (refused.field, refused.reason, refused.typed) == ("password", "too_common", {})
    answer = await browser.post("/auth/reset", data={"token": token, "password": FRESH})
    assert answer.headers["location"] == "/login?done=reset"
    assert entry.COOKIE not in answer.cookies
    assert refusal(await browser.post("/auth/reset", data={"token": token, "password": FRESH})).reason == "link_used"
    sessions.check_password(cast.ana.email, FRESH)


@pytest.mark.parametrize("path", ["/auth/reset", "/auth/verify"])
async def test_a_made_up_link_opens_nothing(browser: httpx.AsyncClient, path: str) -> None:
    for token in ("", "made-up", "x" * 5000, "☃"):
        answer = await browser.post(path, data={"token": token, "password": FRESH})
        assert refusal(answer).reason == "link_wrong"


async def test_companies_are_made_ten_an_hour_and_letters_five(browser: httpx.AsyncClient, cast: Cast) -> None:
    answers = [await browser.post("/auth/signup", data=signing_up(unknown()) | {"password": "x"}) for _ in range(11)]
    assert [a.status_code for a in answers] == [303] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
    answers = [await browser.post("/auth/forgot", data={"email": cast.vera.email}) for _ in range(6)]
    assert [a.status_code for a in answers] == [303] * 5 + [429]
    assert len(letters(cast.vera.email)) == 5


@pytest.mark.parametrize("path", sorted(route.path for route in (*auth.routes, *recovery.routes) if route.path != "/"))
async def test_no_form_can_be_sent_by_another_site(browser: httpx.AsyncClient, cast: Cast, path: str) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = await browser.post(path, data=signing_up(cast.ana.email), headers=headers)
        assert answer.status_code == 403
        assert not answer.cookies
    assert letters(cast.ana.email) == []


async def test_a_closed_installation_makes_no_companies(
    browser: httpx.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "MASTERIA_SIGN_UP", "closed")
    settings.cache_clear()
    try:
        email = unknown()
        assert refusal(await browser.post("/auth/signup", data=signing_up(email))).reason == "sign_up_closed"
        assert letters(email) == []
    finally:
        monkeypatch.undo()
        settings.cache_clear()


async def test_the_reader_goes_on_in_another_company(browser: httpx.AsyncClient, cast: Cast) -> None:
    token = sessions.sign_in(cast.ana.email, PASSWORD)
    browser.cookies.set(entry.COOKIE, token)
    answer = await browser.post("/auth/company", data={"company_id": str(cast.clara.company_id)})
    assert entry.COOKIE not in answer.cookies
    answer = await browser.post("/auth/company", data={"company_id": str(cast.ana.company_id)})
    fresh = answer.cookies[entry.COOKIE]
    assert fresh != token
    assert (sessions.find_actor(token), sessions.find_actor(fresh) is not None) == (None, True)


async def test_letters_carry_links_of_ours_only(browser: httpx.AsyncClient, cast: Cast) -> None:
    evil = {"company": "https://evil.example", "name": "Clique em https://evil.example"}
    email = unknown()
    for address in (email, cast.ana.email):
        await browser.post("/auth/signup", data=signing_up(address) | evil)
    found = [re.findall(r"https?://[^/\s]+", text) for _, text in (*letters(email), *letters(cast.ana.email))]
    assert {site for sites in found for site in sites} == {settings().public_url}
