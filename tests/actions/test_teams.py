"""Teams: who shares their work."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlmodel import col, select

from masteria.actions import invites, teams
from masteria.core.work import work_as
from masteria.enums import Role
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.models import Invite, Member, Team, TeamMember
from tests.cast import Cast


def people_of(cast: Cast, team_id: UUID) -> set[UUID]:
    query = (
        select(Member.person_id)
        .join(TeamMember, col(TeamMember.member_id) == Member.id)
        .where(TeamMember.team_id == team_id)
    )
    with work_as(cast.ana) as work:
        return set(work.session.exec(query))


def test_a_team_is_exactly_who_was_put_into_it(cast: Cast) -> None:
    ana, bruno, vera = (actor.person_id for actor in (cast.ana, cast.bruno, cast.vera))
    with work_as(cast.ana) as work:
        team_id = teams.create(work, "Vendas")
    for people in ([ana, bruno], [bruno, bruno, vera], []):
        with work_as(cast.ana) as work:
            teams.put(work, team_id, people)  # pyright: ignore[reportArgumentType]
        assert people_of(cast, team_id) == set(people)


def test_nobody_from_elsewhere_comes_into_a_team(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        team_id = teams.create(work, "Vendas")
    with pytest.raises(NotFound), work_as(cast.ana) as work:
        teams.put(work, team_id, [cast.bruno.person_id, cast.clara.person_id])  # pyright: ignore[reportArgumentType]
    assert people_of(cast, team_id) == set()


def test_an_open_invite_outlives_its_team(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        team_id = teams.create(work, "Vendas")
        invite_id = invites.create(work, Role.AGENT, team_id=team_id).id
        teams.put(work, team_id, [cast.bruno.person_id])  # pyright: ignore[reportArgumentType]
    with work_as(cast.ana) as work:
        teams.delete(work, team_id)
    with work_as(cast.ana) as work:
        assert work.get(Invite, invite_id).team_id is None
        assert work.session.exec(work.select(Team)).all() == []
    assert people_of(cast, team_id) == set()


def test_names_are_tidy_and_used_once(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        team_id = teams.create(work, " Pós   venda ")
        assert work.get(Team, team_id).name == "Pós venda"
        teams.rename(work, team_id, "PÓS VENDA")
    for name, error in (("pós venda", Conflict), ("x", Invalid), ("n" * 61, Invalid)):
        with pytest.raises(error), work_as(cast.ana) as work:
            teams.create(work, name)
