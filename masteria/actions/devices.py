"""A person's own sessions: where they are signed in, what they end, and in which of their companies they go on."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import sessions, traces
from masteria.core.access import Actor
from masteria.core.work import work_across
from masteria.enums import Happened, Topic
from masteria.kit import devices as kinds
from masteria.kit.clock import now
from masteria.kit.errors import NotFound
from masteria.kit.sealing import digest
from masteria.models import Company, Member, Person, Session


@dataclass(frozen=True, slots=True)
class Device:
    """A session as its person sees it."""

    id: UUID
    browser: str
    system: str
    ip: str
    method: str
    company: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool


def list_devices(actor: Actor) -> list[Device]:
    """Where this person is signed in now: this one first, then the latest seen."""
    with work_across() as database:
        found = database.exec(
            select(Session, Company.name)
            .join(Company, col(Company.id) == col(Session.company_id))
            .where(col(Session.person_id) == actor.person_id, *_alive())
            .order_by((col(Session.id) == actor.session_id).desc(), col(Session.last_seen_at).desc())
        ).all()
    return [
        Device(
            row.id,
            *kinds.device(row.user_agent),
            row.ip,
            row.method,
            company,
            row.created_at,
            row.last_seen_at,
            row.expires_at,
            row.id == actor.session_id,
        )
        for row, company in found
    ]


def end_one(actor: Actor, session_id: UUID) -> None:
    """This device of mine is signed out; `NotFound` for anybody else's."""
    with work_across() as database:
        wanted = select(Session).where(Session.id == session_id, col(Session.person_id) == actor.person_id, *_alive())
        session = database.exec(wanted.with_for_update()).first()
        if session is None:
            raise NotFound("Session")
        sessions.end(database, database.get_one(Person, session.person_id), [session], ip=actor.ip)


def end_others(actor: Actor) -> int:
    """Every device of mine but this one is signed out; how many."""
    with work_across() as database:
        wanted = select(Session).where(
            col(Session.person_id) == actor.person_id, Session.id != actor.session_id, *_alive()
        )
        found = database.exec(wanted.with_for_update()).all()
        return sessions.end(database, database.get_one(Person, actor.person_id), found, ip=actor.ip)


def list_companies(actor: Actor) -> list[tuple[UUID, str]]:
    """Where this person may go on: id and name of every company that is open to them, by name."""
    with work_across() as database:
        ids = [member.company_id for member in _open_memberships(database, actor.person_id)]
        found = database.exec(select(Company.id, Company.name).where(col(Company.id).in_(ids)))
        return sorted(((row[0], row[1]) for row in found), key=lambda row: row[1].casefold())


def move(token: str, company_id: str, *, ip: str = "") -> tuple[str, Callable[[], None]]:
    """On in another of the person's companies, with a session of its own: pages of the two never mix.

    The new token, and what tells the pages of the old session, to be called once the browser has it. `NotFound`: not
    signed in, or not a company of theirs.
    """
    actor = sessions.find_actor(token)
    if actor is None:
        raise NotFound("Session")
    with work_across() as database:
        old = database.exec(select(Session).where(Session.token_hash == digest(token)).with_for_update()).one()
        person = database.get_one(Person, old.person_id)
        wanted = next((m for m in _open_memberships(database, person.id) if str(m.company_id) == company_id), None)
        if wanted is None or old.support_reason is not None:
            raise NotFound("Company")
        fresh = secrets.token_urlsafe(32)
        kept = {"method": old.method, "ip": old.ip, "user_agent": old.user_agent, "expires_at": old.expires_at}
        session = Session(
            company_id=wanted.company_id,
            person_id=person.id,
            token_hash=digest(fresh),
            proven_at=old.proven_at,
            last_seen_at=now(),
            **kept,
        )
        database.add(session)
        old.revoked_at = now()
        traces.note(database, person, Happened.SESSION_ENDED, [old], ip=ip, moved=True)
        traces.note(database, person, Happened.SESSION_STARTED, [session], ip=ip, moved=True)
        return fresh, lambda: traces.tell(Topic.SESSION, [(old.company_id, old.id)])


def _alive() -> tuple[sa.ColumnElement[bool], ...]:
    moment = now()
    idle = col(Session.last_seen_at) >= moment - timedelta(days=sessions.IDLE_DAYS)
    return col(Session.revoked_at).is_(None), col(Session.expires_at) >= moment, idle


def _open_memberships(database: Database, person_id: UUID | None) -> list[Member]:
    found = select(Member).join(Company, col(Company.id) == col(Member.company_id))
    return list(database.exec(found.where(Member.person_id == person_id, col(Company.suspended_at).is_(None))))
