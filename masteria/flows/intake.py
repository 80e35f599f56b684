"""Reading what webhooks brought: a batch in one transaction; a body that breaks it is tried alone, event by event."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from masteria.actions import intake, receipts, receiving, templates
from masteria.actions.intake import Body
from masteria.channels import meta_events, meta_inbound
from masteria.channels.base import Inbound, Moved, Preference, Receipt
from masteria.channels.meta_events import Arrived, Event, QualityChanged, TemplateChanged, Unknown
from masteria.core import jobs
from masteria.core.access import Actor
from masteria.core.work import Work, work_across, work_as

log = logging.getLogger(__name__)
BATCH = 200
TRIES = 2  # alone; the second for what another transaction put in the way of the first


@dataclass(slots=True)
class _Read:
    """A body as events, each with the connection it is for; what it holds beside them; what could not be applied."""

    id: UUID
    events: list[tuple[UUID, Arrived]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


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
        with work_as(actor) as work:
            return _apply(work, intake.claim(work, BATCH))
    except OperationalError:
        raise  # the database's trouble, not a body's: everything waits as it is, and the sweeper rings again
    except Exception:  # whatever one body does to us, its neighbours must not suffer
        log.warning("a batch of webhooks could not be applied whole; one by one now", exc_info=True)
    count = 0
    while count < BATCH and not jobs.stopping.is_set():
        with work_as(actor) as work:
            bodies = intake.claim(work, 1)
            if not bodies:
                break
            _apply_alone(work, bodies[0])
        count += 1
    return count


def _apply(work: Work, bodies: list[Body]) -> int:
    """What people wrote in the order of time, then statuses merged in one go per connection."""
    numbers = intake.numbers_of(work) if bodies else {}
    found = [_parse(body, numbers) for body in bodies]
    events = sorted((pair for one in found for pair in one.events), key=lambda pair: pair[1].at)
    statuses: dict[UUID, list[Receipt]] = defaultdict(list)
    for connection_id, arrived in events:
        if isinstance(arrived.event, Receipt):
            statuses[connection_id].append(arrived.event)
        else:
            _happened(work, connection_id, arrived.event)
    for connection_id, merged in sorted(statuses.items()):
        _merge(work, connection_id, merged)
    _close(work, found)
    return len(bodies)


def _apply_alone(work: Work, body: Body) -> None:
    """Each event under a savepoint of its own: what breaks is named on the parked body, the rest stands."""
    try:
        found = _parse(body, intake.numbers_of(work))
    except Exception as error:  # a body our own parser trips over must not block those behind it
        log.exception("webhook %s could not be parsed", body.id)
        intake.park(work, body.id, f"{type(error).__name__}: {error}")
        return
    for connection_id, arrived in sorted(found.events, key=lambda pair: pair[1].at):
        error = _try(work, connection_id, arrived.event)
        if error:
            found.errors.append(error)
    _close(work, [found])


def _try(work: Work, connection_id: UUID, event: Event) -> str:
    error = ""
    for _ in range(TRIES):
        try:
            with work.session.begin_nested():
                _happened(work, connection_id, event)
            return ""
        except OperationalError:
            raise
        except Exception as found:  # named on the body, which is parked
            error = f"{type(event).__name__}: {type(found).__name__}: {found}"
    log.error("an event of a webhook was not applied: %s", error)
    return error


def _parse(body: Body, numbers: Mapping[str, UUID]) -> _Read:
    """Events go to the connection of their number, wherever the body came in; one without a number to the signer's."""
    found = _Read(body.id)
    decoded = meta_inbound.decode(body.raw)
    if decoded is None:
        found.errors.append("not a JSON object")
        return found
    for arrived in meta_events.parse(decoded, body.received_at):
        connection_id = numbers.get(arrived.number) if arrived.number else body.connection_id
        if isinstance(arrived.event, Unknown):
            found.unknown.append(f"{arrived.event.what}: {arrived.event.value}")
        elif connection_id is None:
            found.errors.append(f"unknown number {arrived.number}")
        else:
            found.events.append((connection_id, arrived))
    return found


def _close(work: Work, found: list[_Read]) -> None:
    for one in found:
        if one.errors:
            intake.park(work, one.id, "; ".join(dict.fromkeys(one.errors)))
        elif one.unknown:
            intake.note(work, one.id, "not understood: " + ", ".join(dict.fromkeys(one.unknown)))
    intake.done(work, [one.id for one in found if not one.errors and not one.unknown])


def _happened(work: Work, connection_id: UUID, event: Event) -> None:
    match event:
        case Inbound():
            receiving.receive(work, connection_id, event)
        case Moved():
            receiving.move(work, event)
        case Preference():
            receiving.set_preference(work, event)
        case TemplateChanged():
            templates.set_status(work, connection_id, event.external_id, event.status)
        case QualityChanged():
            intake.note_quality(work, connection_id, event.shown_number, event.quality)
        case Receipt():
            _merge(work, connection_id, [event])
        case Unknown():
            pass  # named on the body


def _merge(work: Work, connection_id: UUID, statuses: list[Receipt]) -> None:
    receipts.merge_statuses(work, connection_id, statuses)
    receiving.opt_out_refused(work, connection_id, statuses)
