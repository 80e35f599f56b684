"""The page of an invite: who asks whom to come, as what; one button for who is signed in, a short form for who is new."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.core.access import RANKS
from masteria.ui.components.basics import brand, field, icon, link_button, native_form, text_input
from masteria.ui.invite.state import InviteState
from masteria.ui.screen import screen
from masteria.ui.shell import language_choice, language_of_page
from masteria.ui.signin.providers import provider_buttons
from masteria.ui.texts import Language, t, word

OVER = ("used", "expired", "revoked", "unknown")


@screen("/invite", "invite.title", on_load=InviteState.enter)
def invite() -> rx.Component:
    body = rx.cond(InviteState.state == "open", _offer(), _over())
    return rx.el.div(
        rx.el.main(brand(), rx.cond(InviteState.loaded, body, rx.el.div(class_name="bone")), class_name="door-card"),
        language_choice(),
        language_of_page(),
        class_name="door",
    )


def _over() -> rx.Component:
    return rx.el.div(
        rx.el.h1(t("invite.over")),
        rx.el.p(word("invite.is", InviteState.state, OVER)),
        link_button(t("setup.closed_go"), "/login"),
        class_name="door-form",
    )


def _offer() -> rx.Component:
    role = rx.cond(InviteState.custom != "", InviteState.custom, word("role", InviteState.role, tuple(RANKS)))
    who = rx.cond(InviteState.inviter != "", t("invite.by", name=InviteState.inviter), t("invite.asked"))
    return rx.el.div(
        rx.el.h1(t("invite.to", company=InviteState.company)),
        rx.el.p(who),
        rx.el.p(t("invite.as"), " ", rx.el.b(role), class_name="dim"),
        rx.cond(InviteState.me != "", _signed_in(), _stranger()),
        class_name="door-form",
    )


def _signed_in() -> rx.Component:
    wrong = InviteState.is_bound & (InviteState.email != InviteState.my_email)
    join = native_form(
        _problem(),
        _hidden("token", InviteState.token),
        _hidden("proof", InviteState.proof),
        rx.el.button(t("invite.join"), type="submit", class_name="btn wide"),
        rx.el.p(t("invite.as_whom", name=InviteState.me, email=InviteState.my_email), class_name="f-help"),
        action="/auth/invite",
        method="post",
        class_name="door-form",
    )
    return rx.cond(
        InviteState.is_member,
        rx.fragment(
            rx.el.p(t("invite.member_already"), class_name="notice"), link_button(t("invite.go_on"), "/campaigns")
        ),
        rx.cond(wrong, _of_another(), join),
    )


def _of_another() -> rx.Component:
    return native_form(
        rx.el.p(t("invite.of_another", email=InviteState.email, mine=InviteState.my_email), class_name="notice warn"),
        rx.el.button(t("nav.sign_out"), type="submit", class_name="btn soft wide"),
        action="/auth/logout",
        method="post",
        class_name="door-form",
    )


def _stranger() -> rx.Component:
    sign_in = rx.el.a(t("invite.have_account"), href=InviteState.sign_in, class_name="btn soft wide")
    only_by_mail = rx.el.p(icon("mail"), t("invite.open_mail", email=InviteState.email), class_name="notice")
    return rx.fragment(
        rx.cond(InviteState.is_bound & ~InviteState.is_by_mail, only_by_mail, _form()),
        sign_in,
        provider_buttons(),
    )


def _form() -> rx.Component:
    return native_form(
        _problem(),
        _hidden("token", InviteState.token),
        _hidden("proof", InviteState.proof),
        _hidden("language", Language.code),
        _line("name", "setup.name", auto_complete="name", max_length=120),
        _line("email", "signin.email", type="email", auto_complete="username", read_only=InviteState.is_bound),
        field(
            t("signin.password"),
            text_input(name="password", type="password", auto_complete="new-password", required=True, min_length=10),
            help=t("setup.password_help"),
            error=_error("password"),
        ),
        rx.el.button(t("invite.create"), type="submit", class_name="btn wide", disabled=InviteState.token == ""),
        action="/auth/invite",
        method="post",
        class_name="door-form",
    )


def _line(name: str, key: str, **props: Any) -> rx.Component:
    value = getattr(InviteState, name)
    control = text_input(name=name, required=True, default_value=value, key=value, **props)
    return field(t(key), control, error=_error(name))


def _hidden(name: str, value: Any) -> rx.Component:
    return rx.el.input(type="hidden", name=name, value=value, read_only=True)


def _problem() -> rx.Component:
    is_general = (InviteState.problem != "") & (InviteState.problem_field == "")
    return rx.cond(
        is_general, rx.el.p(icon("circle-alert"), InviteState.problem, class_name="notice bad", role="alert")
    )


def _error(name: str) -> rx.Var[str]:
    return rx.cond(InviteState.problem_field == name, InviteState.problem, "")  # pyright: ignore[reportReturnType]
