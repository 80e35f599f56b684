"""Logins of other providers: who comes in by them, how they join a person, and how they leave one.

An address opens nothing by itself (decision 23): a login that is new to us joins an account only when the provider has
verified the address and so have we. Nobody comes to be here without a proven address.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session as Database
from sqlmodel import select

from masteria.actions import accounts, credentials, invites, mail, sessions, traces
from masteria.config import settings
from masteria.core.access import Actor
from masteria.core.work import work_across
from masteria.enums import Happened, Provider
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, NotFound
from masteria.models import Login, Member, Person
from masteria.providers import configured
from masteria.providers.base import Vouched

NAMES = {Provider.GOOGLE: "Google", Provider.FACEBOOK: "Facebook"}


def offered() -> tuple[Provider, ...]:
    """Whom the sign-in page may name: those the installation is registered with."""
    return configured()


def arrive(vouched: Vouched, *, ip: str = "") -> Member | None:
    """Who this is, in the company they were in last; None when it is somebody new.

    `Conflict`: `login_known_address` when the address is of somebody here whom it does not prove, or why nobody is let in.
    """
    with work_across() as database:
        login = _find(database, vouched)
        if login is not None:
            login.last_used_at = now()
            login.email = vouched.email or login.email
            return sessions.home_of(database, login.person_id)
        person = _of_address(database, vouched.email)
        if person is None:
            return None
        if not vouched.email_verified or person.email_verified_at is None:
            raise Conflict("login_known_address")
        _link(database, person, vouched, ip)
        return sessions.home_of(database, person.id)


def found_company(vouched: Vouched, company: str, *, language: str = "pt_BR", ip: str = "") -> Member:
    """Somebody new, and a company of theirs. The address must be proven, by the provider or by a mail of ours."""
    if not vouched.email_verified:
        raise Conflict("login_unproven")
    # the first company belongs to whoever has the link of the first run
    if settings().sign_up == "closed" or accounts.needs_setup():
        raise Conflict("sign_up_closed")
    company = credentials.checked_name(company, "company")
    with work_across() as database:
        person = _somebody_new(database, vouched, language)
        _, member = accounts.founded(database, company, person, language=person.language)
        database.flush()
        _link(database, person, vouched, ip, is_new=True)
        return member


def join_by_invite(vouched: Vouched, token: str, *, language: str = "pt_BR", ip: str = "") -> Member:
    """Somebody new comes into the company that invited them; `Conflict` or `NotFound` when the invite is not for them."""
    if not vouched.email_verified:
        raise Conflict("login_unproven")
    with work_across() as database:
        person = _somebody_new(database, vouched, language)
        member = invites.accept(database, token, person)
        _link(database, person, vouched, ip, is_new=True)
        return member


def ask_for_proof(vouched: Vouched, email: str, link: str, *, language: str = "pt_BR") -> None:
    """A mail whose link proves this address. To the page it makes no difference whether the address is known here."""
    with work_across() as database:
        person = _of_address(database, email)
        if person is None:
            mail.write(database, email, language, "login_email", provider=NAMES[vouched.provider], link=link)
        else:
            page = f"{settings().public_url}/login"
            mail.write(database, email, person.language, "login_known", provider=NAMES[vouched.provider], login=page)


def link(actor: Actor, vouched: Vouched) -> None:
    """From inside a session: this login is theirs. The same again changes nothing; somebody else's is refused."""
    with work_across() as database:
        person = database.get_one(Person, actor.person_id, with_for_update=True)
        login = _find(database, vouched)
        if login is not None and login.person_id != person.id:
            raise Conflict("login_taken")
        if login is not None:
            return
        if person.email_verified_at is None:
            # else a stranger's login would wait in an account for the day its address's owner takes it over
            raise Conflict("login_unverified")
        held = select(Login).where(Login.person_id == person.id, Login.provider == vouched.provider)
        if database.exec(held).first() is not None:
            raise Conflict("login_other")
        _link(database, person, vouched, actor.ip)


def unlink(actor: Actor, provider: Provider) -> None:
    """It opens nothing here any more. The last way in stays: `Conflict` `login_last`."""
    with work_across() as database:
        person = database.get_one(Person, actor.person_id, with_for_update=True)
        logins = database.exec(select(Login).where(Login.person_id == person.id).with_for_update()).all()
        login = next((row for row in logins if row.provider == provider), None)
        if login is None:
            raise NotFound("Login")
        if not person.password_hash and len(logins) == 1:
            raise Conflict("login_last")
        database.delete(login)
        traces.note_everywhere(database, person, Happened.LOGIN_UNLINKED, ip=actor.ip, provider=provider)


def _find(database: Database, vouched: Vouched) -> Login | None:
    known = select(Login).where(Login.provider == vouched.provider, Login.subject == vouched.subject)
    return database.exec(known.with_for_update()).first()


def _of_address(database: Database, email: str) -> Person | None:
    if not email:
        return None
    return database.exec(select(Person).where(Person.email == email.strip().lower()).with_for_update()).first()


def _somebody_new(database: Database, vouched: Vouched, language: str) -> Person:
    """With no password: the provider is the way in. Of two tabs at once one makes the person, and the other hears so."""
    email = credentials.checked_email(vouched.email)
    database.connection().execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(email, 0))))
    if _of_address(database, email) is not None or _find(database, vouched) is not None:
        raise Conflict("login_known_address")
    name = " ".join(vouched.name.split())[:120]
    local = email.partition("@")[0]
    name = name if len(name) > 1 else local if len(local) > 1 else email
    person = Person(email=email, name=name, language=language, email_verified_at=now())
    database.add(person)
    database.flush()
    return person


def _link(database: Database, person: Person, vouched: Vouched, ip: str, *, is_new: bool = False) -> None:
    row = Login(
        person_id=person.id,
        provider=vouched.provider,
        subject=vouched.subject,
        email=vouched.email[:254],
        last_used_at=now(),
    )
    database.add(row)
    traces.note_everywhere(database, person, Happened.LOGIN_LINKED, ip=ip, provider=vouched.provider)
    if not is_new:
        said = {"provider": NAMES[vouched.provider], "account": vouched.email or vouched.name}
        mail.write(database, person.email, person.language, "login_linked", **said)
