"""Who operates the installation, and what they can do for people who cannot get in."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from masteria.actions import accounts, operators, sessions
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, NotFound
from masteria.models import BackupCode, Person, SecondStep
from masteria.queries import audit
from masteria.queries import installation as found
from tests.cast import PASSWORD, Cast, an_operator


def person_of(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id


@pytest.fixture
def alone() -> Actor:
    """An operator, the only one there is."""
    with work_across() as database:
        database.execute(sa.update(Person).values(is_operator=False))  # pyright: ignore[reportDeprecated]
    return an_operator()


def test_the_last_operator_stays(alone: Actor) -> None:
    with pytest.raises(Conflict, match="last_operator"), work_as(alone) as work:
        operators.set_operator(work, person_of(alone), operates=False)
    other = an_operator("Olaf")
    with work_as(alone) as work:
        operators.set_operator(work, person_of(alone), operates=False)
    with work_as(other) as work:
        assert not found.person(work, person_of(alone)).is_operator


def test_a_person_becomes_operator_from_the_next_request_on(cast: Cast) -> None:
    token = sessions.sign_in(cast.ana.email, PASSWORD)
    with work_as(an_operator()) as work:
        operators.set_operator(work, person_of(cast.ana), operates=True)
    ana = sessions.find_actor(token)
    assert ana is not None
    assert ana.may(Permission.OPERATE)


def test_the_command_line_gives_and_takes_by_address(cast: Cast) -> None:
    an_operator()
    assert operators.set_by_email(cast.ana.email.upper(), operates=True) == "Ana"
    assert operators.set_by_email(cast.ana.email, operates=False) == "Ana"
    with pytest.raises(NotFound):
        operators.set_by_email("niemand@exemplo.com", operates=True)


def test_whoever_makes_a_company_first_operates_and_the_next_does_not(alone: Actor) -> None:
    with work_across() as database:
        database.get_one(Person, person_of(alone)).is_operator = False
    mark = person_of(alone).hex
    first = accounts.create_company("Um", f"um-{mark}@exemplo.com", PASSWORD, may_operate=True)
    assert first.may(Permission.OPERATE)
    second = accounts.create_company("Dois", f"dois-{mark}@exemplo.com", PASSWORD, may_operate=True)
    assert not second.may(Permission.OPERATE)


def test_who_signs_up_by_themselves_never_operates(alone: Actor) -> None:
    with work_across() as database:
        database.get_one(Person, person_of(alone)).is_operator = False
    stranger = accounts.create_company("Três", f"tres-{person_of(alone).hex}@exemplo.com", PASSWORD)
    assert not stranger.may(Permission.OPERATE)


def test_somebody_is_out_on_every_device_and_their_company_reads_it(cast: Cast) -> None:
    tokens = [sessions.sign_in(cast.bruno.email, PASSWORD) for _ in range(2)]
    with work_as(an_operator()) as work:
        assert operators.revoke_sessions(work, person_of(cast.bruno)) == 2
    assert [sessions.find_actor(token) for token in tokens] == [None, None]
    with work_as(cast.ana) as work:
        entry = audit.entries(work, audit.Wanted(happened="session.ended")).rows[0]
    assert (entry.actor_kind, entry.details["sessions"]) == ("operator", 2)


def test_a_lost_second_step_is_taken_away_with_its_codes(cast: Cast) -> None:
    bruno, token = person_of(cast.bruno), sessions.sign_in(cast.bruno.email, PASSWORD)
    with work_across() as database:
        database.get_one(Person, bruno).second_step_at = now()
        database.add_all([SecondStep(person_id=bruno, secret=b"x"), BackupCode(person_id=bruno, code_hash=b"y")])
    with work_as(an_operator()) as work:
        operators.reset_second_step(work, bruno)
        assert not found.person(work, bruno).has_second_step
    with work_across() as database:
        left = database.execute(sa.select(sa.func.count()).where(BackupCode.person_id == bruno)).scalar()  # pyright: ignore
        assert left == 0
    assert sessions.find_actor(token) is None
    with work_as(cast.ana) as work:
        assert (
            audit.entries(work, audit.Wanted(happened="second_step.disabled")).rows[0].details["by"] == "installation"
        )
    with pytest.raises(Conflict, match="no_second_step"), work_as(an_operator()) as work:
        operators.reset_second_step(work, bruno)


def test_people_are_found_with_their_companies(cast: Cast) -> None:
    with work_as(an_operator()) as work:
        page = found.people(work, q=cast.bruno.email)
    assert [(row.name, row.is_verified, row.has_second_step) for row in page.rows] == [("Bruno", True, False)]
    assert [(name, role) for _, name, role in page.rows[0].companies] == [("Aurora", "agent")]


def test_no_key_and_no_role_gives_the_installation(cast: Cast) -> None:
    with pytest.raises(Forbidden), work_as(cast.ana) as work:
        work.require(Permission.OPERATE)
