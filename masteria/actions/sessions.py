"""Being signed in: who is let in, on which device, and until when."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session as Database
from sqlmodel import col, select

from masteria.actions import credentials, mail, support, traces
from masteria.config import settings
from masteria.core.access import READS, Actor, Suspended, rights
from masteria.core.work import work_across
from masteria.enums import Happened, Topic
from masteria.kit import devices
from masteria.kit.clock import now, spoken
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.sealing import digest
from masteria.models import Company, CustomRole, Member, Person, Session
from masteria.models.company import LEVELS

SESSION_DAYS = 14
IDLE_DAYS = 3
PASSWORD = "password"


def sign_in(email: str, password: str, *, ip: str = "", user_agent: str = "") -> str:
    """Both steps at once, for who needs nothing between them: a new session's token."""
    return let_in(check_password(email, password, ip=ip), ip=ip, user_agent=user_agent)


def check_password(email: str, password: str, *, ip: str = "") -> Member:
    """Who this is, in the company they were in last. Nobody is let in by this alone.

    The same `Invalid` for an unknown address and a wrong password, in the same time. Who is right and has nowhere to go
    gets a `Conflict`: `no_membership` or `company_suspended`.
    """
    with work_across() as database:
        person = database.exec(select(Person).where(Person.email == email.strip().lower())).first()
    right, better = credentials.check(password, person.password_hash if person else None)
    if person is None or not right:
        if person is not None:
            _note_refusal(person, ip)
        raise Invalid("password", "wrong")
    with work_across() as database:
        if better:
            database.get_one(Person, person.id).password_hash = better
        return home_of(database, person.id)


def home_of(database: Database, person_id: UUID) -> Member:
    """The company that this person was in last, else the oldest; `Conflict` if there is none, or none that is open."""
    last = select(col(Session.company_id)).where(Session.person_id == person_id, col(Session.support_reason).is_(None))
    last = last.order_by(col(Session.created_at).desc()).limit(1).scalar_subquery()
    found = database.exec(
        select(Member, Company.suspended_at)
        .join(Company, col(Company.id) == col(Member.company_id))
        .where(Member.person_id == person_id)
        .order_by((col(Member.company_id) == last).desc().nulls_last(), col(Member.id))
    ).all()
    if not found:
        raise Conflict("no_membership")
    member = next((member for member, suspended_at in found if suspended_at is None), None)
    if member is None:
        raise Conflict("company_suspended")
    return member


def let_in(member: Member, *, method: str = PASSWORD, ip: str = "", user_agent: str = "") -> str:
    """A session of this member; returns the token, which is nowhere else. A device that is new is told by mail."""
    with work_across() as database:
        return start(database, member, method=method, ip=ip, user_agent=user_agent)


def let_in_person(person_id: UUID, *, method: str, ip: str = "", user_agent: str = "") -> str:
    """The same for who has shown everything that is asked for, in the company they were in last."""
    with work_across() as database:
        return start(database, home_of(database, person_id), method=method, ip=ip, user_agent=user_agent)


def start(database: Database, member: Member, *, method: str = PASSWORD, ip: str = "", user_agent: str = "") -> str:
    """The same inside a `work_across` that is open already."""
    person, moment = database.get_one(Person, member.person_id), now()
    _tell_new_device(database, person, ip, user_agent)
    token = secrets.token_urlsafe(32)
    session = Session(
        company_id=member.company_id,
        person_id=member.person_id,
        token_hash=digest(token),
        method=method,
        ip=ip[:64],
        user_agent=user_agent[:300],
        last_seen_at=moment,
        expires_at=moment + timedelta(days=SESSION_DAYS),
    )
    database.add(session)
    said = {"method": method, "device": devices.label(user_agent)}
    traces.note(database, person, Happened.SESSION_STARTED, [session], ip=ip, **said)
    return token


