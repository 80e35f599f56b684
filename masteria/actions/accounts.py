"""Companies, people, sessions and keys: who may come in at all."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from pwdlib import PasswordHash
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import activity
from masteria.config import settings
from masteria.core.access import ROLES, Actor, known_scopes, permissions_of
from masteria.core.work import Work, work_across
from masteria.enums import Happened, Permission, Role
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.sealing import derive, digest
from masteria.models import ApiKey, Company, Member, Person, Session

SESSION_DAYS = 14
IDLE_DAYS = 3
PASSWORD_LENGTH = 10
KEY_PREFIX = "mk_"
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COMMON = frozenset(
    {"1234567890", "0123456789", "senha12345", "password123", "qwertyuiop", "masteria123", "mudar12345"}
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key at the only moment it can be read."""

    id: UUID
    key: str
    scopes: tuple[str, ...]


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
    return sign_in(email, password, ip=ip, user_agent=user_agent)


def create_company(name: str, owner_email: str, owner_password: str, *, owner_name: str = "") -> Actor:
    """A company and its owner. Raises `Invalid` naming the field; an address that exists keeps its password."""
    name, email = _name(name, "company_name"), _email(owner_email)
    local = email.partition("@")[0]
    owner_name = _name(owner_name or (local if len(local) > 1 else email), "name")
    hashed = _hasher().hash(_password(owner_password))
    with work_across() as database:
        company = Company(name=name, slug=_free_slug(database, name))
        person = database.exec(select(Person).where(Person.email == email)).first()
        person = person or Person(email=email, name=owner_name, password_hash=hashed)
        database.add_all([company, person])
        database.flush()
        database.add(Member(company_id=company.id, person_id=person.id, role=Role.OWNER))
    return _actor(company, person, Role.OWNER)


def add_member(work: Work, name: str, email: str, password: str, role: Role) -> UUID:
    """A colleague with a first password; returns the person's id."""
    work.require(Permission.ADMIN)
    hashed = _hasher().hash(_password(password))
    email, name = _email(email), _name(name, "name")
    with work_across() as database:
        if database.exec(select(Person.id).where(Person.email == email)).first():
            raise Invalid("email", "taken")
        person = Person(email=email, name=name, password_hash=hashed)
        database.add(person)
        database.flush()
        database.add(Member(company_id=work.company_id, person_id=person.id, role=role))
    member = work.session.exec(work.select(Member).where(Member.person_id == person.id)).one()
    activity.record(work, member, Happened.MEMBER_CREATED, email=email, role=role)
    return person.id


def sign_in(email: str, password: str, *, ip: str = "", user_agent: str = "") -> str:
    """A new session's token. The same `Invalid` for an unknown address and a wrong password, in the same time."""
    with work_across() as database:
        person = database.exec(select(Person).where(Person.email == email.strip().lower())).first()
        right = _hasher().verify(password[:1024], person.password_hash if person else _nobodys_hash())
        if person is None or not right:
            raise Invalid("password", "wrong")
        member = database.exec(select(Member).where(Member.person_id == person.id).order_by(col(Member.id))).first()
        if member is None:
            raise Invalid("password", "wrong")
        token, moment = secrets.token_urlsafe(32), now()
        database.add(
            Session(
                company_id=member.company_id,
                person_id=person.id,
                token_hash=digest(token),
                ip=ip[:64],
                user_agent=user_agent[:300],
                last_seen_at=moment,
                expires_at=moment + timedelta(days=SESSION_DAYS),
            )
        )
    return token


def find_actor(token: str) -> Actor | None:
    """Who this session token is, or None: unknown, revoked, expired or idle for too long."""
    moment = now()
    with work_across() as database:
        found = database.exec(
            select(Session, Person, Member, Company)
            .join(Person, Person.id == Session.person_id)  # pyright: ignore[reportArgumentType]
            .join(Member, sa.and_(col(Member.person_id) == Person.id, col(Member.company_id) == Session.company_id))
            .join(Company, Company.id == Session.company_id)  # pyright: ignore[reportArgumentType]
            .where(Session.token_hash == digest(token), col(Session.revoked_at).is_(None))
        ).first()
        if found is None:
            return None
        session, person, member, company = found
        if session.expires_at < moment or session.last_seen_at < moment - timedelta(days=IDLE_DAYS):
            return None
        if session.last_seen_at < moment - timedelta(minutes=5):
            session.last_seen_at = moment
        return _actor(company, person, member.role, session_id=session.id)


