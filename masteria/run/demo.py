"""The sample company: the standing cast, people, templates from the sandbox, and campaigns, one of them running."""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from uuid import UUID

import httpx

from masteria import config
from masteria.actions import accounts, campaigns, contacts, members, sessions
from masteria.core import migrate
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import ConnectionKind, Role, TemplateStatus
from masteria.flows import connections, templates
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.kit.phone import match_key
from masteria.models import Contact, ListMember
from masteria.queries import settings
from masteria.run.welcome import DEMO_EMAIL, DEMO_PASSWORD
from masteria.sandbox import sample

PEOPLE = 640
FIRST = [
    "Helena",
    "Otávio",
    "Marina",
    "Caio",
    "Beatriz",
    "Rafael",
    "Lívia",
    "Hugo",
    "Cecília",
    "Tomás",
    "Yasmin",
    "Davi",
    "Nádia",
    "Raí",
    "Sônia",
    "Bruno",
    "Íris",
]
LAST = [
    "Duarte",
    "Lima",
    "Sá",
    "Rezende",
    "Nunes",
    "Teles",
    "Campos",
    "Brandão",
    "Moura",
    "Vidal",
    "Porto",
    "Queiroz",
    "Araújo",
    "Leão",
    "Távora",
    "Falcão",
]
TAGS = (["cliente"], ["cliente", "vip"], ["interessado"], ["café do mês"], [])
CITIES = ("Campinas", "Florianópolis", "São José dos Campos", "Natal", "Ouro Preto")
AREAS = (11, 12, 19, 21, 27, 31, 41, 48, 71, 81, 84)


def fill() -> None:
    """Make it once; on an installation that has a company already nothing happens."""
    migrate.upgrade()
    if not accounts.needs_setup():
        return
    accounts.create_company("Aurora Café", DEMO_EMAIL, DEMO_PASSWORD, owner_name="Ana Prado", may_operate=True)
    ana = sessions.find_actor(sessions.sign_in(DEMO_EMAIL, DEMO_PASSWORD))
    assert ana is not None
    with work_as(ana) as work:
        members.add_member(work, "Bruno Reis", "bruno@aurora.example", DEMO_PASSWORD, Role.AGENT)
        members.add_member(work, "Vera Matos", "vera@aurora.example", DEMO_PASSWORD, Role.VIEWER)
    connection_id = _connect(ana)
    people = _people(ana)
    _name_phones(ana)
    _campaigns(ana, connection_id, people)


def _connect(ana: Actor) -> UUID:
    wanted = {
        "phone_number_id": sample.SAMPLE_PHONE_NUMBER_ID,
        "waba_id": sample.SAMPLE_WABA_ID,
        "access_token": sample.SAMPLE_ACCESS_TOKEN,
        "app_secret": sample.SAMPLE_APP_SECRET,
        "verify_token": sample.SAMPLE_VERIFY_TOKEN,
    }
    connection_id = connections.connect(ana, "Loja Aurora (simulação)", ConnectionKind.WHATSAPP_CLOUD, wanted)
    templates.sync(ana, connection_id)
    return connection_id


def _people(ana: Actor) -> list[UUID]:
    """The same people at every start of a demo."""
    pick, ids = random.Random(7), []
    with work_as(ana) as work:
        favourites = contacts.create_list(work, "Clientes da loja")
        for number in range(PEOPLE):
            phone = f"+55{AREAS[number % len(AREAS)]}9{8000_0000 + number * 7:08d}"
            contact = work.add(
                Contact(
                    id=new_id(),
                    phone=phone,
                    match_key=match_key(phone),
                    name=f"{pick.choice(FIRST)} {pick.choice(LAST)}",
                    tags=sorted(pick.choice(TAGS)),
                    attributes={"cidade": pick.choice(CITIES)},
                    created_at=now() - timedelta(minutes=number * 37),
                )
            )
            ids.append(contact.id)
        work.session.flush()
        for contact_id in ids[::2]:
            row = ListMember(company_id=work.company_id, list_id=favourites, contact_id=contact_id)
            work.session.add(row)
    return ids


def _name_phones(ana: Actor) -> None:
    """The simulated phones belong to the same people."""
    with work_as(ana) as work:
        names = {contact.phone: contact.name for contact in work.session.scalars(work.select(Contact))}
    httpx.post(f"{config.settings().sandbox_url}/_sandbox/people", json={"names": names}, timeout=20, trust_env=False)


def _campaigns(ana: Actor, connection_id: UUID, people: list[UUID]) -> None:
    with work_as(ana) as work:
        templates = settings.templates(work, connection_id=connection_id, status=TemplateStatus.APPROVED)
        known = {t.name: t.id for t in templates.rows}
        name = {"field": "first_name", "fallback": "tudo bem"}
        running = campaigns.create(
            work,
            name="Novidades da semana",
            connection_id=connection_id,
            template_id=known["novidades_da_semana"],
            variables={"1": name, "2": {"field": "", "fallback": "Aurora Café"}},
            audience={"all": True},
            rate_per_second=2,
            legal_basis="consent",
        )
        campaigns.create(
            work,
            name="Café do mês",
            connection_id=connection_id,
            template_id=known["cafe_do_mes"],
            variables={"1": name},
            audience={"tag": "café do mês"},
        )
        planned = campaigns.create(
            work,
            name="Horário de Natal",
            connection_id=connection_id,
            template_id=known["horario_de_natal"],
            audience={"tag": "cliente"},
        )
        short = campaigns.create(
            work,
            name="Aviso de pedido pronto",
            connection_id=connection_id,
            template_id=known["pedido_pronto"],
            variables={"cliente": name, "pedido": {"field": "", "fallback": "A-17"}},
            audience={"contact_ids": [str(i) for i in people[:40]]},
        )
    with work_as(ana) as work:
        campaigns.launch(work, short)
        campaigns.launch(work, running)
        campaigns.launch(work, planned, at=now() + timedelta(days=2))


if __name__ == "__main__":
    fill()
    sys.exit(0)
