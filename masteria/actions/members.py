"""Who belongs to a company, and as what."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from masteria.actions import activity, credentials
from masteria.core.work import Work, work_across
from masteria.enums import Happened, Permission, Role
from masteria.kit.clock import now
from masteria.kit.errors import Invalid
from masteria.models import Member, Person


def add_member(work: Work, name: str, email: str, password: str, role: Role) -> UUID:
    """A colleague with a first password; returns the person's id."""
    work.require(Permission.EDIT_MEMBERS)
    email, name = credentials.checked_email(email), credentials.checked_name(name, "name")
    hashed = credentials.hashed(credentials.checked_password(password, name, email, work.actor.company_name))
    with work_across() as database:
        if database.exec(select(Person.id).where(Person.email == email)).first():
            raise Invalid("email", "taken")
        person = Person(email=email, name=name, password_hash=hashed, email_verified_at=now())
        database.add(person)
        database.flush()
        database.add(Member(company_id=work.company_id, person_id=person.id, role=role))
    member = work.session.exec(work.select(Member).where(Member.person_id == person.id)).one()
    activity.record(work, member, Happened.MEMBER_CREATED, email=email, role=role)
    return person.id
