"""Figures that are read when Prometheus asks, not counted as things happen."""

from __future__ import annotations

import logging

from prometheus_client import Gauge
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from masteria.core.db import APP, OPS, engine
from masteria.core.jobs import QUEUES
from masteria.core.redis import bells
from masteria.queries import operations

log = logging.getLogger(__name__)
QUEUE_DEPTH = Gauge("masteria_queue_depth", "Bells that nobody has heard yet", ["queue"])
POOL_IN_USE = Gauge("masteria_db_pool_in_use", "Database connections of this process in use", ["role"])
BACKLOG = Gauge("masteria_webhook_backlog", "Webhook bodies that wait to be read")
LAG = Gauge("masteria_dispatch_lag_seconds", "For how long the message waits that has been due the longest")
RECIPIENTS = Gauge("masteria_campaign_recipients", "Recipients of campaigns that run, by state", ["state"])


def measure() -> None:
    """Read them all; what cannot be asked keeps its last value."""
    for role in (APP, OPS):
        pool = engine(role).pool
        if isinstance(pool, QueuePool):
            POOL_IN_USE.labels(role).set(pool.checkedout())
    try:
        for queue in QUEUES:
            QUEUE_DEPTH.labels(queue).set(int(bells().llen(f"rq:queue:{queue}")))  # pyright: ignore[reportArgumentType]
    except RedisError as error:
        log.warning("queues not measured: %s", error)
    try:
        _work()
    except SQLAlchemyError as error:
        log.warning("backlog not measured: %s", error)


def _work() -> None:
    found = operations.backlog()
    BACKLOG.set(found.webhooks)
    LAG.set(found.lag_seconds)
    RECIPIENTS.clear()
    for state, count in found.recipients.items():
        RECIPIENTS.labels(state).set(count)
