"""Minha conta: a list of sections, each a card."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.ui.components.basics import button, field, icon, native_form, skeleton, text_input
from masteria.ui.marks import SIGNED_IN
from masteria.ui.screen import screen
from masteria.ui.settings.account.leave import leave_card
from masteria.ui.settings.account.state import AccountState, DeviceRow
from masteria.ui.settings.frame import settings_page
from masteria.ui.settings.logins import logins_section
from masteria.ui.settings.second_step import second_step_section
from masteria.ui.shell import LANGUAGE_NAMES
from masteria.ui.texts import t


@screen("/settings/account", "settings.account", SIGNED_IN, on_load=AccountState.enter)
def account() -> rx.Component:
    sections = (_profile(), _email(), _password(), second_step_section(), logins_section(), _devices(), leave_card())
    body = rx.cond(AccountState.loaded, rx.el.div(*sections, class_name="stack"), skeleton(4))
    return settings_page("/settings/account", "settings.account", body)


def _profile() -> rx.Component:
    languages = [
        rx.el.option(name, value=code, lang=code.replace("_", "-"), selected=AccountState.language == code)
        for code, name in LANGUAGE_NAMES.items()
    ]
    return _section(
        "user-round",
        "account.profile",
        rx.form(
            field(
                t("account.name"),
                text_input(
                    name="name",
                    default_value=AccountState.name,
                    key=AccountState.name,
                    required=True,
                    auto_complete="name",
                    max_length=120,
                ),
                error=_error("profile", "name"),
            ),
            field(
                t("account.language"),
                rx.el.select(*languages, name="language", class_name="input", key=AccountState.language),
            ),
            rx.el.div(rx.el.button(t("account.save"), type="submit", class_name="btn"), class_name="actions"),
            on_submit=AccountState.save,
            reset_on_submit=False,
            class_name="stack",
        ),
    )


def _email() -> rx.Component:
    return _section(
        "mail",
        "account.email",
        rx.el.p(t("account.email_now", email=AccountState.email), class_name="dim"),
        _done("email", "account.email_sent"),
        _problem("email"),
        native_form(
            field(
                t("account.email_new"),
                text_input(
                    name="email",
                    type="email",
                    required=True,
                    auto_complete="email",
                    max_length=254,
                    default_value=AccountState.typed_email,
                    key=AccountState.typed_email,
                ),
                help=t("account.email_help"),
                error=_error("email", "email"),
            ),
            rx.cond(AccountState.has_password, _old_password("email")),
            _go(t("account.email_go")),
            action="/auth/email",
            method="post",
            class_name="stack",
        ),
    )


def _password() -> rx.Component:
    return _section(
        "key-round",
        "account.password",
        rx.el.p(t("account.password_help"), class_name="dim"),
        _done("password", "account.password_done"),
        _problem("password"),
        native_form(
            # for password managers: whose password this is
            rx.el.input(
                type="hidden", name="username", value=AccountState.email, read_only=True, auto_complete="username"
            ),
            rx.cond(AccountState.has_password, _old_password("password")),
            field(
                t("signin.new_password"),
                text_input(
                    name="password", type="password", required=True, min_length=10, auto_complete="new-password"
                ),
                help=t("setup.password_help"),
                error=_error("password", "password"),
            ),
            _go(rx.cond(AccountState.has_password, t("account.password_go"), t("account.password_make"))),
            action="/auth/password",
            method="post",
            class_name="stack",
        ),
    )


def _devices() -> rx.Component:
    others = rx.cond(
        AccountState.devices.length() > 1,
        rx.el.div(
            button(t("account.devices_end"), tone="soft bad", on_click=AccountState.end_others), class_name="actions"
        ),
    )
    return _section(
        "monitor-smartphone",
        "account.devices",
        rx.el.p(t("account.devices_help"), class_name="dim"),
        rx.el.ul(rx.foreach(AccountState.devices, _device), class_name="devices"),
        others,
    )


def _device(row: rx.Var[DeviceRow]) -> rx.Component:
    end = rx.el.button(
        t("account.device_end"), type="button", class_name="btn soft small", on_click=AccountState.end(row.id)
    )
    mark = rx.el.span(t("account.device_this"), class_name="badge", custom_attrs={"data-tone": "good"})
    return rx.el.li(
        rx.cond(row.glyph == "smartphone", icon("smartphone", 20), icon("monitor", 20)),
        rx.el.div(rx.el.b(row.name), rx.el.small(row.seen, rx.cond(row.where != "", " · " + row.where, ""))),
        rx.cond(row.is_this, mark, end),
        class_name="device",
    )


def _section(glyph: str, title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(icon(glyph, 18), rx.el.span(t(title)), class_name="section-title"),
        *content,
        class_name="card stack",
        id=f"section-{title.rpartition('.')[2]}",
    )


def _old_password(form: str) -> rx.Component:
    return field(
        t("account.password_now"),
        text_input(name="old_password", type="password", required=True, auto_complete="current-password"),
        error=_error(form, "old_password"),
    )


def _go(label: Any) -> rx.Component:
    return rx.el.div(rx.el.button(label, type="submit", class_name="btn soft"), class_name="actions")


def _done(form: str, key: str) -> rx.Component:
    note = rx.el.p(icon("circle-check"), rx.el.span(t(key)), class_name="notice good", role="status")
    return rx.cond(AccountState.done == form, note)


def _problem(form: str) -> rx.Component:
    is_general = (AccountState.problem_form == form) & (AccountState.problem_field == "") & (AccountState.problem != "")
    return rx.cond(
        is_general,
        rx.el.p(icon("circle-alert"), rx.el.span(AccountState.problem), class_name="notice bad", role="alert"),
    )


def _error(form: str, name: str) -> Any:
    is_here = (AccountState.problem_form == form) & (AccountState.problem_field == name)
    return rx.cond(is_here, AccountState.problem, "")
