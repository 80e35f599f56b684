"""Teams: a card each, its people as checks in one dialog."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from masteria.actions import teams
from masteria.core.work import Work
from masteria.enums import Permission, Topic
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.ids import parse_id
from masteria.queries import team
from masteria.ui.components.basics import button, confirm, empty, field, skeleton, text_input
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain, screen
from masteria.ui.settings.team.choices import Option
from masteria.ui.settings.team.frame import MAY_EDIT, team_page
from masteria.ui.texts import t


@dataclass
class Row:
    id: str
    name: str
    people: str
    count: str


class TeamsState(Screen, rx.State):
    rows: list[Row] = []
    people: list[Option] = []
    loaded: bool = False
    dialog: str = ""
    team_id: str = ""
    name: str = ""
    chosen: list[str] = []
    problem: str = ""

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def enter(self):
        """Open the page."""
        self._watch(TeamsState.load, (Topic.MEMBER, ANY))
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
        """A new team."""
        self.team_id, self.name, self.chosen, self.problem, self.dialog = "", "", [], "", "edit"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def edit(self, team_id: str):
        found = await self._run(team.team, parse_id(team_id))
        self.team_id, self.name, self.problem, self.dialog = str(found.id), found.name, "", "edit"
        self.chosen = [str(person_id) for person_id in found.member_ids]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def write_name(self, text: str):
        self.name = str(text)[:120]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose(self, person_id: str, on: bool):
        """Into the team or out of it, once it is saved."""
        others = [each for each in self.chosen if each != person_id]
        self.chosen = [*others, str(person_id)[:64]][:500] if on is True else others

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def save(self):
        people = [parse_id(each) for each in self.chosen]
        try:
            await self._run(_save, self.team_id, self.name, people)
        except (Conflict, Invalid) as error:
            self.problem = explain(error, self._language())
            return None
        self.dialog = ""
        await self._load()
        return rx.toast.success(self._say("team.team_saved"))

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def ask_delete(self, team_id: str):
        found = await self._run(team.team, parse_id(team_id))
        self.team_id, self.name, self.dialog = str(found.id), found.name, "delete"

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def delete(self):
        """The team goes, its people stay."""
        await self._run(teams.delete, parse_id(self.team_id))
        self.dialog = ""
        await self._load()

    async def _load(self) -> None:
        found, people = await self._run(_found)
        self.people = [Option(str(row.id), row.name) for row in people]
        self.rows = [
            Row(str(row.id), row.name, ", ".join(row.members), self._say("team.count", count=len(row.members)))
            for row in found
        ]
        self.loaded = True


def _found(work: Work) -> tuple[list[team.TeamRow], list[team.MemberRow]]:
    return team.teams(work).rows, team.members(work).rows


def _save(work: Work, team_id: str, name: str, people: list[UUID]) -> None:
    if not team_id:
        teams.put(work, teams.create(work, name), people)
        return
    found = team.team(work, parse_id(team_id))
    if found.name != name:
        teams.rename(work, found.id, name)
    if set(found.member_ids) != set(people):
        teams.put(work, found.id, people)


@screen("/settings/team/teams", "team.teams", Permission.READ_MEMBERS, on_load=TeamsState.enter)
def team_teams() -> rx.Component:
    new = rx.cond(MAY_EDIT, button(t("team.new_team"), glyph="plus", on_click=TeamsState.begin))
    found = rx.cond(
        TeamsState.rows.length() > 0,
        rx.el.div(rx.foreach(TeamsState.rows, _card), class_name="stack"),
        empty("users-round", t("team.no_teams"), t("team.no_teams_help"), new),
    )
    return team_page(
        "/settings/team/teams",
        rx.cond(TeamsState.loaded, found, skeleton(3)),
        _dialog(),
        confirm(
            TeamsState.dialog == "delete",
            t("team.delete_team_ask", name=TeamsState.name),
            t("team.delete_team_help"),
            button(t("team.delete"), tone="bad", on_click=TeamsState.delete),
            TeamsState.close,
        ),
        tools=(new,),
    )


def _card(row: rx.Var[Row]) -> rx.Component:
    return rx.el.article(
        rx.el.div(
            rx.el.h2(row.name),
            rx.el.p(row.count, class_name="dim"),
            rx.cond(row.people != "", rx.el.p(row.people)),
        ),
        rx.cond(
            MAY_EDIT,
            rx.el.div(
                button(t("team.edit"), tone="soft small", on_click=TeamsState.edit(row.id)),
                button(t("team.delete"), tone="soft small bad", on_click=TeamsState.ask_delete(row.id)),
                class_name="actions",
            ),
        ),
        class_name="card split",
    )


def _dialog() -> rx.Component:
    name = text_input(
        default_value=TeamsState.name, on_change=TeamsState.write_name, max_length=60, auto_complete="off"
    )
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(rx.cond(TeamsState.team_id == "", t("team.new_team"), t("team.edit_team"))),
            rx.dialog.description(t("team.team_help"), class_name="f-help"),
            rx.el.div(
                rx.cond(TeamsState.problem != "", rx.el.p(TeamsState.problem, class_name="notice bad", role="alert")),
                field(t("team.team_name"), name),
                rx.el.fieldset(
                    rx.el.legend(t("team.people"), class_name="f-label"),
                    rx.foreach(TeamsState.people, _check),
                    class_name="checks",
                ),
                class_name="stack",
            ),
            rx.el.div(
                button(t("common.cancel"), tone="soft", on_click=TeamsState.close),
                button(t("team.save"), on_click=TeamsState.save),
                class_name="dialog-actions",
            ),
            class_name="dialog",
        ),
        open=TeamsState.dialog == "edit",
        on_open_change=lambda _open: TeamsState.close(),
    )


def _check(person: rx.Var[Option]) -> rx.Component:
    checked: Any = TeamsState.chosen.contains(person.id)
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=checked,
            on_change=lambda on: TeamsState.choose(person.id, on),  # pyright: ignore[reportArgumentType]
        ),
        rx.el.span(person.name),
        class_name="choice",
    )
