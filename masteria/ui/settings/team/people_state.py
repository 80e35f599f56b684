"""Who belongs to the company: looking, giving another role, letting go."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from masteria.actions import members
from masteria.core.access import ROLES
from masteria.core.work import Work
from masteria.enums import Permission, Role, Topic
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.ids import parse_id
from masteria.queries import team
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain
from masteria.ui.settings.team.choices import Choice, Option, as_role, choices, permissions
from masteria.ui.settings.team.invite_form import InviteForm


@dataclass
class Person:
    """`value` is what the role's choice would be; `may_change` only spares the reader a refusal."""

    id: str
    name: str
    initials: str
    email: str
    role: str
    custom: str
    value: str
    own_only: bool
    second_step: bool
    last_seen: str
    teams: str
    open_count: int
    is_me: bool
    may_change: bool


class PeopleState(Screen, rx.State):
    people: list[Person] = []
    roles: list[Choice] = []
    heirs: list[Option] = []
    q: str = ""
    loaded: bool = False
    dialog: str = ""
    person_id: str = ""
    person_name: str = ""
    role: str = ""
    own_only: bool = False
    heir: str = ""
    note: str = ""
    open_count: int = 0
    problem: str = ""

    @rx.var
    def may_limit(self) -> bool:
        return any(choice.limited for choice in self.roles if choice.value == self.role)

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def enter(self):
        """Open the page."""
        self._watch(PeopleState.load, (Topic.MEMBER, ANY))
        self.dialog, self.q = "", ""
        await self._load()
        return InviteForm.close

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def search(self, text: str):
        self.q = str(text)[:80]
        await self._load()

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def close(self):
        self.dialog, self.problem = "", ""

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def ask_role(self, person_id: str):
        """Open the choice of a role."""
        found = await self._run(team.member, parse_id(person_id))
        self.person_id, self.person_name, self.problem = str(found.id), found.name, ""
        self.role, self.own_only, self.dialog = str(found.custom_role_id or found.role), found.own_only, "role"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose_role(self, value: str):
        self.role = str(value)[:64]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose_own(self, on: bool):
        self.own_only = on is True

    @rx.event
    @needs(Permission.EDIT_MEMBERS, recent=True)
    async def give_role(self):
        """From the next click on they may what the role says."""
        own_only = self.own_only and self.may_limit
        try:
            await self._run(members.change, parse_id(self.person_id), **as_role(self.role), own_only=own_only)
        except (Conflict, Invalid) as error:
            self.problem = explain(error, self._language())
            return None
        self.dialog = ""
        await self._load()
        return rx.toast.success(self._say("team.changed", name=self.person_name))

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def ask_removal(self, person_id: str):
        """Say what it means, and ask who takes what is open."""
        found = await self._run(team.member, parse_id(person_id))
        self.heirs = [Option(str(i), name) for i, name in await self._run(_heirs) if i != found.id]
        self.person_id, self.person_name, self.problem, self.heir = str(found.id), found.name, "", ""
        self.open_count = found.open_conversations
        self.note = self._say("team.remove_count", count=found.open_conversations)
        self.dialog = "remove"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose_heir(self, person_id: str):
        self.heir = str(person_id)[:64]

    @rx.event
    @needs(Permission.EDIT_MEMBERS, recent=True)
    async def remove(self):
        """They are out at once, wherever they are signed in."""
        heir = parse_id(self.heir) if self.heir else None
        try:
            await self._run(members.remove, parse_id(self.person_id), reassign_to=heir)
        except (Conflict, Invalid) as error:
            self.problem = explain(error, self._language())
            return None
        self.dialog = ""
        await self._load()
        return rx.toast.success(self._say("team.removed", name=self.person_name))

    async def _load(self) -> None:
        rows, self.roles = await self._run(_found, self.q)
        self.people = [self._person(row, may_change=may) for row, may in rows]
        self.loaded = True

    def _person(self, row: team.MemberRow, *, may_change: bool) -> Person:
        return Person(
            str(row.id),
            row.name,
            "".join(part[0] for part in row.name.split()[:2]).upper(),
            row.email,
            row.role,
            row.custom_role or "",
            str(row.custom_role_id or row.role),
            row.own_only,
            row.second_step,
            self._moment(row.last_seen_at) or self._say("team.never_seen"),
            ", ".join(row.teams),
            row.open_conversations,
            row.id == identity.current().person_id,
            may_change,
        )


def _heirs(work: Work) -> list[tuple[UUID, str]]:
    return team.answering(work) if work.actor.may(Permission.EDIT_CONVERSATIONS) else []


def _found(work: Work, q: str) -> tuple[list[tuple[team.MemberRow, bool]], list[Choice]]:
    own = team.roles(work).rows
    by_id = {role.id: permissions(role) for role in own}
    may_edit = work.actor.may(Permission.EDIT_MEMBERS)

    def may(row: team.MemberRow) -> bool:
        held = by_id.get(row.custom_role_id) if row.custom_role_id else ROLES[Role(row.role)]
        return may_edit and held is not None and work.actor.may_give(held)

    return [(row, may(row)) for row in team.members(work, q=q).rows], choices(work.actor, own)
