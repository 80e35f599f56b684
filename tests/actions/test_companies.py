"""A company's own page: what may be said, by whom, and that it is told before and after."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from masteria.actions import companies
from masteria.core.work import work_across, work_as
from masteria.enums import Role
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.models import Activity, Company, Person
from tests.cast import Cast, a_colleague


def test_what_is_named_changes_and_is_told(cast: Cast) -> None:
    values = {"timezone": "America/Recife", "language": "es", "country": "AR", "marketing_cap_per_day": 2}
    with work_as(cast.ana) as work:
        companies.update(work, **values)
    with work_as(cast.ana) as work:
        company = work.get_company()
        assert {name: getattr(company, name) for name in values} == values
        assert company.name == "Aurora"
        entry = work.session.exec(select(Activity).where(Activity.happened == "company.updated")).one()
    assert entry.before == {
        "timezone": "America/Sao_Paulo",
        "language": "pt_BR",
        "country": "BR",
        "marketing_cap_per_day": None,
    }
    assert entry.after == values


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", None),
        ("requires_second_step", None),
        ("requires_second_step", "yes"),
        ("timezone", "Mars/Olympus"),
        ("language", "xx"),
        ("country", "Brasil"),
        ("marketing_cap_per_day", 0),
        ("marketing_cap_per_day", True),
        ("max_members", 999),
        ("suspended_at", None),
        ("id", "1"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(cast: Cast, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused, work_as(cast.ana) as work:
        companies.update(work, **{field: value})
    assert refused.value.field == field


def test_a_second_step_is_asked_of_all_by_an_owner_who_has_one(cast: Cast) -> None:
    with pytest.raises(Conflict, match="second_step_first"), work_as(cast.ana) as work:
        companies.update(work, requires_second_step=True)
    with work_across() as database:
        database.exec(select(Person).where(Person.id == cast.ana.person_id)).one().second_step_at = now()
    with pytest.raises(Forbidden), work_as(a_colleague(cast.ana, Role.ADMIN)) as work:
        companies.update(work, requires_second_step=True)
    with work_as(cast.ana) as work:
        companies.update(work, requires_second_step=True)
    with work_across() as database:
        assert database.get_one(Company, cast.ana.company_id).requires_second_step is True
    with work_as(cast.ana) as work:
        companies.update(work, requires_second_step=False)
