"""Campaigns: the list and the live page of one."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.enums import Permission
from masteria.queries.campaigns import GROUPS
from masteria.ui.campaigns import composer as _composer  # noqa: F401
from masteria.ui.campaigns.state import CampaignsState, CampaignState, Person, Row
from masteria.ui.components.basics import badge, button, confirm, empty, icon, link_button, native_link, skeleton
from masteria.ui.profile import Profile
from masteria.ui.screen import screen
from masteria.ui.shell import shell
from masteria.ui.texts import t

STATES = {
    "draft": "neutral",
    "scheduled": "info",
    "running": "info",
    "held": "attention",
    "paused": "attention",
    "completed": "good",
    "cancelled": "neutral",
    "failed": "problem",
}
PERSON = {
    "queued": "neutral",
    "claimed": "neutral",
    "sending": "info",
    "sent": "info",
    "delivered": "good",
    "read": "good",
    "failed": "problem",
    "skipped": "neutral",
    "in_doubt": "attention",
}


@screen("/campaigns", "campaigns.title", Permission.READ_CAMPAIGNS, on_load=CampaignsState.enter)
def campaigns() -> rx.Component:
    new = rx.cond(Profile.may_edit, link_button(t("campaigns.new"), "/campaigns/new", glyph="plus"))
    body = rx.cond(
        CampaignsState.loaded,
        rx.cond(
            CampaignsState.rows.length() > 0,
            rx.fragment(
                rx.el.div(rx.foreach(CampaignsState.rows, _row), class_name="list"),
                rx.cond(
                    CampaignsState.next_cursor != "",
                    rx.el.div(button(t("common.more"), tone="soft", on_click=CampaignsState.more), class_name="more"),
                ),
            ),
            empty("megaphone", t("campaigns.empty"), t("campaigns.empty_help"), new),
        ),
        skeleton(),
    )
    return shell("/campaigns", t("campaigns.title"), rx.el.div(body, class_name="page"), tools=(new,))


def _row(row: rx.Var[Row]) -> rx.Component:
    return rx.link(
        rx.el.div(rx.el.b(row.name), rx.el.small(row.channel, " · ", row.when), class_name="lead"),
        badge("campaign.state", row.state, STATES),
        rx.el.div(
            _bar(row.done_percent),
            rx.el.small(row.total, " ", t("campaigns.people"), class_name="num"),
            class_name="list-bar",
        ),
        rx.el.div(
            rx.el.span(icon("check-check", 14), row.delivered, title=t("send.delivered")),
            rx.el.span(icon("eye", 14), row.read, title=t("send.read")),
            rx.el.span(icon("circle-alert", 14), row.failed, title=t("send.failed")),
            class_name="list-numbers num",
        ),
        href=row.href,
        underline="none",
        class_name="list-row",
    )


def _bar(percent: rx.Var[int] | int) -> rx.Component:
    return rx.el.div(
        rx.el.div(style={"width": f"{percent}%"}),
        class_name="bar",
        role="progressbar",
        aria_label=t("campaign.progress"),
        custom_attrs={"aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100},
    )


@screen("/campaigns/[campaign_id]", "campaigns.title", Permission.READ_CAMPAIGNS, on_load=CampaignState.enter)
def campaign() -> rx.Component:
    found = CampaignState.campaign
    content = rx.cond(
        CampaignState.loaded,
        rx.el.div(
            rx.el.div(
                badge("campaign.state", found.shown_state, STATES),
                rx.el.span(found.channel, " · ", found.what, class_name="dim"),
                rx.spacer(),
                rx.cond(Profile.may_edit, _controls()),
                class_name="campaign-head",
            ),
            rx.cond(found.why != "", rx.el.p(found.why, class_name="notice warn")),
            _progress(),
            _people(),
            class_name="stack",
        ),
        skeleton(),
    )
    title = rx.cond(found.name != "", found.name, t("campaigns.title"))
    return shell("/campaigns", title, rx.el.div(content, _cancelling(), class_name="page"), back="/campaigns")


def _controls() -> rx.Component:
    state = CampaignState.campaign.state
    is_open = (state == "running") | (state == "scheduled") | (state == "paused")
    return rx.el.div(
        rx.cond(
            (state == "running") | (state == "scheduled"),
            button(t("campaign.pause"), glyph="pause", tone="soft", on_click=CampaignState.pause),
        ),
        rx.cond(state == "paused", button(t("campaign.resume"), glyph="play", on_click=CampaignState.resume)),
        rx.cond(is_open, button(t("campaign.cancel"), tone="soft bad", on_click=CampaignState.ask_cancel)),
        class_name="actions",
    )


def _cancelling() -> rx.Component:
    go = button(t("campaign.cancel"), tone="bad", on_click=CampaignState.cancel)
    return confirm(
        CampaignState.asking,
        t("campaign.cancel"),
        t("campaign.cancel_ask"),
        go,
        CampaignState.keep,
        no=t("common.back"),
    )


def _progress() -> rx.Component:
    found = CampaignState.campaign
    return rx.el.section(
        rx.el.div(
            rx.el.span(found.done, class_name="big num"),
            rx.el.span(" ", t("campaign.of"), " ", found.total, class_name="dim num"),
            rx.spacer(),
            rx.cond(found.rate != "", rx.el.span(found.rate, " ", t("campaign.rate"), class_name="num")),
            rx.cond(found.eta != "", rx.el.span(found.eta, class_name="eta dim num")),
            rx.cond(found.starts != "", rx.el.span(found.starts, class_name="num")),
            class_name="progress-line",
            role="status",
        ),
        _bar(found.percent),
        rx.el.div(*[_number(name) for name in GROUPS], _replied(), class_name="numbers"),
        rx.cond(found.has_doubt, rx.el.p(icon("circle-help", 15), t("campaign.doubt_help"), class_name="notice warn")),
        rx.cond(found.state == "running", rx.el.p(t("campaign.safe"), class_name="f-help")),
        class_name="card stack",
    )


def _number(name: str) -> rx.Component:
    return rx.el.button(
        rx.el.span(getattr(CampaignState.campaign, name), class_name="number num"),
        rx.el.span(t(f"send.{name}")),
        type="button",
        on_click=CampaignState.show(name),
        class_name="number-box",
        custom_attrs={"data-count": name, "aria-pressed": rx.cond(CampaignState.shown == name, "true", "false")},
    )


def _replied() -> rx.Component:
    return rx.el.div(
        rx.el.span(CampaignState.campaign.replied, class_name="number num"),
        rx.el.span(t("send.replied")),
        class_name="number-box",
        custom_attrs={"data-count": "replied"},
    )


def _people() -> rx.Component:
    csv = f"/files/campaigns/{CampaignState.campaign.id}/recipients.csv"
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t("campaign.recipients")),
            rx.spacer(),
            native_link(
                icon("download"), rx.el.span(t("campaign.csv")), href=csv, download=True, class_name="btn soft"
            ),
            class_name="card-head",
        ),
        rx.el.table(rx.el.tbody(rx.foreach(CampaignState.people, _person)), class_name="table people"),
        rx.cond(CampaignState.people.length() == 0, rx.el.p(t("common.none_found"), class_name="m-empty")),
        class_name="card",
    )


def _person(row: rx.Var[Person]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.b(rx.cond(row.name != "", row.name, t("contacts.no_name"))),
            rx.el.small(row.phone, class_name="num"),
            class_name="lead",
        ),
        rx.el.td(badge("one", row.state, PERSON)),
        rx.el.td(row.why, class_name="dim"),
        rx.el.td(row.at, class_name="dim num"),
    )
