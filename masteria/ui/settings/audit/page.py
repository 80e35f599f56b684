"""Auditoria: who did what and when; opened, an entry tells before and after, the address and the request."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.components.basics import button, empty, icon, native_link, search_box, skeleton, text_input
from masteria.ui.screen import screen
from masteria.ui.settings.audit.state import EVERYTHING, KINDS, AuditState, Change, Entry
from masteria.ui.settings.audit.words import GLYPHS, GROUPS
from masteria.ui.settings.frame import settings_page
from masteria.ui.texts import t


@screen("/settings/audit", "settings.audit", Permission.READ_AUDIT, on_load=AuditState.enter)
def audit() -> rx.Component:
    state = AuditState
    is_narrowed = (state.who != "") | (state.group != "") | (state.since != "") | (state.until != "") | (state.q != "")
    none = rx.cond(
        is_narrowed,
        empty(
            "list-filter",
            t("audit.none_found"),
            t("audit.none_found_help"),
            button(t("common.clear"), tone="soft", on_click=state.clear),
        ),
        empty("scroll-text", t("audit.empty"), t("audit.empty_help")),
    )
    more = rx.cond(
        state.has_more,
        rx.el.div(button(t("common.more"), tone="soft", on_click=state.more), class_name="more"),
        rx.cond(state.is_full, rx.el.p(t("audit.full"), class_name="dim more")),
    )
    rows = rx.fragment(rx.el.ul(rx.foreach(state.rows, _entry), class_name="told trail"), more)
    content = rx.cond(state.loaded, rx.cond(state.rows.length() > 0, rows, none), skeleton())
    file = native_link(
        icon("download"), rx.el.span(t("audit.file")), href=state.file, download=True, class_name="btn soft"
    )
    help = rx.el.p(t("audit.help"), class_name="dim")
    return settings_page("/settings/audit", "settings.audit", help, _filters(), content, tools=(file,))


def _filters() -> rx.Component:
    state = AuditState
    return rx.el.div(
        search_box(t("audit.search"), state.q, state.search),
        _select(
            t("audit.anybody"),
            state.who,
            state.choose_who,
            rx.el.option(t("audit.everything"), value=EVERYTHING),
            rx.el.optgroup(rx.foreach(state.people, _option), label=t("audit.people")),
            rx.el.optgroup(rx.foreach(state.keys, _option), label=t("settings.keys")),
            rx.el.optgroup(
                *[rx.el.option(t(f"audit.by.{kind}"), value=kind) for kind in KINDS], label=t("audit.others")
            ),
        ),
        _select(
            t("audit.anything"),
            state.group,
            state.choose_group,
            *[rx.el.option(t(f"audit.group.{group}"), value=group) for group in GROUPS],
        ),
        rx.el.div(
            _day("audit.since", state.since, state.choose_since),
            _day("audit.until", state.until, state.choose_until),
            class_name="days",
        ),
        class_name="filters",
    )


def _option(found: rx.Var[tuple[str, str]]) -> rx.Component:
    return rx.el.option(found[1], value=found[0])


def _select(label: rx.Var[str], value: Any, choose: Any, *options: rx.Component) -> rx.Component:
    first = rx.el.option(label, value="")
    return rx.el.select(first, *options, value=value, on_change=choose, class_name="input", aria_label=label)


def _day(key: str, value: Any, choose: Any) -> rx.Component:
    return rx.el.label(rx.el.span(t(key)), text_input(type="date", value=value, on_change=choose), class_name="day dim")


def _entry(row: rx.Var[Entry]) -> rx.Component:
    glyph = rx.match(row.glyph, *((name, icon(name, 17)) for name in GLYPHS.values()), icon("user-round", 17))
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                glyph,
                rx.el.div(
                    rx.el.b(row.did, custom_attrs={"data-tone": row.tone}),
                    rx.el.span(row.who, rx.cond(row.about != "", " · " + row.about, "")),
                    class_name="told-what",
                ),
                rx.el.span(row.at, class_name="dim num"),
            ),
            rx.el.div(
                rx.cond(row.changes.length() > 0, rx.el.ul(rx.foreach(row.changes, _change), class_name="changes")),
                rx.el.dl(
                    _fact("audit.exactly", row.exactly),
                    rx.cond(row.ip != "", _fact("audit.ip", row.ip)),
                    rx.cond(row.request != "", _fact("audit.request", row.request)),
                    class_name="key-facts",
                ),
                class_name="trail-more",
            ),
        ),
    )


def _change(change: rx.Var[Change]) -> rx.Component:
    before = rx.cond(
        change.before != "",
        rx.fragment(
            rx.el.del_(change.before, aria_label=t("audit.before")),
            icon("arrow-right", 13),
            rx.cond(change.after == "", rx.el.span("—", class_name="dim")),
        ),
    )
    return rx.el.li(rx.el.span(change.field, class_name="dim"), rx.el.span(before, rx.el.ins(change.after)))


def _fact(key: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(t(key)), rx.el.dd(value, class_name="num"))
