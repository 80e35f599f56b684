"""What a pump draws from: the recipients of one campaign, or the replies of one number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import sqlalchemy as sa

from masteria.actions import budgets, campaigns, leases, sending
from masteria.actions.receipts import settle_strays
from masteria.actions.sending import Claimed, Recorded
from masteria.channels.base import Account, Content
from masteria.core.access import Actor
from masteria.core.throttle import HORIZON
from masteria.core.work import work_across, work_as
from masteria.enums import CampaignKind, CampaignState, ConnectionKind, Topic
from masteria.flows.accounts import account_of
from masteria.kit.placeholders import HEADER
from masteria.models import Campaign, Connection, Template


@dataclass(frozen=True, slots=True)
class Plan:
    """What everyone of a lane shares: the number's `rate` a second, the lane's `own_rate` within it (0: none).

    `content` is None where each row has its own text.
    """

    kind: ConnectionKind
    account: Account
    rate: float
    own_rate: float
    content: Content | None
    pumps: int = 1  # that send for the number now
    connection_id: UUID | None = None
    portfolio_id: str = ""
    people_per_day: int | None = None  # of the portfolio
    marketing_cap: int | None = None  # marketing messages to one person within 24 hours

    @property
    def speed(self) -> float:
        return min(self.rate, self.own_rate or self.rate)


@dataclass(frozen=True)
class Lane(ABC):
    """The common part: `subject_id` is a campaign or a connection."""

    company_id: UUID
    subject_id: UUID
    table = "recipient"
    prefix = "r"
    horizon = HORIZON
    waits_for_account = True  # a campaign pauses and goes on when the account is mended; a reply says that it failed

    @cached_property
    def actor(self) -> Actor:
        return Actor.system(self.company_id)

    @abstractmethod
    def plan(self) -> Plan | None:
        """What to send and how fast now; None when the lane is closed."""

    @abstractmethod
    def claim(self, owner: UUID, count: int) -> list[Claimed]:
        """Up to `count` due rows, ours while our lease lasts."""

    @abstractmethod
    def mark(self, plan: Plan, claims: list[Claimed]) -> set[UUID]:
        """Commit that these are about to be called; the ids of whom to call. Whom a limit keeps back is given back."""

    @abstractmethod
    def record(self, results: list[Recorded], *, announce: bool = True) -> None:
        """Write outcomes down; with `announce` the screens that watch this lane read again."""

    @abstractmethod
    def stop(self, code: str, *, account: bool) -> None:
        """The vendor's answer holds for everyone: say so where people look, for the account or this lane alone."""

    @abstractmethod
    def finished(self) -> None:
        """Nothing was left when the pump ended."""

    def release(self, claims: list[Claimed], waits: list[float] | None = None) -> None:
        with work_as(self.actor, by_key=True) as work:
            sending.release(work, self.table, claims, waits)

    def shares_as(self) -> str:
        """By what name the lane shares its number's rate with others; without one it comes first."""
        return str(self.subject_id)

    def begin(self) -> UUID:
        """A lease to work on this lane; claims carry its id."""
        with work_as(self.actor) as work:
            return leases.take(work, self.table, self.subject_id)

    def renew(self, owner: UUID) -> bool:
        with work_as(self.actor) as work:
            return leases.renew(work, owner)

    def end(self, owner: UUID) -> None:
        with work_as(self.actor) as work:
            leases.end(work, owner)


