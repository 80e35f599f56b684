"""Showing again who is sitting there, before something dangerous: the session remembers when that was."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlmodel import Session as Database
from sqlmodel import select

from masteria.actions import credentials, second_steps
from masteria.core.access import Actor
from masteria.core.work import work_across
from masteria.enums import Provider
from masteria.kit.clock import now
from masteria.kit.errors import Invalid, NotFound
from masteria.models import Login, Person, Session

PASSWORD, CODE = "password", "code"


def way(actor: Actor) -> str:
    """What this person is asked for: the password; without one a code; without that a provider they signed in with."""
    with work_across() as database:
        person = database.get_one(Person, actor.person_id)
        if person.password_hash:
            return PASSWORD
        if person.second_step_at is not None:
            return CODE
        linked = database.exec(select(Login.provider).where(Login.person_id == person.id).order_by(Login.provider))
        return linked.first() or Provider.GOOGLE


def prove(actor: Actor, secret: str) -> None:
    """The password, or for who has none a code: then this session may do dangerous things for ten minutes."""

    def is_right(database: Database, person: Person) -> bool:
        if person.password_hash:
            return credentials.is_right(secret, person.password_hash)
        second_steps.check(database, person.id, secret)
        return True

    _note(actor, is_right)


def vouch(actor: Actor, provider: Provider, subject: str) -> None:
    """The same by another provider: it must be a login of this very person."""

    def is_right(database: Database, person: Person) -> bool:
        found = select(Login.id).where(Login.provider == provider, Login.subject == subject)
        return database.exec(found.where(Login.person_id == person.id)).first() is not None

    _note(actor, is_right)


def person_of(actor: Actor) -> UUID:
    """The person behind a session; `NotFound` for programs."""
    if actor.person_id is None or actor.session_id is None:
        raise NotFound("Session")
    return actor.person_id


def _note(actor: Actor, is_right: Callable[[Database, Person], bool]) -> None:
    with work_across() as database:
        session = database.exec(select(Session).where(Session.id == _session_of(actor)).with_for_update()).one()
        if not is_right(database, database.get_one(Person, session.person_id)):
            raise Invalid("password", "wrong")
        session.proven_at = now()


def _session_of(actor: Actor) -> UUID:
    if actor.session_id is None:
        raise NotFound("Session")
    return actor.session_id
