"""What the team's pages share: the row of their names, a role in words, and how one is chosen."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.core.access import RANKS
from masteria.enums import Permission
from masteria.ui.profile import Profile
from masteria.ui.settings.frame import settings_page
from masteria.ui.settings.team.choices import Choice
from masteria.ui.texts import t, word

TABS = (
    ("/settings/team", "team.people"),
    ("/settings/team/invites", "team.invites"),
    ("/settings/team/teams", "team.teams"),
    ("/settings/team/roles", "team.roles"),
)
MAY_EDIT = Profile.rights.contains(str(Permission.EDIT_MEMBERS))


def team_page(active: str, *content: rx.Component, tools: tuple[rx.Component, ...] = ()) -> rx.Component:
    """One of the four, `active` being its address."""
    links = [
        rx.link(
            t(key),
            href=href,
            underline="none",
            class_name="subtab",
            custom_attrs={"aria-current": "page"} if href == active else {},
        )
        for href, key in TABS
    ]
    names = rx.el.nav(*links, class_name="subtabs", aria_label=t("settings.team"))
    return settings_page("/settings/team", "settings.team", names, *content, tools=tools)


def role_words(role: Any, custom: Any) -> rx.Var[str]:
    """The company's own name for it, or ours."""
    return rx.cond(custom != "", custom, word("role", role, tuple(RANKS)))  # pyright: ignore[reportReturnType]


def role_select(choices: Any, value: Any, on_change: Any) -> rx.Component:
    """Every role that the reader may give."""
    return rx.el.select(
        rx.foreach(choices, _option), value=value, on_change=on_change, class_name="input", id="role-choice"
    )


def _option(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.option(role_words(choice.value, choice.custom), value=choice.value)


def switch(label: Any, help: Any, checked: Any, on_change: Any, **props: Any) -> rx.Component:
    """A choice of yes or no with what it means under it."""
    return rx.el.label(
        rx.el.input(type="checkbox", checked=checked, on_change=on_change, **props),
        rx.el.span(rx.el.b(label), rx.el.small(help)),
        class_name="choice tall",
    )
