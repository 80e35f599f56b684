"""Reading what webhooks brought: a batch in one transaction; a body that breaks it is tried alone, event by event."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from masteria.actions import intake
from masteria.actions.intake import Body, Outcome
from masteria.channels import meta_events, meta_normal
from masteria.channels.told import Told
from masteria.channels.values import load
from masteria.core import jobs
from masteria.core.access import Actor
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Effect
from masteria.flows.effects import Step, apply, runs

log = logging.getLogger(__name__)
BATCH = 500
TRIES = 2  # alone; the second for what another transaction put in the way of the first


def read() -> None:
    """Until nothing waits, or all that waits is in another worker's hands."""
    while not jobs.stopping.is_set():
        with work_across() as database:
            companies = database.scalars(
                sa.text("select distinct company_id from intake where state = 'waiting'")
            ).all()
        if sum(_read_company(Actor.system(company_id)) for company_id in companies) == 0:
            return


def _read_company(actor: Actor) -> int:
    """One batch of a company's bodies; returns how many."""
    try:
        with work_as(actor, by_key=True) as work:
            return _apply(work, intake.claim(work, BATCH))
    except OperationalError:
        raise  # the database's trouble, not a body's: everything waits as it is, and the sweeper rings again
    except Exception as error:  # whatever one body does to us, its neighbours must not suffer
        log.warning("a batch of webhooks could not be applied whole (%s); one by one now", _said(error))
    count = 0
    while count < BATCH and not jobs.stopping.is_set():
        with work_as(actor, by_key=True) as work:
            bodies = intake.claim(work, 1)
            if not bodies:
                break
            _apply_alone(work, bodies[0])
        count += 1
    return count


def _apply(work: Work, bodies: list[Body]) -> int:
    """What people wrote and wished in the order of time, each kind at once; then all statuses, at once."""
    if not bodies:
        return 0
    numbers = intake.numbers_of(work)
    outcomes = [Outcome(body.id) for body in bodies]
    steps = [step for body, outcome in zip(bodies, outcomes, strict=True) for step in _steps(body, numbers, outcome)]
    for run in runs(steps):
        apply(work, run)
    intake.close(work, outcomes)
    return len(bodies)


def _apply_alone(work: Work, body: Body) -> None:
    """Each event under a savepoint of its own: what breaks is named on the parked body, the rest stands."""
    outcome = Outcome(body.id)
    try:
        steps = list(_steps(body, intake.numbers_of(work), outcome))
    except Exception as error:  # a body our own parser trips over must not block those behind it
        log.exception("webhook %s could not be parsed", body.id)
        intake.close(work, [Outcome(body.id, errors=[_said(error)])])
        return
    for step in sorted(steps, key=lambda step: step.at):
        error = _try(work, step)
        if error:
            outcome.errors.append(error)
            outcome.did[step.place] = Effect.NOT_APPLIED
    intake.close(work, [outcome])


def _try(work: Work, step: Step) -> str:
    error = ""
    for _ in range(TRIES):
        try:
            with work.session.begin_nested():
                apply(work, [step])
            return ""
        except OperationalError:
            raise
        except Exception as found:  # named on the body, which is parked
            error = f"{type(step.event).__name__}: {_said(found)}"
            trace = None if isinstance(found, SQLAlchemyError) else found  # a database's trace may quote the row
            log.error("an event of a webhook was not applied: %s", error, exc_info=trace)
    return error


def _said(error: Exception) -> str:
    """What went wrong without what a person wrote: a database's second line may quote the row."""
    said = str(getattr(error, "orig", error)).splitlines()
    return f"{type(error).__name__}: {said[0] if said else ''}"


def _steps(body: Body, numbers: Mapping[str, UUID], outcome: Outcome) -> Iterator[Step]:
    """Events go to the connection of their number, wherever the body came in; one without a number to the signer's."""
    found = load(body.raw)
    if found is None:
        outcome.errors.append("not a JSON object")
        return
    for place, told in enumerate(meta_normal.normalise(found, body.received_at)):
        outcome.did.append(Effect.KEPT)
        if told.kind == "unknown":
            outcome.unknown.append(_named(told))
        connection_id = numbers.get(told.number) if told.number else body.connection_id
        events = meta_events.events_of(told)
        if connection_id is None:
            outcome.errors.append(f"unknown number {told.number}")
            outcome.did[place] = Effect.NUMBER_UNKNOWN
            continue
        for event in events:
            yield Step(outcome, place, connection_id, told.at, event)


def _named(told: Told) -> str:
    """An unknown field, status or object by its name; of an item only that there was one."""
    value = told.fields["value"]
    return f"{told.fields['what']}: {value[:64]}" if isinstance(value, str) else str(told.fields["what"])
