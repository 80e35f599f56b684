"""Campaigns: write, check beforehand, launch, pause, resume, cancel. Launching freezes who gets what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from masteria.actions import activity, budgets, quotas, sending, tally
from masteria.actions.audiences import Audience, compile_audience, unmapped
from masteria.core.jobs import Job
from masteria.core.work import Work
from masteria.enums import CampaignKind, CampaignState, Happened, Permission, Quota, TemplateStatus, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.models import Campaign, Connection, ContactList, Template

NAME_LENGTH, BODY_LENGTH = (3, 120), (5, 4096)
UNSUPPORTED_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
FIELDS = (
    "name",
    "kind",
    "connection_id",
    "template_id",
    "body",
    "variables",
    "audience",
    "rate_per_second",
    "legal_basis",
)


@dataclass(frozen=True, slots=True)
class Preflight:
    """Who would get it now, who not and why, when it would end, and what blocks the launch (codes).

    `budget` is how far the portfolio's people a day reach, for a number that has such a limit.
    """

    eligible: int
    excluded: dict[str, int]
    finish_at: datetime | None
    blocks: tuple[str, ...]
    budget: budgets.Outlook | None = None


def create(work: Work, **values: Any) -> UUID:
    """A draft. Raises `Invalid` naming the field."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = Campaign(name="", kind=CampaignKind.TEMPLATE, connection_id=UUID(int=0))
    _fill(work, campaign, {"kind": CampaignKind.TEMPLATE, **values}, wanted=("name", "connection_id"))
    work.add(campaign)
    work.session.flush()
    activity.record(work, campaign, Happened.CAMPAIGN_CREATED, name=campaign.name)
    work.announce(Topic.CAMPAIGN, campaign.id)
    return campaign.id


def update(work: Work, campaign_id: UUID, **values: Any) -> None:
    """Change a draft; anything else is `Conflict`."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = _draft(work, campaign_id)
    _fill(work, campaign, values)
    activity.record(work, campaign, Happened.CAMPAIGN_UPDATED, fields=sorted(values))
    work.announce(Topic.CAMPAIGN, campaign_id)


def delete(work: Work, campaign_id: UUID) -> None:
    """Throw a draft away; what was launched stays for ever."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = _draft(work, campaign_id)
    activity.record(work, campaign, Happened.CAMPAIGN_DELETED, name=campaign.name)
    work.session.delete(campaign)
    work.announce(Topic.CAMPAIGN, campaign_id)


def preflight(work: Work, campaign_id: UUID, *, at: datetime | None = None) -> Preflight:
    """Count everyone by the rules of a launch now or at `at`, without changing anything."""
    work.require(Permission.READ_CAMPAIGNS)
    campaign = work.get(Campaign, campaign_id)
    connection, template = _parts(work, campaign)
    audience = compile_audience(work, campaign, template) if campaign.audience else None
    counts, blocks = _count(work, audience), blocking(campaign, connection, template)
    eligible = counts.pop("", 0)
    if not eligible and "audience_missing" not in blocks:
        blocks.append("nobody_eligible")
    if audience is None or not eligible:
        return Preflight(eligible, counts, None, tuple(blocks))
    room = quotas.room(work, Quota.MESSAGES, hold=False)
    if room is not None and room.left < eligible:
        blocks.append("quota_messages")
    start = max(at or campaign.due_at or now(), now())
    finish = start + timedelta(seconds=eligible / rate_of(campaign, connection))
    people = f"{audience.sql} select id from judged where excluded is null"
    budget = budgets.outlook(work, connection, people, audience.values, start)
    if budget and budget.later:
        finish = max(finish, budget.later_at) if budget.later_at else None
    return Preflight(eligible, counts, finish, tuple(blocks), budget)


