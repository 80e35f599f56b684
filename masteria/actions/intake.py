"""Webhook bodies: whose they are, kept raw and once, then marked done or parked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from masteria.channels.base import AccountTold, TemplateTold
from masteria.core.access import Actor
from masteria.core.jobs import Job
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Effect, IntakeState, Topic
from masteria.models import Connection

MOST_DOORS = 1000
MOST_EACH = 100  # events of a body whose effects are kept one by one; of more, how many had each
MOST_SAID = 500
MOST_BYTES = 4 * 1024 * 1024  # of one claim: what is decoded and merged at once


@dataclass(frozen=True, slots=True)
class Door:
    """What checking a delivery for one connection needs."""

    company_id: UUID
    connection_id: UUID
    number: str
    account: str
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A body that waits, with the connection whose secret signed it."""

    id: UUID
    connection_id: UUID
    raw: bytes = field(repr=False)
    received_at: datetime


def door_of(connection_id: UUID) -> Door | None:
    """The door of one connection of any company; None if there is no such connection."""
    return next(iter(_doors("id = :id", id=connection_id)), None)


def doors_for(numbers: Iterable[str], accounts: Iterable[str]) -> list[Door]:
    """The doors of these phone number ids, and of these accounts as a whole, of all companies."""
    return _doors(
        "external_id = any(:numbers) or account_id = any(:accounts)", numbers=[*numbers], accounts=[*accounts]
    )


def all_doors() -> list[Door]:
    """Every door of the installation: Meta's handshake does not say for whom it is."""
    return _doors("true")


def take_in(work: Work, connection_id: UUID, bodies: list[bytes]) -> None:
    """Keep bodies whose signature was right; the same body twice is one row."""
    work.execute(
        """insert into intake (id, month, company_id, connection_id, digest, body, state, created_at, changed_at)
           select uuidv7(), date_trunc('month', now()), :company, :connection, v.digest, v.body, 'waiting',
             clock_timestamp(), now()
           from unnest(cast(:digests as bytea[]), cast(:bodies as bytea[])) v(digest, body)
           on conflict (connection_id, digest, month) do nothing""",
        {
            "company": work.company_id,
            "connection": connection_id,
            "digests": [hashlib.sha256(body).digest() for body in bodies],
            "bodies": bodies,
        },
    )
    _note_life(work, connection_id)
    work.later(Job.READ_INTAKE)


def count_bad_signatures(work: Work, connection_id: UUID, count: int) -> None:
    """Somebody who does not know the secret knocked, so many times."""
    work.execute(
        "update connection set bad_signatures = bad_signatures + :count where company_id = :company and id = :id",
        {"count": count, "company": work.company_id, "id": connection_id},
    )


def claim(work: Work, count: int, size: int = MOST_BYTES) -> list[Body]:
    """Waiting bodies of this company, oldest first, held until the end of the transaction.

    At most `count`, and at least one but no more than `size` bytes: three megabytes may come in each.
    """
    rows = work.execute(
        """with held as materialized (
             select id, connection_id, body, created_at from intake
             where company_id = :company and state = 'waiting' order by created_at limit :count for update skip locked)
           select id, connection_id, body, created_at from (
             select *, sum(octet_length(body)) over upto as total, row_number() over upto as place from held
             window upto as (order by created_at, id)) counted
           where total <= :size or place = 1 order by place""",
        {"company": work.company_id, "count": count, "size": size},
    )
    return [Body(row.id, row.connection_id, bytes(row.body), row.created_at) for row in rows]


@dataclass(slots=True)
class Outcome:
    """What became of a body: what each of its events did, what was not understood, what could not be applied."""

    id: UUID
    did: list[Effect] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def state(self) -> IntakeState:
        return IntakeState.PARKED if self.errors else IntakeState.DONE

    @property
    def said(self) -> str | None:
        """For the person who looks at it; a parked one waits for one and holds up nobody."""
        if self.errors:
            return "; ".join(dict.fromkeys(self.errors))[:MOST_SAID]
        return ("not understood: " + ", ".join(dict.fromkeys(self.unknown)))[:MOST_SAID] if self.unknown else None

    def kept(self) -> str:
        """As JSON: how often each effect, and of a small body which event had which."""
        counts = {str(effect): count for effect, count in Counter(self.did).items()}
        return json.dumps({"counts": counts, "each": self.did} if len(self.did) <= MOST_EACH else {"counts": counts})


def close(work: Work, outcomes: list[Outcome]) -> None:
    """Read: each body with what it did; one statement for all of them."""
    rows = work.execute(
        """update intake i set state = v.state, error = v.error, did = cast(v.did as jsonb),
             processed_at = now(), changed_at = now()
           from unnest(cast(:ids as uuid[]), cast(:states as text[]), cast(:errors as text[]), cast(:did as text[]))
             v(id, state, error, did)
           where i.company_id = :company and i.id = v.id returning i.connection_id""",
        {
            "company": work.company_id,
            "ids": [outcome.id for outcome in outcomes],
            "states": [str(outcome.state) for outcome in outcomes],
            "errors": [outcome.said for outcome in outcomes],
            "did": [outcome.kept() for outcome in outcomes],
        },
    )
    for connection_id in set(rows.scalars()):
        work.announce(Topic.INTAKE, connection_id)


def numbers_of(work: Work) -> dict[str, UUID]:
    """This company's connections by the vendor's id of their number."""
    rows = work.execute(
        "select external_id, id from connection where company_id = :company", {"company": work.company_id}
    )
    return {row.external_id: row.id for row in rows}


def accounts_meant(work: Work, told: Sequence[tuple[UUID, AccountTold | TemplateTold]]) -> list[str]:
    """The vendor's account that each is about; one that it does not name is the signer's, whose connection comes with it."""
    rows = work.execute(
        "select id, account_id from connection where company_id = :company and id = any(:ids)",
        {"company": work.company_id, "ids": [connection_id for connection_id, said in told if not said.account]},
    )
    signers = {row.id: row.account_id for row in rows}
    return [said.account or signers.get(connection_id, "") for connection_id, said in told]


def _note_life(work: Work, connection_id: UUID) -> None:
    """A signed event proves that the number is set up; written every few seconds at most."""
    touched = work.execute(
        """update connection set last_event_at = now(), changed_at = now(),
             status = case when status = 'pending' then 'connected' else status end
           where company_id = :company and id = :id
             and (status = 'pending' or last_event_at is null or last_event_at < now() - interval '5 seconds')""",
        {"company": work.company_id, "id": connection_id},
    )
    if touched.rowcount:
        work.announce(Topic.CONNECTION, connection_id)


def _doors(condition: str, **values: object) -> list[Door]:
    query = sa.text(f"select company_id, id from connection where {condition} order by id limit {MOST_DOORS}")
    with work_across() as database:
        rows = database.execute(query, values).all()  # pyright: ignore[reportDeprecated]
    found: list[Door] = []
    for company_id in dict.fromkeys(row[0] for row in rows):
        found += _open(company_id, [row[1] for row in rows if row[0] == company_id])
    return found


def _open(company_id: UUID, ids: list[UUID]) -> list[Door]:
    with work_as(Actor.system(company_id)) as work:
        rows = work.session.exec(work.select(Connection).where(Connection.id.in_(ids)))  # pyright: ignore[reportAttributeAccessIssue]
        return [Door(company_id, r.id, r.external_id, r.account_id, r.app_secret, r.verify_token) for r in rows]
