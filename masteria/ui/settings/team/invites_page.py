"""Invites: who was asked to come, until when the link is good; renewed or revoked."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from masteria.actions import invites
from masteria.enums import Permission, Topic
from masteria.kit.errors import Conflict
from masteria.kit.ids import parse_id
from masteria.queries import team
from masteria.ui.components.basics import badge, button, empty, skeleton
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain, screen
from masteria.ui.settings.team.frame import MAY_EDIT, role_words, team_page
from masteria.ui.settings.team.invite_form import InviteForm, invite_button, invite_form
from masteria.ui.texts import t

TONES = {"open": "info", "used": "good", "expired": "attention", "revoked": "neutral"}
SHOWN = 50
HEADS = ("team.invite_for", "team.role", "team.state", "team.invite_until")


@dataclass
class Row:
    id: str
    email: str
    by: str
    role: str
    custom: str
    team: str
    state: str
    until: str


class InvitesState(Screen, rx.State):
    rows: list[Row] = []
    loaded: bool = False

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def enter(self):
        """Open the page."""
        self._watch(InvitesState.load, (Topic.MEMBER, ANY))
        await self._load()
        return InviteForm.close

    @rx.event
    @needs(Permission.READ_MEMBERS)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.EDIT_MEMBERS)
    async def revoke(self, invite_id: str):
        """The link is worth nothing from now on."""
        try:
            await self._run(invites.revoke, parse_id(invite_id))
        except Conflict as error:
            return rx.toast.error(explain(error, self._language()))
        await self._load()
        return rx.toast.success(self._say("team.invite_revoked"))

    async def _load(self) -> None:
        page = await self._run(team.invites, limit=SHOWN)
        self.rows = [self._row(row) for row in page.rows]
        self.loaded = True

    def _row(self, row: team.InviteRow) -> Row:
        return Row(
            str(row.id),
            row.email,
            row.invited_by or "",
            row.role,
            row.custom_role or "",
            row.team or "",
            row.state,
            self._moment(row.expires_at),
        )


@screen("/settings/team/invites", "team.invites", Permission.READ_MEMBERS, on_load=InvitesState.enter)
def team_invites() -> rx.Component:
    new = rx.cond(MAY_EDIT, invite_button())
    found = rx.cond(
        InvitesState.rows.length() > 0, _table(), empty("mail-plus", t("team.no_invites"), t("team.invite_help"), new)
    )
    return team_page(
        "/settings/team/invites", rx.cond(InvitesState.loaded, found, skeleton(3)), invite_form(), tools=(new,)
    )


def _table() -> rx.Component:
    heads = [rx.el.th(t(key), scope="col") for key in HEADS]
    return rx.el.table(
        rx.el.thead(rx.el.tr(*heads, rx.el.th(rx.el.span(t("team.actions"), class_name="unseen"), scope="col"))),
        rx.el.tbody(rx.foreach(InvitesState.rows, _row)),
        class_name="table invites",
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    alive = (row.state == "open") | (row.state == "expired")
    return rx.el.tr(
        rx.el.td(
            rx.el.b(rx.cond(row.email != "", row.email, t("team.whoever"))),
            rx.cond(row.by != "", rx.el.small(t("team.invited_by", name=row.by))),
            class_name="lead",
        ),
        rx.el.td(
            rx.el.span(role_words(row.role, row.custom)),
            rx.cond(row.team != "", rx.el.small(row.team, class_name="dim block")),
        ),
        rx.el.td(badge("team.invite", row.state, TONES)),
        rx.el.td(row.until, class_name="dim num"),
        rx.el.td(
            rx.cond(
                MAY_EDIT & alive,
                rx.el.div(
                    button(t("team.renew"), tone="soft small", on_click=InviteForm.renew(row.id)),
                    button(t("team.revoke"), tone="soft small bad", on_click=InvitesState.revoke(row.id)),
                    class_name="actions",
                ),
            ),
            class_name="wide",
        ),
    )
