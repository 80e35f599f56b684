"""The installation's companies, page after page, and a new one."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from masteria.actions import installation
from masteria.enums import Permission
from masteria.kit.errors import Invalid
from masteria.queries import installation as queries
from masteria.ui.admin.words import limits_of, state_of
from masteria.ui.guard import needs
from masteria.ui.screen import Screen, explain, field_of

PAGE, MOST_PAGES = 30, 6


@dataclass
class Row:
    id: str
    href: str
    name: str
    slug: str
    state: str
    members: str
    connections: str
    contacts: str
    messages: str
    last: str
    limits: list[str]


class CompaniesState(Screen, rx.State):
    rows: list[Row] = []
    q: str = ""
    loaded: bool = False
    has_more: bool = False
    form_open: bool = False
    problem: str = ""
    problem_field: str = ""
    link: str = ""
    _pages: int = 1

    @rx.event
    @needs(Permission.OPERATE)
    async def enter(self):
        """Open the list."""
        self._pages, self.form_open, self.link = 1, False, ""
        await self._load()

    @rx.event
    @needs(Permission.OPERATE)
    async def search(self, text: str):
        self.q, self._pages = str(text)[:80], 1
        await self._load()

    @rx.event
    @needs(Permission.OPERATE)
    async def more(self):
        self._pages = min(self._pages + 1, MOST_PAGES)
        await self._load()

    @rx.event
    @needs(Permission.OPERATE)
    def open_form(self):
        self.form_open, self.problem, self.problem_field, self.link = True, "", "", ""

    @rx.event
    @needs(Permission.OPERATE)
    def close_form(self):
        self.form_open, self.link = False, ""

    @rx.event
    @needs(Permission.OPERATE)
    async def create(self, form: dict[str, str]):
        """A company, and the link for its owner; what was typed stays when something is wrong."""
        self.problem = self.problem_field = ""
        try:
            name, email = str(form.get("name", "")), str(form.get("email", ""))
            _, self.link = await self._run(installation.create, name, email)
        except Invalid as error:
            field = "name" if error.field == "company_name" else field_of(error)
            self.problem, self.problem_field = explain(error, self._language()), field
            return
        await self._load()

    async def _load(self) -> None:
        page = await self._run(queries.companies, q=self.q, limit=PAGE * self._pages)
        self.rows = [self._row(row) for row in page.rows]
        self.has_more = page.next_cursor is not None and self._pages < MOST_PAGES
        self.loaded = True

    def _row(self, row: queries.CompanyRow) -> Row:
        def counted(value: int | None) -> str:
            return "–" if value is None else self._number(value)

        return Row(
            str(row.id),
            f"/admin/companies/{row.id}",
            row.name,
            row.slug,
            state_of(row),
            self._number(row.members),
            self._number(row.connections),
            counted(row.contacts),
            counted(row.messages),
            self._moment(row.last_activity_at),
            limits_of(row, self._language()),
        )
