"""The company's own page: what it says of itself, what it asks of its people, what it has and uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
import reflex as rx
from babel import Locale

from masteria.actions import companies, quotas, support
from masteria.core.work import Work
from masteria.enums import Permission, Topic
from masteria.kit.errors import Conflict, Invalid
from masteria.queries import company
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.profile import Profile
from masteria.ui.screen import Screen, explain, field_of
from masteria.ui.texts import known

ZONES_SHOWN = 30


@dataclass
class Used:
    """`share` is how full the quota is, in per cent."""

    name: str
    told: str
    share: int
    is_limited: bool


@dataclass
class Feature:
    name: str
    level: str


@dataclass
class Visit:
    at: str
    name: str
    reason: str


@dataclass
class Country:
    code: str
    name: str


class CompanyState(Screen, rx.State):
    loaded: bool = False
    name: str = ""
    timezone: str = ""
    language: str = ""
    country: str = ""
    cap: str = ""
    second_step: bool = False
    is_owner: bool = False
    zones: list[str] = []
    countries: list[Country] = []
    used: list[Used] = []
    features: list[Feature] = []
    visits: list[Visit] = []
    problem: str = ""
    problem_field: str = ""

    @rx.event
    @needs(Permission.ADMIN)
    async def enter(self):
        """Open the page."""
        self._watch(CompanyState.load, (Topic.COMPANY, ANY))
        self.problem, self.problem_field = "", ""
        await self._load()

    @rx.event
    @needs(Permission.ADMIN)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.ADMIN)
    async def find_zone(self, text: str):
        """The zones that are meant, for what was typed of one."""
        self.timezone = str(text)[:64]
        self.zones = _zones(self.timezone)

    @rx.event
    @needs(Permission.ADMIN)
    async def save(self, form: dict[str, str]):
        """What was typed stays when something is wrong."""
        self.problem, self.problem_field = "", ""
        try:
            values: dict[str, Any] = {name: str(form.get(name, "")) for name in ("name", "language", "country")}
            cap = str(form.get("cap", "")).strip()
            values |= {"timezone": self.timezone, "marketing_cap_per_day": _number(cap) if cap else None}
            await self._run(companies.update, **values)
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
            return None
        await self._load()
        return [rx.toast.success(self._say("company.saved")), Profile.enter]

    @rx.event
    @needs(Permission.OWN_COMPANY, recent=True)
    async def ask_second_step(self, on: bool):
        """Of everybody here, from their next sign-in on."""
        self.problem = self.problem_field = ""
        try:
            await self._run(companies.update, requires_second_step=on is True)
        except Conflict as error:
            self.problem, self.problem_field = explain(error, self._language()), "second_step"
        await self._load()

    @rx.event
    @needs(Permission.OWN_COMPANY)
    async def show_out(self):
        """The installation's support leaves now."""
        await self._run(support.end_for_company)
        await self._load()

    async def _load(self) -> None:
        found, used, visits = await self._run(_found)
        self.name, self.timezone, self.language, self.country = (
            found.name,
            found.timezone,
            found.language,
            found.country,
        )
        self.cap = "" if found.marketing_cap_per_day is None else str(found.marketing_cap_per_day)
        self.second_step, self.is_owner = found.requires_second_step, identity.current().may(Permission.OWN_COMPANY)
        self.zones, self.countries = _zones(found.timezone), _countries(self._language())
        self.used = [self._used(row) for row in used]
        self.features = [Feature(name, level) for name, level in found.features.items()]
        self.visits = [Visit(self._moment(row.at), row.name, row.reason) for row in visits]
        self.loaded = True

    def _used(self, row: company.UsageRow) -> Used:
        used = self._number(row.used)
        if row.limit is None:
            return Used(row.name, used, 0, False)
        share = 100 if not row.limit else min(100, round(100 * row.used / row.limit))
        return Used(row.name, self._say("company.of", used=used, limit=self._number(row.limit)), share, True)


def _found(work: Work) -> tuple[company.CompanyRow, list[company.UsageRow], list[company.VisitRow]]:
    return company.company(work), company.usage(work, quotas.messages(work)), company.support_visits(work)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid("marketing_cap_per_day", "out_of_range", limit=companies.MOST_A_DAY)
    return int(text)


def _zones(text: str) -> list[str]:
    wanted = text.strip().lower().replace(" ", "_")
    found = sorted(zone for zone in available_timezones() if "/" in zone and wanted in zone.lower())
    return found[:ZONES_SHOWN]


def _countries(language: str) -> list[Country]:
    names = Locale.parse(known(language)).territories
    found = [Country(code, names.get(code, code)) for code in phonenumbers.SUPPORTED_REGIONS]
    return sorted(found, key=lambda country: country.name)
