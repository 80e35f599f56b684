"""The memory of POSTs that carry an `Idempotency-Key`."""

from __future__ import annotations

from dataclasses import dataclass

from masteria.core.work import Work


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a key; `status` 0 while the first request runs."""

    fingerprint: bytes
    status: int
    body: bytes


def claim(work: Work, key: str, fingerprint: bytes) -> Known | None:
    """None: the key is ours now. Otherwise what is known of it. A key older than 24 hours is free again."""
    values = {"company": work.company_id, "key": key, "hash": fingerprint}
    mine = work.execute(
        """insert into idempotency_key (company_id, key, created_at, request_hash, status_code, body)
           values (:company, :key, now(), :hash, 0, '') on conflict (company_id, key) do update
           set created_at = now(), request_hash = excluded.request_hash, status_code = 0, body = ''
           where idempotency_key.created_at < now() - interval '24 hours' returning 1""",
        values,
    ).first()
    if mine:
        return None
    row = work.execute(
        "select request_hash, status_code, body from idempotency_key where company_id = :company and key = :key", values
    ).one()
    return Known(bytes(row[0]), row[1], bytes(row[2]))


def record(work: Work, key: str, status: int, body: bytes) -> None:
    """The first answer."""
    work.execute(
        "update idempotency_key set status_code = :status, body = :body where company_id = :company and key = :key",
        {"status": status, "body": body, "company": work.company_id, "key": key},
    )


def forget(work: Work, key: str) -> None:
    """It came to nothing: the key may be used again."""
    values = {"company": work.company_id, "key": key}
    work.execute("delete from idempotency_key where company_id = :company and key = :key", values)
