"""The company's page: its words, its rules, what it has and uses; visits of the installation's support; the way out."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.actions.companies import LANGUAGES, MOST_A_DAY
from masteria.enums import Feature as Part
from masteria.enums import Permission
from masteria.ui.components.basics import badge, button, field, skeleton, text_input
from masteria.ui.profile import Profile
from masteria.ui.screen import screen
from masteria.ui.settings.company.state import CompanyState, Country, Feature, Used, Visit
from masteria.ui.settings.frame import settings_page
from masteria.ui.settings.team.frame import switch
from masteria.ui.shell import LANGUAGE_NAMES
from masteria.ui.texts import t, word

LEVELS = {"full": "good", "limited": "info", "read_only": "attention"}
COUNTED = ("members", "connections", "contacts", "messages")


@screen("/settings/company", "settings.company", Permission.ADMIN, on_load=CompanyState.enter)
def company() -> rx.Component:
    cards = rx.el.div(_words(), _rules(), _usage(), _support(), class_name="stack")
    return settings_page("/settings/company", "settings.company", rx.cond(CompanyState.loaded, cards, skeleton(5)))


def _words() -> rx.Component:
    languages = [rx.el.option(LANGUAGE_NAMES[code], value=code) for code in LANGUAGES]
    return rx.form(
        rx.el.h2(t("company.about")),
        field(t("company.name"), _keyed(name="name", value=CompanyState.name, max_length=120), error=_error("name")),
        rx.el.div(
            field(t("company.timezone"), _zone(), help=t("company.timezone_help"), error=_error("timezone")),
            field(
                t("company.country"),
                _select("country", CompanyState.country, rx.foreach(CompanyState.countries, _country)),
                help=t("company.country_help"),
            ),
            class_name="two",
        ),
        rx.el.div(
            field(
                t("company.language"),
                _select("language", CompanyState.language, *languages),
                help=t("company.language_help"),
            ),
            field(
                t("company.cap"),
                _keyed(name="cap", value=CompanyState.cap, type="number", min=1, max=MOST_A_DAY, input_mode="numeric"),
                help=t("company.cap_help"),
                error=_error("marketing_cap_per_day"),
            ),
            class_name="two",
        ),
        rx.el.div(rx.el.button(t("team.save"), type="submit", class_name="btn"), class_name="actions"),
        on_submit=CompanyState.save,
        reset_on_submit=False,
        class_name="card stack",
    )


def _keyed(*, value: Any, **props: Any) -> rx.Component:
    # a fresh `key` shows what is stored once it has been read
    return text_input(default_value=value, key=value, **props)


def _select(name: str, value: Any, *options: Any) -> rx.Component:
    return rx.el.select(*options, name=name, default_value=value, key=value, class_name="input")


def _zone() -> rx.Component:
    typed = rx.debounce_input(
        rx.el.input(
            value=CompanyState.timezone,
            on_change=CompanyState.find_zone,
            list="zones",
            auto_complete="off",
            class_name="input",
        ),
        debounce_timeout=250,
    )
    zones = rx.el.datalist(rx.foreach(CompanyState.zones, lambda zone: rx.el.option(value=zone)), id="zones")
    return rx.fragment(typed, zones)


def _country(country: rx.Var[Country]) -> rx.Component:
    return rx.el.option(country.name, value=country.code)


def _rules() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("company.rules")),
        switch(
            t("company.second_step"),
            t("company.second_step_help"),
            CompanyState.second_step,
            CompanyState.ask_second_step,
            disabled=~CompanyState.is_owner,
        ),
        rx.cond(CompanyState.is_owner, rx.fragment(), rx.el.p(t("company.owner_only"), class_name="f-help")),
        _said("second_step"),
        class_name="card stack",
    )


def _usage() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("company.usage")),
        rx.el.dl(rx.foreach(CompanyState.used, _used), class_name="uses"),
        rx.el.h3(t("company.features")),
        rx.el.ul(rx.foreach(CompanyState.features, _feature), class_name="features"),
        rx.el.p(t("company.features_help"), class_name="f-help"),
        class_name="card stack",
    )


def _used(row: rx.Var[Used]) -> rx.Component:
    bar = rx.el.span(rx.el.span(style={"width": f"{row.share}%"}), class_name="use-bar", aria_hidden="true")
    return rx.el.div(
        rx.el.dt(word("company.used", row.name, COUNTED)),
        rx.el.dd(row.told, class_name="num"),
        rx.cond(row.is_limited, bar),
    )


def _feature(row: rx.Var[Feature]) -> rx.Component:
    return rx.el.li(
        rx.el.span(word("feature", row.name, tuple(Part))), badge("level", row.level, LEVELS), class_name="feature"
    )


def _support() -> rx.Component:
    return rx.cond(
        CompanyState.visits.length() > 0,
        rx.el.section(
            rx.el.h2(t("company.support")),
            rx.el.p(t("company.support_help"), class_name="f-help"),
            rx.el.ul(rx.foreach(CompanyState.visits, _visit), class_name="visits"),
            rx.cond(
                CompanyState.is_owner & (Profile.visits.length() > 0),
                rx.el.div(
                    button(t("company.show_out"), tone="soft", glyph="log-out", on_click=CompanyState.show_out),
                    class_name="actions",
                ),
            ),
            class_name="card stack",
        ),
    )


def _visit(visit: rx.Var[Visit]) -> rx.Component:
    return rx.el.li(rx.el.b(visit.name), rx.el.span(visit.at, class_name="dim num"), rx.el.p(visit.reason))


def _error(name: str) -> rx.Var[str]:
    return rx.cond(CompanyState.problem_field == name, CompanyState.problem, "")  # pyright: ignore[reportReturnType]


def _said(name: str) -> rx.Component:
    return rx.cond(_error(name) != "", rx.el.p(CompanyState.problem, class_name="notice bad", role="alert"))
