"""Who works on which rows: a lease a pump, and what becomes of its rows when the pump is gone."""

from __future__ import annotations

from uuid import UUID

from masteria.actions import tally
from masteria.core.work import Work
from masteria.kit.ids import new_id

LEASE_SECONDS = 30
LEDGERS = ("recipient", "message")


def take(work: Work, ledger: str, subject_id: UUID) -> UUID:
    """Begin to work on a campaign's or a number's rows: the owner that its claims carry."""
    owner = new_id()
    work.execute(
        """insert into lease (id, company_id, ledger, subject_id, until)
           values (:owner, :company, :ledger, :subject, now() + make_interval(secs => :seconds))""",
        {"owner": owner, "ledger": _known(ledger), "subject": subject_id, **_term(work)},
    )
    return owner


def renew(work: Work, owner: UUID) -> bool:
    """Still at work. False: it was given up meanwhile, and what it had claimed is somebody else's."""
    renewed = work.execute(
        "update lease set until = now() + make_interval(secs => :seconds) where company_id = :company and id = :owner",
        {"owner": owner, **_term(work)},
    )
    return renewed.rowcount == 1


def end(work: Work, owner: UUID) -> None:
    """Everything claimed is recorded or given back."""
    work.execute(
        "delete from lease where company_id = :company and id = :owner", {"owner": owner, "company": work.company_id}
    )


def anyone(work: Work, subject_id: UUID) -> bool:
    """Whether somebody works on this campaign or number, or died doing so and was not yet found."""
    found = work.execute(
        "select exists (select from lease where company_id = :company and subject_id = :subject)",
        {"company": work.company_id, "subject": subject_id},
    )
    return bool(found.scalar())


def pumps_of(work: Work, connection_id: UUID) -> int:
    """How many pumps send for this number now, campaigns and replies together."""
    found = work.execute(
        """select count(*) from lease l where l.company_id = :company and l.until > now()
             and (l.subject_id = :connection or exists (select from campaign c where c.id = l.subject_id
               and c.company_id = :company and c.connection_id = :connection))""",
        {"company": work.company_id, "connection": connection_id},
    )
    return int(found.scalar_one())


def take_back(work: Work) -> int:
    """Of pumps that are gone: what they claimed goes back to the queue, what they were sending is in doubt.

    Returns how many rows. A lease that is just being renewed or settled is stepped over.
    """
    dead = work.execute(
        """delete from lease where id in (select id from lease where company_id = :company and until < now()
             for update skip locked) returning ledger, id""",
        {"company": work.company_id},
    ).all()
    return sum(_settle(work, _known(ledger), owner, None) for ledger, owner in dead)


def part_with_the_dead(work: Work, ledger: str, owner: UUID, begun: list[UUID]) -> None:
    """A worker of this machine is gone, and which calls it had begun is known: those are in doubt, the rest never left."""
    end(work, owner)
    _settle(work, _known(ledger), owner, begun)


def _settle(work: Work, ledger: str, owner: UUID, begun: list[UUID] | None) -> int:
    """With `begun` unknown, whatever was marked as sending may have left."""
    back = "r.state = 'claimed'" if begun is None else "not r.id = any(cast(:begun as uuid[]))"
    update = f"""update {ledger} r set state = case when {back} then 'queued' else 'in_doubt' end,
          due_at = case when {back} then now() end, owner = case when {back} then null else r.owner end,
          attempts = r.attempts - case when {back} then 1 else 0 end
        where r.company_id = :company and r.owner = :owner and r.state in ('claimed', 'sending')"""
    query = tally.counted(update, "id") if ledger == "recipient" else update
    return work.execute(query, {"company": work.company_id, "owner": owner, "begun": begun}).rowcount


def _term(work: Work) -> dict[str, object]:
    return {"company": work.company_id, "seconds": LEASE_SECONDS}


def _known(ledger: str) -> str:
    if ledger not in LEDGERS:
        raise ValueError(ledger)
    return ledger
