"""Being signed in: new devices are told, ended sessions are over, and each company of a person has its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import select

from masteria.actions import devices, sessions
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Role
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.sealing import digest
from masteria.models import Activity, Company, Member, Person, Session
from tests.actions.test_recovery import letters
from tests.cast import PASSWORD, Cast

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


def signed_in(actor: Actor, user_agent: str = "") -> tuple[str, Actor]:
    token = sessions.sign_in(actor.email, PASSWORD, ip="10.0.0.1", user_agent=user_agent)
    found = sessions.find_actor(token)
    assert found is not None
    return token, found


def in_boreal(cast: Cast) -> None:
    """Ana works for Clara's company as well."""
    with work_across() as database:
        database.add(Member(company_id=cast.clara.company_id, person_id=cast.ana.person_id, role=Role.AGENT))  # pyright: ignore[reportArgumentType]


def change(token: str, **values: object) -> None:
    with work_across() as database:
        row = database.exec(select(Session).where(Session.token_hash == digest(token))).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_the_password_alone_lets_nobody_in(cast: Cast) -> None:
    assert sessions.check_password(cast.ana.email, PASSWORD).person_id == cast.ana.person_id
    with work_across() as database:
        assert database.exec(select(Session).where(Session.person_id == cast.ana.person_id)).all() == []


def test_a_new_device_is_told_and_a_known_one_is_not(cast: Cast) -> None:
    signed_in(cast.ana, CHROME)
    signed_in(cast.ana, CHROME.replace("141", "142"))
    assert letters(cast.ana.email) == []
    signed_in(cast.ana, SAFARI)
    ((subject, text),) = letters(cast.ana.email)
    assert "aparelho novo" in subject
    assert "Safari · iPhone" in text
    assert "10.0.0.1" in text


@pytest.mark.parametrize(
    "value",
    [{"last_seen_at": timedelta(days=-3, minutes=-1)}, {"expires_at": timedelta(minutes=-1)}],
    ids=["idle for three days", "two weeks old"],
)
def test_a_session_ends_by_itself(cast: Cast, value: dict[str, timedelta]) -> None:
    token, actor = signed_in(cast.ana)
    change(token, **{name: now() + delta for name, delta in value.items()})
    assert sessions.find_actor(token) is None
    assert devices.list_devices(actor) == []


def test_the_devices_are_mine_and_this_one_is_marked(cast: Cast) -> None:
    signed_in(cast.ana, SAFARI)
    _, here = signed_in(cast.ana, CHROME)
    signed_in(cast.clara, CHROME)
    found = devices.list_devices(here)
    assert [(d.browser, d.system, d.is_this) for d in found] == [
        ("Chrome", "Windows", True),
        ("Safari", "iPhone", False),
    ]


def test_one_device_can_be_signed_out_and_nobody_elses(cast: Cast) -> None:
    there, other = signed_in(cast.ana, SAFARI)
    _, here = signed_in(cast.ana, CHROME)
    with pytest.raises(NotFound):
        devices.end_one(signed_in(cast.clara)[1], other.session_id)  # pyright: ignore[reportArgumentType]
    devices.end_one(here, other.session_id)  # pyright: ignore[reportArgumentType]
    assert sessions.find_actor(there) is None
    with pytest.raises(NotFound):
        devices.end_one(here, other.session_id)  # pyright: ignore[reportArgumentType]


def test_all_others_can_be_signed_out(cast: Cast) -> None:
    there = [signed_in(cast.ana)[0] for _ in range(3)]
    token, here = signed_in(cast.ana)
    assert devices.end_others(here) == 3
    assert [sessions.find_actor(t) for t in there] == [None] * 3
    assert sessions.find_actor(token) is not None


def test_each_company_has_a_session_of_its_own(cast: Cast) -> None:
    in_boreal(cast)
    token, ana = signed_in(cast.ana)
    assert {name for _, name in devices.list_companies(ana)} == {"Aurora", "Boreal"}
    fresh, _ = devices.move(token, str(cast.clara.company_id))
    moved = sessions.find_actor(fresh)
    assert moved is not None
    assert (moved.company_id, moved.role) == (cast.clara.company_id, Role.AGENT)
    assert sessions.find_actor(token) is None


def test_nobody_moves_into_a_company_that_is_not_theirs(cast: Cast) -> None:
    token, _ = signed_in(cast.ana)
    for company_id in (str(cast.clara.company_id), "", "not-an-id"):
        with pytest.raises(NotFound):
            devices.move(token, company_id)
    assert sessions.find_actor(token) is not None


def test_a_sign_in_leads_to_the_company_of_the_last_time(cast: Cast) -> None:
    in_boreal(cast)
    assert sessions.check_password(cast.ana.email, PASSWORD).company_id == cast.ana.company_id
    devices.move(signed_in(cast.ana)[0], str(cast.clara.company_id))
    assert sessions.check_password(cast.ana.email, PASSWORD).company_id == cast.clara.company_id


def test_who_has_nowhere_to_go_is_told_why(cast: Cast) -> None:
    with work_across() as database:
        database.get_one(Company, cast.clara.company_id).suspended_at = now()
    with pytest.raises(Conflict, match="company_suspended"):
        sessions.sign_in(cast.clara.email, PASSWORD)
    with work_across() as database:
        database.delete(database.exec(select(Member).where(Member.person_id == cast.vera.person_id)).one())
    with pytest.raises(Conflict, match="no_membership"):
        sessions.sign_in(cast.vera.email, PASSWORD)


def test_an_older_hash_becomes_a_newer_one(cast: Cast) -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192),)).hash(PASSWORD)
    with work_across() as database:
        database.get_one(Person, cast.ana.person_id).password_hash = weak
    sessions.sign_in(cast.ana.email, PASSWORD)
    with work_across() as database:
        better = database.get_one(Person, cast.ana.person_id).password_hash
    assert better != weak
    sessions.sign_in(cast.ana.email, PASSWORD)


def test_the_trail_tells_of_sign_ins_and_refusals(cast: Cast) -> None:
    with pytest.raises(Invalid):
        sessions.sign_in(cast.ana.email, "errada-errada", ip="10.0.0.2")
    token, _ = signed_in(cast.ana, CHROME)
    sessions.sign_out(token)
    with work_as(cast.ana) as work:
        rows = work.session.exec(select(Activity).order_by(Activity.id)).all()  # pyright: ignore[reportArgumentType]
    assert [r.happened for r in rows] == ["sign_in.refused", "session.started", "session.ended"]
    assert (rows[0].actor_kind, rows[0].ip, rows[1].details["device"]) == ("stranger", "10.0.0.2", "Chrome · Windows")
