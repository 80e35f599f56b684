"""A company's people, invites, teams and own roles, for screens and API. People are named by their person's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.core.access import rank_of
from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.errors import NotFound
from masteria.queries.filters import narrowed
from masteria.queries.paging import WHOLE, Page, Sorting, by_id, by_name, by_time

MEMBER_SORTS = Sorting(
    "name",
    {"name": by_name("p.name"), "email": by_name("p.email"), "created_at": by_time("m.created_at")},
    by_id("p.id"),
)
INVITE_SORTS = Sorting("-created_at", {"created_at": by_time("i.created_at")}, by_id("i.id"))
TEAM_SORTS = Sorting("name", {"name": by_name("t.name"), "created_at": by_time("t.created_at")}, by_id("t.id"))
ROLE_SORTS = Sorting("name", {"name": by_name("r.name"), "created_at": by_time("r.created_at")}, by_id("r.id"))
INVITE_STATES = ("open", "used", "expired", "revoked")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """`role` is the rank where there is a `custom_role`; `created_at` is when they came into the company."""

    id: UUID
    name: str
    email: str
    role: str
    custom_role_id: UUID | None
    custom_role: str | None
    own_only: bool
    second_step: bool
    created_at: datetime
    last_seen_at: datetime | None
    open_conversations: int
    teams: list[str]


@dataclass(frozen=True, slots=True)
class InviteRow:
    """`state` is one of `INVITE_STATES`."""

    id: UUID
    email: str
    role: str
    custom_role_id: UUID | None
    custom_role: str | None
    team_id: UUID | None
    team: str | None
    own_only: bool
    invited_by: str | None
    state: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TeamRow:
    id: UUID
    name: str
    created_at: datetime
    member_ids: list[UUID]
    members: list[str]


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role of the company's own making; `rank` is the least built-in role that may as much."""

    id: UUID
    name: str
    permissions: list[str]
    rank: str
    members: int
    created_at: datetime


def members(
    work: Work, *, q: str = "", sort: str = "", cursor: str | None = None, limit: int = WHOLE
) -> Page[MemberRow]:
    """The company's people, usually by name; `q` is part of the name or the address."""
    work.require(Permission.READ_MEMBERS)
    order = MEMBER_SORTS.order(sort, cursor)
    where, values = narrowed({}, q=q, text="p.name || ' ' || p.email")
    query = f"{_MEMBERS} and {where} and {order.after} order by {order.by} limit :limit"
    rows = work.execute(query, {"company": work.company_id, **values, **order.values, "limit": limit + 1})
    return order.page([MemberRow(*row) for row in rows], limit)


def member(work: Work, person_id: UUID) -> MemberRow:
    """One of them."""
    work.require(Permission.READ_MEMBERS)
    row = work.execute(f"{_MEMBERS} and p.id = :id", {"company": work.company_id, "id": person_id}).first()
    if row is None:
        raise NotFound("Member")
    return MemberRow(*row)


def answering(work: Work) -> list[tuple[UUID, str]]:
    """Who may be given a conversation, by name. Whoever answers conversations knows these names already."""
    work.require(Permission.EDIT_CONVERSATIONS)
    rows = work.execute(_ANSWERING, {"company": work.company_id, "send": Permission.SEND_MESSAGES})
    return [(row.id, row.name) for row in rows]


def invites(
    work: Work, *, state: str = "", sort: str = "", cursor: str | None = None, limit: int = WHOLE
) -> Page[InviteRow]:
    """Every invite, usually the newest first, or those in one state."""
    work.require(Permission.READ_MEMBERS)
    order = INVITE_SORTS.order(sort, cursor)
    where, values = narrowed({"i.state": state})
    rows = work.execute(
        f"select * from ({_INVITES}) i where {where} and {order.after} order by {order.by} limit :limit",
        {"company": work.company_id, **values, **order.values, "limit": limit + 1},
    )
    return order.page([InviteRow(*row) for row in rows], limit)


def invite(work: Work, invite_id: UUID) -> InviteRow:
    """One of them."""
    work.require(Permission.READ_MEMBERS)
    query = f"select * from ({_INVITES}) i where i.id = :id"
    row = work.execute(query, {"company": work.company_id, "id": invite_id}).first()
    if row is None:
        raise NotFound("Invite")
    return InviteRow(*row)


