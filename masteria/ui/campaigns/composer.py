"""The page where a campaign is written: form on the left, the phone and the review on the right."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.campaigns.compose import ComposeState, Variable
from masteria.ui.components.basics import button, confirm, field, icon, skeleton, text_input
from masteria.ui.screen import screen
from masteria.ui.shell import shell
from masteria.ui.texts import t


@screen("/campaigns/new", "campaigns.new", Permission.EDIT_CAMPAIGNS, on_load=ComposeState.enter)
def compose() -> rx.Component:
    body = rx.cond(ComposeState.loaded, rx.el.div(_form(), _side(), class_name="compose"), skeleton())
    launch = button(t("campaign.launch"), on_click=ComposeState.launch)
    ask = confirm(ComposeState.asking, ComposeState.question, t("campaign.frozen"), launch, ComposeState.keep)
    return shell("/campaigns", t("campaigns.new"), rx.el.div(body, ask, class_name="page"), back="/campaigns")


def _form() -> rx.Component:
    return rx.el.div(
        rx.el.section(
            field(t("campaign.name"), _text("name", ComposeState.name, max_length=120), error=_error("name")),
            field(
                t("campaign.channel"),
                _select("channel", ComposeState.channel, ComposeState.channels),
                error=_error("channel"),
            ),
            field(
                t("campaign.audience"),
                _select("audience", ComposeState.audience, ComposeState.audiences),
                error=_error("audience"),
            ),
            class_name="card stack",
        ),
        rx.el.section(
            _kinds(),
            rx.cond(
                ComposeState.kind == "template",
                field(
                    t("campaign.template"),
                    _select("template", ComposeState.template, ComposeState.templates),
                    error=_error("template"),
                ),
                field(t("campaign.text"), _area(), help=t("campaign.text_help"), error=_error("text")),
            ),
            rx.cond(
                ComposeState.variables.length() > 0,
                rx.el.div(
                    rx.el.span(t("campaign.variables"), class_name="f-label"),
                    rx.foreach(ComposeState.variables, _variable),
                    class_name="stack",
                ),
            ),
            class_name="card stack",
        ),
        rx.el.section(
            field(
                t("campaign.when"),
                rx.el.input(
                    type="datetime-local",
                    class_name="input",
                    value=ComposeState.when,
                    on_change=lambda value: ComposeState.change("when", value),
                ),
                help=t("campaign.when_help"),
                error=_error("when"),
            ),
            field(
                t("campaign.speed"),
                _text("speed", ComposeState.speed, input_mode="numeric", max_length=4),
                help=t("campaign.speed_help"),
                error=_error("speed"),
            ),
            class_name="card two",
        ),
        class_name="stack",
    )


def _kinds() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(t("campaign.kind"), class_name="f-label"),
        *[
            rx.el.label(
                rx.el.input(
                    type="radio",
                    name="kind",
                    value=kind,
                    checked=ComposeState.kind == kind,
                    on_change=lambda _value, kind=kind: ComposeState.change("kind", kind),
                ),
                rx.el.span(t(f"campaign.kind.{kind}")),
                class_name="choice",
            )
            for kind in ("template", "text")
        ],
    )


def _text(name: str, value: Any, **props: Any) -> rx.Component:
    return text_input(
        default_value=value, on_blur=lambda text: ComposeState.change(name, text), id=f"campaign-{name}", **props
    )


def _area() -> rx.Component:
    area = rx.el.textarea(
        value=ComposeState.text,
        on_change=lambda text: ComposeState.change("text", text),
        rows=5,
        max_length=4096,
        class_name="input",
        id="campaign-text",
    )
    return rx.debounce_input(area, debounce_timeout=300)


def _select(name: str, value: Any, options: Any) -> rx.Component:
    return rx.el.select(
        rx.el.option(t("campaign.choose"), value=""),
        rx.foreach(options, lambda option: rx.el.option(option.label, value=option.value)),
        value=value,
        on_change=lambda chosen: ComposeState.change(name, chosen),
        class_name="input",
        id=f"campaign-{name}",
    )


def _variable(row: rx.Var[Variable]) -> rx.Component:
    return rx.el.div(
        rx.el.code("{{", row.key, "}}"),
        rx.el.select(
            rx.el.option(t("campaign.fixed"), value=""),
            rx.foreach(ComposeState.fields, lambda option: rx.el.option(option.label, value=option.value)),
            value=row.field,
            on_change=lambda value: ComposeState.map(row.key, "field", value),
            class_name="input",
            aria_label=row.key,
        ),
        rx.el.input(
            default_value=row.fallback,
            on_blur=lambda value: ComposeState.map(row.key, "fallback", value),
            placeholder=t("campaign.fallback"),
            aria_label=t("campaign.fallback"),
            class_name="input",
            max_length=200,
        ),
        class_name="variable",
    )


def _error(name: str) -> Any:
    return rx.cond(ComposeState.problem_field == name, ComposeState.problem, "")


def _side() -> rx.Component:
    return rx.el.aside(
        rx.el.section(
            rx.el.h2(t("campaign.preview")),
            rx.el.div(
                rx.el.div(
                    rx.cond(ComposeState.header != "", rx.el.b(ComposeState.header)),
                    rx.el.p(ComposeState.preview),
                    rx.cond(ComposeState.footer != "", rx.el.small(ComposeState.footer)),
                    class_name="wa-bubble",
                ),
                rx.foreach(ComposeState.buttons, lambda text: rx.el.div(text, class_name="wa-button")),
                class_name="wa",
            ),
            class_name="card",
        ),
        rx.el.section(rx.el.h2(t("campaign.review")), _review(), class_name="card stack"),
        class_name="stack side",
        aria_label=t("campaign.review"),
    )


def _review() -> rx.Component:
    return rx.fragment(
        rx.cond(
            (ComposeState.problem != "") & (ComposeState.problem_field == ""),
            rx.el.p(ComposeState.problem, class_name="notice bad", role="alert"),
        ),
        rx.cond(ComposeState.checked, _result()),
        rx.el.div(
            button(t("campaign.check"), tone="soft", on_click=ComposeState.check, disabled=ComposeState.busy),
            rx.cond(
                ComposeState.checked & (ComposeState.blocks.length() == 0),
                button(t("campaign.launch"), glyph="send", on_click=ComposeState.ask),
            ),
            class_name="actions",
        ),
        rx.el.button(t("campaign.delete"), type="button", class_name="plain dim", on_click=ComposeState.throw_away),
    )


def _result() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.span(ComposeState.eligible_text, class_name="big num"), " ", t("campaign.eligible"), role="status"
        ),
        rx.cond(
            ComposeState.excluded.length() > 0,
            rx.el.div(
                rx.el.span(t("campaign.excluded"), class_name="f-label"),
                rx.el.ul(
                    rx.foreach(ComposeState.excluded, lambda row: rx.el.li(rx.el.span(row[0]), rx.el.b(row[1]))),
                    class_name="excluded",
                ),
            ),
        ),
        rx.foreach(ComposeState.blocks, lambda text: rx.el.p(icon("circle-alert", 15), text, class_name="notice bad")),
        rx.cond(
            ComposeState.budget != "",
            rx.el.p(
                rx.cond(ComposeState.budget_holds, icon("hourglass", 15)),
                ComposeState.budget,
                class_name=rx.cond(ComposeState.budget_holds, "notice warn", "dim"),
            ),
        ),
        rx.cond(ComposeState.finish != "", rx.el.p(ComposeState.finish, class_name="dim")),
        class_name="stack",
    )
