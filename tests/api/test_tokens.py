"""Tokens for people's programs: by password, renewed once each, over when they should be."""

from __future__ import annotations

import asyncio
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pyotp.totp import TOTP
from sqlmodel import select

from masteria.actions import second_steps, tokens
from masteria.core import attempts, bearer
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Feature, Happened, Level, Role
from masteria.flows import upkeep
from masteria.kit.clock import now
from masteria.kit.errors import Conflict
from masteria.kit.sealing import digest
from masteria.models import Activity, Company, CompanyFeature, Member, Person, RefreshToken
from tests.api.api import client, fields, problem
from tests.cast import PASSWORD, Cast

HOME = ""


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test comes from an address of its own: wrong tries are counted by address too."""
    monkeypatch.setattr(sys.modules[__name__], "HOME", f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}")


def caller() -> tokens.Caller:
    return tokens.Caller(HOME, "test")


async def asked(body: dict[str, Any], path: str = "/auth/token") -> httpx.Response:
    async with client(host=HOME) as api:
        return await api.post(path, json=body)


def signing_in(actor: Actor, **more: str) -> dict[str, str]:
    return {"email": actor.email, "password": PASSWORD, **more}


async def a_pair(actor: Actor) -> dict[str, Any]:
    answer = await asked(signing_in(actor))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def status(token: str, path: str = "/me", method: str = "GET", **body: Any) -> int:
    async with client(token) as api:
        return (await api.request(method, path, **({"json": body} if body else {}))).status_code


def told(actor: Actor, happened: Happened) -> list[Activity]:
    with work_as(actor) as work:
        return list(work.session.exec(work.select(Activity).where(Activity.happened == happened)))  # pyright: ignore


def changed(row: type[Any], where: Any, **values: Any) -> None:
    with work_across() as database:
        found = database.exec(select(row).where(where)).one()
        for name, value in values.items():
            setattr(found, name, value)


async def test_a_person_gets_a_pair_and_is_who_they_are(cast: Cast) -> None:
    pair = await a_pair(cast.bruno)
    assert pair.keys() == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert (pair["expires_in"], pair["token_type"]) == (900, "Bearer")
    async with client(pair["access_token"]) as api:
        me = (await api.get("/me")).json()
    assert (me["user"]["email"], me["role"], me["api_key"]) == (cast.bruno.email, "agent", None)
    assert "contacts:write" in me["scopes"]
    assert "admin" not in me["scopes"]


async def test_both_addresses_are_one(cast: Cast) -> None:
    async with client() as api:
        short = await api.post("http://testserver/auth/token", json=signing_in(cast.ana))
        problem(
            await api.post("http://testserver/auth/token", json=signing_in(cast.ana, password="errada-de-todo")), 401
        )
        over = await api.post("http://testserver/auth/revoke", json={"refresh_token": short.json()["refresh_token"]})
        assert (await api.get("http://testserver/auth/token")).status_code == 405
    assert (short.status_code, over.status_code) == (200, 204)
    assert short.headers["cache-control"] == "no-store"


async def test_wrong_and_unknown_are_answered_alike(cast: Cast) -> None:
    wrong = problem(await asked(signing_in(cast.ana, password="errada-de-todo")), 401)
    unknown = problem(await asked({"email": "ninguem@exemplo.com", "password": PASSWORD}), 401)
    assert {**wrong, "request_id": ""} == {**unknown, "request_id": ""}
    assert (wrong["type"], wrong["status"]) == ("urn:masteria:problem:wrong", 401)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["email"]),
        ({"email": "ana@exemplo.com"}, ["password"]),
        ({"email": "a@b.co", "password": "x", "refresh_token": "mr_x"}, ["refresh_token"]),
        ({"email": "a@b.co", "password": "x", "role": "owner"}, ["role"]),
    ],
)
async def test_what_is_missing_or_too_much_is_named(body: dict[str, str], named: list[str]) -> None:
    assert fields(await asked(body)) == named


async def test_a06_twenty_wrong_passwords_are_stopped_after_five(cast: Cast) -> None:
    answers = [(await asked(signing_in(cast.ana, password=f"errada-{n:04d}"))).status_code for n in range(20)]
    assert answers == [401] * 5 + [429] * 15
    refused = await asked(signing_in(cast.ana))
    assert 1 <= int(refused.headers["retry-after"]) <= attempts.QUARTER
    problem(refused, 429)
    entries = told(cast.ana, Happened.SIGN_IN_REFUSED)
    assert len(entries) == 5
    assert {entry.ip for entry in entries} == {HOME}


async def test_being_right_in_between_forgives(cast: Cast) -> None:
    for _ in range(3):
        for _ in range(3):
            problem(await asked(signing_in(cast.ana, password="errada-de-todo")), 401)
        assert (await asked(signing_in(cast.ana))).status_code == 200


async def test_refresh_tokens_work_once_each(cast: Cast) -> None:
    first = await a_pair(cast.ana)
    second = (await asked({"refresh_token": first["refresh_token"]})).json()
    third = (await asked({"refresh_token": second["refresh_token"]})).json()
    assert len({pair["refresh_token"] for pair in (first, second, third)}) == 3
    assert [await status(pair["access_token"]) for pair in (first, second, third)] == [200, 200, 200]


async def test_a_used_refresh_token_ends_its_whole_family(cast: Cast) -> None:
    other, first = await a_pair(cast.ana), await a_pair(cast.ana)
    second = (await asked({"refresh_token": first["refresh_token"]})).json()
    stolen = problem(await asked({"refresh_token": first["refresh_token"]}), 401)
    assert stolen["type"] == "urn:masteria:problem:refresh_reused"
    problem(await asked({"refresh_token": second["refresh_token"]}), 401)
    assert [await status(pair["access_token"]) for pair in (first, second, other)] == [401, 401, 200]
    (ended,) = told(cast.ana, Happened.SESSION_ENDED)
    assert (ended.details["reason"], ended.actor_name) == ("refresh_reused", "Ana")
    assert [entry.details["reason"] for entry in told(cast.ana, Happened.DOOR_REFUSED)] == ["refresh_reused"]


async def test_of_two_requests_at_once_one_gets_the_pair_and_the_family_lives(cast: Cast) -> None:
    first = await a_pair(cast.ana)
    async with client(host=HOME) as api:
        for _ in range(5):
            body = {"refresh_token": first["refresh_token"]}
            answers = await asyncio.gather(*[api.post("/auth/token", json=body) for _ in range(6)])
            (first,) = [a.json() for a in answers if a.status_code == 200]
            assert {a.status_code for a in answers} == {200, 409}
            assert await status(first["access_token"]) == 200


def test_no_token_outlives_a_family_that_ends_while_it_is_made(cast: Cast) -> None:
    """The newest is renewed while the oldest comes back, many times: afterwards nothing of the family is open."""
    for _ in range(8):
        first = tokens.sign_in(cast.ana.email, PASSWORD, caller())
        second = tokens.refresh(first.refresh_token, caller())
        with ThreadPoolExecutor(4) as pool:
            for token in (second.refresh_token, first.refresh_token, first.refresh_token):
                pool.submit(tokens.refresh, token, caller())
        assert tokens.find_token_actor(second.access_token) is None
        assert living(first.refresh_token) == []


def living(refresh_token: str) -> list[RefreshToken]:
    with work_across() as database:
        one = database.exec(select(RefreshToken).where(RefreshToken.token_hash == digest(refresh_token))).one()
        rows = database.exec(select(RefreshToken).where(RefreshToken.family == one.family)).all()
        return [row for row in rows if row.revoked_at is None]


async def test_revoking_ends_the_sign_in_and_says_nothing_of_unknown_ones(cast: Cast) -> None:
    pair = await a_pair(cast.ana)
    for token in (pair["refresh_token"], pair["refresh_token"], "mr_unknown"):
        assert (await asked({"refresh_token": token}, "/auth/revoke")).status_code == 204
    assert await status(pair["access_token"]) == 401
    assert problem(await asked({"refresh_token": pair["refresh_token"]}), 401)["type"].endswith("refresh_over")
    assert len(told(cast.ana, Happened.SESSION_ENDED)) == 1


async def test_a_changed_role_counts_from_the_next_request(cast: Cast) -> None:
    pair = await a_pair(cast.bruno)
    assert await status(pair["access_token"], "/contacts", "POST", phone="+5511987654321") == 201
    changed(Member, Member.person_id == cast.bruno.person_id, role=Role.VIEWER)
    assert await status(pair["access_token"], "/contacts", "POST", phone="+5511987654322") == 403


async def test_who_is_removed_or_whose_company_is_suspended_is_out_at_once(cast: Cast) -> None:
    bruno, ana = await a_pair(cast.bruno), await a_pair(cast.ana)
    with work_across() as database:
        database.delete(database.exec(select(Member).where(Member.person_id == cast.bruno.person_id)).one())
    assert [await status(pair["access_token"]) for pair in (bruno, ana)] == [401, 200]
    problem(await asked({"refresh_token": bruno["refresh_token"]}), 401)
    changed(Company, Company.id == cast.ana.company_id, suspended_at=now(), suspended_reason="Fatura em aberto")
    assert await status(ana["access_token"]) == 401
    problem(await asked({"refresh_token": ana["refresh_token"]}), 401)
    assert problem(await asked(signing_in(cast.ana)), 401)["type"].endswith("company_suspended")


async def test_a_refresh_token_ages(cast: Cast) -> None:
    idle, kept = await a_pair(cast.ana), await a_pair(cast.ana)
    changed(RefreshToken, RefreshToken.token_hash == digest(idle["refresh_token"]), expires_at=now())
    problem(await asked({"refresh_token": idle["refresh_token"]}), 401)
    long_ago = now() - timedelta(days=tokens.LONGEST_DAYS - 1)
    changed(RefreshToken, RefreshToken.token_hash == digest(kept["refresh_token"]), created_at=long_ago)
    new = (await asked({"refresh_token": kept["refresh_token"]})).json()
    with work_across() as database:
        query = select(RefreshToken).where(RefreshToken.token_hash == digest(new["refresh_token"]))
        assert database.exec(query).one().expires_at == long_ago + timedelta(days=tokens.LONGEST_DAYS)


async def test_of_several_companies_one_is_named(cast: Cast) -> None:
    with work_across() as database:
        boreal = database.get_one(Company, cast.clara.company_id)
        database.add(Member(company_id=boreal.id, person_id=cast.ana.person_id, role=Role.VIEWER))  # pyright: ignore
    there = (await asked(signing_in(cast.ana, company=boreal.slug))).json()
    async with client(there["access_token"]) as api:
        me = (await api.get("/me")).json()
    assert (me["company"]["name"], me["role"]) == ("Boreal", "viewer")
    assert problem(await asked(signing_in(cast.ana, company="outra")), 401)["type"].endswith("company_unknown")
    assert problem(await asked(signing_in(cast.bruno, company=boreal.slug)), 401)["type"].endswith("company_unknown")


async def test_a_company_that_wants_two_steps_gives_no_token_for_one(cast: Cast) -> None:
    changed(Company, Company.id == cast.ana.company_id, requires_second_step=True)
    assert problem(await asked(signing_in(cast.ana)), 401)["type"].endswith("second_step_required")


async def test_with_the_second_step_on_a_code_is_needed_and_works_once(cast: Cast) -> None:
    secret = second_steps.offer(cast.ana.person_id).secret  # pyright: ignore
    backup = second_steps.confirm(cast.ana.person_id, TOTP(secret).at(now() - timedelta(seconds=30)))[0]  # pyright: ignore
    code = TOTP(secret).at(now())
    assert problem(await asked(signing_in(cast.ana)), 401)["type"].endswith("totp_missing")
    assert problem(await asked(signing_in(cast.ana, totp="12345")), 401)["type"].endswith("totp_wrong")
    assert problem(await asked(signing_in(cast.ana, password="errada-de-todo", totp=code)), 401)["type"].endswith(
        "wrong"
    )
    answers = [await asked(signing_in(cast.ana, totp=totp)) for totp in (code, code, backup, backup)]
    assert [answer.status_code for answer in answers] == [200, 401, 200, 401]


async def test_codes_cannot_be_guessed(cast: Cast) -> None:
    secret = second_steps.offer(cast.ana.person_id).secret  # pyright: ignore
    second_steps.confirm(cast.ana.person_id, TOTP(secret).at(now() - timedelta(seconds=30)))  # pyright: ignore
    answers = [(await asked(signing_in(cast.ana, totp=f"{n:06d}"))).status_code for n in range(12)]
    assert set(answers) == {401, 429}
    assert answers.index(429) <= 10


async def test_where_the_api_only_reads_a_token_changes_nothing(cast: Cast) -> None:
    pair = await a_pair(cast.ana)
    with work_across() as database:
        database.add(CompanyFeature(company_id=cast.ana.company_id, feature=Feature.API, level=Level.READ_ONLY))
    assert await status(pair["access_token"], "/contacts") == 200
    assert await status(pair["access_token"], "/contacts", "POST", phone="+5511987654321") == 403


async def test_an_operators_token_does_not_run_the_installation(cast: Cast) -> None:
    changed(Person, Person.id == cast.ana.person_id, is_operator=True)
    actor = tokens.find_token_actor((await a_pair(cast.ana))["access_token"])
    assert actor is not None
    assert "installation" not in actor.permissions
    assert actor.proven_at is not None


async def test_a_token_of_a_family_that_never_was_opens_nothing(cast: Cast) -> None:
    pair = await a_pair(cast.ana)
    found = bearer.read(pair["access_token"])
    assert found is not None
    forged = bearer.write(bearer.Bearer(cast.clara.person_id, found.company_id, found.family, now()))  # pyright: ignore
    assert await status(forged) == 401


def test_a_race_is_told_apart_from_a_copy(cast: Cast) -> None:
    first = tokens.sign_in(cast.ana.email, PASSWORD, caller())
    tokens.refresh(first.refresh_token, caller())
    changed(RefreshToken, RefreshToken.token_hash == digest(first.refresh_token), used_at=now() + timedelta(seconds=9))
    with pytest.raises(Conflict, match="refresh_raced"):
        tokens.refresh(first.refresh_token, caller())
    assert len(living(first.refresh_token)) == 2


async def test_old_families_are_forgotten(cast: Cast) -> None:
    old, kept = await a_pair(cast.ana), await a_pair(cast.ana)
    hashes = [digest(pair["refresh_token"]) for pair in (old, kept)]
    changed(RefreshToken, RefreshToken.token_hash == hashes[0], expires_at=now() - timedelta(days=31))
    upkeep.tidy()
    with work_across() as database:
        query = select(RefreshToken.token_hash).where(RefreshToken.token_hash.in_(hashes))  # pyright: ignore
        assert database.exec(query).all() == hashes[1:]
