"""What each event of a webhook does here: the one table from event to action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.actions import notices, receipts, receiving, standing, templates
from masteria.actions.intake import Outcome
from masteria.channels.base import AccountTold, Clicked, Inbound, Moved, Preference, Receipt, TemplateTold
from masteria.channels.meta_events import Event
from masteria.core.work import Work
from masteria.enums import Effect


@dataclass(frozen=True, slots=True)
class Step:
    """An event to apply, for which connection, and the place in its body's outcome where the effect is noted."""

    outcome: Outcome
    place: int
    connection_id: UUID
    at: datetime
    event: Event

    def note(self, effect: Effect) -> None:
        self.outcome.did[self.place] = effect


def is_status(step: Step) -> bool:
    """Whether it is about a message of ours."""
    return isinstance(step.event, Receipt)


def apply(work: Work, run: list[Step]) -> None:
    """Apply steps of one kind and note what each did; statuses of one connection, messages of any."""
    first = run[0].event
    if isinstance(first, Inbound):
        found = receiving.receive_many(work, [(step.connection_id, step.event) for step in run])  # pyright: ignore[reportArgumentType]
    elif isinstance(first, Receipt):
        found = _merge(work, run)
    else:
        found = [_ONE[type(step.event)](work, step.connection_id, step.event) for step in run]
    for step, effect in zip(run, found, strict=True):
        step.note(effect)


def _merge(work: Work, run: list[Step]) -> list[Effect]:
    statuses: list[Receipt] = [step.event for step in run]  # pyright: ignore[reportAssignmentType]
    effects = standing.effects_of(work, statuses)
    receipts.merge_statuses(work, run[0].connection_id, statuses)
    return effects


def _preference(work: Work, connection_id: UUID, wish: Preference) -> Effect:
    if wish.refused is None:
        return receiving.set_preference(work, wish)
    return receiving.opt_out_refused(work, connection_id, wish)


_ONE: dict[type, Callable[[Work, UUID, Any], Effect]] = {
    Moved: lambda work, _connection, moved: receiving.move(work, moved),
    Preference: _preference,
    Clicked: receiving.note_click,
    TemplateTold: templates.heed,
    AccountTold: notices.heed,
}
