"""The company's own roles: looking, making one from a copy, changing, deleting."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from masteria.actions import roles
from masteria.core.access import GIVABLE, ROLES, with_reading
from masteria.core.work import Work
from masteria.enums import Permission, Topic
from masteria.enums import Role as BuiltIn
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.ids import parse_id
from masteria.queries import team
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain
from masteria.ui.settings.team.choices import permissions


@dataclass
class Role:
    id: str
    name: str
    permissions: list[str]
    told: str
    may_change: bool


@dataclass
class Right:
    """A permission in the dialog; what the reader does not have cannot be chosen."""

    permission: str
    may_give: bool


def key_of(permission: Permission) -> str:
    """The message that says it in words."""
    return f"may.{permission.replace(':', '_')}"


class RolesState(Screen, rx.State):
    roles: list[Role] = []
    rights: list[Right] = []
    loaded: bool = False
    dialog: str = ""
    role_id: str = ""
    name: str = ""
    chosen: list[str] = []
    problem: str = ""

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def enter(self):
        """Open the page."""
        self._watch(RolesState.load, (Topic.MEMBER, ANY))
        self.dialog = ""
        await self._load()

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def close(self):
        self.dialog, self.problem = "", ""

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def begin(self):
        """A new role, which starts as a copy of one that answers."""
        self.role_id = self.name = self.problem = ""
        self.chosen, self.dialog = self._givable(ROLES[BuiltIn.AGENT]), "edit"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def edit(self, role_id: str):
        found = await self._run(team.role, parse_id(role_id))
        self.role_id, self.name, self.problem = str(found.id), found.name, ""
        self.chosen, self.dialog = list(found.permissions), "edit"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def write_name(self, text: str):
        self.name = str(text)[:120]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def copy_from(self, role: str):
        """What a built-in role may, as far as the reader can give it."""
        if role in ROLES:
            self.chosen = self._givable(ROLES[BuiltIn(role)])

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose(self, permission: str, on: bool):
        """Changing something brings reading it along; who may no longer read it may not change it either."""
        wanted = frozenset(Permission(word) for word in self.chosen if word in GIVABLE)
        if permission in GIVABLE and on is True:
            wanted = with_reading(wanted | {Permission(permission)})
        self.chosen = sorted(each for each in wanted if on is True or permission not in with_reading({each}))

    @rx.event
    @needs(Permission.EDIT_MEMBERS, recent=True)
    async def save(self):
        try:
            if self.role_id:
                await self._run(roles.update, parse_id(self.role_id), name=self.name, permissions=self.chosen)
            else:
                await self._run(roles.create, self.name, self.chosen)
        except (Conflict, Invalid) as error:
            self.problem = explain(error, self._language())
            return None
        self.dialog = ""
        await self._load()
        return rx.toast.success(self._say("team.role_saved"))

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def ask_delete(self, role_id: str):
        found = await self._run(team.role, parse_id(role_id))
        self.role_id, self.name, self.problem, self.dialog = str(found.id), found.name, "", "delete"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def delete(self):
        """Refused while somebody has it, and says who."""
        try:
            await self._run(roles.delete, parse_id(self.role_id))
        except Conflict as error:
            self.problem = explain(error, self._language())
            return
        self.dialog = ""
        await self._load()

    def _givable(self, wanted: frozenset[Permission]) -> list[str]:
        return sorted(wanted & GIVABLE & identity.current().permissions)

    async def _load(self) -> None:
        actor = identity.current()
        self.rights = [Right(p, p in actor.permissions) for p in Permission if p in GIVABLE]
        self.roles = [
            Role(
                str(row.id),
                row.name,
                row.permissions,
                self._say("team.count", count=row.members),
                actor.may(Permission.EDIT_MEMBERS) and actor.may_give(permissions(row)),
            )
            for row in await self._run(_own)
        ]
        self.loaded = True


def _own(work: Work) -> list[team.RoleRow]:
    return team.roles(work).rows
