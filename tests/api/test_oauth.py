"""Signing in through Google and Facebook, and every way of getting in that must not work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from masteria.actions import invites, logins
from masteria.core.work import work_across, work_as
from masteria.enums import Happened, Provider, Role
from masteria.kit.clock import now
from masteria.kit.errors import Conflict
from masteria.models import Activity, Company, Login, Mail, Member, Person, Session
from masteria.providers.base import Begun
from tests.actions.test_recovery import letters, link
from tests.api.strangers import (
    browser,
    choose,
    come,
    go,
    new_email,
    outcome,
    query_of,
    refusal,
    settings_of,
    sign_in,
    somebody,
    who,
)
from tests.cast import PASSWORD, Cast
from tests.stage import SandboxProcess


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--latency", "0")
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def known(sandbox: SandboxProcess, elsewhere: Callable[..., None]) -> Iterator[None]:
    elsewhere(**settings_of(sandbox))
    yield
    sandbox.post("faults", fault="")


@pytest_asyncio.fixture
async def panel() -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as opened:
        yield opened


def person_with(email: str) -> Person | None:
    with work_across() as database:
        return database.exec(select(Person).where(Person.email == email)).first()


def logins_of(person_id: UUID | None) -> list[Login]:
    with work_across() as database:
        return list(database.exec(select(Login).where(Login.person_id == person_id)).all())


def everything() -> tuple[int, ...]:
    """How many people, companies, logins and sessions there are."""
    with work_across() as database:
        return tuple(len(database.exec(select(table.id)).all()) for table in (Person, Company, Login, Session))


def mailed(email: str) -> str:
    """The address in the newest mail to a newcomer."""
    return f"/auth/newcomer?token={link(email)}"


def unverify(actor_id: UUID | None) -> None:
    with work_across() as database:
        database.get_one(Person, actor_id).email_verified_at = None


# who comes in


async def test_somebody_new_gets_a_company_of_their_own(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    email = new_email()
    sub = somebody(sandbox, email=email)
    answer = await come(panel, sub)
    assert (answer.headers["location"], who(panel)) == ("/login/new", None)
    answer = await panel.post("/auth/newcomer", data={"company": "Empresa de Zeca Prado"})
    assert answer.headers["location"] == "/channels"
    actor = who(panel)
    assert actor is not None
    assert (actor.email, actor.role, actor.company_name) == (email, "owner", "Empresa de Zeca Prado")
    assert actor.is_verified
    assert [(row.provider, row.subject) for row in logins_of(actor.person_id)] == [("google", sub)]


async def test_who_came_before_comes_in_by_the_subject_whatever_the_address(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    email = new_email()
    sub = somebody(sandbox, email=email)
    await come(panel, sub)
    await panel.post("/auth/newcomer", data={"company": "Padaria"})
    first = who(panel)
    sandbox.post("logins", sub=sub, name="Zeca", email=cast.ana.email, email_verified=True)
    async with browser() as other:
        answer = await come(other, sub, next="/contacts")
        again = who(other)
    assert answer.headers["location"] == "/contacts"
    assert again is not None
    assert first is not None
    assert (again.person_id, again.email) == (first.person_id, email)


async def test_a_verified_address_on_both_sides_links_and_is_told(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    await come(panel, somebody(sandbox, email=cast.bruno.email.upper()))
    actor = who(panel)
    assert actor is not None
    assert actor.person_id == cast.bruno.person_id
    assert any("Google" in text for _, text in letters(cast.bruno.email))
    with work_as(cast.ana) as work:
        entry = work.session.exec(work.select(Activity).where(Activity.happened == Happened.LOGIN_LINKED)).one()
    assert (entry.actor_name, entry.details["provider"]) == ("Bruno", "google")


async def test_facebook_asks_for_a_proof_of_the_address_first(
    panel: httpx.AsyncClient, sandbox: SandboxProcess
) -> None:
    email, before = new_email(), everything()
    sub = somebody(sandbox, email="conta@facebook.example")
    answer = await come(panel, sub, "facebook")
    assert answer.headers["location"] == "/login/new"
    answer = await panel.post("/auth/newcomer", data={"company": "Padaria", "email": email})
    assert query_of(answer.headers["location"]) == {"sent": email}
    assert (who(panel), everything()) == (None, before)
    answer = await panel.get(mailed(email))
    assert answer.headers["location"] == "/channels"
    actor = who(panel)
    assert actor is not None
    assert (actor.email, actor.is_verified, actor.company_name) == (email, True, "Padaria")


async def test_the_link_of_the_mail_is_worth_nothing_in_another_browser_or_twice(
    panel: httpx.AsyncClient, sandbox: SandboxProcess
) -> None:
    email = new_email()
    await come(panel, somebody(sandbox, email=email, verified=False))
    await panel.post("/auth/newcomer", data={"company": "Padaria", "email": email})
    before = everything()
    async with browser() as other:
        assert refusal(await other.get(mailed(email))) == "login_other_browser"
    assert everything() == before
    kept = dict(panel.cookies)
    await panel.get(mailed(email))
    async with browser() as copied:
        for name in ("masteria-newcomer",):
            copied.cookies.set(name, kept[name])
        assert refusal(await copied.get(mailed(email))) == "login_state"


async def test_no_address_at_all_is_asked_for(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    answer = await come(panel, somebody(sandbox))
    assert answer.headers["location"] == "/login/new"
    answer = await panel.post("/auth/newcomer", data={"company": "Padaria", "email": "nonsense"})
    assert answer.headers["location"] == "/login/new?again=1"


async def test_a_typed_address_of_somebody_here_gets_another_mail_and_no_link(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    await come(panel, somebody(sandbox))
    answer = await panel.post("/auth/newcomer", data={"company": "Padaria", "email": cast.vera.email})
    assert query_of(answer.headers["location"]) == {"sent": cast.vera.email}
    assert "/auth/newcomer" not in letters(cast.vera.email)[-1][1]


async def test_a_closed_installation_takes_nobody_new(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, elsewhere: Callable[..., None]
) -> None:
    elsewhere(MASTERIA_SIGN_UP="closed")
    await come(panel, somebody(sandbox, email=new_email()))
    before = everything()
    assert refusal(await panel.post("/auth/newcomer", data={"company": "Padaria"})) == "sign_up_closed"
    assert everything() == before


async def test_two_tabs_make_one_person(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    email = new_email()
    await come(panel, somebody(sandbox, email=email))
    answers = await asyncio.gather(*(panel.post("/auth/newcomer", data={"company": f"Padaria {n}"}) for n in range(2)))
    assert sorted(answer.headers["location"] for answer in answers) == ["/channels", "/login?again=1"]
    person = person_with(email)
    assert person is not None
    with work_across() as database:
        assert len(database.exec(select(Member).where(Member.person_id == person.id)).all()) == 1


async def test_an_invited_person_comes_into_the_company_that_invited_them(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    email = new_email()
    with work_as(cast.ana) as work:
        token = query_of(invites.create(work, Role.AGENT, email=email).link)["token"]
    await come(panel, somebody(sandbox, email=email), invite=token)
    actor = who(panel)
    assert actor is not None
    assert (actor.company_id, actor.role, actor.email) == (cast.ana.company_id, Role.AGENT, email)


async def test_an_invite_for_another_address_brings_nobody_in(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    with work_as(cast.ana) as work:
        token = query_of(invites.create(work, Role.AGENT, email=new_email()).link)["token"]
    before = everything()
    answer = await come(panel, somebody(sandbox, email=new_email()), invite=token)
    assert refusal(answer) == "invite_of_another"
    assert everything() == before


async def test_an_invited_person_with_an_unproven_address_proves_it_first(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    email = new_email()
    with work_as(cast.ana) as work:
        token = query_of(invites.create(work, Role.VIEWER, email=email).link)["token"]
    await come(panel, somebody(sandbox), "facebook", invite=token)
    await panel.post("/auth/newcomer", data={"email": email})
    assert who(panel) is None
    await panel.get(mailed(email))
    actor = who(panel)
    assert actor is not None
    assert (actor.company_id, actor.role) == (cast.ana.company_id, Role.VIEWER)


# A02: the same address, not proven on one side


@pytest.mark.parametrize("kind", ["google", "facebook"])
async def test_an_unverified_address_opens_nobodys_account(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast, kind: str
) -> None:
    before = everything()
    answer = await come(panel, somebody(sandbox, email=cast.ana.email, verified=False), kind)
    assert refusal(answer) == "login_known_address"
    assert (logins_of(cast.ana.person_id), everything()) == ([], before)


async def test_an_address_that_we_did_not_verify_opens_nothing_either(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    unverify(cast.ana.person_id)
    answer = await come(panel, somebody(sandbox, email=cast.ana.email))
    assert refusal(answer) == "login_known_address"
    assert logins_of(cast.ana.person_id) == []


# A01: state, and what is sealed with it


async def test_without_the_state_nothing_happens(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    back = await choose(await go(panel), somebody(sandbox, email=new_email()))
    before = everything()
    code = query_of(back)["code"]
    assert refusal(await panel.get(f"/auth/callback/google?code={code}")) == "login_state"
    assert everything() == before


@pytest.mark.parametrize("state", ["wrong", "", "é", "a" * 5000])
async def test_a_wrong_state_is_refused_and_ends_the_attempt(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, state: str
) -> None:
    back = await choose(await go(panel), somebody(sandbox, email=new_email()))
    asked = {**query_of(back), "state": state}
    assert refusal(await panel.get("/auth/callback/google", params=asked)) == "login_state"
    assert refusal(await panel.get(back)) == "login_state"


async def test_a_state_works_once(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    dialog, email = await go(panel), new_email()
    sub, cookie = somebody(sandbox, email=email), panel.cookies["masteria-login-google"]
    await panel.get(await choose(dialog, sub))
    panel.cookies.set("masteria-login-google", cookie)
    second = dialog.replace(query_of(dialog)["nonce"], Begun("x").nonce)
    assert refusal(await panel.get(await choose(second, sub))) == "login_state"


async def test_another_browser_cannot_finish(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    back = await choose(await go(panel), somebody(sandbox, email=new_email()))
    async with browser() as other:
        assert refusal(await other.get(back)) == "login_state"
        await go(other)
        assert refusal(await other.get(back)) == "login_state"


async def test_one_providers_attempt_is_none_of_anothers(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    back = await choose(await go(panel, "google"), somebody(sandbox, email=new_email()))
    panel.cookies.set("masteria-login-facebook", panel.cookies["masteria-login-google"])
    assert refusal(await panel.get(back.replace("/callback/google", "/callback/facebook"))) == "login_state"


async def test_an_answer_in_somebody_elses_name_is_refused(panel: httpx.AsyncClient, sandbox: SandboxProcess) -> None:
    back = await choose(await go(panel), somebody(sandbox, email=new_email()))
    asked = {**query_of(back), "iss": "https://accounts.elsewhere.example"}
    assert refusal(await panel.get("/auth/callback/google", params=asked)) == "login_state"


@pytest.mark.parametrize("fault", ["nonce", "no_nonce", "aud", "iss", "exp", "hs256", "none", "key"])
async def test_a_wrong_identity_token_signs_nobody_in(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast, fault: str
) -> None:
    sub, before = somebody(sandbox, email=cast.ana.email), everything()
    sandbox.post("faults", fault=fault)
    assert refusal(await come(panel, sub)) == "login_failed"
    assert everything() == before


async def test_saying_no_is_no_error(panel: httpx.AsyncClient) -> None:
    assert refusal(await come(panel, "")) == "login_denied"


async def test_the_cookie_of_the_attempt_is_sealed_short_and_out_of_reach(panel: httpx.AsyncClient) -> None:
    answer = await panel.get("/auth/login/google")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("masteria-login-google"))
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Max-Age=600"))
    asked = query_of(answer.headers["location"])
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] not in cookie
    assert asked["nonce"] not in cookie
    secure = await panel.get("/auth/login/google", headers={"x-forwarded-proto": "https"})
    assert "Secure" in secure.headers["set-cookie"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_way_on_stays_with_us(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast, target: str
) -> None:
    answer = await come(panel, somebody(sandbox, email=cast.bruno.email), next=target)
    assert answer.headers["location"] == "/campaigns"


@pytest.mark.parametrize("kind", ["github", "GOOGLE", "google%2f..", "x" * 300])
async def test_an_unknown_provider_leads_back(panel: httpx.AsyncClient, kind: str) -> None:
    answer = await panel.get(f"/auth/login/{kind}")
    assert answer.status_code == 404 or refusal(answer) == "login_off"


async def test_a_provider_that_is_not_configured_leads_back(
    panel: httpx.AsyncClient, elsewhere: Callable[..., None]
) -> None:
    elsewhere(GOOGLE_CLIENT_SECRET="")
    assert refusal(await panel.get("/auth/login/google")) == "login_off"
    assert Provider.GOOGLE not in logins.offered()


# from inside a session


async def test_linking_from_inside_needs_no_address(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    await sign_in(panel, cast.ana, PASSWORD)
    sub = somebody(sandbox, email=new_email(), verified=False)
    assert outcome(await come(panel, sub, "facebook", intent="link")) == "linked"
    assert outcome(await come(panel, sub, "facebook", intent="link")) == "linked"
    assert len(logins_of(cast.ana.person_id)) == 1
    async with browser() as other:
        await come(other, sub, "facebook")
        found = who(other)
    assert found is not None
    assert found.person_id == cast.ana.person_id


async def test_one_login_never_belongs_to_two(panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast) -> None:
    sub = somebody(sandbox, email=cast.ana.email)
    await come(panel, sub)
    async with browser() as other:
        await sign_in(other, cast.clara, PASSWORD)
        assert outcome(await come(other, sub, intent="link")) == "login_taken"
    assert logins_of(cast.clara.person_id) == []


async def test_a_second_account_of_the_same_provider_is_refused(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    await sign_in(panel, cast.ana, PASSWORD)
    await come(panel, somebody(sandbox), intent="link")
    assert outcome(await come(panel, somebody(sandbox), intent="link")) == "login_other"
    assert len(logins_of(cast.ana.person_id)) == 1


async def test_who_has_not_confirmed_their_address_links_nothing(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    unverify(cast.ana.person_id)
    await sign_in(panel, cast.ana, PASSWORD)
    assert outcome(await come(panel, somebody(sandbox), intent="link")) == "login_unverified"


async def test_linking_wants_a_session_a_page_of_ours_and_a_recent_proof(panel: httpx.AsyncClient, cast: Cast) -> None:
    ours, theirs = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}
    assert (await panel.get("/auth/login/google?intent=link", headers=ours)).status_code == 403
    await sign_in(panel, cast.ana, PASSWORD)
    assert (await panel.get("/auth/login/google?intent=link", headers=theirs)).status_code == 403
    age(cast)
    assert outcome(await panel.get("/auth/login/google?intent=link", headers=ours)) == "prove_again"


async def test_a_link_begun_in_one_session_is_not_finished_in_another(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    await sign_in(panel, cast.ana, PASSWORD)
    back = await choose(await go(panel, intent="link"), somebody(sandbox))
    await sign_in(panel, cast.clara, PASSWORD)
    assert outcome(await panel.get(back)) == "login_state"
    assert logins_of(cast.clara.person_id) == []


async def test_a_login_proves_who_is_there_only_if_it_is_theirs(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    sub = somebody(sandbox, email=cast.ana.email)
    await come(panel, sub)
    age(cast)
    assert outcome(await come(panel, somebody(sandbox), intent="prove")) == "login_not_you"
    stale = who(panel)
    assert stale is not None
    assert not stale.is_proven(now())
    answer = await come(panel, sub, intent="prove", next="/settings/keys")
    proven = who(panel)
    assert answer.headers["location"] == "/settings/keys"
    assert proven is not None
    assert proven.is_proven(now())


async def test_the_last_way_in_cannot_be_unlinked(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, cast: Cast
) -> None:
    await come(panel, somebody(sandbox, email=new_email()))
    await panel.post("/auth/newcomer", data={"company": "Padaria"})
    actor = who(panel)
    assert actor is not None
    with pytest.raises(Conflict, match="login_last"):
        logins.unlink(actor, Provider.GOOGLE)
    await panel.get("/auth/logout")
    async with browser() as other:
        await sign_in(other, cast.ana, PASSWORD)
        await come(other, somebody(sandbox), intent="link")
        ana = who(other)
    assert ana is not None
    logins.unlink(ana, Provider.GOOGLE)
    assert logins_of(cast.ana.person_id) == []


async def test_no_mail_and_no_log_holds_the_secret(
    panel: httpx.AsyncClient, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.post("faults", fault="aud")
    await come(panel, somebody(sandbox, email=new_email()))
    assert "sandbox-secret" not in caplog.text
    assert "refused" in caplog.text
    with work_across() as database:
        assert all(b"sandbox-secret" not in row.body for row in database.exec(select(Mail)).all())


def age(cast: Cast) -> None:
    """Ana's sessions were proven a long time ago."""
    with work_across() as database:
        for session in database.exec(select(Session).where(Session.person_id == cast.ana.person_id)):
            session.proven_at = session.created_at.replace(year=session.created_at.year - 1)