def find_actor(token: str) -> Actor | None:
    """Who this session token is, or None: unknown, revoked, expired or idle for too long."""
    moment = now()
    with work_across() as database:
        found = database.exec(_ACTOR.where(Session.token_hash == digest(token))).first()
        if found is None:
            return None
        session, person, member, company, custom, levels = found
        if session.support_reason is not None:
            return support.actor_of(company, person, session, levels) if session.expires_at > moment else None
        if member is None:
            return None
        if session.expires_at < moment or session.last_seen_at < moment - timedelta(days=IDLE_DAYS):
            return None
        if session.last_seen_at < moment - timedelta(minutes=5):
            session.last_seen_at = moment
        return actor_of(company, person, member, custom=custom, levels=levels, session=session)


def find_suspension(token: str) -> Suspended | None:
    """Why a session that would be good otherwise lets nobody in: its company is suspended."""
    query = select(Company).join(Session, col(Session.company_id) == Company.id)
    good = (Session.token_hash == digest(token), col(Session.revoked_at).is_(None), Session.expires_at > now())
    with work_across() as database:
        company = database.exec(query.where(*good, col(Company.suspended_at).is_not(None))).first()
    return Suspended(company.name, company.suspended_reason or "") if company else None


def sign_out(token: str, *, ip: str = "") -> None:
    """End this session, here and wherever it is open; unknown tokens are no error."""
    with work_across() as database:
        session = database.exec(select(Session).where(Session.token_hash == digest(token))).first()
        if session is not None:
            end(database, database.get_one(Person, session.person_id), [session], ip=ip)


def end(database: Database, person: Person, sessions: Iterable[Session], *, ip: str = "") -> int:
    """These sessions of this person are over: from the next request on, and on open pages once it is announced."""
    ended = [session for session in sessions if session.revoked_at is None]
    for session in ended:
        session.revoked_at = now()
    traces.note(database, person, Happened.SESSION_ENDED, ended, ip=ip)
    traces.announce(database, Topic.SESSION, [(session.company_id, session.id) for session in ended])
    return len(ended)


def _tell_new_device(database: Database, person: Person, ip: str, user_agent: str) -> None:
    """By mail, when the person was signed in before but never from such a device. Sessions are kept for six weeks."""
    seen = database.exec(select(Session.user_agent).where(Session.person_id == person.id).distinct()).all()
    name = devices.label(user_agent)
    if seen and name not in {devices.label(text) for text in seen}:
        account = f"{settings().public_url}/settings/account"
        said = {"device": name or "?", "ip": ip or "?", "when": spoken(now()), "account": account}
        mail.write(database, person.email, person.language, "device", **said)


def _note_refusal(person: Person, ip: str) -> None:
    with work_across() as database:
        found = traces.memberships(database, person.id)
        traces.note(database, None, Happened.SIGN_IN_REFUSED, found, ip=ip, email=person.email)


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
    own, is_verified = custom.permissions if custom else None, person.email_verified_at is not None
    may = rights(member.role, custom=own, levels=levels, operates=person.is_operator)
    must_enrol = company.requires_second_step and person.second_step_at is None
    return Actor(
        company.id,
        "person",
        person.name,
        frozenset() if must_enrol else may if is_verified else may & READS,
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
        is_verified=is_verified,
        must_enrol=must_enrol,
    )


_ACTOR = (
    select(Session, Person, Member, Company, CustomRole, LEVELS)  # pyright: ignore[reportCallIssue, reportArgumentType]
    .join(Person, Person.id == Session.person_id)
    .outerjoin(Member, sa.and_(col(Member.person_id) == Person.id, col(Member.company_id) == Session.company_id))
    .join(Company, Company.id == Session.company_id)
    .outerjoin(CustomRole, col(CustomRole.id) == col(Member.custom_role_id))
    # who runs the installation may look into a suspended company, and is not locked out of their own
    .where(col(Session.revoked_at).is_(None), sa.or_(col(Company.suspended_at).is_(None), col(Person.is_operator)))
)
