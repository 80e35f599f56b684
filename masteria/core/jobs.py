"""The bells: each job by name, its queue and its function. A job carries ids only and means: look and do what is due."""

from __future__ import annotations

import logging
import threading
from enum import StrEnum

from redis import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from masteria.core.redis import bells

log = logging.getLogger(__name__)


class Job(StrEnum):
    """Each job's value is `queue/function`, the function being in `workers/jobs.py`."""

    SEND_CAMPAIGNS = "campaigns/send_campaigns"
    SEND_MESSAGES = "messages/send_messages"
    READ_INTAKE = "intake/read_intake"
    IMPORT_CONTACTS = "background/import_contacts"
    SYNC_TEMPLATES = "background/sync_templates"
    SEND_MAIL = "background/send_mail"
    DELETE_COMPANY = "background/delete_company"

    @property
    def queue(self) -> str:
        return self.value.partition("/")[0]

    @property
    def has_own_queue(self) -> bool:
        return all(job is self or job.queue != self.queue for job in Job)

    @property
    def path(self) -> str:
        return f"workers.jobs.{self.value.partition('/')[2]}"


# Set when this process is asked to stop: a flow that runs long looks at it and comes to an end.
stopping = threading.Event()

QUEUES = tuple(dict.fromkeys(job.queue for job in Job))
_RUNG_FOR = 3  # seconds within which a second ring for the same thing is the same ring


def ring(job: Job, *ids: str) -> None:
    """Put the job in its queue unless it waits there already. A failure is logged: the sweeper rings again."""
    try:
        queue = Queue(job.queue, connection=bells(), serializer=JSONSerializer)
        if not ids and job.has_own_queue and queue.count:
            return  # it says "look", once is enough however long the one before it runs
        if bells().set(_mark(job, ids), 1, nx=True, ex=_RUNG_FOR):
            queue.enqueue(
                job.path,
                *ids,
                job_timeout=-1,
                result_ttl=0,
                failure_ttl=86_400,
                ttl=3600,
            )
    except RedisError as error:
        log.warning("not rung: %s (%s)", job, error)


def heard(job: Job, *ids: str) -> None:
    """The first thing a job does: from here on a new ring is a new ring."""
    try:
        bells().delete(_mark(job, ids))
    except RedisError as error:
        log.warning("mark left: %s (%s)", job, error)


def _mark(job: Job, ids: tuple[str, ...]) -> str:
    return f"masteria:rung:{job}:{':'.join(ids)}"