def launch(work: Work, campaign_id: UUID, *, at: datetime | None = None) -> None:
    """Freeze the audience and start sending, now or at `at`. A second launch is `Conflict`."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = _draft(work, campaign_id)
    connection, template = _parts(work, campaign)
    if at is not None and at <= now():
        raise Invalid("at", "past_date")
    campaign.move_to(CampaignState.SCHEDULED if at else CampaignState.RUNNING)
    blocks = blocking(campaign, connection, template)
    if blocks:
        raise Invalid(_FIELD_OF.get(blocks[0], "campaign"), blocks[0], names=", ".join(unmapped(campaign, template)))
    campaign.due_at = at or now()
    room = quotas.room(work, Quota.MESSAGES)
    campaign.total = _enlist(work, campaign, template)
    if not campaign.total:
        raise Invalid("audience", "nobody_eligible")
    if room is not None and room.left < campaign.total:
        raise Conflict("quota_messages", limit=room.limit, left=max(0, room.left))
    campaign.launched_at = now()
    activity.record(work, campaign, Happened.CAMPAIGN_LAUNCHED, total=campaign.total, at=at and at.isoformat())
    if at is None:
        work.later(Job.SEND_CAMPAIGNS)
    work.announce(Topic.CAMPAIGN, campaign_id)


def pause(work: Work, campaign_id: UUID) -> None:
    """Nothing new leaves from the next slot on."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = work.get(Campaign, campaign_id, lock=True)
    campaign.move_to(CampaignState.PAUSED, "by_hand")
    activity.record(work, campaign, Happened.CAMPAIGN_PAUSED, reason="by_hand")
    work.announce(Topic.CAMPAIGN, campaign_id)


def resume(work: Work, campaign_id: UUID) -> None:
    """Go on where it stopped; a launch that still lies ahead stays planned."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = work.get(Campaign, campaign_id, lock=True)
    if campaign.state != CampaignState.PAUSED:
        raise Conflict("state", state=str(campaign.state))
    connection, template = _parts(work, campaign)
    blocks = blocking(campaign, connection, template)
    if blocks:
        raise Invalid(_FIELD_OF.get(blocks[0], "campaign"), blocks[0], names="")
    ahead = campaign.due_at is not None and campaign.due_at > now()
    campaign.move_to(CampaignState.SCHEDULED if ahead else CampaignState.RUNNING)
    activity.record(work, campaign, Happened.CAMPAIGN_RESUMED)
    if not ahead:
        work.later(Job.SEND_CAMPAIGNS)
    work.announce(Topic.CAMPAIGN, campaign_id)


def cancel(work: Work, campaign_id: UUID) -> None:
    """Stop for good: who was not written to yet is skipped."""
    work.require(Permission.EDIT_CAMPAIGNS)
    campaign = work.get(Campaign, campaign_id, lock=True)
    campaign.move_to(CampaignState.CANCELLED, "by_hand")
    campaign.finished_at = now()
    sending.skip_rest(work, campaign_id)
    activity.record(work, campaign, Happened.CAMPAIGN_CANCELLED)
    work.announce(Topic.CAMPAIGN, campaign_id)


def interrupt(work: Work, campaign_id: UUID, code: str, *, account: bool) -> None:
    """The vendor's answer holds for everyone: pause with its reason; `account` takes the connection out too."""
    campaign = work.get(Campaign, campaign_id, lock=True)
    if account:
        sending.disconnect(work, campaign.connection_id, code)
    if campaign.state == CampaignState.RUNNING:
        campaign.move_to(CampaignState.PAUSED, code)
        activity.record(work, campaign, Happened.CAMPAIGN_PAUSED, reason=code)
    work.announce(Topic.CAMPAIGN, campaign_id)


def start_due(work: Work, campaign_id: UUID) -> None:
    """Its hour has come."""
    campaign = work.get(Campaign, campaign_id, lock=True)
    if campaign.state != CampaignState.SCHEDULED or campaign.due_at is None or campaign.due_at > now():
        return
    campaign.move_to(CampaignState.RUNNING)
    work.later(Job.SEND_CAMPAIGNS)
    work.announce(Topic.CAMPAIGN, campaign_id)


def finish(work: Work, campaign_id: UUID) -> bool:
    """Complete a running campaign in which nobody waits any more; what is in doubt does not hold it back."""
    campaign = work.get(Campaign, campaign_id, lock=True)
    if sending.someone_waits(work, campaign_id) or campaign.state != CampaignState.RUNNING:
        return False
    campaign.move_to(CampaignState.COMPLETED)
    campaign.finished_at = now()
    activity.record(work, campaign, Happened.CAMPAIGN_COMPLETED, total=campaign.total)
    work.announce(Topic.CAMPAIGN, campaign_id)
    return True


def blocking(campaign: Campaign, connection: Connection, template: Template | None) -> list[str]:
    """Codes of everything that keeps this campaign from being launched."""
    found = []
    if not NAME_LENGTH[0] <= len(campaign.name) <= NAME_LENGTH[1]:
        found.append("name_too_short")
    if not connection.can_send:
        found.append("connection_down")
    if campaign.kind == CampaignKind.TEMPLATE:
        found += _template_blocks(campaign, template)
    elif len(campaign.body.strip()) < BODY_LENGTH[0]:
        found.append("message_too_short")
    if unmapped(campaign, template):
        found.append("unmapped_variable")
    if not campaign.audience:
        found.append("audience_missing")
    return found


