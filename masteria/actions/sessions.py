"""Signed-in devices: a token in the browser, its hash in the table."""

from __future__ import annotations

import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import credentials
from masteria.core.access import Actor, rights
from masteria.core.work import work_across
from masteria.kit.clock import now
from masteria.kit.errors import Invalid
from masteria.kit.sealing import digest
from masteria.models import Company, CompanyFeature, CustomRole, Member, Person, Session

SESSION_DAYS = 14
IDLE_DAYS = 3


def sign_in(email: str, password: str, *, ip: str = "", user_agent: str = "") -> str:
    """A new session's token. The same `Invalid` for an unknown address and a wrong password, in the same time."""
    with work_across() as database:
        person = database.exec(select(Person).where(Person.email == email.strip().lower())).first()
        right = credentials.is_right(password, person.password_hash if person else None)
        if person is None or not right:
            raise Invalid("password", "wrong")
        member = database.exec(select(Member).where(Member.person_id == person.id).order_by(col(Member.id))).first()
        if member is None:
            raise Invalid("password", "wrong")
        return start(database, member, ip=ip, user_agent=user_agent)


def start(database: Database, member: Member, *, method: str = "password", ip: str = "", user_agent: str = "") -> str:
    """A session of this member; returns the token, which is nowhere else."""
    token, moment = secrets.token_urlsafe(32), now()
    database.add(
        Session(
            company_id=member.company_id,
            person_id=member.person_id,
            token_hash=digest(token),
            method=method,
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
        found = database.exec(_ACTOR.where(Session.token_hash == digest(token))).first()
        if found is None:
            return None
        session, person, member, company, custom, levels = found
        if session.expires_at < moment or session.last_seen_at < moment - timedelta(days=IDLE_DAYS):
            return None
        if session.last_seen_at < moment - timedelta(minutes=5):
            session.last_seen_at = moment
        return actor_of(company, person, member, custom=custom, levels=levels, session=session)


def sign_out(token: str) -> None:
    """Revoke this session; unknown tokens are no error."""
    with work_across() as database:
        session = database.exec(select(Session).where(Session.token_hash == digest(token))).first()
        if session is not None and session.revoked_at is None:
            session.revoked_at = now()


def actor_of(
    company: Company,
    person: Person,
    member: Member,
    *,
    custom: CustomRole | None = None,
    levels: dict[str, str] | None = None,
    session: Session | None = None,
) -> Actor:
    """This person acting for this company."""
    own = custom.permissions if custom else None
    return Actor(
        company.id,
        "person",
        person.name,
        rights(member.role, custom=own, levels=levels, operates=person.is_operator),
        role=member.role,
        person_id=person.id,
        session_id=session.id if session else None,
        email=person.email,
        company_name=company.name,
        language=person.language,
        timezone=company.timezone,
        member_id=member.id,
        own_only=member.own_only,
        proven_at=session.proven_at if session else None,
        levels=levels,
    )


_LEVELS = (
    sa.select(sa.func.jsonb_object_agg(col(CompanyFeature.feature), col(CompanyFeature.level)))
    .where(col(CompanyFeature.company_id) == col(Company.id))
    .scalar_subquery()
)
_ACTOR = (
    select(Session, Person, Member, Company, CustomRole, _LEVELS)  # pyright: ignore[reportCallIssue, reportArgumentType]
    .join(Person, Person.id == Session.person_id)
    .join(Member, sa.and_(col(Member.person_id) == Person.id, col(Member.company_id) == Session.company_id))
    .join(Company, Company.id == Session.company_id)
    .outerjoin(CustomRole, col(CustomRole.id) == col(Member.custom_role_id))
    .where(col(Session.revoked_at).is_(None), col(Company.suspended_at).is_(None))
)
