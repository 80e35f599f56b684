"""What each event of a webhook does here: the one table from event to action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from masteria.actions import notices, preferences, receipts, receiving, standing, templates
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


def runs(steps: list[Step]) -> Iterator[list[Step]]:
    """What one call may apply: each kind's steps in the order of time, then the statuses, a connection at a time.

    Between two moves of people kinds may change places: wishes carry their time, so the later one counts in any order.
    Messages go first: a wish may be that of somebody who has just written for the first time. Whoever moves does so
    between what was written before and after.
    """
    others = sorted((step for step in steps if not isinstance(step.event, Receipt)), key=lambda step: step.at)
    for is_move, group in groupby(others, key=lambda step: isinstance(step.event, Moved)):
        between = list(group)
        yield from [between] if is_move else _by(lambda step: _ORDER.index(type(step.event)), between)
    yield from _by(lambda step: step.connection_id, (step for step in steps if isinstance(step.event, Receipt)))


def _by(key: Callable[[Step], Any], steps: Iterable[Step]) -> Iterator[list[Step]]:
    return (list(group) for _, group in groupby(sorted(steps, key=key), key=key))


def apply(work: Work, run: list[Step]) -> None:
    """Apply steps of one kind, in order, and note what each did; statuses of one connection, all else of any."""
    found = _MANY[type(run[0].event)](work, [(step.connection_id, step.event) for step in run])
    for step, effect in zip(run, found, strict=True):
        step.note(effect)


def _merge(work: Work, told: list[tuple[UUID, Receipt]]) -> list[Effect]:
    statuses = [receipt for _, receipt in told]
    effects = standing.effects_of(work, statuses)
    receipts.merge_statuses(work, told[0][0], statuses)
    return effects


def _move(work: Work, told: list[tuple[UUID, Moved]]) -> list[Effect]:
    """One after another: where a person stands after one is where the next begins."""
    return [receiving.move(work, moved) for _, moved in told]


_MANY: dict[type, Callable[[Work, list[tuple[UUID, Any]]], list[Effect]]] = {
    Inbound: receiving.receive_many,
    Receipt: _merge,
    Preference: preferences.heed,
    Moved: _move,
    Clicked: receiving.note_clicks,
    TemplateTold: templates.heed,
    AccountTold: notices.heed,
}
_ORDER = (Inbound, Preference, Clicked, TemplateTold, AccountTold)
