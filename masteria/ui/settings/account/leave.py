"""The way out of a company, for everybody; a card for whichever page shows it."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.actions import members
from masteria.kit.errors import Conflict
from masteria.ui.components.basics import button, confirm
from masteria.ui.guard import needs
from masteria.ui.profile import Profile
from masteria.ui.screen import Screen, explain
from masteria.ui.texts import t


class LeaveState(Screen, rx.State):
    is_asking: bool = False
    problem: str = ""

    @rx.event
    @needs(None)
    async def ask(self, on: bool):
        self.is_asking, self.problem = on is True, ""

    @rx.event
    @needs(None, recent=True)
    async def leave(self):
        """Out, on every device; the last owner stays."""
        try:
            await self._run(members.leave)
        except Conflict as error:
            self.problem = explain(error, self._language())
            return None
        return rx.call_script("location.assign('/login')")


def leave_card() -> rx.Component:
    problem = rx.cond(LeaveState.problem != "", rx.el.p(LeaveState.problem, class_name="notice bad", role="alert"))
    return rx.el.section(
        rx.el.h2(t("company.leave_title")),
        rx.el.p(t("company.leave_help"), class_name="dim"),
        rx.el.div(
            button(t("company.leave"), tone="soft bad", glyph="log-out", on_click=LeaveState.ask(True)),
            class_name="actions",
        ),
        confirm(
            LeaveState.is_asking,
            t("company.leave_ask", name=Profile.company),
            t("company.leave_note"),
            button(t("company.leave"), tone="bad", on_click=LeaveState.leave),
            LeaveState.ask(False),
            more=problem,
        ),
        class_name="card stack",
    )
