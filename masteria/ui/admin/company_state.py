"""One company as the installation sees it: what it holds, what it may, who is in it, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from masteria.actions import installation
from masteria.enums import Feature, Permission, Quota
from masteria.kit.errors import Invalid
from masteria.kit.ids import parse_id
from masteria.queries import installation as queries
from masteria.ui.admin.words import QUOTAS, act_line, state_of
from masteria.ui.guard import needs
from masteria.ui.screen import Screen, explain, field_of
from masteria.ui.texts import catalog

QUESTIONS = ("suspend", "delete")
SUPPORT_FORM = "support-form"


@dataclass
class Company:
    id: str = ""
    name: str = ""
    slug: str = ""
    state: str = ""
    reason: str = ""
    since: str = ""
    last: str = ""
    counted: str = ""


@dataclass
class LevelRow:
    feature: str
    level: str


@dataclass
class QuotaRow:
    name: str
    limit: str
    used: str
    holds: bool


@dataclass
class Inside:
    id: str
    href: str
    name: str
    email: str
    role: str
    seen: str


@dataclass
class Act:
    at: str
    act: str
    who: str
    line: str
    subject: str


class CompanyState(Screen, rx.State):
    company: Company = Company()
    levels: list[LevelRow] = []
    quotas: list[QuotaRow] = []
    people: list[Inside] = []
    acts: list[Act] = []
    loaded: bool = False
    asking: str = ""
    wants_change: bool = False
    problem: str = ""
    problem_field: str = ""

    @rx.event
    @needs(Permission.OPERATE)
    async def enter(self):
        """Open the page; a refused visit comes back here and says why."""
        self.asking, self.wants_change, self.loaded = "", False, False
        query = self.router.url.query_parameters
        key, self.problem_field = f"error.{query.get('problem', '')}", str(query.get("field", ""))[:40]
        self.problem = self._say(key, limit=10) if key in catalog("pt_BR") else ""
        self.wants_change = self.problem_field == "change_reason"
        await self._load()

    @rx.event
    @needs(Permission.OPERATE)
    async def choose_level(self, feature: str, level: str):
        await self._run(installation.set_levels, self._id(), {str(feature): str(level)})
        await self._load()
        return rx.toast.success(self._say("admin.level_saved"))

    @rx.event
    @needs(Permission.OPERATE)
    async def save_quotas(self, form: dict[str, str]):
        """All four at once; an empty one is no quota."""
        self.problem = self.problem_field = ""
        try:
            wanted = {name: _number(name, str(form.get(name, ""))) for name in Quota}
            await self._run(installation.set_quotas, self._id(), wanted)
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
            return None
        await self._load()
        return rx.toast.success(self._say("admin.quotas_saved"))

    @rx.event
    @needs(Permission.OPERATE)
    def ask(self, question: str):
        self.asking, self.problem, self.problem_field = question if question in QUESTIONS else "", "", ""

    @rx.event
    @needs(Permission.OPERATE)
    def close(self):
        self.asking = ""

    @rx.event
    @needs(Permission.OPERATE)
    def toggle_change(self):
        self.wants_change = not self.wants_change

    @rx.event
    @needs(Permission.OPERATE, recent=True)
    def go_in(self):
        """Whoever enters shows first who they are; the form is the browser's own, since a cookie comes of it."""
        return rx.call_script(f"document.getElementById('{SUPPORT_FORM}').requestSubmit()")

    @rx.event
    @needs(Permission.OPERATE, recent=True)
    async def suspend(self, form: dict[str, str]):
        """Close it, with the reason that its people will read."""
        await self._try(installation.suspend, str(form.get("reason", "")))

    @rx.event
    @needs(Permission.OPERATE)
    async def restore(self):
        await self._run(installation.restore, self._id())
        await self._load()
        return rx.toast.success(self._say("admin.restored"))

    @rx.event
    @needs(Permission.OPERATE, recent=True)
    async def delete(self, form: dict[str, str]):
        """Only with the name typed out."""
        await self._try(installation.delete, str(form.get("name", "")))

    async def _try(self, action: object, text: str) -> None:
        self.problem = self.problem_field = ""
        try:
            await self._run(action, self._id(), text)  # pyright: ignore[reportArgumentType]
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
            return
        self.asking = ""
        await self._load()

    def _id(self) -> UUID:
        return parse_id(self._argument("company_id"))

    async def _load(self) -> None:
        row = await self._run(queries.company, self._id())
        self.company = Company(
            str(row.id),
            row.name,
            row.slug,
            state_of(row),
            row.suspended_reason or "",
            self._moment(row.suspended_at),
            self._moment(row.last_activity_at),
            self._moment(row.counted_at),
        )
        self.levels = [LevelRow(feature, row.levels.get(feature, "full")) for feature in Feature]
        self.quotas = [self._quota(quota, row) for quota in QUOTAS]
        self.people = [
            Inside(str(p.id), f"/admin/users?q={p.email}", p.name, p.email, p.role, self._moment(p.last_seen_at))
            for p in await self._run(queries.people_of, row.id)
        ]
        found = await self._run(queries.acts, company_id=row.id, limit=20)
        self.acts = [
            Act(self._moment(a.created_at), a.act, a.actor_name, act_line(a, self._language()), a.subject)
            for a in found
        ]
        self.loaded = True

    def _quota(self, quota: Quota, row: queries.CompanyRow) -> QuotaRow:
        limit: int | None = getattr(row, QUOTAS[quota])
        used: int | None = getattr(row, quota)
        feature = {Quota.MESSAGES: Feature.CAMPAIGNS}.get(quota, quota)
        holds = quota is Quota.MEMBERS or row.levels.get(feature) == "limited"
        return QuotaRow(quota, "" if limit is None else str(limit), "–" if used is None else self._number(used), holds)


def _number(name: str, text: str) -> int | None:
    plain = text.replace(".", "").replace(" ", "").strip()
    if not plain:
        return None
    if not plain.isascii() or not plain.isdigit() or len(plain) > 10:
        raise Invalid(name, "not_a_number")
    return int(plain)
