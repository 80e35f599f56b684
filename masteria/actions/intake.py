"""Webhook bodies: kept raw and once, then marked done or parked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from masteria.core.jobs import Job
from masteria.core.work import Work


def take_in(work: Work, connection_id: UUID, bodies: list[bytes]) -> None:
    """Keep bodies whose signature was right; the same body twice is one row."""
    work.execute(
        """insert into intake (id, company_id, connection_id, digest, body, state, created_at, changed_at)
           select gen_random_uuid(), :company, :connection, v.digest, v.body, 'waiting', clock_timestamp(), now()
           from unnest(cast(:digests as bytea[]), cast(:bodies as bytea[])) v(digest, body)
           on conflict (connection_id, digest) do nothing""",
        {
            "company": work.company_id,
            "connection": connection_id,
            "digests": [hashlib.sha256(body).digest() for body in bodies],
            "bodies": bodies,
        },
    )
    work.execute(
        """update connection set last_event_at = now(), status = case when status = 'pending' then 'connected' else status end
           where id = :id and (last_event_at is null or last_event_at < now() - interval '5 seconds')""",
        {"id": connection_id},
    )
    work.later(Job.READ_INTAKE)


def count_bad_signature(work: Work, connection_id: UUID) -> None:
    """Somebody who does not know the secret knocked."""
    work.execute("update connection set bad_signatures = bad_signatures + 1 where id = :id", {"id": connection_id})


def claim(work: Work, count: int) -> list[tuple[UUID, UUID, bytes, datetime]]:
    """Waiting bodies of this company, oldest first, held until the end of the transaction."""
    rows = work.execute(
        """select id, connection_id, body, created_at from intake where company_id = :company and state = 'waiting'
           order by created_at limit :count for update skip locked""",
        {"company": work.company_id, "count": count},
    )
    return [(row[0], row[1], bytes(row[2]), row[3]) for row in rows]


def done(work: Work, ids: list[UUID]) -> None:
    """Read and applied."""
    work.execute("update intake set state = 'done', processed_at = now() where id = any(:ids)", {"ids": ids})


def park(work: Work, intake_id: UUID, error: str) -> None:
    """Could not be applied; it waits for a person and holds up nobody."""
    work.execute(
        "update intake set state = 'parked', processed_at = now(), error = :error where id = :id",
        {"id": intake_id, "error": error[:500]},
    )
