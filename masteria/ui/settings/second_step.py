"""The second step of signing in, as a part of the account's page and as the page of who must have one."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from uuid import UUID

import reflex as rx
import segno

from masteria.actions import second_steps
from masteria.core.access import Actor
from masteria.kit.errors import Conflict, Invalid
from masteria.queries.ways_in import ways_in
from masteria.ui import identity
from masteria.ui.components.basics import badge, button, field, icon, skeleton, text_input
from masteria.ui.components.posted import posted_form
from masteria.ui.marks import needs
from masteria.ui.screen import Screen, explain
from masteria.ui.shown_once import copy, save, show
from masteria.ui.texts import catalog, t

OFF, OFFERED, ON = "off", "offered", "on"
TONES = {OFF: "neutral", OFFERED: "warn", ON: "good"}


class SecondStepState(Screen, rx.State):
    """Where it stands. The secret and the codes are never here: see `ui/shown_once.py`."""

    stage: str = ""
    left: int = 0
    shows_codes: bool = False
    is_asked: bool = False
    is_leaving: bool = False
    has_password: bool = True
    problem: str = ""

    @rx.event
    @needs(None)
    async def load(self):
        """How it stands for whoever is signed in."""
        actor = identity.current()
        found = await asyncio.to_thread(ways_in, actor)
        self.stage, self.left = ON if found.has_second_step else OFF, found.codes_left
        self.is_asked, self.has_password = actor.must_enrol, found.has_password
        self.shows_codes, self.is_leaving, self.problem = False, False, ""

    @rx.event
    @needs(None, recent=True)
    async def begin(self):
        """A new secret, as a picture and as text."""
        actor = identity.current()
        try:
            offer = await asyncio.to_thread(second_steps.offer, _person(actor))
        except Conflict as error:
            return rx.toast.error(explain(error, identity.language()))
        self.stage, self.problem = OFFERED, ""
        # the places stand in the page already, hidden
        return show(second_step_picture=_picture(offer.address), second_step_secret=_in_fours(offer.secret))

    @rx.event
    @needs(None)
    async def confirm(self, form: dict):
        """The code that shows that the authenticator works."""
        actor = identity.current()
        try:
            codes = await asyncio.to_thread(
                second_steps.confirm, _person(actor), str(form.get("code", "")), ip=actor.ip
            )
        except (Invalid, Conflict) as error:
            self.problem = explain(error, identity.language())
            return None
        await identity.find(self.router.headers.cookie, fresh=True)
        self.stage, self.left, self.shows_codes, self.problem = ON, len(codes), True, ""
        return show(second_step_codes="\n".join(codes), second_step_secret="", second_step_picture="")

    @rx.event
    @needs(None, recent=True)
    async def renew(self):
        """Ten new codes; the old ones are over."""
        codes = await asyncio.to_thread(second_steps.renew_backup_codes, _person(identity.current()))
        self.left, self.shows_codes = len(codes), True
        return show(second_step_codes="\n".join(codes))

    @rx.event
    @needs(None)
    async def seen(self):
        """They are kept somewhere."""
        self.shows_codes = False
        return show(second_step_codes="")

    @rx.event
    @needs(None)
    async def leave(self, is_open: bool):
        """Ask before it is switched off."""
        self.is_leaving, self.problem = bool(is_open), ""

    @rx.event
    @needs(None)
    async def left_it(self, code: str):
        """What came of switching it off."""
        found = await asyncio.to_thread(ways_in, identity.current())
        if found.has_second_step:
            key = f"second.{code}"
            self.problem = self._say(key if key in catalog("pt_BR") else "prove.other")
            return None
        self.stage, self.is_leaving, self.problem = OFF, False, ""
        return rx.toast.success(self._say("second.is_off"))


def second_step_section() -> rx.Component:
    """A card for the account's page."""
    return rx.el.section(
        rx.el.h2(
            icon("shield-check", 18),
            rx.el.span(t("second.title")),
            rx.cond(SecondStepState.stage != "", badge("second.stage", SecondStepState.stage, TONES)),
            class_name="section-title",
        ),
        rx.el.p(t("second.help"), class_name="dim"),
        second_step_steps(),
        _leave_dialog(),
        class_name="card stack",
        id="second-step",
        on_mount=SecondStepState.load,
    )


