"""The dialog that makes an invite: to whom, as what; then the link, once. Used where people and invites are listed."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.actions import invites
from masteria.core.work import Work
from masteria.enums import Permission, Role
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.ids import parse_id
from masteria.queries import team
from masteria.ui.components.basics import button, field, icon, text_input
from masteria.ui.guard import needs
from masteria.ui.screen import Screen, explain
from masteria.ui.settings.team.choices import Choice, Option, as_role, choices
from masteria.ui.settings.team.frame import role_select, switch
from masteria.ui.texts import t


class InviteForm(Screen, rx.State):
    is_open: bool = False
    roles: list[Choice] = []
    teams: list[Option] = []
    email: str = ""
    role: str = ""
    team: str = ""
    own_only: bool = False
    problem: str = ""
    link: str = ""
    sent_to: str = ""

    @rx.var
    def may_limit(self) -> bool:
        return any(choice.limited for choice in self.roles if choice.value == self.role)

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def open(self):
        self.roles, self.teams = await self._run(_options)
        usual = [choice.value for choice in self.roles if choice.value == Role.AGENT]
        self.role = (usual or [choice.value for choice in self.roles] or [""])[0]
        self.email = self.team = self.problem = self.link = self.sent_to = ""
        self.own_only, self.is_open = False, True

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def close(self):
        """The link goes with the dialog, and with the page."""
        self.is_open, self.link = False, ""

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def write_email(self, text: str):
        self.email = str(text)[:254]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose_role(self, value: str):
        self.role = str(value)[:64]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose_team(self, team_id: str):
        self.team = str(team_id)[:64]

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def choose_own(self, on: bool):
        self.own_only = on is True

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def make(self):
        """Make the link; it is shown here and never again."""
        wanted = {"role": None, **as_role(self.role), "email": self.email}
        wanted |= {"team_id": parse_id(self.team) if self.team else None, "own_only": self.own_only and self.may_limit}
        try:
            made = await self._run(invites.create, wanted.pop("role"), **wanted)
        except (Conflict, Invalid) as error:
            self.problem = explain(error, self._language())
            return
        self.link, self.sent_to, self.problem = made.link, self.email.strip(), ""

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def renew(self, invite_id: str):
        """Another link for the same invite."""
        try:
            made = await self._run(invites.renew, parse_id(invite_id))
        except Conflict as error:
            return rx.toast.error(explain(error, self._language()))
        found = await self._run(team.invite, made.id)
        self.link, self.sent_to, self.problem, self.is_open = made.link, found.email, "", True
        return None


def _options(work: Work) -> tuple[list[Choice], list[Option]]:
    return choices(work.actor, team.roles(work).rows), [Option(str(row.id), row.name) for row in team.teams(work).rows]


def invite_button() -> rx.Component:
    return button(t("team.invite"), glyph="user-plus", on_click=InviteForm.open)


def invite_form() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.cond(InviteForm.link == "", _ask(), _link()),
            class_name="dialog",
        ),
        open=InviteForm.is_open,
        on_open_change=lambda _open: InviteForm.close(),
    )


def _ask() -> rx.Component:
    email = text_input(
        type="email",
        default_value=InviteForm.email,
        on_change=InviteForm.write_email,
        auto_complete="off",
        max_length=254,
    )
    teams = rx.el.select(
        rx.el.option(t("team.no_team"), value=""),
        rx.foreach(InviteForm.teams, _team),
        value=InviteForm.team,
        on_change=InviteForm.choose_team,
        class_name="input",
    )
    return rx.fragment(
        rx.dialog.title(t("team.invite_title")),
        rx.dialog.description(t("team.invite_help"), class_name="f-help"),
        rx.el.div(
            rx.cond(InviteForm.problem != "", rx.el.p(InviteForm.problem, class_name="notice bad", role="alert")),
            field(t("team.role"), role_select(InviteForm.roles, InviteForm.role, InviteForm.choose_role)),
            rx.cond(InviteForm.teams.length() > 0, field(t("team.team"), teams)),
            field(t("team.invite_email"), email, help=t("team.invite_email_help")),
            rx.cond(
                InviteForm.may_limit,
                switch(t("team.own_only"), t("team.own_only_help"), InviteForm.own_only, InviteForm.choose_own),
            ),
            class_name="stack",
        ),
        rx.el.div(
            button(t("common.cancel"), tone="soft", on_click=InviteForm.close),
            button(t("team.make_link"), on_click=InviteForm.make),
            class_name="dialog-actions",
        ),
    )


def _link() -> rx.Component:
    copy = [rx.set_clipboard(InviteForm.link), rx.toast.success(t("team.link_copied"))]
    return rx.fragment(
        rx.dialog.title(t("team.link_title")),
        rx.dialog.description(t("team.link_help"), class_name="f-help"),
        rx.el.div(
            field(
                t("team.link"),
                rx.el.input(value=InviteForm.link, read_only=True, class_name="input mono", id="invite-link"),
            ),
            rx.cond(
                InviteForm.sent_to != "",
                rx.el.p(icon("mail-check"), t("team.link_sent", email=InviteForm.sent_to), class_name="notice"),
            ),
            class_name="stack",
        ),
        rx.el.div(
            button(t("team.done"), tone="soft", on_click=InviteForm.close),
            button(t("team.copy_link"), glyph="copy", on_click=copy),
            class_name="dialog-actions",
        ),
    )


def _team(option: rx.Var[Option]) -> rx.Component:
    return rx.el.option(option.name, value=option.id)
