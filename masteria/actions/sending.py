"""The sending ledger: claim, mark, record. Recipients of campaigns and replies keep the same states.

`claimed` means the call has not begun and may be taken back; `sending` is committed before the call. All times are the
database's own; every statement bears repetition.

Statements that know their rows' ids ask for the company in a way that no index answers (`core/isolation.py` says why), and
run in a `Work` opened `by_key`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from masteria.actions import activity, leases, tally
from masteria.core.work import Work
from masteria.enums import ConnectionStatus, Happened, SendState, Topic
from masteria.models import Connection

MAX_ATTEMPTS = 8
OPEN = "exists (select from company where id = :company and suspended_at is null)"  # nothing leaves a suspended company


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours until its lease ends. `values` fill the campaign's placeholders; `text` is a reply's own."""

    id: UUID
    attempt_id: UUID
    attempts: int
    to: str
    values: dict[str, str]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one attempt; `wait` seconds until another when the state is `queued`."""

    id: UUID
    attempt_id: UUID
    state: SendState
    provider_id: str | None = None
    code: str | None = None
    wait: float = 0.0


def claim_recipients(work: Work, campaign_id: UUID, owner: UUID, count: int) -> list[Claimed]:
    """The next people of a running campaign; nobody while it is paused. Other workers' rows are stepped over.

    Materialized: as a plain subquery a nested loop would run it again and again, past its limit.
    """
    rows = work.execute(
        f"""with due as materialized (
             select id from recipient where coalesce(company_id = :company, false)
               and campaign_id = :campaign and due_at <= now()
               and exists (select from campaign where id = :campaign and state = 'running') and {OPEN}
             order by due_at, id limit :count for update skip locked)
           update recipient r set state = 'claimed', owner = :owner, attempt_id = uuidv7(), due_at = null,
             attempts = r.attempts + 1, state_at = now()
           from due where r.id = due.id returning r.id, r.attempt_id, r.attempts, r.phone, r.variables""",
        {
            "owner": owner,
            "company": work.company_id,
            "campaign": campaign_id,
            "count": count,
        },
    )
    return [Claimed(*row) for row in rows.all()]


def claim_replies(work: Work, connection_id: UUID, owner: UUID, count: int) -> list[Claimed]:
    """The next replies of one connection, oldest first."""
    rows = work.execute(
        f"""with due as materialized (
             select m.id, coalesce(c.phone, '+' || c.whatsapp_id, c.whatsapp_user_id, '') as reach from message m
             join conversation v on v.id = m.conversation_id and v.connection_id = :connection
             join contact c on c.id = v.contact_id
             where m.company_id = :company and m.due_at <= now() and {OPEN}
             order by m.due_at, m.id limit :count for update of m skip locked)
           update message m set state = 'claimed', owner = :owner, attempt_id = uuidv7(), due_at = null,
             attempts = m.attempts + 1, changed_at = now()
           from due
           where m.id = due.id
           returning m.id, m.attempt_id, m.attempts, due.reach, m.text""",
        {
            "owner": owner,
            "connection": connection_id,
            "count": count,
            "company": work.company_id,
        },
    )
    return [Claimed(row[0], row[1], row[2], row[3], {}, row[4]) for row in rows]


def mark_recipients(work: Work, campaign_id: UUID, claims: list[Claimed], *, cap: int | None = None) -> set[UUID]:
    """Commit that these are about to be called; returns whom to call.

    Leaves out who opted out since and who had `cap` marketing messages in the last 24 hours (skipped), who is someone
    else's now, and everybody once the campaign is not running.
    """
    if cap is not None:  # two campaigns that mark the same person at once must see each other
        work.execute(_HOLD_PEOPLE, _attempts(work, claims))
    query = tally.counted(
        f"""with v as materialized (
             select a.id, a.attempt_id, (select case when q.contact_id is null then 'deleted' else
               coalesce((select 'opted_out' from contact c where c.id = q.contact_id
                 and c.consent_whatsapp = 'opted_out'){", " + _CAPPED if cap is not None else ""}) end
               from recipient q where q.id = a.id) as barred
             from unnest(cast(:ids as uuid[]), cast(:attempts as uuid[])) a(id, attempt_id))
           update recipient r set state = case when v.barred is null then 'sending' else 'skipped' end,
             reason_code = v.barred, sending_at = case when v.barred is null then now() end, state_at = now()
           from v where r.id = v.id and coalesce(r.company_id = :company, false) and r.attempt_id = v.attempt_id
             and r.state = 'claimed' and exists (select from campaign where id = :campaign and state = 'running')
             and {OPEN}""",
        "id, became",
    )
    rows = work.execute(query, {**_attempts(work, claims), "campaign": campaign_id, "cap": cap})
    return {row.id for row in rows if row.became == SendState.SENDING}


def mark_replies(work: Work, claims: list[Claimed]) -> set[UUID]:
    """The same for replies; a person may be answered even after an opt-out, since a person asked."""
    rows = work.execute(
        f"""update message m set state = 'sending', sending_at = now(), changed_at = now()
           from unnest(cast(:ids as uuid[]), cast(:attempts as uuid[])) v(id, attempt_id)
           where m.id = v.id and m.company_id = :company and m.attempt_id = v.attempt_id and m.state = 'claimed'
             and {OPEN}
           returning m.id""",
        _attempts(work, claims),
    )
    return set(rows.scalars())


def release(work: Work, ledger: str, claims: list[Claimed], waits: list[float] | None = None) -> None:
    """Give back what the caller has not begun, marked or not, each for another try in so many seconds.

    No attempt is counted.
    """
    query = f"""update {_known(ledger)} r set state = 'queued', due_at = now() + v.wait * interval '1 s',
             owner = null, attempts = r.attempts - 1
           from unnest(cast(:ids as uuid[]), cast(:attempts as uuid[]), cast(:waits as float8[])) v(id, attempt_id, wait)
           where r.id = v.id and coalesce(r.company_id = :company, false) and r.attempt_id = v.attempt_id
             and r.state in ('claimed', 'sending')"""
    work.execute(_counted(ledger, query), {**_attempts(work, claims), "waits": waits or [0.0] * len(claims)})


def record(work: Work, ledger: str, results: list[Recorded]) -> None:
    """Write down how attempts ended. A status that overtook the answer keeps its place; only the id is added.

    Rows are locked in the order of their ids, as the merge of statuses does, so that the two cannot wait in a circle.
    """
    stamp, provider = _COLUMNS[_known(ledger)]
    query = f"""with v as materialized (
             select u.* from unnest(cast(:ids as uuid[]), cast(:attempts as uuid[]), cast(:states as text[]),
                  cast(:providers as text[]), cast(:codes as text[]), cast(:waits as float8[]))
                u(id, attempt_id, state, provider, code, wait)
             join {ledger} t on t.id = u.id and t.attempt_id = u.attempt_id
             where coalesce(t.company_id = :company, false) order by t.id for update of t)
           update {ledger} r set {provider} = coalesce(r.{provider}, v.provider),
             state = case when {_OPEN} then v.state else r.state end,
             reason_code = case when {_OPEN} then v.code else r.reason_code end,
             due_at = case when {_OPEN} and v.state = 'queued' then now() + v.wait * interval '1 s' else r.due_at end,
             sent_at = case when v.state = 'sent' then coalesce(r.sent_at, now()) else r.sent_at end,
             failed_at = case when {_OPEN} and v.state = 'failed' then now() else r.failed_at end, {stamp} = now()
           from v where r.id = v.id"""
    values = {
        **_attempts(work, results),
        "states": f"{{{','.join([r.state.value for r in results])}}}",
        "providers": [r.provider_id for r in results],
        "codes": [r.code for r in results],
        "waits": [r.wait for r in results],
    }
    work.execute(_counted(ledger, query), values)


def skip_rest(work: Work, campaign_id: UUID) -> None:
    """Who was not written to before the campaign was cancelled never will be, nor who comes back later."""
    query = tally.counted(
        """update recipient r set state = 'skipped', reason_code = 'cancelled', state_at = now(), due_at = null
           where r.company_id = :company and r.campaign_id = :id and r.state in ('queued', 'claimed')""",
        "id",
    )
    work.execute(query, {"id": campaign_id, "company": work.company_id})


def someone_waits(work: Work, campaign_id: UUID) -> bool:
    """Whether anyone of the campaign is still to be written to or just being written to."""
    found = work.execute(
        "select exists (select from recipient where campaign_id = :id and due_at is not null)", {"id": campaign_id}
    )
    return bool(found.scalar()) or leases.anyone(work, campaign_id)


def disconnect(work: Work, connection_id: UUID, code: str) -> None:
    """The vendor lets nothing of this number through until a person acts; once is enough to say it."""
    connection = work.get(Connection, connection_id, lock=True)
    if connection.status != ConnectionStatus.DISCONNECTED:
        connection.status, connection.status_reason = ConnectionStatus.DISCONNECTED, code
        activity.record(work, connection, Happened.CONNECTION_DISCONNECTED, code=code)
        work.announce(Topic.CONNECTION, connection_id)


def connections_with_replies(work: Work) -> list[UUID]:
    """This company's numbers that have a reply to send now."""
    rows = work.execute(
        """select distinct v.connection_id from message m join conversation v on v.id = m.conversation_id
           where m.company_id = :company and m.due_at <= now()""",
        {"company": work.company_id},
    )
    return list(rows.scalars())