def second_step_steps() -> rx.Component:
    """What is to be done at each stage. All of it stands in the page, so that what is shown once finds its place."""
    return rx.fragment(
        rx.cond(SecondStepState.stage == "", skeleton(2)),
        _part(SecondStepState.stage == OFF, button(t("second.begin"), glyph="shield", on_click=SecondStepState.begin)),
        _part(SecondStepState.stage == OFFERED, _offered()),
        _part(SecondStepState.shows_codes, _codes()),
        _part((SecondStepState.stage == ON) & ~SecondStepState.shows_codes, _on()),
    )


def _offered() -> rx.Component:
    return rx.el.div(
        rx.el.ol(rx.el.li(t("second.get_app")), rx.el.li(t("second.scan")), rx.el.li(t("second.type_code"))),
        rx.el.div(
            rx.el.img(id="second-step-picture", alt=t("second.picture"), class_name="qr", width="184", height="184"),
            rx.el.div(
                rx.el.span(t("second.by_hand"), class_name="f-help"),
                rx.el.code(id="second-step-secret", class_name="secret"),
                button(t("second.copy"), glyph="copy", tone="soft small", on_click=copy("second-step-secret")),
                class_name="stack tight",
            ),
            class_name="qr-row",
        ),
        rx.form(
            field(t("code.label"), _code_input(), error=SecondStepState.problem),
            button(t("second.confirm"), type="submit"),
            class_name="code-row",
            on_submit=SecondStepState.confirm,
            reset_on_submit=False,
        ),
        class_name="stack",
    )


def _codes() -> rx.Component:
    return rx.el.div(
        rx.el.h3(t("second.codes_title")),
        rx.el.p(t("second.codes_help")),
        rx.el.pre(id="second-step-codes", class_name="codes"),
        rx.el.div(
            button(t("second.copy"), glyph="copy", tone="soft", on_click=copy("second-step-codes")),
            button(t("second.save"), glyph="download", tone="soft", on_click=save("second-step-codes", "masteria.txt")),
            button(t("second.codes_seen"), glyph="check", on_click=SecondStepState.seen),
            class_name="actions wrap",
        ),
        class_name="stack tight",
    )


def _on() -> rx.Component:
    low = rx.cond(SecondStepState.left < 3, rx.el.p(icon("triangle-alert"), t("second.few"), class_name="notice warn"))
    return rx.el.div(
        rx.el.p(t("second.left", count=SecondStepState.left)),
        low,
        rx.el.div(
            button(t("second.renew"), glyph="refresh-cw", tone="soft", on_click=SecondStepState.renew),
            button(t("second.leave"), tone="soft bad", on_click=SecondStepState.leave(True)),
            class_name="actions wrap",
        ),
        class_name="stack tight",
    )


def _leave_dialog() -> rx.Component:
    password = text_input(name="password", type="password", auto_complete="current-password", required=True)
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(t("second.leave_title")),
            rx.alert_dialog.description(t("second.leave_help")),
            posted_form(
                rx.cond(SecondStepState.has_password, field(t("signin.password"), password)),
                field(t("code.label"), _code_input(), help=t("code.backup_help"), error=SecondStepState.problem),
                rx.el.div(
                    button(t("common.cancel"), tone="soft", on_click=SecondStepState.leave(False)),
                    button(t("second.leave"), tone="bad", type="submit"),
                    class_name="dialog-actions",
                ),
                action="/auth/second-step/off",
                class_name="stack",
                on_done=SecondStepState.left_it,
            ),
            class_name="dialog",
        ),
        open=SecondStepState.is_leaving,
    )


def _code_input() -> rx.Component:
    return text_input(
        name="code",
        input_mode="numeric",
        auto_complete="one-time-code",
        required=True,
        max_length=20,
        spell_check=False,
    )


def _part(is_shown: Any, content: rx.Component) -> rx.Component:
    return rx.el.div(content, hidden=~is_shown)


def _person(actor: Actor) -> UUID:
    assert actor.person_id is not None  # the guard lets only people come this far
    return actor.person_id


def _picture(address: str) -> str:
    """Dark on white in both themes: that is what cameras read."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=4, border=3, dark="#111", light="#fff", xmldecl=False)
    return "data:image/svg+xml;utf8," + _quoted(out.getvalue().decode())


def _quoted(svg: str) -> str:
    return svg.replace("%", "%25").replace("#", "%23").replace("\n", "")


def _in_fours(secret: str) -> str:
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
