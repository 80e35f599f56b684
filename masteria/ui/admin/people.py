"""The people of the installation."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.enums import Permission
from masteria.ui.admin.frame import admin_page
from masteria.ui.admin.people_state import PeopleState, Row
from masteria.ui.components.basics import button, confirm, empty, icon, search_box, skeleton
from masteria.ui.screen import screen
from masteria.ui.texts import t


@screen("/admin/users", "admin.people", Permission.OPERATE, on_load=PeopleState.enter)
def people() -> rx.Component:
    body = rx.cond(
        PeopleState.loaded,
        rx.cond(
            PeopleState.rows.length() > 0,
            rx.fragment(_table(), _more()),
            empty("search-x", t("common.none_found"), rx.Var.create("")),
        ),
        skeleton(),
    )
    search = search_box(t("admin.search_person"), PeopleState.q, PeopleState.search)
    questions = (
        _question("sessions", PeopleState.revoke_sessions),
        _question("reset", PeopleState.send_reset),
        _question("second_step", PeopleState.reset_second_step),
        _question("grant", PeopleState.grant),
        _question("revoke", PeopleState.revoke),
    )
    return admin_page("/admin/users", t("admin.people"), rx.el.div(search, class_name="filters"), body, *questions)


def _more() -> rx.Component:
    more = rx.el.div(button(t("common.more"), tone="soft", on_click=PeopleState.more), class_name="more")
    return rx.cond(PeopleState.has_more, more)


def _table() -> rx.Component:
    heads = ("person", "companies", "proofs", "seen")
    return rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(t(f"admin.{k}"), scope="col") for k in heads], rx.el.td())),
        rx.el.tbody(rx.foreach(PeopleState.rows, _row)),
        class_name="table admin-table admin-people",
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.b(row.name), rx.el.small(row.email), class_name="lead"),
        rx.el.td(
            rx.el.div(rx.foreach(row.companies, lambda each: rx.el.span(each, class_name="tag")), class_name="tags"),
            class_name="wide",
        ),
        rx.el.td(
            rx.el.div(
                rx.cond(row.is_operator, _mark("server-cog", "admin.is_operator", "info")),
                rx.cond(row.is_verified, rx.fragment(), _mark("mail-x", "admin.unverified", "attention")),
                rx.cond(row.has_second_step, _mark("shield-check", "admin.second_step", "good")),
                class_name="tags",
            ),
            class_name="wide",
        ),
        rx.el.td(row.seen, class_name="dim", custom_attrs={"data-label": t("admin.seen")}),
        rx.el.td(_menu(row), class_name="admin-state"),
    )


def _mark(glyph: str, key: str, tone: str) -> rx.Component:
    return rx.el.span(icon(glyph, 13), t(key), class_name="admin-mark", custom_attrs={"data-tone": tone})


def _menu(row: rx.Var[Row]) -> rx.Component:
    def item(question: str, glyph: str) -> rx.Component:
        return rx.menu.item(icon(glyph, 15), t(f"admin.do_{question}"), on_select=PeopleState.ask(question, row.id))

    trigger = rx.el.button(
        icon("ellipsis", 17),
        type="button",
        class_name="btn soft small",
        aria_label=t("admin.actions_for", name=row.name),
    )
    return rx.menu.root(
        rx.menu.trigger(trigger),
        rx.menu.content(
            item("reset", "mail"),
            rx.cond(row.sessions > 0, item("sessions", "log-out")),
            rx.cond(row.has_second_step, item("second_step", "shield-off")),
            rx.menu.separator(),
            rx.cond(row.is_operator, item("revoke", "user-minus"), item("grant", "server-cog")),
            variant="soft",
        ),
        modal=False,
    )


def _question(name: str, act: rx.event.EventType[()]) -> rx.Component:
    tone = "" if name in ("reset", "grant") else "bad"
    return confirm(
        PeopleState.asking == name,
        t(f"admin.do_{name}_ask", name=PeopleState.person.name),
        t(f"admin.do_{name}_note", email=PeopleState.person.email),
        button(t(f"admin.do_{name}"), tone=tone, on_click=act),
        PeopleState.close,
    )