def conversations_of(work: Work, message_ids: list[UUID]) -> list[UUID]:
    """Which conversations these messages belong to."""
    rows = work.execute("select distinct conversation_id from message where id = any(:ids)", {"ids": message_ids})
    return list(rows.scalars())


def retry_at(attempts: int, wait: float) -> tuple[SendState, float]:
    """Another attempt after `wait` seconds, or the end after too many."""
    return (SendState.QUEUED, wait) if attempts < MAX_ATTEMPTS else (SendState.FAILED, 0.0)


def _attempts(work: Work, rows: Sequence[Claimed | Recorded]) -> dict[str, Any]:
    ids, attempts = _uuids(r.id for r in rows), _uuids(r.attempt_id for r in rows)
    return {"ids": ids, "attempts": attempts, "company": work.company_id}


def _uuids(ids: Iterable[UUID]) -> str:
    """An array as PostgreSQL reads it: the driver would look at each id several times to find out what it is."""
    return f"{{{','.join([row_id.hex for row_id in ids])}}}"


_HOLD_PEOPLE = """select c.id from contact c where c.company_id = :company and c.id in (
    select contact_id from recipient where id = any(cast(:ids as uuid[]))) order by c.id for no key update"""
_CAPPED = """case when :cap <= (select count(*) from recipient o join campaign oc on oc.id = o.campaign_id
    join template ot on ot.id = oc.template_id and ot.category = 'MARKETING'
  where o.company_id = :company and o.contact_id = q.contact_id and o.id <> q.id
    and o.sending_at > now() - interval '24 hours'
    and o.state in ('sending', 'sent', 'delivered', 'read', 'in_doubt')) then 'marketing_cap' end"""
_OPEN = "r.state in ('sending', 'in_doubt')"
# the columns that say when a row changed and how the vendor calls it
_COLUMNS = {"recipient": ("state_at", "provider_id"), "message": ("changed_at", "external_id")}


def _counted(ledger: str, update: str) -> str:
    return tally.counted(update, "id") if ledger == "recipient" else update


def _known(ledger: str) -> str:
    if ledger not in _COLUMNS:
        raise ValueError(ledger)
    return ledger
