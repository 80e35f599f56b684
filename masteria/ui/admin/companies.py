"""The list of companies."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.enums import Permission
from masteria.ui.admin.companies_state import CompaniesState, Row
from masteria.ui.admin.frame import admin_page
from masteria.ui.components.basics import badge, button, empty, field, search_box, skeleton, text_input
from masteria.ui.screen import screen
from masteria.ui.texts import t

STATES = {"open": "good", "suspended": "problem", "deleting": "problem"}


@screen("/admin", "admin.companies", Permission.OPERATE, on_load=CompaniesState.enter)
def companies() -> rx.Component:
    new = button(t("admin.new"), glyph="plus", on_click=CompaniesState.open_form)
    body = rx.cond(
        CompaniesState.loaded,
        rx.cond(
            CompaniesState.rows.length() > 0, _table(), empty("search-x", t("common.none_found"), rx.Var.create(""))
        ),
        skeleton(),
    )
    search = search_box(t("admin.search_company"), CompaniesState.q, CompaniesState.search)
    note = rx.el.p(t("admin.counted"), class_name="f-help")
    return admin_page(
        "/admin", t("admin.companies"), rx.el.div(search, class_name="filters"), body, note, _form(), tools=(new,)
    )


def _table() -> rx.Component:
    heads = ("company", "members", "numbers", "contacts", "messages", "last", "state")
    return rx.fragment(
        rx.el.table(
            rx.el.thead(rx.el.tr(*[rx.el.th(t(f"admin.{key}"), scope="col") for key in heads])),
            rx.el.tbody(rx.foreach(CompaniesState.rows, _row)),
            class_name="table admin-table",
        ),
        rx.cond(
            CompaniesState.has_more,
            rx.el.div(button(t("common.more"), tone="soft", on_click=CompaniesState.more), class_name="more"),
        ),
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    counts = (("members", "users"), ("connections", "radio-tower"), ("contacts", "book-user"), ("messages", "send"))
    return rx.el.tr(
        rx.el.td(
            rx.link(rx.el.b(row.name), href=row.href, underline="hover", class_name="admin-name"),
            rx.el.small(row.slug),
            rx.cond(
                row.limits.length() > 0,
                rx.el.div(rx.foreach(row.limits, lambda each: rx.el.span(each, class_name="tag")), class_name="tags"),
            ),
            class_name="lead",
        ),
        *[_count(getattr(row, name), name) for name, _ in counts],
        rx.el.td(row.last, class_name="dim", custom_attrs={"data-label": t("admin.last")}),
        rx.el.td(badge("admin.state", row.state, STATES), class_name="admin-state"),
    )


def _count(value: rx.Var[str], name: str) -> rx.Component:
    label = t("admin.numbers") if name == "connections" else t(f"admin.{name}")
    return rx.el.td(value, class_name="num", custom_attrs={"data-label": label})


def _form() -> rx.Component:
    made = rx.el.div(
        field(
            t("admin.link"),
            rx.el.input(value=CompaniesState.link, read_only=True, class_name="input mono"),
            help=t("admin.link_help"),
        ),
        rx.el.div(
            button(t("admin.copy"), glyph="copy", tone="soft", on_click=rx.set_clipboard(CompaniesState.link)),
            button(t("admin.done"), on_click=CompaniesState.close_form),
            class_name="dialog-actions",
        ),
        class_name="stack",
    )
    form = rx.form(
        _line("name", max_length=120, auto_complete="off"),
        _line("email", type="email", max_length=254, auto_complete="off"),
        rx.el.div(
            button(t("common.cancel"), tone="soft", on_click=CompaniesState.close_form),
            rx.el.button(t("admin.create"), type="submit", class_name="btn"),
            class_name="dialog-actions",
        ),
        on_submit=CompaniesState.create,
        reset_on_submit=False,
        class_name="stack",
    )
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("admin.new")),
            rx.dialog.description(t("admin.new_help"), class_name="f-help"),
            rx.cond(CompaniesState.link != "", made, form),
            class_name="dialog",
        ),
        open=CompaniesState.form_open,
        on_open_change=lambda _open: CompaniesState.close_form(),
    )


def _line(name: str, **props: str | int) -> rx.Component:
    error = rx.cond(CompaniesState.problem_field == name, CompaniesState.problem, "")
    return field(t(f"admin.new_{name}"), text_input(name=name, required=True, **props), error=error)
