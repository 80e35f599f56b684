"""Channels: the company's numbers, connecting one, asking Meta about one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from masteria.actions import connections as actions
from masteria.config import settings
from masteria.core.work import Work
from masteria.enums import ConnectionKind, Permission, TemplateStatus, Topic
from masteria.flows import connections as flow
from masteria.flows import templates as template_flow
from masteria.kit.errors import Invalid
from masteria.kit.ids import parse_id
from masteria.queries import settings as queries
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain, field_of
from masteria.ui.texts import reason

FIELDS = ("name", "phone_number_id", "waba_id", actions.PORTFOLIO, "access_token", "app_secret")


@dataclass
class Row:
    id: str
    name: str
    address: str
    status: str
    why: str
    quality: str
    rate: str
    people: str
    last_event: str
    templates: str
    webhook: str
    verify_token: str


class ChannelsState(Screen, rx.State):
    rows: list[Row] = []
    loaded: bool = False
    form_open: bool = False
    edit_open: bool = False
    edit_name: str = ""
    edit_portfolio: str = ""
    busy: bool = False
    problem: str = ""
    problem_field: str = ""
    _editing: str = ""

    @rx.event
    @needs(Permission.READ_CONNECTIONS)
    async def enter(self):
        """Open the page."""
        self._watch(ChannelsState.load, (Topic.CONNECTION, ANY), (Topic.TEMPLATE, ANY))
        self.form_open, self.edit_open, self.problem, self.problem_field = False, False, "", ""
        await self._load()

    @rx.event
    @needs(Permission.READ_CONNECTIONS)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    def open_form(self):
        self.form_open, self.problem, self.problem_field = True, "", ""

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    def close_form(self):
        self.form_open = False

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    async def connect(self, form: dict[str, str]):
        """Ask Meta, then keep the number; what was typed stays when something is wrong."""
        values = {name: str(form.get(name, "")) for name in FIELDS}
        self.busy, self.problem, self.problem_field = True, "", ""
        yield
        try:
            name = values.pop("name")
            await self._flow(flow.connect, name, ConnectionKind.WHATSAPP_CLOUD, values)
            self.form_open = False
            yield rx.toast.success(self._say("channels.connected"))
            await self._load()
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
        finally:
            self.busy = False

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    async def edit(self, connection_id: str):
        """What may change of a number: its name, and with whom it shares its daily limit."""
        row = await self._run(queries.connection, parse_id(connection_id))
        self._editing, self.edit_name, self.edit_portfolio = str(row.id), row.name, row.settings[actions.PORTFOLIO]
        self.edit_open, self.problem, self.problem_field = True, "", ""

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    def close_edit(self):
        self.edit_open = False

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    async def save(self, form: dict[str, str]):
        """Keep what was changed."""
        values = {name: str(form.get(name, ""))[:200] for name in ("name", actions.PORTFOLIO)}
        self.problem, self.problem_field = "", ""
        try:
            name = values.pop("name")
            await self._run(actions.update, parse_id(self._editing), name=name, settings=values)
        except Invalid as error:
            self.problem, self.problem_field = explain(error, self._language()), field_of(error)
            return None
        self.edit_open = False
        await self._load()
        return rx.toast.success(self._say("channels.saved"))

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    async def verify(self, connection_id: str):
        await self._flow(flow.verify, parse_id(connection_id))
        await self._load()
        return rx.toast.success(self._say("channels.checked"))

    @rx.event
    @needs(Permission.EDIT_TEMPLATES)
    async def sync(self, connection_id: str):
        await self._flow(template_flow.sync, parse_id(connection_id))
        await self._load()
        return rx.toast.success(self._say("channels.synced"))

    async def _load(self) -> None:
        self.rows = [self._row(*found) for found in await self._run(_rows)]
        self.loaded = True

    def _row(self, row: queries.ConnectionRow, approved: int, token: str) -> Row:
        last = self._moment(row.last_event_at)
        return Row(
            str(row.id),
            row.name,
            row.address,
            row.status,
            reason(self._language(), row.status_reason),
            row.quality,
            self._say("channels.rate", count=row.rate_per_second),
            self._people(row),
            self._say("channels.last_event", time=last) if last else self._say("channels.no_event"),
            self._say("channels.templates", count=approved),
            f"{settings().public_url}/webhooks/meta/{row.id}",
            token,
        )

    def _people(self, row: queries.ConnectionRow) -> str:
        """How many people a day, and with which portfolio that is shared."""
        limit = row.people_per_day
        said = [self._say("channels.people", count=limit)] if limit else []
        portfolio = row.settings[actions.PORTFOLIO]
        return " · ".join([*said, self._say("channels.portfolio", id=portfolio)] if portfolio else said)


def _rows(work: Work) -> list[tuple[queries.ConnectionRow, int, str]]:
    templates = queries.templates(work, status=TemplateStatus.APPROVED).rows
    may_edit = work.actor.may(Permission.EDIT_CONNECTIONS)

    def token(connection_id: UUID) -> str:
        return queries.verify_token(work, connection_id) if may_edit else ""

    return [(r, sum(x.connection_id == r.id for x in templates), token(r.id)) for r in queries.connections(work).rows]
