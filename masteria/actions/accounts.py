"""Companies: how the first and the others come to be, and who acts for one at the command line."""

from __future__ import annotations

import hmac
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import credentials, mail, recovery, sessions, traces
from masteria.config import settings
from masteria.core.access import ROLES, Actor
from masteria.core.letters import LANGUAGES
from masteria.core.work import work_across
from masteria.enums import Happened, Role
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, NotFound
from masteria.kit.sealing import derive
from masteria.models import Company, Member, Person


def needs_setup() -> bool:
    """Whether no company exists yet."""
    with work_across() as database:
        return database.exec(select(Company.id).limit(1)).first() is None


def setup_token() -> str:
    """What the link to the first-run page carries; only who sees the console or the data directory knows it."""
    return derive(settings().secret_key, "first-run").hex()[:32]


def setup_token_is_right(text: str) -> bool:
    return hmac.compare_digest(setup_token().encode(), text.encode())


def sign_up(company_name: str, name: str, email: str, password: str, *, ip: str = "", user_agent: str = "") -> str:
    """The first company and its owner; returns a session token. `Conflict` once a company exists."""
    if not needs_setup():
        raise Conflict("setup_done")
    create_company(company_name, email, password, owner_name=name, may_operate=True)
    return sessions.sign_in(email, password, ip=ip, user_agent=user_agent)


@dataclass(frozen=True, slots=True)
class NewOwner:
    """Who wants a company, checked: what of it cannot be used raises `Invalid` naming the field."""

    company: str
    name: str
    email: str
    password_hash: str
    language: str

    @classmethod
    def checked(cls, company: str, name: str, email: str, password: str, *, language: str = LANGUAGES[0]) -> NewOwner:
        company, email = credentials.checked_name(company, "company_name"), credentials.checked_email(email)
        local = email.partition("@")[0]
        name = credentials.checked_name(name or (local if len(local) > 1 else email), "name")
        hashed = credentials.hashed(credentials.checked_password(password, name, email, company))
        return cls(company, name, email, hashed, language if language in LANGUAGES else LANGUAGES[0])


def register(wanted: NewOwner) -> None:
    """A company and its owner, who has yet to confirm the address. Somebody's address already: they are told by mail.

    Nothing here says which of the two it was, and both have hashed one password.
    """
    with suppress(IntegrityError), work_across() as database:  # two at once: the other one was faster, and has its mail
        person = database.exec(select(Person).where(Person.email == wanted.email)).first()
        if person is None:
            _, person, _ = _create(database, wanted, person=None, is_verified=False)
            recovery.send_verification(database, person)
        else:
            said = {"login": recovery.address_of("login"), "link": recovery.reset_link(database, person)}
            mail.write(database, person.email, person.language, "known", **said)


def create_company(
    name: str, owner_email: str, owner_password: str, *, owner_name: str = "", may_operate: bool = False
) -> Actor:
    """A company and its owner, whose address is believed. Somebody who has an account already keeps their password.

    With `may_operate` the owner runs the installation, if nobody does yet.
    """
    wanted = NewOwner.checked(name, owner_name, owner_email, owner_password)
    with work_across() as database:
        person = database.exec(select(Person).where(Person.email == wanted.email)).first()
        company, person, member = _create(database, wanted, person=person, is_verified=True)
        if may_operate and database.exec(select(Person.id).where(col(Person.is_operator)).limit(1)).first() is None:
            person.is_operator = True
    return sessions.actor_of(company, person, member)


def _create(
    database: Database, wanted: NewOwner, *, person: Person | None, is_verified: bool
) -> tuple[Company, Person, Member]:
    if person is None:
        person = Person(
            email=wanted.email, name=wanted.name, password_hash=wanted.password_hash, language=wanted.language
        )
        person.email_verified_at = now() if is_verified else None
    company, member = founded(database, wanted.company, person, language=wanted.language)
    return company, person, member


def founded(database: Database, name: str, owner: Person, *, language: str) -> tuple[Company, Member]:
    """A new company of this person, who may be new as well, in a transaction above companies."""
    company = add_company(database, name, language=language)
    database.add(owner)
    database.flush()
    member = Member(company_id=company.id, person_id=owner.id, role=Role.OWNER)
    database.add(member)
    traces.note(database, owner, Happened.MEMBER_CREATED, [member], email=owner.email, role=Role.OWNER)
    return company, member


def add_company(database: Database, name: str, *, language: str = LANGUAGES[0]) -> Company:
    """A company without anybody, under a short name that is free."""
    name = credentials.checked_name(name, "company_name")
    company = Company(name=name, slug=_free_slug(database, name), language=language)
    database.add(company)
    database.flush()
    return company


def company_actor(slug: str) -> Actor:
    """The installation's operator at the command line, acting for one company."""
    with work_across() as database:
        company = database.exec(select(Company).where(Company.slug == slug)).first()
    if company is None:
        raise NotFound(f"company {slug}")
    return Actor(
        company.id,
        "operator",
        "operator",
        ROLES[Role.OWNER],
        role=Role.OWNER,
        company_name=company.name,
        language=company.language,
        timezone=company.timezone,
    )


def slug_of(company_id: UUID) -> str:
    """The name that commands call a company by."""
    with work_across() as database:
        return database.exec(select(Company.slug).where(Company.id == company_id)).one()


def _free_slug(database: Database, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48] or "company"
    taken = set(database.exec(select(Company.slug).where(col(Company.slug).startswith(base))).all())
    return next(slug for n in range(1, 10_000) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
