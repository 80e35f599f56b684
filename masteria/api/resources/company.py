"""The company itself: what it says, what the installation gives it, and how much of that it uses."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from masteria.actions import companies, quotas
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Shape, given
from masteria.core.work import work_as
from masteria.enums import Feature, Level, Permission
from masteria.queries import company as found

routes = router("company")
Language = Literal["pt_BR", "en", "es"]


class Company(Shape):
    id: UUID
    name: str
    timezone: str
    language: Language
    country: str = Field(description="For numbers without a country code")
    marketing_cap_per_day: int | None = Field(description="Marketing templates to one person within 24 hours")
    requires_second_step: bool
    features: dict[Feature, Level]


class CompanyChange(Body):
    name: str | None = Field(default=None, max_length=120)
    timezone: str | None = Field(default=None, max_length=64)
    language: Language | None = None
    country: str | None = Field(default=None, max_length=2)
    marketing_cap_per_day: int | None = Field(default=None, ge=1, le=companies.MOST_A_DAY, description="null: no cap")
    requires_second_step: bool | None = None


class Used(Shape):
    used: int
    limit: int | None = Field(description="null: no quota")


class Usage(Shape):
    members: Used
    connections: Used
    contacts: Used
    messages: Used = Field(description="Since the month began in the company's zone")


@routes.get("/company", dependencies=[needs(Permission.ADMIN)])
def get(caller: Caller) -> Company:
    """Your company."""
    with work_as(caller) as work:
        return Company.model_validate(found.company(work))


@routes.patch("/company", dependencies=[needs(Permission.ADMIN)])
def change(caller: Caller, body: CompanyChange) -> Company:
    """Change what is named. Asking everybody for a second step is the owner's alone."""
    with work_as(caller) as work:
        companies.update(work, **given(body))
        work.session.flush()
        return Company.model_validate(found.company(work))


@routes.get("/usage", dependencies=[needs(Permission.ADMIN)])
def usage(caller: Caller) -> Usage:
    """How much there is of what may be limited."""
    with work_as(caller) as work:
        rows = found.usage(work, quotas.messages(work))
    return Usage(**{row.name: Used(used=row.used, limit=row.limit) for row in rows})
