"""The forms of the pages before the sign-in. The browser posts them itself: no password passes through the screens."""

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.ui.components.basics import brand, field, icon, link_button, native_form, native_link, text_input
from masteria.ui.shell import language_choice, language_of_page
from masteria.ui.signin.providers import provider_buttons
from masteria.ui.signin.state import DoorState
from masteria.ui.texts import Language, t


def card(*content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.main(brand(), *content, class_name="door-card"), language_choice(), language_of_page(), class_name="door"
    )


def login_form() -> rx.Component:
    return native_form(
        rx.el.h1(t("signin.title")),
        _done(),
        _problem(),
        _line("email", "signin.email", type="email", auto_complete="username"),
        _password("current-password"),
        rx.el.input(type="hidden", name="next", value=DoorState.next, read_only=True),
        rx.el.button(t("signin.go"), type="submit", class_name="btn wide"),
        provider_buttons(),
        rx.el.p(
            rx.el.a(t("signin.forgot"), href="/forgot"),
            rx.cond(DoorState.may_sign_up, rx.el.a(t("signin.sign_up"), href="/signup")),
            class_name="door-links",
        ),
        action="/auth/login",
        method="post",
        class_name="door-form",
    )


def no_company() -> rx.Component:
    return rx.el.div(
        rx.el.h1(t("signin.no_company")),
        rx.el.p(t("signin.empty")),
        rx.el.code(DoorState.setup_link, class_name="door-code"),
        rx.el.p(t("signin.link_lost"), class_name="f-help"),
        class_name="door-form",
    )


def setup_form() -> rx.Component:
    return native_form(
        rx.el.h1(t("setup.title")),
        rx.el.p(t("setup.help"), class_name="dim"),
        _problem(),
        rx.el.input(type="hidden", name="token", value=DoorState.token, read_only=True),
        _line("company", "setup.company", auto_complete="organization", max_length=120),
        _line("name", "setup.name", auto_complete="name", max_length=120),
        _line("email", "signin.email", type="email", auto_complete="username", max_length=254),
        _password("new-password"),
        # until the page's state has come with the link's token, there is nothing to post
        rx.el.button(t("setup.go"), type="submit", class_name="btn wide", disabled=DoorState.token == ""),
        action="/auth/setup",
        method="post",
        class_name="door-form",
    )


def signup_form() -> rx.Component:
    return native_form(
        rx.el.h1(t("signup.title")),
        rx.el.p(t("setup.help"), class_name="dim"),
        _problem(),
        _line("company", "setup.company", auto_complete="organization", max_length=120),
        _line("name", "setup.name", auto_complete="name", max_length=120),
        _line("email", "signin.email", type="email", auto_complete="username", max_length=254),
        _password("new-password"),
        rx.el.input(type="hidden", name="language", value=Language.code, read_only=True),
        rx.el.button(t("setup.go"), type="submit", class_name="btn wide"),
        provider_buttons(),
        rx.el.p(rx.el.a(t("signup.known"), href="/login"), class_name="door-links"),
        action="/auth/signup",
        method="post",
        class_name="door-form",
    )


def forgot_form() -> rx.Component:
    return native_form(
        rx.el.h1(t("forgot.title")),
        rx.el.p(t("forgot.help"), class_name="dim"),
        _problem(),
        _line("email", "signin.email", type="email", auto_complete="username", max_length=254),
        rx.el.button(t("forgot.go"), type="submit", class_name="btn wide"),
        rx.el.p(rx.el.a(t("forgot.back"), href="/login"), class_name="door-links"),
        action="/auth/forgot",
        method="post",
        class_name="door-form",
    )


def reset_form() -> rx.Component:
    return native_form(
        rx.el.h1(t("reset.title")),
        rx.el.p(t("reset.help"), class_name="dim"),
        _problem(),
        _token(),
        _password("new-password", "signin.new_password"),
        rx.el.button(t("reset.go"), type="submit", class_name="btn wide", disabled=DoorState.token == ""),
        rx.el.p(rx.el.a(t("reset.again"), href="/forgot"), class_name="door-links"),
        action="/auth/reset",
        method="post",
        class_name="door-form",
    )


def verify_form() -> rx.Component:
    help_ = rx.cond(
        DoorState.is_new_address,
        t("verify.new_address"),
        rx.cond(DoorState.asks_password, t("verify.help"), t("verify.own_help")),
    )
    return native_form(
        rx.el.h1(t("verify.title")),
        rx.el.p(help_, class_name="dim"),
        _problem(),
        _token(),
        rx.cond(DoorState.asks_password, _password("current-password")),
        rx.el.button(t("verify.go"), type="submit", class_name="btn wide", disabled=DoorState.token == ""),
        action="/auth/verify",
        method="post",
        class_name="door-form",
    )


def sent(help_: rx.Var[str]) -> rx.Component:
    """Where to look. The same for an address that we know and for one that we do not."""
    return rx.el.div(
        rx.el.div(icon("mail-check", 26), class_name="empty-icon"),
        rx.el.h1(t("signin.sent")),
        rx.el.p(help_),
        rx.el.p(t("signin.sent_spam"), class_name="dim"),
        rx.cond(
            DoorState.mailbox != "",
            native_link(t("signin.demo_mail"), href=DoorState.mailbox, class_name="btn soft wide", target="_blank"),
        ),
        rx.el.p(rx.el.a(t("forgot.back"), href="/login"), class_name="door-links"),
        class_name="door-form",
    )


def notice_page(title: Any, text: Any, go: Any) -> rx.Component:
    return rx.el.div(rx.el.h1(title), rx.el.p(text), link_button(go, "/login"), class_name="door-form")


def _token() -> rx.Component:
    return rx.el.input(type="hidden", name="token", value=DoorState.token, read_only=True)


def _password(kind: str, label: str = "signin.password") -> rx.Component:
    """`kind` is what a password manager is told: to fill one in, or to make one."""
    is_new = kind == "new-password"
    control = text_input(
        name="password", type="password", auto_complete=kind, required=True, **({"min_length": 10} if is_new else {})
    )
    return field(
        t(label),
        control,
        help=t("setup.password_help") if is_new else None,
        error=_error("password"),
    )


def _done() -> rx.Component:
    words = rx.match(DoorState.done, ("reset", t("signin.done_reset")), ("email", t("signin.done_email")), "")
    return rx.cond(DoorState.done != "", rx.el.p(icon("circle-check"), words, class_name="notice good", role="status"))


def _line(name: str, key: str, **props: Any) -> rx.Component:
    value = getattr(DoorState, name)
    # a fresh `key` puts what was typed back once the page's state has arrived
    return field(
        t(key), text_input(name=name, required=True, default_value=value, key=value, **props), error=_error(name)
    )


def _problem() -> rx.Component:
    is_general = (DoorState.problem != "") & (DoorState.problem_field == "")
    return rx.cond(is_general, rx.el.p(icon("circle-alert"), DoorState.problem, class_name="notice bad", role="alert"))


def _error(name: str) -> rx.Var[str]:
    return rx.cond(DoorState.problem_field == name, DoorState.problem, "")  # pyright: ignore[reportReturnType]