class CampaignLane(Lane):
    """One running campaign."""

    def plan(self) -> Plan | None:
        with work_as(self.actor) as work:
            campaign = work.get(Campaign, self.subject_id)
            company = work.get_company()
            if campaign.state != CampaignState.RUNNING or company.suspended_at or budgets.rests(work, self.subject_id):
                return None
            connection = work.get(Connection, campaign.connection_id)
            template = work.get(Template, campaign.template_id) if campaign.template_id else None
            content, own_rate = _content(campaign, template), float(campaign.rate_per_second or 0)
            is_template, is_marketing = template is not None, template is not None and template.category == "MARKETING"
            return Plan(
                connection.kind,
                account_of(connection),
                connection.rate_per_second,
                own_rate,
                content,
                leases.pumps_of(work, connection.id),
                connection.id,
                connection.portfolio,
                connection.people_per_day if is_template else None,
                company.marketing_cap_per_day if is_marketing else None,
            )

    def claim(self, owner: UUID, count: int) -> list[Claimed]:
        with work_as(self.actor, by_key=True) as work:
            return sending.claim_recipients(work, self.subject_id, owner, count)

    def mark(self, plan: Plan, claims: list[Claimed]) -> set[UUID]:
        with work_as(self.actor, by_key=True) as work:
            admitted = claims
            if plan.people_per_day is not None and plan.connection_id is not None:
                places = budgets.admit(work, plan.connection_id, plan.portfolio_id, plan.people_per_day, claims)
                admitted = [c for c in claims if c.id in places]
                if len(admitted) < len(claims):
                    sending.release(work, self.table, [c for c in claims if c.id not in places])
                    budgets.hold_campaign(work, self.subject_id, plan.portfolio_id)
            return sending.mark_recipients(work, self.subject_id, admitted, cap=plan.marketing_cap)

    def stop(self, code: str, *, account: bool) -> None:
        with work_as(self.actor) as work:
            campaigns.interrupt(work, self.subject_id, code, account=account)

    def finished(self) -> None:
        with work_as(self.actor) as work:
            campaign = work.get(Campaign, self.subject_id)
            settle_strays(work, campaign.connection_id)
            campaigns.finish(work, self.subject_id)

    def record(self, results: list[Recorded], *, announce: bool = True) -> None:
        with work_as(self.actor, by_key=True) as work:
            sending.record(work, self.table, results)
            if announce:
                work.announce(Topic.CAMPAIGN, self.subject_id)


class ReplyLane(Lane):
    """The replies of one number."""

    table = "message"
    prefix = "m"
    horizon = 1.0  # a person's reply takes its slot before campaigns get to it
    waits_for_account = False

    def shares_as(self) -> str:
        return ""

    def plan(self) -> Plan | None:
        with work_as(self.actor) as work:
            if work.get_company().suspended_at:
                return None
            connection = work.get(Connection, self.subject_id)
            pumps = leases.pumps_of(work, connection.id)
            return Plan(connection.kind, account_of(connection), connection.rate_per_second, 0.0, None, pumps)

    def claim(self, owner: UUID, count: int) -> list[Claimed]:
        with work_as(self.actor, by_key=True) as work:
            return sending.claim_replies(work, self.subject_id, owner, min(count, 50))

    def mark(self, plan: Plan, claims: list[Claimed]) -> set[UUID]:
        with work_as(self.actor, by_key=True) as work:
            return sending.mark_replies(work, claims)

    def record(self, results: list[Recorded], *, announce: bool = True) -> None:
        with work_as(self.actor, by_key=True) as work:
            sending.record(work, self.table, results)
            for row_id in sending.conversations_of(work, [r.id for r in results]):
                work.announce(Topic.CONVERSATION, row_id)

    def stop(self, code: str, *, account: bool) -> None:
        if account:
            with work_as(self.actor) as work:
                sending.disconnect(work, self.subject_id, code)

    def finished(self) -> None:
        with work_as(self.actor) as work:
            settle_strays(work, self.subject_id)


def due_campaigns() -> list[Lane]:
    """Running campaigns with somebody due, of all companies."""
    with work_across() as database:
        rows = database.execute(  # pyright: ignore[reportDeprecated]
            sa.text(
                """select c.company_id, c.id from campaign c where c.state = 'running'
                     and not exists (select from company k where k.id = c.company_id and k.suspended_at is not null)
                     and (c.held_until is null or c.held_until <= now()) and exists
                   (select from recipient r where r.campaign_id = c.id and r.due_at <= now())"""
            )
        ).all()
    return [CampaignLane(*row) for row in rows]


def due_replies() -> list[Lane]:
    """Numbers with a reply due, of all companies."""
    with work_across() as database:
        companies = database.scalars(
            sa.text(
                """select distinct company_id from message where due_at <= now()
                     and company_id not in (select id from company where suspended_at is not null)"""
            )
        ).all()
    lanes: list[Lane] = []
    for company_id in companies:
        with work_as(Actor.system(company_id)) as work:
            lanes += [ReplyLane(company_id, row) for row in sending.connections_with_replies(work)]
    return lanes


def _content(campaign: Campaign, template: Template | None) -> Content:
    if campaign.kind == CampaignKind.TEXT or template is None:
        return Content(text=campaign.body)
    return Content(
        template=template.name,
        language=template.language,
        named=template.parameter_format == "NAMED",
        header=tuple(v.removeprefix(HEADER) for v in template.variables if v.startswith(HEADER)),
        body=tuple(v for v in template.variables if not v.startswith(HEADER)),
    )
