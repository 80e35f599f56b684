"""The pages between the first step of signing in and the panel: the code, the newcomer's last step, the enrolment."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

import reflex as rx

from masteria.core import forms, parcels
from masteria.ui import identity
from masteria.ui.components.basics import brand, field, icon, native_form, native_link, text_input
from masteria.ui.marks import SIGNED_IN, needs, public
from masteria.ui.prove import prove_dialog
from masteria.ui.screen import screen
from masteria.ui.settings.second_step import SecondStepState, second_step_steps
from masteria.ui.shell import language_choice, language_of_page
from masteria.ui.texts import catalog, t, tr


class StepState(rx.State):
    """What these pages say; nothing here is believed by anyone."""

    problem: str = ""
    problem_field: str = ""
    is_known: bool = True
    provider: str = ""
    has_invite: bool = False
    needs_email: bool = False
    company: str = ""
    email: str = ""
    sent: str = ""

    @rx.event
    @public
    async def enter_code(self):
        """The page of the code."""
        self._take("code")

    @rx.event
    @public
    async def enter_new(self):
        """The page of who is new: what the provider said fills in the form."""
        waiting = parcels.unpack("newcomer", _cookie(self.router.headers.cookie, "masteria-newcomer"))
        self.is_known = waiting is not None
        said = waiting["vouched"] if waiting else {}
        self.has_invite = bool(waiting and waiting["invite"])
        self.provider = str(said.get("provider", "")).capitalize()
        self.needs_email = not said.get("email_verified", False)
        self.email = str(said.get("email", ""))
        name = str(said.get("name", "")) or self.email.partition("@")[0]
        self.company = tr(identity.language(), "newcomer.company_of", name=name)[:120] if name else ""
        self.sent = str(self.router.url.query_parameters.get("sent", ""))[:254]
        self._take("newcomer")

    @rx.event
    @needs(None)
    async def enter_enrol(self):
        """Who has the second step already goes on."""
        actor = await identity.find(self.router.headers.cookie, fresh=True)
        if actor is not None and not actor.must_enrol:
            return rx.redirect("/campaigns")
        return SecondStepState.load

    def _take(self, form: str) -> None:
        self.problem = self.problem_field = ""
        again = "again" in self.router.url.query_parameters
        refused = forms.read(_cookie(self.router.headers.cookie, forms.COOKIE)) if again else None
        if refused is None or refused.form != form:
            return
        for name in ("email", "company"):
            setattr(self, name, refused.typed.get(name) or getattr(self, name))
        keys = (f"{form}.{refused.reason}", f"signin.{refused.reason}", f"error.{refused.reason}", "error.other")
        key = next(k for k in keys if k in catalog("pt_BR"))
        self.problem, self.problem_field = tr(identity.language(), key, limit=refused.limit), refused.field


@screen("/login/code", "code.title", on_load=StepState.enter_code)
def code() -> rx.Component:
    return _card(
        native_form(
            rx.el.h1(t("code.title")),
            rx.el.p(t("code.help"), class_name="dim"),
            _problem(),
            field(
                t("code.label"),
                text_input(
                    name="code",
                    input_mode="numeric",
                    auto_complete="one-time-code",
                    auto_focus=True,
                    required=True,
                    max_length=20,
                    spell_check=False,
                ),
                help=t("code.backup_help"),
                error=_error("code"),
            ),
            rx.el.button(t("code.go"), type="submit", class_name="btn wide"),
            native_link(t("code.start_over"), href="/login", class_name="door-link"),
            action="/auth/code",
            method="post",
            class_name="door-form",
        )
    )


@screen("/login/new", "newcomer.title", on_load=StepState.enter_new)
def new() -> rx.Component:
    return _card(rx.cond(StepState.is_known, rx.cond(StepState.sent != "", _sent(), _newcomer()), _over()))


@screen("/login/enrol", "enrol.title", SIGNED_IN, on_load=StepState.enter_enrol)
def enrol() -> rx.Component:
    done = rx.cond(
        (SecondStepState.stage == "on") & ~SecondStepState.shows_codes,
        native_link(t("enrol.go"), href="/", class_name="btn wide"),
    )
    return _card(
        rx.el.div(
            rx.el.h1(t("enrol.title")),
            rx.el.p(t("enrol.help"), class_name="dim"),
            second_step_steps(),
            done,
            native_form(
                rx.el.button(t("nav.sign_out"), type="submit", class_name="door-link"),
                action="/auth/logout",
                method="post",
            ),
            class_name="door-form",
        ),
        prove_dialog(),
    )


def _newcomer() -> rx.Component:
    company = field(
        t("setup.company"),
        text_input(
            name="company",
            required=True,
            max_length=120,
            auto_complete="organization",
            default_value=StepState.company,
            key=StepState.company,
        ),
        error=_error("company"),
    )
    email = field(
        t("signin.email"),
        text_input(
            name="email",
            type="email",
            required=True,
            max_length=254,
            auto_complete="email",
            default_value=StepState.email,
            key=StepState.email,
        ),
        help=t("newcomer.email_help"),
        error=_error("email"),
    )
    return native_form(
        rx.el.h1(t("newcomer.title")),
        rx.el.p(t("newcomer.help", provider=StepState.provider), class_name="dim"),
        _problem(),
        rx.cond(StepState.has_invite, rx.fragment(), company),
        rx.cond(StepState.needs_email, email, rx.fragment()),
        rx.el.button(t("newcomer.go"), type="submit", class_name="btn wide"),
        native_link(t("code.start_over"), href="/login", class_name="door-link"),
        action="/auth/newcomer",
        method="post",
        class_name="door-form",
    )


def _sent() -> rx.Component:
    return rx.el.div(
        rx.el.h1(t("newcomer.sent_title")),
        rx.el.p(t("newcomer.sent", email=StepState.sent)),
        rx.el.p(t("newcomer.sent_help"), class_name="dim"),
        native_link(t("newcomer.other_email"), href="/login/new", class_name="door-link"),
        class_name="door-form",
    )


def _over() -> rx.Component:
    return rx.el.div(
        rx.el.h1(t("newcomer.over_title")),
        rx.el.p(t("newcomer.over")),
        native_link(t("code.start_over"), href="/login", class_name="btn wide"),
        class_name="door-form",
    )


def _card(*content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.main(brand(), *content, class_name="door-card"), language_choice(), language_of_page(), class_name="door"
    )


def _problem() -> rx.Component:
    is_general = (StepState.problem != "") & (StepState.problem_field == "")
    return rx.cond(is_general, rx.el.p(icon("circle-alert"), StepState.problem, class_name="notice bad", role="alert"))


def _error(name: str) -> rx.Var[str]:
    return rx.cond(StepState.problem_field == name, StepState.problem, "")  # pyright: ignore[reportReturnType]


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
