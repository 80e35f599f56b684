"""People as the installation sees them, above their companies: who operates it, and help for who cannot get in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import acts, recovery, traces
from masteria.core import live
from masteria.core.access import Actor
from masteria.core.work import Work, work_across
from masteria.enums import Happened, Permission, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, NotFound
from masteria.models import BackupCode, Person, SecondStep, Session


def set_operator(work: Work, person_id: UUID, *, operates: bool) -> None:
    """Give or take the installation; the last one stays."""
    work.require(Permission.OPERATE)
    with _person(person_id) as (database, person):
        _set(database, work.actor, person, operates)


def set_by_email(email: str, *, operates: bool) -> str:
    """The command line's way; returns the person's name."""
    with work_across() as database:
        found = database.exec(select(Person.id).where(Person.email == email.strip().lower())).first()
    if found is None:
        raise NotFound(f"person {email}")
    with _person(found) as (database, person):
        _set(database, Actor(UUID(int=0), "operator", "masteria operator", frozenset()), person, operates)
        return person.name


def revoke_sessions(work: Work, person_id: UUID) -> int:
    """Out on every device, in every company; says how many were in."""
    work.require(Permission.OPERATE)
    with _person(person_id) as (database, person):
        count = _end(database, _signed_in(database, person))
        _tell(database, work.actor, person, Happened.SESSION_ENDED, sessions=count)
    return count


def reset_second_step(work: Work, person_id: UUID) -> None:
    """Somebody lost their authenticator: it is forgotten with its backup codes, and they are signed out everywhere."""
    work.require(Permission.OPERATE)
    with _person(person_id) as (database, person):
        if person.second_step_at is None:
            raise Conflict("no_second_step")
        for table in (SecondStep, BackupCode):
            database.execute(sa.delete(table).where(col(table.person_id) == person_id))  # pyright: ignore[reportDeprecated]
        person.second_step_at = None
        _end(database, _signed_in(database, person))
        _tell(database, work.actor, person, Happened.SECOND_STEP_DISABLED, by="installation")


def send_reset(work: Work, person_id: UUID) -> None:
    """A link for a new password, by mail to the address that is known. Nobody else sees it."""
    work.require(Permission.OPERATE)
    with _person(person_id) as (_, person):
        recovery.ask_reset(person.email)
    with work_across() as database:
        acts.note(database, work.actor, "password.reset_sent", person.email)


@contextmanager
def _person(person_id: UUID) -> Iterator[tuple[Database, Person]]:
    """The person, locked."""
    with work_across() as database:
        person = database.get(Person, person_id, with_for_update=True)
        if person is None:
            raise NotFound("person")
        yield database, person


def _set(database: Database, actor: Actor, person: Person, operates: bool) -> None:
    if person.is_operator == operates:
        return
    # two that take the last one from each other wait here
    database.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('operators', 0))"))  # pyright: ignore[reportDeprecated]
    others = select(Person.id).where(col(Person.is_operator), Person.id != person.id).limit(1)
    if not operates and database.exec(others).first() is None:
        raise Conflict("last_operator")
    person.is_operator = operates
    if not operates:  # the visits they are on end with it
        _end(database, _signed_in(database, person, col(Session.support_reason).is_not(None)))
    acts.note(database, actor, "operator.granted" if operates else "operator.revoked", person.email)
    # this names no session, so it cuts nobody off: every process forgets what it knew of the person
    home = traces.memberships(database, person.id)[:1]
    _announce(database, [(member.company_id, person.id) for member in home])


def _end(database: Database, found: list[Session]) -> int:
    for session in found:
        session.revoked_at = now()
    _announce(database, [(session.company_id, session.id) for session in found])
    return len(found)


def _announce(database: Database, ended: list[tuple[UUID, UUID]]) -> None:
    def tell(_: Database) -> None:
        for company_id, session_id in ended:
            live.publish(company_id, Topic.SESSION, session_id)

    event.listen(database, "after_commit", tell, once=True)


def _signed_in(database: Database, person: Person, *which: sa.ColumnElement[bool]) -> list[Session]:
    query = select(Session).where(Session.person_id == person.id, col(Session.revoked_at).is_(None), *which)
    return list(database.exec(query.where(Session.expires_at > now())))


def _tell(database: Database, actor: Actor, person: Person, happened: Happened, **details: str | int) -> None:
    """In each company that they belong to, and in the installation's record."""
    for member in traces.memberships(database, person.id):
        acts.told(database, actor, member.company_id, member, happened, {}, email=person.email, **details)
    acts.note(database, actor, happened, person.email, company_id=None, **details)
