"""The page of one company: levels, quotas, support, suspension, deletion."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.admin.company_state import SUPPORT_FORM, Act, CompanyState, Inside, LevelRow, QuotaRow
from masteria.ui.admin.frame import admin_page
from masteria.ui.admin.parts import acts_list
from masteria.ui.admin.words import FEATURES, LEVELS, QUOTAS
from masteria.ui.components.basics import badge, button, field, icon, native_form, skeleton, text_input
from masteria.ui.screen import screen
from masteria.ui.texts import t, word

STATES = {"open": "good", "suspended": "problem", "deleting": "problem"}
ROLES = ("owner", "admin", "supervisor", "agent", "viewer")


@screen("/admin/companies/[company_id]", "admin.companies", Permission.OPERATE, on_load=CompanyState.enter)
def company() -> rx.Component:
    content = rx.cond(
        CompanyState.loaded,
        rx.el.div(
            _head(),
            rx.el.div(_levels(), _quotas(), class_name="cards"),
            rx.el.div(_support(), _people(), class_name="cards"),
            _acts(),
            class_name="stack",
        ),
        skeleton(),
    )
    title = rx.cond(CompanyState.company.name != "", CompanyState.company.name, t("admin.companies"))
    return admin_page("/admin", title, content, _suspending(), _deleting(), back="/admin")


def _head() -> rx.Component:
    found = CompanyState.company
    is_open, is_suspended = found.state == "open", found.state == "suspended"
    return rx.fragment(
        rx.el.div(
            badge("admin.state", found.state, STATES),
            rx.el.span(found.slug, class_name="dim"),
            rx.cond(found.last != "", rx.el.span(t("admin.last_at", time=found.last), class_name="dim")),
            rx.spacer(),
            rx.el.div(
                rx.cond(
                    is_open,
                    button(t("admin.suspend"), glyph="ban", tone="soft bad", on_click=CompanyState.ask("suspend")),
                ),
                rx.cond(is_suspended, button(t("admin.restore"), glyph="undo-2", on_click=CompanyState.restore)),
                rx.cond(
                    found.state != "deleting",
                    button(t("admin.delete"), glyph="trash-2", tone="soft bad", on_click=CompanyState.ask("delete")),
                ),
                class_name="actions",
            ),
            class_name="campaign-head",
        ),
        rx.match(
            found.state,
            (
                "suspended",
                rx.el.p(
                    icon("ban"),
                    rx.el.span(t("admin.suspended_since", time=found.since, reason=found.reason)),
                    class_name="notice bad",
                ),
            ),
            ("deleting", rx.el.p(icon("trash-2"), rx.el.span(t("admin.deleting")), class_name="notice bad")),
            rx.fragment(),
        ),
    )


def _levels() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("admin.levels")),
        rx.el.p(t("admin.levels_help"), class_name="f-help"),
        rx.el.div(rx.foreach(CompanyState.levels, _level), class_name="admin-lines"),
        class_name="card stack",
    )


def _level(row: rx.Var[LevelRow]) -> rx.Component:
    return rx.el.label(
        rx.el.span(word("feature", row.feature, FEATURES)),
        rx.el.select(
            *[rx.el.option(t(f"level.{level}"), value=level) for level in LEVELS],
            value=row.level,
            on_change=lambda level: CompanyState.choose_level(row.feature, level),
            class_name="input",
            aria_label=word("feature", row.feature, FEATURES),
        ),
        class_name="admin-line",
    )


def _quotas() -> rx.Component:
    form = rx.form(
        rx.el.div(rx.foreach(CompanyState.quotas, _quota), class_name="admin-lines"),
        rx.el.div(rx.el.button(t("admin.save"), type="submit", class_name="btn soft"), class_name="actions"),
        on_submit=CompanyState.save_quotas,
        reset_on_submit=False,
        class_name="stack",
    )
    return rx.el.section(
        rx.el.h2(t("admin.quotas")), rx.el.p(t("admin.quotas_help"), class_name="f-help"), form, class_name="card stack"
    )


def _quota(row: rx.Var[QuotaRow]) -> rx.Component:
    error = rx.cond(CompanyState.problem_field == row.name, CompanyState.problem, "")
    return rx.el.label(
        rx.el.span(
            word("quota", row.name, tuple(QUOTAS)),
            rx.el.small(
                t("admin.used", count=row.used),
                rx.cond(row.holds | (row.limit == ""), "", rx.el.span(" · ", t("admin.not_held"))),
                class_name="dim",
            ),
            class_name="lead",
        ),
        rx.el.span(
            text_input(
                name=row.name,
                default_value=row.limit,
                key=row.limit,
                input_mode="numeric",
                placeholder=t("quota.none"),
            ),
            rx.cond(error != "", rx.el.span(error, class_name="f-error", role="alert")),
            class_name="lead",
        ),
        class_name="admin-line",
    )


def _support() -> rx.Component:
    def wrong(name: str) -> rx.Var[str]:
        return rx.cond(CompanyState.problem_field == name, CompanyState.problem, "")  # pyright: ignore[reportReturnType]

    why = rx.el.textarea(name="reason", class_name="input", rows=2, required=True, min_length=10, max_length=500)
    change = rx.el.textarea(
        name="change_reason", class_name="input", rows=2, required=True, min_length=10, max_length=500
    )
    return rx.el.section(
        rx.el.h2(t("admin.support")),
        rx.el.p(t("admin.support_help"), class_name="f-help"),
        native_form(
            rx.el.input(type="hidden", name="company_id", value=CompanyState.company.id, read_only=True),
            field(t("admin.support_reason"), why, error=wrong("reason")),
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    name="may_change",
                    value="1",
                    checked=CompanyState.wants_change,
                    on_change=CompanyState.toggle_change,
                ),
                rx.el.span(t("admin.support_change")),
                class_name="choice",
            ),
            rx.cond(
                CompanyState.wants_change,
                field(t("admin.support_change_reason"), change, error=wrong("change_reason")),
            ),
            rx.el.div(button(t("admin.support_go"), tone="soft", on_click=CompanyState.go_in), class_name="actions"),
            id=SUPPORT_FORM,
            action="/auth/support",
            method="post",
            class_name="stack",
        ),
        class_name="card stack",
    )


def _people() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("admin.people")),
        rx.cond(
            CompanyState.people.length() > 0,
            rx.el.ul(rx.foreach(CompanyState.people, _person), class_name="admin-list"),
            rx.el.p(t("admin.nobody"), class_name="dim"),
        ),
        class_name="card stack",
    )


def _person(row: rx.Var[Inside]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(rx.el.b(row.name), rx.el.small(row.email), class_name="lead"),
            rx.el.span(word("role", row.role, ROLES), rx.el.small(row.seen, class_name="dim"), class_name="lead end"),
            href=row.href,
            underline="none",
            class_name="admin-item",
        )
    )


def _acts() -> rx.Component:
    def row(act: rx.Var[Act]) -> rx.Component:
        return acts_list(act, with_subject=False)

    return rx.el.section(
        rx.el.h2(t("admin.log")),
        rx.cond(
            CompanyState.acts.length() > 0,
            rx.el.ul(rx.foreach(CompanyState.acts, row), class_name="admin-list"),
            rx.el.p(t("admin.nothing_done"), class_name="dim"),
        ),
        class_name="card stack",
    )


def _suspending() -> rx.Component:
    reason = rx.el.textarea(name="reason", class_name="input", rows=3, required=True, max_length=500)
    return _question(
        "suspend",
        t("admin.suspend_ask", name=CompanyState.company.name),
        t("admin.suspend_note"),
        field(t("admin.suspend_reason"), reason, help=t("admin.suspend_reason_help"), error=_wrong("reason")),
        CompanyState.suspend,
    )


def _deleting() -> rx.Component:
    return _question(
        "delete",
        t("admin.delete_ask", name=CompanyState.company.name),
        t("admin.delete_note"),
        field(
            t("admin.delete_name"), text_input(name="name", required=True, auto_complete="off"), error=_wrong("name")
        ),
        CompanyState.delete,
    )


def _question(name: str, title: rx.Var[str], note: rx.Var[str], control: rx.Component, act: Any) -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title),
            rx.dialog.description(note, class_name="f-help"),
            rx.form(
                control,
                rx.el.div(
                    button(t("common.cancel"), tone="soft", on_click=CompanyState.close),
                    rx.el.button(t(f"admin.{name}"), type="submit", class_name="btn bad"),
                    class_name="dialog-actions",
                ),
                on_submit=act,
                reset_on_submit=False,
                class_name="stack",
            ),
            class_name="dialog",
        ),
        open=CompanyState.asking == name,
        on_open_change=lambda _open: CompanyState.close(),
    )


def _wrong(name: str) -> rx.Var[str]:
    is_asked = (CompanyState.asking != "") & (CompanyState.problem_field == name)
    return rx.cond(is_asked, CompanyState.problem, "")  # pyright: ignore[reportReturnType]
