"""The company that a benchmark acts for: a number, a template, people, a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from masteria.actions import accounts, campaigns
from masteria.core.access import Actor
from masteria.core.db import owner_engine
from masteria.core.work import Work, work_as
from masteria.enums import CampaignState, ConnectionKind, ConnectionStatus, TemplateStatus
from masteria.kit.clock import now
from masteria.models import Campaign, Connection, Template
from masteria.run.bench.receiver import Receiver

UNLIMITED = 100_000
NUMBER_ID, ACCOUNT_ID, TOKEN = "100200300400500", "200300400500600", "bench-token"
APP_SECRET, VERIFY_TOKEN = "s" * 32, "v" * 16
BODY = "Oi {{1}}, temos novidades para você."


@dataclass(frozen=True)
class Company:
    """Who acts, through which number, with which template."""

    actor: Actor
    connection_id: UUID
    template_id: UUID


def founded(rate: int, name: str = "Bench", number_id: str = NUMBER_ID) -> Company:
    """A company with a number of this rate (0: none) and an approved template."""
    actor = accounts.create_company(name, f"{name.lower()}@example.com", "bench-password-2026")
    with work_as(actor) as work:
        values: dict[str, Any] = {"kind": ConnectionKind.WHATSAPP_CLOUD, "name": name, "verify_token": VERIFY_TOKEN}
        values |= {"external_id": number_id, "account_id": ACCOUNT_ID, "access_token": TOKEN, "app_secret": APP_SECRET}
        values |= {"status": ConnectionStatus.CONNECTED, "rate_per_second": rate or UNLIMITED}
        connection = work.add(Connection(**values))
        work.session.flush()
        values = {"connection_id": connection.id, "external_id": "1", "name": "bench", "language": "pt_BR"}
        values |= {"category": "MARKETING", "status": TemplateStatus.APPROVED, "synced_at": now(), "body": BODY}
        values |= {"variables": ["1"], "components": [{"type": "BODY", "text": BODY}]}
        template = work.add(Template(**values))
        work.session.flush()
        return Company(actor, connection.id, template.id)


def people(company: Company, count: int) -> None:
    """So many contacts, known to the planner as people of yesterday would be."""
    with work_as(company.actor) as work:
        work.execute(_PEOPLE, {"company": work.company_id, "count": count})
    settle("contact")


def campaign(work: Work, company: Company, name: str = "Bench") -> UUID:
    """A draft to everyone."""
    return campaigns.create(
        work,
        name=name,
        connection_id=company.connection_id,
        template_id=company.template_id,
        variables={"1": {"field": "first_name", "fallback": "você"}},
        audience={"all": True},
    )


def state_of(actor: Actor, campaign_id: UUID) -> CampaignState:
    with work_as(actor) as work:
        return work.get(Campaign, campaign_id).state


def settle(*tables: str) -> None:
    """Statistics for these tables, and no checkpoint hanging over the run."""
    with owner_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            connection.execute(sa.text(f"vacuum analyze {table}"))
        connection.execute(sa.text("checkpoint"))


def make_known(receiver: Receiver) -> None:
    """The number and the template, where the receiver is a sandbox that asks for them."""
    number = {"phone_number_id": NUMBER_ID, "waba_id": ACCOUNT_ID, "access_token": TOKEN}
    secrets = {"display_number": "+55 11 4000-0100", "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
    receiver.ask("numbers", {**number, **secrets})
    component = {"type": "BODY", "text": BODY}
    receiver.ask("templates", {"waba_id": ACCOUNT_ID, "name": "bench", "language": "pt_BR", "components": [component]})


_PEOPLE = """insert into contact (id, company_id, phone, match_key, name, tags, attributes, consent_whatsapp,
     created_at, changed_at)
   select uuidv7(), :company, '+55119' || lpad(n::text, 8, '0'), '5511' || lpad(n::text, 8, '0'),
     'Pessoa ' || n, '{}', '{}', 'unknown', now(), now() from generate_series(1, :count) n"""
