"""The standing cast: Ana owns Aurora, Bruno is her agent, Vera may only look; Clara owns Boreal and must never see Aurora.

Every call makes two new companies, so tests need no clearing: nothing of one test is visible to another's company.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash

from masteria.actions import sessions
from masteria.core.access import ROLES, Actor
from masteria.core.work import work_across, work_as
from masteria.enums import ConnectionKind, ConnectionStatus, Role, TemplateStatus
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.models import Company, Connection, Contact, CustomRole, Member, Person, Template

PASSWORD = "um-segredo-longo"


@dataclass(frozen=True)
class Cast:
    ana: Actor
    bruno: Actor
    vera: Actor
    clara: Actor


def make_cast() -> Cast:
    mark = secrets.token_hex(4)
    with work_across() as database:
        aurora = Company(name="Aurora", slug=f"aurora-{mark}")
        boreal = Company(name="Boreal", slug=f"boreal-{mark}")
        database.add_all([aurora, boreal])
        database.flush()
        actors = []
        for name, company, role in (
            ("Ana", aurora, Role.OWNER),
            ("Bruno", aurora, Role.AGENT),
            ("Vera", aurora, Role.VIEWER),
            ("Clara", boreal, Role.OWNER),
        ):
            email = f"{name.lower()}-{mark}@exemplo.com"
            person = Person(email=email, name=name, password_hash=_hash(), email_verified_at=now())
            database.add(person)
            database.flush()
            database.add(Member(company_id=company.id, person_id=person.id, role=role))
            actors.append(
                Actor(
                    company.id,
                    "person",
                    name,
                    ROLES[role],
                    role=role,
                    person_id=person.id,
                    email=person.email,
                    company_name=company.name,
                )
            )
    return Cast(*actors)


def a_colleague(actor: Actor, role: Role, name: str = "Rita", **values: object) -> Actor:
    """One more person in this actor's company; `values` are the member's."""
    with work_across() as database:
        person = Person(email=f"{secrets.token_hex(6)}@exemplo.com", name=name, password_hash=_hash())
        person.email_verified_at = now()
        database.add(person)
        database.flush()
        member = Member(company_id=actor.company_id, person_id=person.id, role=role, **values)  # pyright: ignore[reportArgumentType]
        database.add(member)
        custom = database.get(CustomRole, member.custom_role_id) if member.custom_role_id else None
        database.flush()
        return sessions.actor_of(database.get_one(Company, actor.company_id), person, member, custom=custom)


def a_connection(actor: Actor, **values: object) -> Connection:
    """A connected number of this actor's company."""
    fields = {
        "kind": ConnectionKind.WHATSAPP_CLOUD,
        "name": "Loja",
        "address": "+55 11 4000-0100",
        "external_id": secrets.token_hex(8),
        "account_id": secrets.token_hex(8),
        "access_token": "token-" + secrets.token_hex(4),
        "app_secret": secrets.token_hex(16),
        "verify_token": secrets.token_hex(8),
        "status": ConnectionStatus.CONNECTED,
    }
    with work_as(actor) as work:
        return work.add(Connection(**{**fields, **values}))  # pyright: ignore[reportArgumentType]


def a_template(actor: Actor, connection: Connection, **values: object) -> Template:
    """An approved template with one variable."""
    fields = {
        "connection_id": connection.id,
        "external_id": secrets.token_hex(8),
        "name": "novidades",
        "language": "pt_BR",
        "category": "MARKETING",
        "status": TemplateStatus.APPROVED,
        "body": "Oi {{1}}, temos novidades para você.",
        "variables": ["1"],
        "components": [{"type": "BODY", "text": "Oi {{1}}, temos novidades para você."}],
        "synced_at": now(),
    }
    with work_as(actor) as work:
        return work.add(Template(**{**fields, **values}))  # pyright: ignore[reportArgumentType]


def contacts(actor: Actor, count: int, *, start: int = 0, **values: object) -> list[Contact]:
    """`count` people with Brazilian mobiles, Pessoa 0 (or `start`) and on."""
    with work_as(actor) as work:
        return [
            work.add(
                Contact(
                    id=new_id(),
                    phone=f"+551190{n:07d}",
                    match_key=f"5511{n:08d}",
                    name=f"Pessoa {n}",
                    **values,  # pyright: ignore[reportArgumentType]
                )
            )
            for n in range(start, start + count)
        ]


@cache
def _hash() -> str:
    return PasswordHash.recommended().hash(PASSWORD)


def an_operator(name: str = "Olga") -> Actor:
    """Somebody who runs the installation, from a company of their own."""
    mark = secrets.token_hex(4)
    with work_across() as database:
        home = Company(name="Casa", slug=f"casa-{mark}")
        email = f"{name.lower()}-{mark}@exemplo.com"
        person = Person(email=email, name=name, password_hash=_hash(), email_verified_at=now(), is_operator=True)
        database.add_all([home, person])
        database.flush()
        database.add(Member(company_id=home.id, person_id=person.id, role=Role.OWNER))
    found = sessions.find_actor(sessions.sign_in(email, PASSWORD))
    assert found is not None
    return found
