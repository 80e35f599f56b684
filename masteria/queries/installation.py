"""What whoever operates the installation reads: its companies, one of them, its people, its own record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from masteria.core.work import Work, work_across
from masteria.enums import Permission
from masteria.kit.errors import NotFound
from masteria.queries.filters import narrowed
from masteria.queries.paging import Order, Page, Sorting, by_id, by_name, by_time

COMPANY_SORTS = Sorting("name", {"name": by_name("c.name"), "created_at": by_time("c.created_at")}, by_id("c.id"))
PERSON_SORTS = Sorting("name", {"name": by_name("p.name"), "created_at": by_time("p.created_at")}, by_id("p.id"))
SHOWN = 50  # of a company's people, or of the acts on a page


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """`contacts` and `messages` (of this month) stood so at `counted_at`, before the first count they are None.

    `levels` holds what is not full.
    """

    id: UUID
    slug: str
    name: str
    created_at: datetime
    members: int
    connections: int
    contacts: int | None
    messages: int | None
    last_activity_at: datetime | None
    counted_at: datetime | None
    levels: dict[str, str]
    suspended_at: datetime | None
    suspended_reason: str | None
    deletion_asked_at: datetime | None
    max_members: int | None
    max_connections: int | None
    max_contacts: int | None
    max_messages_per_month: int | None


@dataclass(frozen=True, slots=True)
class InsideRow:
    """A person of one company."""

    id: UUID
    name: str
    email: str
    role: str
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person above companies; `companies` by name, with the role in each."""

    id: UUID
    name: str
    email: str
    created_at: datetime
    is_operator: bool
    is_verified: bool
    has_second_step: bool
    sessions: int
    last_seen_at: datetime | None
    companies: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class ActRow:
    """Something that somebody of the installation did."""

    id: UUID
    created_at: datetime
    act: str
    actor_name: str
    subject: str
    details: dict[str, Any]


def companies(
    work: Work, *, q: str = "", sort: str = "", cursor: str | None = None, limit: int = 50
) -> Page[CompanyRow]:
    """All companies, usually by name; `q` is part of the name or the short name."""
    work.require(Permission.OPERATE)
    order = COMPANY_SORTS.order(sort, cursor)
    where, values = narrowed({}, q=q, text="c.name || ' ' || c.slug")
    with work_across() as database:
        return order.page([CompanyRow(*row) for row in _page(database, _COMPANIES, where, order, values, limit)], limit)


def company(work: Work, company_id: UUID) -> CompanyRow:
    """One of them."""
    work.require(Permission.OPERATE)
    with work_across() as database:
        found = _rows(database, f"{_COMPANIES} where c.id = :id", {"id": company_id})
    if not found:
        raise NotFound("company")
    return CompanyRow(*found[0])


def people_of(work: Work, company_id: UUID) -> list[InsideRow]:
    """Who belongs to it, the first fifty by name."""
    work.require(Permission.OPERATE)
    with work_across() as database:
        return [InsideRow(*row) for row in _rows(database, _INSIDE, {"id": company_id, "limit": SHOWN})]


def people(work: Work, *, q: str = "", sort: str = "", cursor: str | None = None, limit: int = 50) -> Page[PersonRow]:
    """Everybody who can sign in, usually by name; `q` is part of the name or the address."""
    work.require(Permission.OPERATE)
    order = PERSON_SORTS.order(sort, cursor)
    where, values = narrowed({}, q=q, text="p.name || ' ' || p.email")
    with work_across() as database:
        return order.page([_person(*row) for row in _page(database, _PEOPLE, where, order, values, limit)], limit)


def person(work: Work, person_id: UUID) -> PersonRow:
    """One of them."""
    work.require(Permission.OPERATE)
    with work_across() as database:
        found = _rows(database, f"{_PEOPLE} where p.id = :id", {"id": person_id})
    if not found:
        raise NotFound("person")
    return _person(*found[0])


def acts(work: Work, *, company_id: UUID | None = None, subject: str = "", limit: int = SHOWN) -> list[ActRow]:
    """The installation's record, newest first: all, of one company, or about one person's address."""
    work.require(Permission.OPERATE)
    where, values = narrowed({"about_id": company_id, "subject": subject})
    query = f"""select id, created_at, act, actor_name, subject, details from operator_act
        where {where} order by created_at desc, id desc limit :limit"""
    with work_across() as database:
        return [ActRow(*row) for row in _rows(database, query, {**values, "limit": limit})]


def _page(
    database: Session, query: str, where: str, order: Order, values: Mapping[str, Any], limit: int
) -> list[tuple[Any, ...]]:
    text = f"{query} where {where} and {order.after} order by {order.by} limit :limit"
    return _rows(database, text, {**values, **order.values, "limit": limit + 1})


def _rows(database: Session, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in database.execute(sa.text(query), values)]  # pyright: ignore[reportDeprecated, reportArgumentType]


def _person(*columns: Any) -> PersonRow:
    *rest, companies = columns
    return PersonRow(*rest, companies=[(each["id"], each["name"], each["role"]) for each in companies or []])


_COMPANIES = """select c.id, c.slug, c.name, c.created_at,
    (select count(*) from member m where m.company_id = c.id),
    (select count(*) from connection n where n.company_id = c.id),
    u.contacts, case when u.month = cast(date_trunc('month', now() at time zone c.timezone) as date) then u.messages
      when u.month is not null then 0 end,
    u.last_activity_at, u.counted_at,
    coalesce((select jsonb_object_agg(f.feature, f.level) from company_feature f where f.company_id = c.id), '{}'),
    c.suspended_at, c.suspended_reason, c.deletion_asked_at,
    c.max_members, c.max_connections, c.max_contacts, c.max_messages_per_month
  from company c left join company_usage u on u.company_id = c.id"""
_INSIDE = """select p.id, p.name, p.email, m.role, (select max(s.last_seen_at) from session s
    where s.person_id = p.id and s.company_id = m.company_id and s.support_reason is null)
  from member m join person p on p.id = m.person_id where m.company_id = :id order by lower(p.name), p.id limit :limit"""
_PEOPLE = """select p.id, p.name, p.email, p.created_at, p.is_operator, p.email_verified_at is not null,
    p.second_step_at is not null, (select count(*) from session s where s.person_id = p.id and s.revoked_at is null
      and s.expires_at > now()), (select max(s.last_seen_at) from session s where s.person_id = p.id),
    (select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'role', m.role) order by c.name)
      from member m join company c on c.id = m.company_id where m.person_id = p.id)
  from person p"""
