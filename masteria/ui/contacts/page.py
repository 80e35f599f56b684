"""Contacts and their import."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.enums import Permission
from masteria.ui.components.basics import (
    badge,
    button,
    empty,
    field,
    icon,
    link_button,
    native_form,
    native_link,
    search_box,
    skeleton,
    text_input,
)
from masteria.ui.contacts.state import Column, ContactsState, ImportState, Result, Row
from masteria.ui.profile import Profile
from masteria.ui.screen import screen
from masteria.ui.shell import shell
from masteria.ui.texts import t

CONSENT = {"unknown": "neutral", "opted_in": "good", "opted_out": "problem"}
MAY_EDIT = Profile.rights.contains(str(Permission.EDIT_CONTACTS))
FIELD_WORDS = (
    ("name", "contacts.name"),
    ("phone", "contacts.phone"),
    ("email", "import.email"),
    ("tags", "contacts.tags"),
    ("language", "import.language"),
)


@screen("/contacts", "contacts.title", Permission.READ_CONTACTS, on_load=ContactsState.enter)
def contacts() -> rx.Component:
    tools = (rx.cond(MAY_EDIT, link_button(t("contacts.import"), "/contacts/import", glyph="upload")),)
    body = rx.cond(
        ContactsState.loaded,
        rx.cond(
            ContactsState.rows.length() > 0,
            _table(),
            rx.cond(ContactsState.is_filtered, _nothing(), _beginning()),
        ),
        skeleton(),
    )
    return shell("/contacts", t("contacts.title"), rx.el.div(_filters(), body, class_name="page"), tools=tools)


def _filters() -> rx.Component:
    return rx.el.div(
        search_box(t("contacts.search"), ContactsState.q, ContactsState.search),
        rx.el.select(
            rx.el.option(t("contacts.any_tag"), value=""),
            rx.foreach(ContactsState.tag_options, lambda tag: rx.el.option(tag, value=tag)),
            value=ContactsState.tag,
            on_change=ContactsState.choose_tag,
            class_name="input",
            aria_label=t("contacts.tags"),
        ),
        rx.el.select(
            rx.el.option(t("contacts.any_list"), value=""),
            rx.foreach(ContactsState.list_options, lambda found: rx.el.option(found[1], value=found[0])),
            value=ContactsState.list_id,
            on_change=ContactsState.choose_list,
            class_name="input",
            aria_label=t("contacts.any_list"),
        ),
        rx.el.span(ContactsState.total, class_name="count", role="status"),
        class_name="filters",
    )


def _table() -> rx.Component:
    heads = ("contacts.name", "contacts.phone", "contacts.tags", "contacts.consent", "contacts.added")
    return rx.fragment(
        rx.el.table(
            rx.el.thead(rx.el.tr(*[rx.el.th(t(key), scope="col") for key in heads])),
            rx.el.tbody(rx.foreach(ContactsState.rows, _row)),
            class_name="table",
        ),
        rx.cond(
            ContactsState.next_cursor != "",
            rx.el.div(button(t("common.more"), tone="soft", on_click=ContactsState.more), class_name="more"),
        ),
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.b(rx.cond(row.name != "", row.name, t("contacts.no_name"))),
            rx.cond(row.email != "", rx.el.small(row.email)),
            class_name="lead",
        ),
        rx.el.td(row.phone, class_name="num"),
        rx.el.td(rx.el.div(rx.foreach(row.tags, lambda tag: rx.el.span(tag, class_name="tag")), class_name="tags")),
        rx.el.td(badge("consent", row.consent, CONSENT)),
        rx.el.td(row.added, class_name="dim"),
    )


def _nothing() -> rx.Component:
    clear = button(t("common.clear"), tone="soft", on_click=ContactsState.clear)
    return empty("search-x", t("common.none_found"), rx.Var.create(""), clear)


def _beginning() -> rx.Component:
    action = rx.cond(MAY_EDIT, link_button(t("contacts.import"), "/contacts/import", glyph="upload"))
    return empty("book-user", t("contacts.empty"), t("contacts.empty_help"), action)


@screen("/contacts/import", "import.title", Permission.EDIT_CONTACTS, on_load=ImportState.enter)
def import_contacts() -> rx.Component:
    content = rx.el.div(
        rx.cond(ImportState.problem != "", rx.el.p(ImportState.problem, class_name="notice bad", role="alert")),
        rx.cond(
            ImportState.running.id != "", _running(), rx.cond(ImportState.columns.length() > 0, _columns(), _pick())
        ),
        class_name="page narrow",
    )
    return shell("/contacts", t("import.title"), content, back="/contacts")


def _pick() -> rx.Component:
    return native_form(
        rx.el.label(
            icon("file-spreadsheet", 28),
            rx.el.b(t("import.pick")),
            rx.el.span(t("import.pick_help"), class_name="f-help"),
            rx.el.input(type="file", name="file", accept=".csv,.tsv,.txt,text/csv", required=True),
            class_name="drop",
        ),
        rx.el.button(t("import.upload"), type="submit", class_name="btn"),
        action="/files/contacts",
        method="POST",
        enc_type="multipart/form-data",
        class_name="stack",
    )


def _columns() -> rx.Component:
    return rx.el.div(
        rx.el.h2(ImportState.file_name, class_name="file-name"),
        rx.el.section(
            rx.el.h3(t("import.columns")),
            rx.el.div(rx.foreach(ImportState.columns, _column), class_name="columns"),
            class_name="card",
        ),
        rx.el.section(
            field(t("import.tags"), text_input(default_value=ImportState.tags, on_blur=ImportState.set_tags)),
            field(t("import.list"), text_input(default_value=ImportState.list_name, on_blur=ImportState.set_list)),
            class_name="card two",
        ),
        rx.cond(
            ImportState.rehearsed.id != "",
            rx.el.section(rx.el.h3(t("import.rehearsed")), _counts(ImportState.rehearsed), class_name="card"),
        ),
        rx.el.div(
            button(t("import.rehearse"), tone="soft", on_click=ImportState.rehearse, disabled=ImportState.busy),
            rx.cond(ImportState.rehearsed.id != "", button(t("import.start"), on_click=ImportState.start)),
            class_name="actions",
        ),
        class_name="stack",
    )


def _column(column: rx.Var[Column]) -> rx.Component:
    is_attribute = column.field.startswith("attributes.")
    return rx.el.div(
        rx.el.div(rx.el.b(column.name), rx.el.small(column.sample), class_name="lead"),
        rx.el.select(
            *[rx.el.option(t(key), value=value) for value, key in FIELD_WORDS],
            rx.cond(is_attribute, rx.el.option(t("import.attribute"), value=column.field)),
            rx.el.option(t("import.ignore"), value=""),
            value=column.field,
            on_change=lambda value: ImportState.choose(column.name, value),
            class_name="input",
            aria_label=column.name,
        ),
        class_name="column",
    )


def _counts(result: rx.Var[Result] | Result) -> rx.Component:
    cells = ("created", "updated", "skipped", "repeats", "rejected")
    return rx.el.dl(
        *[
            rx.el.div(rx.el.dd(getattr(result, name)), rx.el.dt(t(f"import.{name}")), custom_attrs={"data-count": name})
            for name in cells
        ],
        class_name="counts",
    )


def _running() -> rx.Component:
    running = ImportState.running
    return rx.el.div(
        rx.el.h2(ImportState.file_name, class_name="file-name"),
        rx.match(
            running.status,
            ("queued", rx.el.p(t("import.queued"), class_name="notice", role="status")),
            ("running", rx.el.p(running.progress, class_name="notice", role="status")),
            ("failed", rx.el.p(t("import.failed"), ": ", running.error, class_name="notice bad", role="alert")),
            rx.el.section(
                rx.el.div(rx.el.h3(t("import.done")), role="status"),
                _counts(running),
                rx.el.div(
                    link_button(t("import.see"), "/contacts"),
                    rx.cond(
                        running.has_rejects,
                        native_link(
                            icon("download"),
                            t("import.rejects"),
                            href=f"/files/imports/{running.id}/rejects.csv",
                            download=True,
                            class_name="btn soft",
                        ),
                    ),
                    class_name="actions",
                ),
                class_name="card stack",
            ),
        ),
        class_name="stack",
    )
