"""One function a job, two lines each: say the bell was heard, run the flow."""

from __future__ import annotations

from uuid import UUID

from masteria.core.access import Actor
from masteria.core.jobs import Job, heard
from masteria.flows import deleting, importing, intake, mail, sending, templates


def send_campaigns() -> None:
    heard(Job.SEND_CAMPAIGNS)
    sending.send_campaigns()


def send_messages() -> None:
    heard(Job.SEND_MESSAGES)
    sending.send_messages()


def read_intake() -> None:
    heard(Job.READ_INTAKE)
    intake.read()


def import_contacts(company_id: str, import_id: str) -> None:
    heard(Job.IMPORT_CONTACTS, company_id, import_id)
    importing.import_contacts(Actor.system(UUID(company_id)), UUID(import_id))


def sync_templates(company_id: str, connection_id: str) -> None:
    heard(Job.SYNC_TEMPLATES, company_id, connection_id)
    templates.sync(Actor.system(UUID(company_id)), UUID(connection_id))


def send_mail() -> None:
    heard(Job.SEND_MAIL)
    mail.send()


def delete_company(company_id: str) -> None:
    heard(Job.DELETE_COMPANY, company_id)
    deleting.delete_company(UUID(company_id))