def sign_out(token: str) -> None:
    """Revoke this session; unknown tokens are no error."""
    with work_across() as database:
        session = database.exec(select(Session).where(Session.token_hash == digest(token))).first()
        if session is not None and session.revoked_at is None:
            session.revoked_at = now()


def create_api_key(work: Work, name: str, scopes: list[str], *, days: int | None = None) -> NewKey:
    """A key for a program; its text is in the answer and nowhere else."""
    work.require(Permission.ADMIN)
    unknown = sorted(set(scopes) - known_scopes())
    if unknown or not scopes:
        raise Invalid("scopes", "unknown_scope", scope=", ".join(unknown))
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    row = work.add(
        ApiKey(
            name=_name(name, "name"),
            key_hash=digest(key),
            hint=key[-4:],
            scopes=sorted(set(scopes)),
            expires_at=now() + timedelta(days=days) if days else None,
        )
    )
    work.session.flush()
    activity.record(work, row, Happened.API_KEY_CREATED, name=row.name, scopes=row.scopes)
    return NewKey(row.id, key, tuple(row.scopes))


def revoke_api_key(work: Work, key_id: UUID) -> None:
    """From the next request on the key is worth nothing."""
    work.require(Permission.ADMIN)
    row = work.get(ApiKey, key_id, lock=True)
    row.revoked_at = row.revoked_at or now()
    activity.record(work, row, Happened.API_KEY_REVOKED, name=row.name)


def find_key_actor(key: str) -> Actor | None:
    """Which program this key is, or None: unknown, revoked or expired."""
    moment = now()
    with work_across() as database:
        found = database.exec(
            select(ApiKey, Company).join(Company, Company.id == ApiKey.company_id).where(ApiKey.key_hash == digest(key))  # pyright: ignore[reportArgumentType]
        ).first()
        if found is None:
            return None
        row, company = found
        if row.revoked_at or (row.expires_at and row.expires_at < moment):
            return None
        if row.last_used_at is None or row.last_used_at < moment - timedelta(minutes=1):
            row.last_used_at = moment
        return Actor(
            company.id,
            "api_key",
            row.name,
            permissions_of(row.scopes),
            api_key_id=row.id,
            company_name=company.name,
            language=company.language,
            timezone=company.timezone,
        )


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


def _actor(company: Company, person: Person, role: Role, session_id: UUID | None = None) -> Actor:
    return Actor(
        company.id,
        "person",
        person.name,
        ROLES[role],
        role=role,
        person_id=person.id,
        session_id=session_id,
        email=person.email,
        company_name=company.name,
        language=person.language,
        timezone=company.timezone,
    )


def _free_slug(database: Database, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48] or "company"
    taken = set(database.exec(select(Company.slug).where(col(Company.slug).startswith(base))).all())
    return next(slug for n in range(1, 10_000) if (slug := base if n == 1 else f"{base}-{n}") not in taken)


def _name(text: str, field: str) -> str:
    text = " ".join(text.split())
    if not 2 <= len(text) <= 120:
        raise Invalid(field, "too_short" if len(text) < 2 else "too_long", limit=2 if len(text) < 2 else 120)
    return text


def _email(text: str) -> str:
    text = text.strip().lower()
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        raise Invalid("email", "not_an_email")
    return text


def _password(text: str) -> str:
    if len(text) < PASSWORD_LENGTH:
        raise Invalid("password", "too_short", limit=PASSWORD_LENGTH)
    if len(text) > 1024:
        raise Invalid("password", "too_long", limit=1024)
    if text.lower() in _COMMON or len(set(text)) < 4:
        raise Invalid("password", "too_common")
    return text


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    """Checked when the address is unknown, so that both answers take the same time."""
    return _hasher().hash(secrets.token_urlsafe(16))
