"""Channels: a card a number, and the form that connects one."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.actions.connections import PORTFOLIO, SECRETS
from masteria.enums import Permission
from masteria.ui.channels.state import FIELDS, ChannelsState, Row
from masteria.ui.components.basics import badge, button, empty, field, icon, link_button, skeleton, text_input
from masteria.ui.profile import Profile
from masteria.ui.screen import screen
from masteria.ui.shell import shell
from masteria.ui.texts import t

STATUS = {
    "connected": "good",
    "pending": "info",
    "degraded": "attention",
    "disconnected": "problem",
    "failed": "problem",
}


@screen("/channels", "channels.title", Permission.READ_CONNECTIONS, on_load=ChannelsState.enter)
def channels() -> rx.Component:
    new = rx.cond(Profile.may_admin, button(t("channels.new"), glyph="plus", on_click=ChannelsState.open_form))
    body = rx.cond(
        ChannelsState.loaded,
        rx.cond(
            ChannelsState.rows.length() > 0,
            rx.el.div(rx.foreach(ChannelsState.rows, _card), class_name="cards"),
            empty("radio-tower", t("channels.empty"), t("channels.empty_help"), new),
        ),
        skeleton(3),
    )
    told = link_button(t("channels.received"), "/channels/received", glyph="inbox", soft=True)
    page = rx.el.div(body, _form(), _edit_form(), class_name="page")
    return shell("/channels", t("channels.title"), page, tools=(told, new))


def _card(row: rx.Var[Row]) -> rx.Component:
    return rx.el.article(
        rx.el.header(
            rx.el.div(rx.el.h2(row.name), rx.el.p(row.address, class_name="num dim")),
            badge("channel.status", row.status, STATUS),
            class_name="card-head",
        ),
        rx.cond(row.why != "", rx.el.p(row.why, class_name="notice bad")),
        rx.el.ul(
            rx.el.li(icon("gauge", 15), row.rate),
            rx.cond(row.people != "", rx.el.li(icon("users", 15), row.people)),
            rx.el.li(icon("layout-template", 15), row.templates),
            rx.el.li(icon("bell-ring", 15), row.last_event),
            class_name="facts",
        ),
        rx.cond(
            row.verify_token != "",
            rx.el.div(
                _copy(t("channels.webhook"), row.webhook),
                _copy(t("channels.verify_token"), row.verify_token),
                class_name="copies",
            ),
        ),
        rx.cond(
            Profile.may_admin,
            rx.el.div(
                button(t("channels.verify"), tone="soft", on_click=ChannelsState.verify(row.id)),
                button(t("channels.sync"), tone="soft", on_click=ChannelsState.sync(row.id)),
                button(t("channels.edit"), tone="soft", on_click=ChannelsState.edit(row.id)),
                class_name="actions",
            ),
        ),
        class_name="card",
    )


def _copy(label: rx.Var[str], value: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="f-label"), rx.el.input(value=value, read_only=True, class_name="input mono")
    )


def _input(name: str, **props: Any) -> rx.Component:
    is_portfolio = name == PORTFOLIO
    return field(
        t(f"channels.{name}"),
        text_input(
            name=name,
            required=not is_portfolio,
            auto_complete="off",
            type="password" if name in SECRETS else "text",
            input_mode="numeric" if name.endswith("_id") else "text",
            **props,
        ),
        help=t("channels.portfolio_help") if is_portfolio else None,
        error=rx.cond(ChannelsState.problem_field == name, ChannelsState.problem, ""),
    )


def _edit_form() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("channels.edit")),
            rx.dialog.description(t("channels.edit_help"), class_name="f-help"),
            rx.form(
                _input("name", default_value=ChannelsState.edit_name, max_length=120),
                _input(PORTFOLIO, default_value=ChannelsState.edit_portfolio, max_length=32),
                rx.el.div(
                    button(t("common.cancel"), tone="soft", on_click=ChannelsState.close_edit),
                    rx.el.button(t("channels.save"), type="submit", class_name="btn"),
                    class_name="dialog-actions",
                ),
                on_submit=ChannelsState.save,
                reset_on_submit=False,
                class_name="stack",
            ),
            class_name="dialog",
        ),
        open=ChannelsState.edit_open,
        on_open_change=lambda _open: ChannelsState.close_edit(),
    )


def _form() -> rx.Component:
    inputs = [_input(name) for name in FIELDS]
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("channels.new")),
            rx.dialog.description(t("channels.connect_help"), class_name="f-help"),
            rx.cond(
                (ChannelsState.problem != "") & (ChannelsState.problem_field == "settings"),
                rx.el.p(ChannelsState.problem, class_name="notice bad", role="alert"),
            ),
            rx.form(
                *inputs,
                rx.el.div(
                    button(t("common.cancel"), tone="soft", on_click=ChannelsState.close_form),
                    rx.el.button(t("channels.connect"), type="submit", class_name="btn", disabled=ChannelsState.busy),
                    class_name="dialog-actions",
                ),
                on_submit=ChannelsState.connect,
                reset_on_submit=False,
                class_name="stack",
            ),
            class_name="dialog",
        ),
        open=ChannelsState.form_open,
        on_open_change=lambda _open: ChannelsState.close_form(),
    )
