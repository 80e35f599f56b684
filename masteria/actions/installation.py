"""The installation's companies: made, limited, suspended, deleted, by whoever operates it. Nothing here is a company's own.

Each change, its entry in the company's audit trail and its line in the installation's record are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from masteria.actions import accounts, acts, credentials, invites
from masteria.actions.activity import Changes
from masteria.core import live
from masteria.core.jobs import Job
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Feature, Happened, Level, Permission, Quota, Role, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.storable import storable_text
from masteria.models import Company, CompanyFeature

REASON_LENGTH = (5, 500)
MOST = 2_000_000_000
QUOTAS: dict[Quota, str] = {
    Quota.MEMBERS: "max_members",
    Quota.CONNECTIONS: "max_connections",
    Quota.CONTACTS: "max_contacts",
    Quota.MESSAGES: "max_messages_per_month",
}


def set_levels(work: Work, company_id: UUID, levels: Mapping[str, str]) -> None:
    """How much of each named feature the company has; open tabs follow at once."""
    work.require(Permission.OPERATE)
    wanted = {_feature(name): _level(value) for name, value in levels.items()}
    with _company(company_id) as (database, company):
        changes: dict[str, tuple[Any, Any]] = {}
        for feature, level in wanted.items():
            row = database.get(CompanyFeature, (company_id, feature))
            before = row.level if row else Level.FULL
            if before == level:
                continue
            changes[feature] = (str(before), str(level))
            _put_level(database, row, CompanyFeature(company_id=company_id, feature=feature, level=level))
        if changes:
            acts.change(database, work.actor, company, Happened.FEATURE_UPDATED, changes)


def set_quotas(work: Work, company_id: UUID, quotas: Mapping[str, int | None]) -> None:
    """How many the company may have of each; None: as many as it likes."""
    work.require(Permission.OPERATE)
    wanted = {QUOTAS[Quota(name)]: _number(name, value) for name, value in quotas.items() if name in set(Quota)}
    with _company(company_id) as (database, company):
        changes = _set(company, wanted)
        if changes:
            acts.change(database, work.actor, company, Happened.COMPANY_UPDATED, changes)


def suspend(work: Work, company_id: UUID, reason: str) -> None:
    """Nobody gets in, no key works, nothing is sent. What comes in is kept."""
    work.require(Permission.OPERATE)
    reason = _reason(reason)
    if company_id == work.company_id:
        raise Conflict("own_company")
    with _company(company_id) as (database, company):
        if company.suspended_at is not None:
            raise Conflict("suspended_already")
        changes = _set(company, {"suspended_at": now(), "suspended_reason": reason})
        acts.change(database, work.actor, company, Happened.COMPANY_SUSPENDED, changes)


def restore(work: Work, company_id: UUID) -> None:
    """Open again: everything goes on where it stopped."""
    work.require(Permission.OPERATE)
    with _company(company_id) as (database, company):
        if company.suspended_at is None or company.deletion_asked_at is not None:
            raise Conflict("not_suspended")
        changes = _set(company, {"suspended_at": None, "suspended_reason": None})
        acts.change(database, work.actor, company, Happened.COMPANY_RESTORED, changes)
    for job in (Job.SEND_CAMPAIGNS, Job.SEND_MESSAGES):
        work.later(job)


def delete(work: Work, company_id: UUID, name: str) -> None:
    """Close it now and delete everything of it in the background; `name` must be the company's, typed out."""
    work.require(Permission.OPERATE)
    if company_id == work.company_id:
        raise Conflict("own_company")
    with _company(company_id) as (database, company):
        if " ".join(name.split()).casefold() != company.name.casefold():
            raise Invalid("name", "name_differs")
        if company.deletion_asked_at is None:
            moment = now()
            wanted = {"deletion_asked_at": moment, "suspended_at": company.suspended_at or moment}
            _set(company, wanted)
            acts.note(database, work.actor, "company.deleted", company.name, company_id=company_id, slug=company.slug)
    work.later(Job.DELETE_COMPANY, company_id)


def create(work: Work, name: str, owner_email: str) -> tuple[UUID, str]:
    """A company without anybody, and the link that makes whoever has that address its owner."""
    work.require(Permission.OPERATE)
    email, name = credentials.checked_email(owner_email), credentials.checked_name(name, "company_name")
    with work_across() as database:
        company = accounts.add_company(database, name)
        acts.note(database, work.actor, "company.created", name, company_id=company.id, owner=email)
    there = replace(accounts.company_actor(company.slug), name=work.actor.name, person_id=work.actor.person_id)
    with work_as(there) as inside:
        return company.id, invites.create(inside, Role.OWNER, email=email).link


@contextmanager
def _company(company_id: UUID) -> Iterator[tuple[Session, Company]]:
    """The company, locked; whoever has a page of it open reads again afterwards."""
    with work_across() as database:
        company = database.get(Company, company_id, with_for_update=True)
        if company is None:
            raise NotFound("company")
        yield database, company
    live.publish(company_id, Topic.COMPANY, company_id)


def _set(company: Company, wanted: Mapping[str, Any]) -> Changes:
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in wanted.items():
        if getattr(company, name) != value:
            changes[name] = (getattr(company, name), value)
            setattr(company, name, value)
    return changes


def _put_level(database: Session, row: CompanyFeature | None, wanted: CompanyFeature) -> None:
    """Without a row a feature is there in full."""
    if wanted.level == Level.FULL:
        database.delete(row)
    elif row is None:
        database.add(wanted)
    else:
        row.level = wanted.level


def _feature(name: str) -> Feature:
    if name not in set(Feature):
        raise Invalid("feature", "unknown_value")
    return Feature(name)


def _level(value: str) -> Level:
    if value not in set(Level):
        raise Invalid("level", "unknown_value")
    return Level(value)


def _number(name: str, value: int | None) -> int | None:
    if value is not None and not 0 <= value <= MOST:
        raise Invalid(name, "not_a_number")
    return value


def _reason(text: str) -> str:
    text = " ".join(storable_text(text).split())
    least, most = REASON_LENGTH
    if len(text) < least:
        raise Invalid("reason", "reason_too_short", limit=least)
    if len(text) > most:
        raise Invalid("reason", "too_long", limit=most)
    return text
