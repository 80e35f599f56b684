"""The first answer to a request that carries an `Idempotency-Key`, kept for a day and given again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from masteria.core.work import Work
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.sealing import Unreadable
from masteria.models import IdempotencyKey
from masteria.models.sealed import Bound

KEPT = timedelta(hours=24)
LONGEST = timedelta(minutes=10)  # no request takes longer: one that still runs then was cut off
FIELD = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the first request was answered."""

    status_code: int
    body: str


def claim(work: Work, key: str, request_hash: bytes) -> Answered | None:
    """None: this is the first request with the key, run it. Otherwise the first one's answer.

    `Invalid` if the key came with another request, `Conflict` while the first still runs or if it was cut off: its
    outcome is unknown then, and only a person can tell whether to ask again under a new key.
    """
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Invalid(FIELD, "key_unusable", limit=255)
    moment = now()
    work.execute(
        "delete from idempotency_key where company_id = :company and key = :key and created_at < :before",
        {"company": work.company_id, "key": key, "before": moment - KEPT},
    )
    mine = work.execute(
        insert(IdempotencyKey)
        .values(
            company_id=work.company_id,
            key=key,
            created_at=moment,
            request_hash=request_hash,
            status_code=0,
            body=Bound("", key),
        )
        .on_conflict_do_nothing()
        .returning(col(IdempotencyKey.key))
    )
    if mine.first():
        return None
    return _answer_of(work.session.get_one(IdempotencyKey, (work.company_id, key)), request_hash)


def record(work: Work, key: str, status_code: int, body: str) -> None:
    """What was answered; from now on every repetition gets the same."""
    row = work.session.get_one(IdempotencyKey, (work.company_id, key), with_for_update=True)
    row.status_code, row.body = status_code, body


def forget(work: Work, key: str) -> None:
    """The request came to nothing; the same key may try again."""
    work.execute(
        "delete from idempotency_key where company_id = :company and key = :key",
        {"company": work.company_id, "key": key},
    )


def _answer_of(row: IdempotencyKey, request_hash: bytes) -> Answered:
    if row.request_hash != request_hash:
        raise Invalid(FIELD, "key_reused")
    if isinstance(row.body, Unreadable):
        raise Conflict("request_cut_off")
    if row.status_code == 0:
        raise Conflict("request_cut_off" if row.created_at < now() - LONGEST else "request_running")
    return Answered(row.status_code, row.body)
