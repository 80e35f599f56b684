"""What a company says of itself: its name, where and in which language it is at home, and what it asks of its people."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from sqlmodel import select

from masteria.actions import activity, credentials, ranks
from masteria.core.work import Work
from masteria.enums import Happened, Permission, Topic
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.kit.storable import storable_text
from masteria.models import Company, Person

LANGUAGES = ("pt_BR", "en", "es")
MOST_A_DAY = 100


def update(work: Work, **values: Any) -> None:
    """Change what is named. `Invalid` names the field; asking everybody for a second step is the owner's alone."""
    work.require(Permission.ADMIN)
    ranks.hold(work)
    company = work.get_company()
    is_new = False
    for field, value in values.items():
        check = _CHECKS.get(field)
        if check is None:
            raise Invalid(field, "unknown_field")
        wanted = check(value)
        is_new |= getattr(company, field) != wanted
        setattr(company, field, wanted)
    if "requires_second_step" in values:
        _check_second_step(work, company)
    if not is_new:
        return
    activity.record(work, company, Happened.COMPANY_UPDATED, fields=sorted(values))
    work.announce(Topic.COMPANY, company.id)


def _check_second_step(work: Work, company: Company) -> None:
    """Whoever asks it of everybody has it themselves, else they would lock the door behind them."""
    if not work.actor.may(Permission.OWN_COMPANY):
        raise Forbidden(str(Permission.OWN_COMPANY))
    own = work.session.exec(select(Person.second_step_at).where(Person.id == work.actor.person_id)).first()
    if company.requires_second_step and own is None:
        raise Conflict("second_step_first")


def _name(value: Any) -> str:
    return credentials.checked_name(storable_text(value) if isinstance(value, str) else "", "name")


def _timezone(value: Any) -> str:
    if value not in _zones():
        raise Invalid("timezone", "unknown_value")
    return value


def _language(value: Any) -> str:
    if value not in LANGUAGES:
        raise Invalid("language", "unknown_value")
    return value


def _country(value: Any) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid("country", "unknown_value")
    return value


def _cap(value: Any) -> int | None:
    if value is not None and not (type(value) is int and 1 <= value <= MOST_A_DAY):
        raise Invalid("marketing_cap_per_day", "out_of_range", limit=MOST_A_DAY)
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("requires_second_step", "unknown_value")
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "timezone": _timezone,
    "language": _language,
    "country": _country,
    "marketing_cap_per_day": _cap,
    "requires_second_step": _switch,
}
