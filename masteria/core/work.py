"""One transaction, by one actor, inside one company; and the one door without a company."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.orm import SessionTransaction, UOWTransaction
from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from masteria.config import settings
from masteria.core import live
from masteria.core.access import Actor
from masteria.core.audit import Watch
from masteria.core.db import APP, OPS, engine
from masteria.core.jobs import Job, ring
from masteria.enums import Permission, Topic
from masteria.kit.errors import NotFound
from masteria.kit.sealing import KeyRing
from masteria.models import Company, Owned
from masteria.models.sealed import sealing_for

log = logging.getLogger(__name__)
T = TypeVar("T", bound=Owned)


_BIND = "set local app.company_id = '{}'"
_BIND_BY_KEY = f"{_BIND}; set local enable_seqscan = off"


class CompanySession(Session):
    """A session that PostgreSQL's row security holds to one company."""


@event.listens_for(CompanySession, "after_begin")
def _bind_company(session: CompanySession, transaction: SessionTransaction, connection: sa.Connection) -> None:
    company_id: UUID = session.info["company_id"]
    setting = (_BIND_BY_KEY if session.info["by_key"] else _BIND).format(company_id)
    raw = connection.connection.driver_connection
    # every transaction begins with this: in one breath with its `begin`, that the driver would send for itself
    if isinstance(raw, psycopg.Connection) and raw.pgconn.transaction_status == TransactionStatus.IDLE:
        begun = raw.pgconn.exec_(f"begin; {setting}".encode())
        if begun.status == ExecStatus.COMMAND_OK:
            return
    connection.exec_driver_sql(setting)  # inside a savepoint; and for the error that everybody above knows


@event.listens_for(CompanySession, "before_flush")
def _look(session: CompanySession, flush: UOWTransaction, instances: object) -> None:
    watch: Watch | None = session.info.get("watch")
    if watch is not None:
        watch.look(session)


class Work:
    """What an action needs: rows of the actor's company, permission, and what follows after the commit."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session = session
        self.actor = actor
        self.watch = session.info["watch"] = None if actor.kind == "system" else Watch()
        self.rung: list[tuple[Job, tuple[str, ...]]] = []
        self.announced: list[tuple[Topic, UUID]] = []

    @property
    def company_id(self) -> UUID:
        return self.actor.company_id

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the actor may."""
        self.actor.require(permission)

    def select(self, model: type[T]) -> SelectOfScalar[T]:
        """A query over this company's rows."""
        return select(model).where(model.company_id == self.company_id)

    def get(self, model: type[T], row_id: UUID | str, *, lock: bool = False) -> T:
        """This company's row or `NotFound`; `lock` holds it until the end of the transaction."""
        query = self.select(model).where(model.id == row_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found = self.session.exec(query).one_or_none()
        if found is None:
            raise NotFound(model.__name__)
        return found

    def get_company(self) -> Company:
        """The company itself."""
        return self.session.exec(select(Company).where(Company.id == self.company_id)).one()

    def add(self, row: T) -> T:
        """Put a new row into this company."""
        row.company_id = self.company_id
        self.session.add(row)
        return row

    def execute(self, statement: sa.Executable | str, values: Any = None) -> sa.CursorResult[*tuple[Any, ...]]:
        """A statement for many rows at once; text takes `:name` parameters, never values. Sees what was changed before."""
        self.session.flush()
        text = sa.text(statement) if isinstance(statement, str) else statement
        return self.session.execute(text, values)  # pyright: ignore[reportReturnType, reportDeprecated]

    def later(self, job: Job, *ids: UUID | str) -> None:
        """Ring this job after the commit. The row says when it is due; the job only says: look."""
        entry = (job, tuple(str(i) for i in ids))
        if entry not in self.rung:
            self.rung.append(entry)

    def announce(self, topic: Topic, row_id: UUID) -> None:
        """Tell every open screen of this company after the commit."""
        if (topic, row_id) not in self.announced:
            self.announced.append((topic, row_id))

    def follow_up(self) -> None:
        """What was promised, once the commit stands. A bell that fails is logged: the sweeper rings again."""
        for job, ids in self.rung:
            ring(job, *ids)
        if self.announced:
            live.publish_all(self.company_id, self.announced)


@contextmanager
def work_as(actor: Actor, *, by_key: bool = False) -> Iterator[Work]:
    """Open a transaction for this actor; commits at the end, rolls back on any error.

    `by_key` is for batches of rows whose ids are known: whatever the planner's statistics say, no table is read whole.
    """
    with (
        company_values(actor.company_id),
        CompanySession(engine(APP), expire_on_commit=False) as session,
    ):
        session.info.update(company_id=actor.company_id, by_key=by_key)
        work = Work(session, actor)
        with session.begin():
            yield work
    work.follow_up()


@contextmanager
def company_values(company_id: UUID) -> Iterator[None]:
    """Let sealed columns be read and written for this company."""
    token = sealing_for.set((company_id, KeyRing(settings().encryption_keys)))
    try:
        yield
    finally:
        sealing_for.reset(token)


@contextmanager
def work_across() -> Iterator[Session]:
    """The one door without a company: sign-in, webhooks and upkeep find here whose row it is, then use `work_as`.

    The database lets this role see ids, states and times of few tables; `tests/test_house.py` lists who may call it.
    """
    with Session(engine(OPS), expire_on_commit=False) as session, session.begin():
        yield session
