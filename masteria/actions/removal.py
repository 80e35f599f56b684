"""A company's end, step by step: steps of the machine, only for a company whose deletion somebody asked for."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from masteria.core.work import Work, work_across
from masteria.models import Company, Member, Person

BATCH = 5000
# what may be many, children before parents; the rest goes with the company's own row
LARGE: dict[str, str] = {
    "recipient": "id",
    "message": "id",
    "message_key": "external_id",
    "stray_status": "id",
    "intake": "id",
    "campaign_tally": "id",
    "list_member": "contact_id",
    "contact": "id",
    "import_reject": "line",
    "idempotency_key": "key",
}


def is_asked_for(company_id: UUID) -> bool:
    """Whether somebody wants this company gone; a job alone proves nothing."""
    with work_across() as database:
        company = database.get(Company, company_id)
        return company is not None and company.deletion_asked_at is not None


def asked_for() -> list[UUID]:
    """Companies that are to go."""
    with work_across() as database:
        return list(database.exec(select(Company.id).where(col(Company.deletion_asked_at).is_not(None))))


def delete_some(work: Work, table: str) -> int:
    """Up to a batch of the company's rows of one of the large tables; says how many."""
    if work.get_company().deletion_asked_at is None:
        raise ValueError("nobody asked for this")
    key = LARGE[table]
    return work.execute(
        f"""delete from {table} where company_id = :company and {key} in
             (select {key} from {table} where company_id = :company limit :count)""",
        {"company": work.company_id, "count": BATCH},
    ).rowcount


def delete_rest(company_id: UUID) -> None:
    """The company with all that is left of it, and its people who belong to no other."""
    with work_across() as database:
        company = database.get(Company, company_id, with_for_update=True)
        if company is None or company.deletion_asked_at is None:
            return
        people = list(database.exec(select(Member.person_id).where(Member.company_id == company_id)))
        # a role of the company's own cannot go before those who have it
        database.execute(sa.update(Member).where(col(Member.company_id) == company_id).values(custom_role_id=None))  # pyright: ignore[reportDeprecated]
        database.execute(sa.delete(Company).where(col(Company.id) == company_id))  # pyright: ignore[reportDeprecated]
        elsewhere = select(Member.person_id).where(col(Member.person_id).in_(people))
        gone = sa.delete(Person).where(
            col(Person.id).in_(people), col(Person.id).not_in(elsewhere), sa.not_(col(Person.is_operator))
        )
        database.execute(gone)  # pyright: ignore[reportDeprecated]
