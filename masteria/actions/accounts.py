"""Companies: how the first and the others come to be, and who acts for one at the command line."""

from __future__ import annotations

import hmac
import re
import unicodedata
from uuid import UUID

from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import credentials, sessions
from masteria.config import settings
from masteria.core.access import ROLES, Actor
from masteria.core.work import work_across
from masteria.enums import Role
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
    create_company(company_name, email, password, owner_name=name)
    return sessions.sign_in(email, password, ip=ip, user_agent=user_agent)


def create_company(name: str, owner_email: str, owner_password: str, *, owner_name: str = "") -> Actor:
    """A company and its owner. Raises `Invalid` naming the field; an address that exists keeps its password."""
    name, email = credentials.checked_name(name, "company_name"), credentials.checked_email(owner_email)
    local = email.partition("@")[0]
    owner_name = credentials.checked_name(owner_name or (local if len(local) > 1 else email), "name")
    hashed = credentials.hashed(credentials.checked_password(owner_password, owner_name, email, name))
    with work_across() as database:
        company = Company(name=name, slug=_free_slug(database, name))
        person = database.exec(select(Person).where(Person.email == email)).first()
        person = person or Person(email=email, name=owner_name, password_hash=hashed, email_verified_at=now())
        database.add_all([company, person])
        database.flush()
        member = Member(company_id=company.id, person_id=person.id, role=Role.OWNER)
        database.add(member)
    return sessions.actor_of(company, person, member)


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
