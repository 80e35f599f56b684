"""Writing a campaign: a draft that is saved at each step, checked by the rules of the launch, and launched once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from masteria.actions import budgets
from masteria.actions import campaigns as actions
from masteria.enums import CampaignKind, Permission, TemplateStatus
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.ids import parse_id
from masteria.kit.placeholders import HEADER, fill, placeholders_in
from masteria.queries import campaigns as queries
from masteria.queries import contacts, settings
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.screen import Screen, explain, field_of
from masteria.ui.texts import reason, tr

EXAMPLE = {"name": "Beatriz Nunes", "first_name": "Beatriz", "phone": "(11) 98765-4321", "email": "bia@exemplo.com"}


@dataclass
class Option:
    value: str
    label: str


@dataclass
class Variable:
    key: str
    field: str
    fallback: str


class ComposeState(Screen, rx.State):
    name: str = ""
    kind: str = "template"
    channel: str = ""
    template: str = ""
    text: str = ""
    audience: str = ""
    speed: str = ""
    when: str = ""
    variables: list[Variable] = []
    channels: list[Option] = []
    templates: list[Option] = []
    audiences: list[Option] = []
    fields: list[Option] = []
    preview: str = ""
    header: str = ""
    footer: str = ""
    buttons: list[str] = []
    loaded: bool = False
    problem: str = ""
    problem_field: str = ""
    checked: bool = False
    eligible: int = 0
    eligible_text: str = ""
    excluded: list[list[str]] = []
    blocks: list[str] = []
    finish: str = ""
    budget: str = ""
    budget_holds: bool = False
    asking: bool = False
    question: str = ""
    busy: bool = False
    _id: str = ""

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def enter(self):
        """A new campaign, or a draft to go on with."""
        self.reset()
        self._id = str(self.router.url.query_parameters.get("id", ""))
        channels = await self._run(settings.connections)
        self.channels = [Option(str(c.id), f"{c.name} · {c.address}") for c in channels.rows]
        if self.channels:
            self.channel = self.channels[0].value
        if self._id:
            self._take(await self._run(queries.campaign, parse_id(self._id)))
        await self._load_choices()
        self.loaded = True

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def change(self, name: str, value: str):
        """One field of the form."""
        if name not in ("name", "kind", "channel", "template", "text", "audience", "speed", "when"):
            return
        setattr(self, name, str(value)[:4096])
        self.checked, self.problem, self.problem_field = False, "", ""
        if name == "channel":
            self.template = ""
            await self._load_choices()
        if name in ("kind", "template", "text", "channel"):
            await self._load_variables()

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def map(self, key: str, part: str, value: str):
        """What replaces a variable: a field, or a text when the field is empty."""
        if part not in ("field", "fallback"):
            return
        self.variables = [
            Variable(
                v.key,
                str(value) if part == "field" else v.field,
                str(value)[:200] if part == "fallback" else v.fallback,
            )
            if v.key == key
            else v
            for v in self.variables
        ]
        self.checked = False
        await self._show()

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def check(self):
        """Save the draft and count by the rules of the launch."""
        self.busy = True
        yield
        self.busy = False
        if await self._save():
            await self._count()

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def ask(self):
        """The question before it leaves, with the number of people."""
        if await self._save():
            await self._count()
            if not self.blocks:
                moment = self._moment(self._at())
                key = "campaign.schedule_ask" if self.when else "campaign.launch_ask"
                self.question, self.asking = self._say(key, count=self.eligible, time=moment), True

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    def keep(self):
        self.asking = False

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def launch(self):
        """Send it; a second click finds it launched and only opens it."""
        self.asking = False
        try:
            await self._run(actions.launch, parse_id(self._id), at=self._at())
        except Conflict:
            pass
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
            return None
        return rx.redirect(f"/campaigns/{self._id}")

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def throw_away(self):
        if self._id:
            await self._run(actions.delete, parse_id(self._id))
        return rx.redirect("/campaigns")

    async def _save(self) -> bool:
        self.problem, self.problem_field = "", ""
        try:
            values = self._values()
            if self._id:
                await self._run(actions.update, parse_id(self._id), **values)
            else:
                self._id = str(await self._run(actions.create, **values))
            return True
        except Invalid as error:
            self.problem, self.problem_field = (
                explain(error, self._language()),
                _FORM_FIELD.get(field_of(error), field_of(error)),
            )
        except Conflict as error:
            self.problem = explain(error, self._language())
        return False

    async def _count(self) -> None:
        found = await self._run(actions.preflight, parse_id(self._id), at=self._at())
        language = self._language()
        self.eligible, self.eligible_text = found.eligible, self._number(found.eligible)
        self.excluded = [[reason(language, code), self._number(n)] for code, n in sorted(found.excluded.items())]
        self.blocks = [tr(language, f"block.{code}") for code in found.blocks]
        self.finish = self._say("campaign.finish", time=self._moment(found.finish_at)) if found.finish_at else ""
        self.budget, self.budget_holds = self._reach(found.budget), bool(found.budget and found.budget.later)
        self.checked = True

    def _reach(self, budget: budgets.Outlook | None) -> str:
        """How far the daily limit of people reaches; nothing where there is none."""
        if budget is None:
            return ""
        if not budget.later:
            return self._say("campaign.budget_fits", left=budget.left, limit=budget.people_per_day)
        places = {"left": budget.left, "limit": budget.people_per_day, "fits": budget.fits}
        until = self._moment(budget.later_at)
        return self._say("campaign.budget_later", count=budget.later, time=until, **places)

    def _values(self) -> dict[str, Any]:
        if not self.channel:
            raise Invalid("connection_id", "connection_down")
        if self.speed and not self.speed.isdigit():
            raise Invalid("speed", "other")
        is_template = self.kind == CampaignKind.TEMPLATE
        self._at()
        return {
            "name": self.name,
            "kind": CampaignKind(self.kind),
            "connection_id": parse_id(self.channel),
            "template_id": parse_id(self.template) if is_template and self.template else None,
            "body": "" if is_template else self.text,
            "variables": {v.key: {"field": v.field, "fallback": v.fallback} for v in self.variables},
            "audience": _audience(self.audience),
            "rate_per_second": int(self.speed) if self.speed else None,
        }

    def _at(self) -> datetime | None:
        """The chosen hour in the company's zone; None: now."""
        if not self.when:
            return None
        try:
            local = datetime.fromisoformat(self.when)
        except ValueError:
            raise Invalid("when", "unreadable") from None
        return local.replace(tzinfo=ZoneInfo(identity.current().timezone))

    def _take(self, row: queries.CampaignRow) -> None:
        self.name, self.kind, self.channel, self.text = row.name, row.kind, str(row.connection_id), row.body
        self.template = str(row.template_id) if row.template_id else ""
        self.speed = str(row.rate_per_second or "")
        self.audience = next(
            (f"{k}:{v}" for k, v in row.audience.items() if isinstance(v, str)), "all" if row.audience else ""
        )
        self.variables = [Variable(k, v.get("field", ""), v.get("fallback", "")) for k, v in row.variables.items()]

    async def _load_choices(self) -> None:
        language = self._language()
        connection_id = parse_id(self.channel) if self.channel else None
        self.templates = []
        if connection_id:
            found = await self._run(settings.templates, connection_id=connection_id, status=TemplateStatus.APPROVED)
            self.templates = [Option(str(x.id), f"{x.name} ({x.language})") for x in found.rows]
        tags, lists = await self._run(contacts.tags, limit=100), await self._run(contacts.lists)
        self.audiences = [
            Option("all", tr(language, "campaign.audience.all")),
            *(
                Option(f"list_id:{x.id}", f"{tr(language, 'campaign.audience.list', name=x.name)} ({x.count})")
                for x in lists.rows
            ),
            *(
                Option(f"tag:{x.name}", f"{tr(language, 'campaign.audience.tag', name=x.name)} ({x.count})")
                for x in tags.rows
            ),
        ]
        keys = await self._run(contacts.attribute_keys)
        known = (
            ("first_name", "campaign.first_name"),
            ("name", "contacts.name"),
            ("phone", "contacts.phone"),
            ("email", "import.email"),
        )
        self.fields = [Option(name, tr(language, key)) for name, key in known] + [
            Option(f"attributes.{k}", k) for k in keys
        ]
        await self._load_variables()

    async def _load_variables(self) -> None:
        """The placeholders of what is chosen; what was mapped already stays."""
        known = {v.key: v for v in self.variables}
        keys = await self._placeholders()
        fresh = {
            "name": "name",
            "nome": "first_name",
            "first_name": "first_name",
            "cliente": "first_name",
            "1": "first_name",
        }
        self.variables = [known.get(key) or Variable(key, fresh.get(key, ""), "") for key in keys]
        await self._show()

    async def _placeholders(self) -> list[str]:
        if self.kind == CampaignKind.TEXT:
            return placeholders_in(self.text)
        row = await self._template()
        return row.variables if row else []

    async def _template(self) -> settings.TemplateRow | None:
        return await self._run(settings.template, parse_id(self.template)) if self.template else None

    async def _show(self) -> None:
        """The message as it would arrive at one example person; what is missing stays visible."""
        values = {v.key: EXAMPLE.get(v.field) or v.fallback or "{{" + v.key + "}}" for v in self.variables}
        row = await self._template() if self.kind == CampaignKind.TEMPLATE else None
        parts = {str(c.get("type")): c for c in row.components} if row else {}
        headers = {k.removeprefix(HEADER): v for k, v in values.items() if k.startswith(HEADER)}
        self.header = fill(str(parts.get("HEADER", {}).get("text") or ""), headers)
        self.footer = str(parts.get("FOOTER", {}).get("text") or "")
        self.buttons = [str(b.get("text", "")) for b in parts.get("BUTTONS", {}).get("buttons", [])]
        self.preview = fill(row.body if row else self.text if self.kind == CampaignKind.TEXT else "", values)


def _audience(choice: str) -> dict[str, Any]:
    kind, _, value = choice.partition(":")
    if kind == "all":
        return {"all": True}
    return {kind: value} if kind in ("list_id", "tag") and value else {}


_FORM_FIELD = {
    "connection_id": "channel",
    "template_id": "template",
    "body": "text",
    "rate_per_second": "speed",
    "at": "when",
}
