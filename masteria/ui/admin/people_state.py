"""The installation's people, above their companies, and help for who cannot get in; and the record of all that."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from masteria.actions import operators
from masteria.enums import Permission
from masteria.kit.ids import parse_id
from masteria.queries import installation as queries
from masteria.ui.admin.company_state import Act
from masteria.ui.admin.words import act_line
from masteria.ui.guard import needs
from masteria.ui.screen import Screen

PAGE, MOST_PAGES = 30, 6
QUESTIONS = ("sessions", "reset", "second_step", "grant", "revoke")


@dataclass
class Row:
    id: str
    name: str
    email: str
    companies: list[str]
    is_operator: bool
    is_verified: bool
    has_second_step: bool
    sessions: int
    seen: str


class PeopleState(Screen, rx.State):
    rows: list[Row] = []
    q: str = ""
    loaded: bool = False
    has_more: bool = False
    asking: str = ""
    person: Row = Row("", "", "", [], False, False, False, 0, "")
    _pages: int = 1

    @rx.event
    @needs(Permission.OPERATE)
    async def enter(self):
        """Open the list; the address may name who is looked for."""
        self._pages, self.asking = 1, ""
        self.q = str(self.router.url.query_parameters.get("q", ""))[:80]
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
    async def ask(self, question: str, person_id: str):
        """What would happen, before it does."""
        row = await self._run(queries.person, parse_id(person_id))
        self.person, self.asking = self._row(row), question if question in QUESTIONS else ""

    @rx.event
    @needs(Permission.OPERATE)
    def close(self):
        self.asking = ""

    @rx.event
    @needs(Permission.OPERATE)
    async def revoke_sessions(self):
        count = await self._run(operators.revoke_sessions, parse_id(self.person.id))
        return await self._done(self._say("admin.devices_out", count=count))

    @rx.event
    @needs(Permission.OPERATE)
    async def send_reset(self):
        await self._run(operators.send_reset, parse_id(self.person.id))
        return await self._done(self._say("admin.reset_sent", email=self.person.email))

    @rx.event
    @needs(Permission.OPERATE, recent=True)
    async def reset_second_step(self):
        await self._run(operators.reset_second_step, parse_id(self.person.id))
        return await self._done(self._say("admin.second_step_gone"))

    @rx.event
    @needs(Permission.OPERATE, recent=True)
    async def grant(self):
        await self._run(operators.set_operator, parse_id(self.person.id), operates=True)
        return await self._done(self._say("admin.granted", name=self.person.name))

    @rx.event
    @needs(Permission.OPERATE, recent=True)
    async def revoke(self):
        await self._run(operators.set_operator, parse_id(self.person.id), operates=False)
        return await self._done(self._say("admin.revoked", name=self.person.name))

    async def _done(self, said: str) -> object:
        self.asking = ""
        await self._load()
        return rx.toast.success(said)

    async def _load(self) -> None:
        page = await self._run(queries.people, q=self.q, limit=PAGE * self._pages)
        self.rows = [self._row(row) for row in page.rows]
        self.has_more = page.next_cursor is not None and self._pages < MOST_PAGES
        self.loaded = True

    def _row(self, row: queries.PersonRow) -> Row:
        words = [f"{name} ({self._say(f'role.{role}').lower()})" for _, name, role in row.companies]
        marks = (row.is_operator, row.is_verified, row.has_second_step)
        return Row(str(row.id), row.name, row.email, words, *marks, row.sessions, self._moment(row.last_seen_at))


class LogState(Screen, rx.State):
    acts: list[Act] = []
    loaded: bool = False

    @rx.event
    @needs(Permission.OPERATE)
    async def enter(self):
        """The newest hundred."""
        language = self._language()
        self.acts = [
            Act(self._moment(a.created_at), a.act, a.actor_name, act_line(a, language), a.subject)
            for a in await self._run(queries.acts, limit=100)
        ]
        self.loaded = True
