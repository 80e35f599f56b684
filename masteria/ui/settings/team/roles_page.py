"""Roles: one table of who may do what, in words, straight from `core/access.py`; and the company's own roles."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.core.access import GIVABLE, RANKS, ROLES
from masteria.enums import Permission
from masteria.ui.components.basics import button, confirm, empty, field, icon, skeleton, text_input
from masteria.ui.screen import screen
from masteria.ui.settings.team.frame import MAY_EDIT, team_page
from masteria.ui.settings.team.roles_state import Right, Role, RolesState, key_of
from masteria.ui.texts import t

SHOWN = tuple(permission for permission in Permission if permission in ROLES[RANKS[-1]])
GIVEN = tuple(permission for permission in SHOWN if permission in GIVABLE)


@screen("/settings/team/roles", "team.roles", Permission.READ_MEMBERS, on_load=RolesState.enter)
def team_roles() -> rx.Component:
    new = rx.cond(MAY_EDIT, button(t("team.new_role"), glyph="plus", on_click=RolesState.begin))
    return team_page(
        "/settings/team/roles",
        rx.el.p(t("team.roles_help"), class_name="dim"),
        rx.cond(RolesState.loaded, rx.fragment(_table(), _own(new)), skeleton(6)),
        _dialog(),
        confirm(
            RolesState.dialog == "delete",
            t("team.delete_role_ask", name=RolesState.name),
            t("team.delete_role_help"),
            button(t("team.delete"), tone="bad", on_click=RolesState.delete),
            RolesState.close,
            more=_problem(),
        ),
        tools=(new,),
    )


def _table() -> rx.Component:
    """Built-in roles stand in the page as it is built; the company's own come beside them."""
    built_in = [rx.el.th(t(f"role.{role}"), scope="col") for role in reversed(RANKS)]
    own = rx.foreach(RolesState.roles, lambda role: rx.el.th(role.name, scope="col"))
    head = rx.el.tr(rx.el.th(t("team.what"), scope="col"), *built_in, own)
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("team.table"), class_name="unseen"),
            rx.el.thead(head),
            rx.el.tbody(*[_right(permission) for permission in SHOWN]),
            class_name="rights",
        ),
        class_name="rights-box",
        tab_index=0,
        role="region",
        aria_label=t("team.table"),
    )


def _right(permission: Permission) -> rx.Component:
    built_in = [rx.el.td(_may() if permission in ROLES[role] else _may_not()) for role in reversed(RANKS)]
    own = rx.foreach(
        RolesState.roles,
        lambda role: rx.el.td(rx.cond(role.permissions.contains(str(permission)), _may(), _may_not())),
    )
    return rx.el.tr(rx.el.th(t(key_of(permission)), scope="row"), *built_in, own)


def _may() -> rx.Component:
    return rx.el.span(icon("check", 15), t("team.can"), class_name="can")


def _may_not() -> rx.Component:
    return rx.el.span(icon("minus", 15), t("team.cannot"), class_name="cannot")


def _own(new: rx.Component) -> rx.Component:
    rows = rx.el.div(rx.foreach(RolesState.roles, _card), class_name="stack")
    return rx.el.section(
        rx.el.h2(t("team.own_roles"), class_name="section-title"),
        rx.cond(
            RolesState.roles.length() > 0, rows, empty("id-card", t("team.no_roles"), t("team.no_roles_help"), new)
        ),
        class_name="stack",
    )


def _card(role: rx.Var[Role]) -> rx.Component:
    return rx.el.article(
        rx.el.div(rx.el.h3(role.name), rx.el.p(role.told, class_name="dim")),
        rx.cond(
            role.may_change,
            rx.el.div(
                button(t("team.edit"), tone="soft small", on_click=RolesState.edit(role.id)),
                button(t("team.delete"), tone="soft small bad", on_click=RolesState.ask_delete(role.id)),
                class_name="actions",
            ),
        ),
        class_name="card split",
    )


def _dialog() -> rx.Component:
    name = text_input(
        default_value=RolesState.name, on_change=RolesState.write_name, max_length=60, auto_complete="off"
    )
    bases = [
        button(t(f"role.{role}"), tone="soft small", on_click=RolesState.copy_from(str(role))) for role in RANKS[:-1]
    ]
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(rx.cond(RolesState.role_id == "", t("team.new_role"), t("team.edit_role"))),
            rx.dialog.description(t("team.role_edit_help"), class_name="f-help"),
            rx.el.div(
                _problem(),
                field(t("team.role_name"), name),
                rx.el.div(
                    rx.el.span(t("team.copy_from"), class_name="f-label"),
                    rx.el.div(*bases, class_name="actions"),
                    class_name="field",
                ),
                rx.el.fieldset(
                    rx.el.legend(t("team.may_do"), class_name="f-label"),
                    rx.foreach(RolesState.rights, _check),
                    class_name="checks",
                ),
                class_name="stack",
            ),
            rx.el.div(
                button(t("common.cancel"), tone="soft", on_click=RolesState.close),
                button(t("team.save"), on_click=RolesState.save),
                class_name="dialog-actions",
            ),
            class_name="dialog",
        ),
        open=RolesState.dialog == "edit",
        on_open_change=lambda _open: RolesState.close(),
    )


def _check(right: rx.Var[Right]) -> rx.Component:
    words = rx.match(right.permission, *((str(p), t(key_of(p))) for p in GIVEN), right.permission)
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=RolesState.chosen.contains(right.permission),
            disabled=~right.may_give,
            on_change=lambda on: RolesState.choose(right.permission, on),  # pyright: ignore[reportArgumentType]
        ),
        rx.el.span(words),
        class_name="choice",
    )


def _problem() -> rx.Component:
    return rx.cond(RolesState.problem != "", rx.el.p(RolesState.problem, class_name="notice bad", role="alert"))