def teams(work: Work, *, sort: str = "", cursor: str | None = None, limit: int = WHOLE) -> Page[TeamRow]:
    """The company's teams with their people, usually by name."""
    work.require(Permission.READ_MEMBERS)
    order = TEAM_SORTS.order(sort, cursor)
    query = f"{_TEAMS} and {order.after} order by {order.by} limit :limit"
    rows = work.execute(query, {"company": work.company_id, **order.values, "limit": limit + 1})
    return order.page([TeamRow(*row) for row in rows], limit)


def team(work: Work, team_id: UUID) -> TeamRow:
    """One of them."""
    work.require(Permission.READ_MEMBERS)
    row = work.execute(f"{_TEAMS} and t.id = :id", {"company": work.company_id, "id": team_id}).first()
    if row is None:
        raise NotFound("Team")
    return TeamRow(*row)


def roles(work: Work, *, sort: str = "", cursor: str | None = None, limit: int = WHOLE) -> Page[RoleRow]:
    """The roles of the company's own making, usually by name."""
    work.require(Permission.READ_MEMBERS)
    order = ROLE_SORTS.order(sort, cursor)
    query = f"{_ROLES} and {order.after} order by {order.by} limit :limit"
    rows = work.execute(query, {"company": work.company_id, **order.values, "limit": limit + 1})
    return order.page([_role(row) for row in rows], limit)


def role(work: Work, role_id: UUID) -> RoleRow:
    """One of them."""
    work.require(Permission.READ_MEMBERS)
    row = work.execute(f"{_ROLES} and r.id = :id", {"company": work.company_id, "id": role_id}).first()
    if row is None:
        raise NotFound("CustomRole")
    return _role(row)


def _role(row: Any) -> RoleRow:
    rank = rank_of(frozenset(Permission(word) for word in row.permissions))
    return RoleRow(row.id, row.name, list(row.permissions), rank, row.members, row.created_at)


_MEMBERS = """select p.id, p.name, p.email, m.role, m.custom_role_id, r.name as custom_role, m.own_only,
    p.second_step_at is not null, m.created_at,
    (select max(s.last_seen_at) from session s
      where s.company_id = m.company_id and s.person_id = m.person_id and s.support_reason is null),
    (select count(*) from conversation v where v.company_id = m.company_id and v.assignee_id = m.person_id
      and v.status in ('open', 'pending')),
    array(select t.name from team t join team_member tm on tm.company_id = t.company_id and tm.team_id = t.id
      where tm.company_id = m.company_id and tm.member_id = m.id order by lower(t.name))
  from member m join person p on p.id = m.person_id
    left join custom_role r on r.company_id = m.company_id and r.id = m.custom_role_id
  where m.company_id = :company"""
_ANSWERING = """select p.id, p.name from member m join person p on p.id = m.person_id
    left join custom_role r on r.company_id = m.company_id and r.id = m.custom_role_id
  where m.company_id = :company and case when r.id is null then m.role <> 'viewer' else :send = any(r.permissions) end
  order by lower(p.name), p.id limit 200"""
_INVITES = """select i.id, i.email, i.role, i.custom_role_id, r.name as custom_role, i.team_id, t.name as team,
    i.own_only, p.name as invited_by,
    case when i.accepted_at is not null then 'used' when i.revoked_at is not null then 'revoked'
      when i.expires_at <= now() then 'expired' else 'open' end as state, i.created_at, i.expires_at
  from invite i left join person p on p.id = i.invited_by
    left join custom_role r on r.company_id = i.company_id and r.id = i.custom_role_id
    left join team t on t.company_id = i.company_id and t.id = i.team_id
  where i.company_id = :company"""
_IN_TEAM = """from team_member tm join member m on m.company_id = tm.company_id and m.id = tm.member_id
      join person p on p.id = m.person_id
      where tm.company_id = t.company_id and tm.team_id = t.id order by lower(p.name), p.id"""
_TEAMS = f"""select t.id, t.name, t.created_at, array(select p.id {_IN_TEAM}), array(select p.name {_IN_TEAM})
  from team t where t.company_id = :company"""
_ROLES = """select r.id, r.name, r.permissions, r.created_at, (select count(*) from member m
    where m.company_id = r.company_id and m.custom_role_id = r.id) as members
  from custom_role r where r.company_id = :company"""