def rate_of(campaign: Campaign, connection: Connection) -> int:
    """Messages a second: a campaign may only tighten its number's limit."""
    return min(campaign.rate_per_second or connection.rate_per_second, connection.rate_per_second)


def _template_blocks(campaign: Campaign, template: Template | None) -> list[str]:
    if template is None:
        return ["template_missing"]
    if template.connection_id != campaign.connection_id:
        return ["template_elsewhere"]
    if template.status != TemplateStatus.APPROVED:
        return ["template_not_approved"]
    for component in template.components:
        if component.get("type") == "HEADER" and component.get("format") in UNSUPPORTED_HEADERS:
            return ["template_needs_media"]
        if any("{{" in str(b.get("url", "")) for b in component.get("buttons", [])):
            return ["template_needs_link"]
    return []


def _fill(work: Work, campaign: Campaign, values: Mapping[str, Any], wanted: tuple[str, ...] = ()) -> None:
    missing, unknown = [n for n in wanted if not values.get(n)], [n for n in values if n not in FIELDS]
    if missing or unknown:
        raise Invalid((missing + unknown)[0], "missing" if missing else "unknown_field")
    for name, value in values.items():
        setattr(campaign, name, value)
    campaign.name = " ".join(campaign.name.split())
    if not NAME_LENGTH[0] <= len(campaign.name) <= NAME_LENGTH[1]:
        raise Invalid("name", "name_too_short", limit=NAME_LENGTH[0])
    if len(campaign.body) > BODY_LENGTH[1]:
        raise Invalid("body", "too_long", limit=BODY_LENGTH[1])
    if campaign.rate_per_second is not None and campaign.rate_per_second < 1:
        raise Invalid("rate_per_second", "too_small", limit=1)
    work.get(Connection, campaign.connection_id)
    if campaign.template_id is not None:
        work.get(Template, campaign.template_id)
    if campaign.audience.get("list_id"):
        work.get(ContactList, campaign.audience["list_id"])
    if campaign.audience:
        compile_audience(work, campaign, None)


def _draft(work: Work, campaign_id: UUID) -> Campaign:
    """Locked; anything but a draft is `Conflict`."""
    campaign = work.get(Campaign, campaign_id, lock=True)
    if campaign.state != CampaignState.DRAFT:
        raise Conflict("state", state=str(campaign.state))
    return campaign


def _parts(work: Work, campaign: Campaign) -> tuple[Connection, Template | None]:
    connection = work.get(Connection, campaign.connection_id)
    wants_template = campaign.kind == CampaignKind.TEMPLATE and campaign.template_id is not None
    return connection, work.get(Template, campaign.template_id) if wants_template else None  # pyright: ignore[reportArgumentType]


def _count(work: Work, audience: Audience | None) -> dict[str, int]:
    if audience is None:
        return {}
    rows = work.execute(
        f"{audience.sql} select coalesce(excluded, ''), count(*) from judged group by 1", audience.values
    )
    return {row[0]: row[1] for row in rows}


def _enlist(work: Work, campaign: Campaign, template: Template | None) -> int:
    """One row a person, in one statement; the unique key makes a repetition harmless."""
    audience = compile_audience(work, campaign, template)
    work.session.flush()
    done = work.execute(
        f"""{audience.sql} insert into recipient
             (id, company_id, campaign_id, contact_id, phone, variables, state, state_at, attempts, due_at)
           select uuidv7(), :company, :campaign, id, phone, variables, 'queued', now(), 0, :due
           from judged where excluded is null on conflict (company_id, contact_id, campaign_id) do nothing""",
        {**audience.values, "campaign": campaign.id, "due": campaign.due_at},
    )
    tally.begin(work, campaign.id, done.rowcount)
    return done.rowcount


_FIELD_OF = {
    "name_too_short": "name",
    "connection_down": "connection_id",
    "template_missing": "template_id",
    "template_elsewhere": "template_id",
    "template_not_approved": "template_id",
    "template_needs_media": "template_id",
    "template_needs_link": "template_id",
    "message_too_short": "body",
    "unmapped_variable": "variables",
    "audience_missing": "audience",
}
