"""Teams: people of a company who share their work."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from masteria.actions import activity, credentials
from masteria.core.work import Work
from masteria.enums import Happened, Permission, Topic
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.storable import storable_text
from masteria.models import Invite, Member, Team, TeamMember

NAME_LENGTH = 60
MOST = 100


def create(work: Work, name: str) -> UUID:
    """A new team, with nobody in it yet."""
    work.require(Permission.EDIT_MEMBERS)
    if len(work.session.exec(work.select(Team)).all()) >= MOST:
        raise Conflict("too_many_teams", limit=MOST)
    team = work.add(Team(name=_free_name(work, name)))
    work.session.flush()
    activity.record(work, team, Happened.TEAM_CREATED, name=team.name)
    work.announce(Topic.MEMBER, team.id)
    return team.id


def rename(work: Work, team_id: UUID, name: str) -> None:
    """Another name for the same people."""
    work.require(Permission.EDIT_MEMBERS)
    team = work.get(Team, team_id, lock=True)
    team.name = _free_name(work, name, but=team)
    activity.record(work, team, Happened.TEAM_UPDATED, name=team.name)
    work.announce(Topic.MEMBER, team_id)


def put(work: Work, team_id: UUID, person_ids: Iterable[UUID]) -> None:
    """These people are the team, and nobody else. `NotFound` for who is no member of the company."""
    work.require(Permission.EDIT_MEMBERS)
    team, wanted = work.get(Team, team_id, lock=True), set(person_ids)
    members = {m.id for m in work.session.exec(work.select(Member).where(col(Member.person_id).in_(wanted)))}
    if len(members) != len(wanted):
        raise NotFound("Member")
    here = sa.select(col(TeamMember.member_id)).where(
        col(TeamMember.company_id) == work.company_id, col(TeamMember.team_id) == team_id
    )
    before = set(work.execute(here).scalars())
    gone = sa.delete(TeamMember).where(
        col(TeamMember.company_id) == work.company_id,
        col(TeamMember.team_id) == team_id,
        col(TeamMember.member_id).in_(before - members),
    )
    work.execute(gone)
    work.session.add_all(TeamMember(company_id=work.company_id, team_id=team_id, member_id=m) for m in members - before)
    added, left = sorted(map(str, members - before)), sorted(map(str, before - members))
    activity.record(work, team, Happened.TEAM_UPDATED, name=team.name, added=added, left=left)
    work.announce(Topic.MEMBER, team_id)


def delete(work: Work, team_id: UUID) -> None:
    """The team goes, its people stay; an open invite into it stays open without it."""
    work.require(Permission.EDIT_MEMBERS)
    team = work.get(Team, team_id, lock=True)
    work.execute(sa.update(Invite).where(col(Invite.team_id) == team_id).values(team_id=None))
    activity.record(work, team, Happened.TEAM_DELETED, name=team.name)
    work.session.delete(team)
    work.announce(Topic.MEMBER, team_id)


def _free_name(work: Work, name: str, *, but: Team | None = None) -> str:
    name = credentials.checked_name(storable_text(name), "name")
    if len(name) > NAME_LENGTH:
        raise Invalid("name", "too_long", limit=NAME_LENGTH)
    taken = work.select(Team).where(sa.func.lower(Team.name) == name.lower())
    if but is not None:
        taken = taken.where(Team.id != but.id)
    if work.session.exec(taken).first() is not None:
        raise Conflict("name_taken")
    return name
