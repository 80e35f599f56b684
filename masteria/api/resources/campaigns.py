"""Campaigns: write, check beforehand, launch, pause, resume, cancel; who got it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Body as Content
from fastapi import Query
from pydantic import Field, model_validator

from masteria.actions import campaigns
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignKind, CampaignState, Permission
from masteria.queries import campaigns as found
from masteria.queries.campaigns import CampaignRow

routes = router("campaigns")
Sort = Annotated[str, sorted_by(found.CAMPAIGN_SORTS)]


class Variable(Body):
    """A field of the contact, a text for those without it, or both."""

    field: str = Field(default="", max_length=80)
    fallback: str = Field(default="", max_length=1000)


class Audience(Body):
    """Exactly one of these."""

    list_id: UUID | None = None
    tag: str | None = Field(default=None, min_length=1, max_length=64)
    contact_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=10_000)
    all: bool | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len([v for v in (self.list_id, self.tag, self.contact_ids, self.all) if v]) != 1:
            raise ValueError("give exactly one of list_id, tag, contact_ids, all")
        return self


class Draft(Body):
    name: str = Field(default="", max_length=120)
    kind: CampaignKind = CampaignKind.TEMPLATE
    template_id: UUID | None = None
    body: str = Field(default="", max_length=4096)
    variables: dict[str, Variable] = Field(default_factory=dict, max_length=100)
    audience: Audience | None = None
    rate_per_second: int | None = Field(default=None, ge=1, le=1000)
    legal_basis: str | None = Field(default=None, max_length=64)


class NewCampaign(Draft):
    name: str = Field(max_length=120)
    connection_id: UUID


class CampaignChange(Draft):
    connection_id: UUID | None = None


class Launch(Body):
    at: datetime | None = Field(default=None, description="A time ahead; left out: now")

    @model_validator(mode="after")
    def _aware(self) -> Self:
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("at needs a time zone, like 2030-01-31T12:00:00Z")
        return self


class Schedule(Shape):
    at: datetime | None


class Progress(Shape):
    rate: float = Field(description="Messages a second over the last ten seconds")
    eta: datetime | None


class Counts(Shape):
    """Every recipient is in exactly one of the first nine after `total`, and they add up to it."""

    total: int
    pending: int
    sending: int
    sent: int
    delivered: int
    read: int
    failed: int
    skipped: int
    in_doubt: int
    replied: int


class Campaign(Shape):
    id: UUID
    name: str
    kind: CampaignKind
    connection_id: UUID
    template_id: UUID | None
    body: str
    variables: dict[str, Any]
    audience: dict[str, Any]
    schedule: Schedule
    rate_per_second: int | None
    legal_basis: str | None
    state: CampaignState
    state_reason: str | None
    counts: Counts
    progress: Progress
    created_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    held_until: datetime | None = Field(description="It rests until then, for `state_reason`, and goes on by itself")


class Budget(Shape):
    """Meta limits how many new people all numbers of a business portfolio write to within 24 hours."""

    people_per_day: int
    left: int = Field(description="Places that are free at the start")
    fits: int = Field(description="How many of the eligible go out at once; whom we may write to anyway takes no place")
    later: int = Field(description="How many wait until places come free")
    later_at: datetime | None = Field(description="When the last of them goes, if nothing else is sent meanwhile")


class Preflight(Shape):
    eligible: int
    excluded: dict[str, int] = Field(description="How many will not get it, by reason")
    cost: None = Field(default=None, description="Prices are not known yet")
    finish_at: datetime | None
    blocks: list[str] = Field(description="What keeps it from being launched")
    budget: Budget | None = Field(description="The daily limit of people; null: the number has none")


@routes.get("/campaigns", dependencies=[needs(Permission.READ_CAMPAIGNS)])
def list_campaigns(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.CAMPAIGN_SORTS.usual,
    q: Search = "",
    state: Annotated[CampaignState | None, Query()] = None,
    connection_id: UUID | None = None,
) -> Listed[Campaign]:
    """All, or those with `q` in their name, in one state, of one number."""
    with work_as(caller) as work:
        page = found.list_campaigns(
            work, q=q, state=state or "", connection_id=connection_id, sort=sort, cursor=cursor, limit=limit
        )
    return listed(_shown, page)


@routes.post("/campaigns", status_code=201, dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def create(caller: Caller, body: NewCampaign) -> Campaign:
    """A draft."""
    with work_as(caller) as work:
        campaign_id = campaigns.create(work, **_values(body))
    return _one(caller, campaign_id)


@routes.get("/campaigns/{campaign_id}", dependencies=[needs(Permission.READ_CAMPAIGNS)])
def get(caller: Caller, campaign_id: UUID) -> Campaign:
    """One campaign, with its counts and speed now."""
    return _one(caller, campaign_id)


@routes.patch("/campaigns/{campaign_id}", dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def change(caller: Caller, campaign_id: UUID, body: CampaignChange) -> Campaign:
    """Change a draft; anything else is a 409."""
    with work_as(caller) as work:
        campaigns.update(work, campaign_id, **_values(body))
    return _one(caller, campaign_id)


@routes.delete("/campaigns/{campaign_id}", status_code=204, dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def delete(caller: Caller, campaign_id: UUID) -> None:
    """Throw a draft away."""
    with work_as(caller) as work:
        campaigns.delete(work, campaign_id)


@routes.post("/campaigns/{campaign_id}/preflight", dependencies=[needs(Permission.READ_CAMPAIGNS)])
def preflight(caller: Caller, campaign_id: UUID, body: Annotated[Launch | None, Content()] = None) -> Preflight:
    """Who would get it, who not and why, and when it would end, if it began now or at `at`."""
    with work_as(caller) as work:
        return Preflight.model_validate(campaigns.preflight(work, campaign_id, at=body.at if body else None))


@routes.post("/campaigns/{campaign_id}/launch", status_code=202, dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def launch(caller: Caller, campaign_id: UUID, body: Annotated[Launch | None, Content()] = None) -> Campaign:
    """Freeze the audience and start, now or at `at`."""
    with work_as(caller) as work:
        campaigns.launch(work, campaign_id, at=body.at if body else None)
    return _one(caller, campaign_id)


@routes.post("/campaigns/{campaign_id}/pause", dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def pause(caller: Caller, campaign_id: UUID) -> Campaign:
    """Nothing new leaves from the next moment on."""
    with work_as(caller) as work:
        campaigns.pause(work, campaign_id)
    return _one(caller, campaign_id)


@routes.post("/campaigns/{campaign_id}/resume", dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def resume(caller: Caller, campaign_id: UUID) -> Campaign:
    """Go on where it stopped."""
    with work_as(caller) as work:
        campaigns.resume(work, campaign_id)
    return _one(caller, campaign_id)


@routes.post("/campaigns/{campaign_id}/cancel", dependencies=[needs(Permission.EDIT_CAMPAIGNS)])
def cancel(caller: Caller, campaign_id: UUID) -> Campaign:
    """Stop for good; who was not written to yet is skipped."""
    with work_as(caller) as work:
        campaigns.cancel(work, campaign_id)
    return _one(caller, campaign_id)


def _values(body: Draft) -> dict[str, Any]:
    """What the action takes: only what was named, ids in the audience as text, since it is kept as JSON."""
    values = body.model_dump(exclude_unset=True)
    if "audience" in values:
        values["audience"] = body.audience.model_dump(mode="json", exclude_none=True) if body.audience else {}
    if "variables" in values:
        values["variables"] = {key: v.model_dump() for key, v in body.variables.items()}
    return {name: value for name, value in values.items() if value is not None or name in _MAY_BE_EMPTY}


def _one(caller: Actor, campaign_id: UUID) -> Campaign:
    with work_as(caller) as work:
        return _shown(found.campaign(work, campaign_id))


def _shown(row: CampaignRow) -> Campaign:
    values = {name: getattr(row, name) for name in CampaignRow.__dataclass_fields__ if name in Campaign.model_fields}
    values["counts"] = Counts.model_validate(row.counts)
    return Campaign(**values, schedule=Schedule(at=row.due_at), progress=Progress(rate=row.rate, eta=row.eta))


_MAY_BE_EMPTY = ("template_id", "rate_per_second", "legal_basis")
