"""What WhatsApp told us: a list with filters, and one body opened: in words, as JSON, and what it did."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.components.basics import badge, button, empty, icon, skeleton
from masteria.ui.profile import Profile
from masteria.ui.received.state import BodyState, Event, ReceivedState, Row
from masteria.ui.screen import screen
from masteria.ui.shell import shell
from masteria.ui.texts import t

STATES = {"waiting": "info", "done": "good", "parked": "problem"}
SINCE = ("hour", "day", "week")


@screen("/channels/received", "received.title", Permission.READ_MESSAGES, on_load=ReceivedState.enter)
def received() -> rx.Component:
    filtered = (ReceivedState.channel != "") | (ReceivedState.state != "") | (ReceivedState.since != "")
    none = rx.cond(
        filtered,
        empty(
            "list-filter",
            t("received.none_found"),
            t("received.none_found_help"),
            button(t("common.clear"), tone="soft", on_click=ReceivedState.clear),
        ),
        empty("inbox", t("received.empty"), t("received.empty_help")),
    )
    rows = rx.fragment(
        rx.el.div(rx.foreach(ReceivedState.rows, _row), class_name="list"),
        rx.cond(
            ReceivedState.has_more,
            rx.el.div(button(t("common.more"), tone="soft", on_click=ReceivedState.more), class_name="more"),
        ),
    )
    content = rx.cond(ReceivedState.loaded, rx.cond(ReceivedState.rows.length() > 0, rows, none), skeleton())
    page = rx.el.div(rx.el.p(t("received.help"), class_name="dim"), _filters(), content, class_name="page")
    return shell("/channels", t("received.title"), page, back="/channels")


def _filters() -> rx.Component:
    return rx.el.div(
        _select(
            t("received.any_channel"),
            ReceivedState.channel,
            ReceivedState.choose_channel,
            rx.foreach(ReceivedState.channels, lambda found: rx.el.option(found[1], value=found[0])),
        ),
        _select(
            t("received.any_state"),
            ReceivedState.state,
            ReceivedState.choose_state,
            *[rx.el.option(t(f"intake.state.{name}"), value=name) for name in STATES],
        ),
        _select(
            t("received.any_time"),
            ReceivedState.since,
            ReceivedState.choose_since,
            *[rx.el.option(t(f"received.since.{name}"), value=name) for name in SINCE],
        ),
        class_name="filters",
    )


def _select(label: rx.Var[str], value: Any, choose: Any, *options: rx.Component) -> rx.Component:
    return rx.el.select(
        rx.el.option(label, value=""),
        *options,
        value=value,
        on_change=choose,
        class_name="input",
        aria_label=label,
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    return rx.link(
        rx.el.div(
            rx.el.span(rx.el.b(row.what), rx.el.span(row.line, class_name="dim"), class_name="received-what"),
            rx.el.small(row.did),
            class_name="lead",
        ),
        badge("intake.state", row.state, STATES),
        rx.el.span(row.channel, class_name="dim received-channel"),
        rx.el.span(row.at, class_name="dim num received-at"),
        href=row.href,
        underline="none",
        class_name="list-row received-row",
    )


@screen("/channels/received/[event_id]", "received.one", Permission.READ_MESSAGES, on_load=BodyState.enter)
def body() -> rx.Component:
    content = rx.cond(
        BodyState.missing,
        empty("file-question-mark", t("received.missing"), t("received.missing_help")),
        rx.el.div(_head(), _problem(), _events(), _raw(), class_name="stack"),
    )
    page = rx.el.div(rx.cond(BodyState.loaded, content, skeleton(4)), class_name="page")
    return shell("/channels", t("received.one"), page, back="/channels/received")


def _head() -> rx.Component:
    found = BodyState.body
    again = button(t("received.again"), glyph="rotate-cw", tone="soft", on_click=BodyState.again)
    return rx.el.div(
        badge("intake.state", found.state, STATES),
        rx.el.span(found.channel, " · ", found.at, " · ", found.size, class_name="dim num"),
        rx.spacer(),
        rx.cond(Profile.may_admin & (found.state != "waiting"), again),
        class_name="campaign-head",
    )


def _problem() -> rx.Component:
    found = BodyState.body
    return rx.cond(
        found.problem != "",
        rx.el.div(
            icon("triangle-alert", 16),
            rx.el.div(rx.el.p(found.problem), rx.el.code(found.detail, class_name="mono received-detail")),
            class_name="notice bad",
            role="alert",
        ),
    )


def _events() -> rx.Component:
    found = BodyState.body
    return rx.el.section(
        rx.el.h3(t("received.events")),
        rx.cond(found.counts != "", rx.el.p(t("received.did"), " ", found.counts, class_name="f-help")),
        rx.cond(
            BodyState.events.length() > 0,
            rx.el.ul(rx.foreach(BodyState.events, _event), class_name="told"),
            rx.el.p(t("received.nothing_help"), class_name="dim"),
        ),
        rx.cond(found.more != "", rx.el.p(found.more, class_name="f-help")),
        class_name="card stack",
    )


def _event(event: rx.Var[Event]) -> rx.Component:
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", 15),
                rx.el.div(rx.el.b(event.kind), rx.el.span(event.line), class_name="told-what"),
                rx.el.span(event.did, class_name="badge", custom_attrs={"data-tone": event.tone}),
            ),
            rx.el.pre(event.text, class_name="json", tab_index=0, aria_label=event.kind),
        ),
    )


def _raw() -> rx.Component:
    found = BodyState.body
    copy = button(
        t("received.copy"), glyph="copy", tone="soft small", on_click=[rx.set_clipboard(found.raw), BodyState.copied]
    )
    return rx.el.section(
        rx.el.div(rx.el.div(rx.el.h3(t("received.raw"))), copy, class_name="card-head"),
        rx.cond(found.is_cut, rx.el.p(t("received.cut"), class_name="f-help")),
        rx.el.pre(found.raw, class_name="json tall", tab_index=0, aria_label=t("received.raw")),
        class_name="card",
    )
