"""Bells: one that waits in its queue is enough."""

from __future__ import annotations

from rq import Queue
from rq.serializers import JSONSerializer

from masteria.core.jobs import Job, heard, ring
from masteria.core.redis import bells


def test_a_bell_that_waits_is_not_rung_again() -> None:
    queue = Queue(Job.SEND_MESSAGES.queue, connection=bells(), serializer=JSONSerializer)
    queue.empty()
    heard(Job.SEND_MESSAGES)
    ring(Job.SEND_MESSAGES)
    heard(Job.SEND_MESSAGES)  # as if the mark had run out while a long drain keeps the worker busy
    ring(Job.SEND_MESSAGES)
    assert queue.count == 1
    queue.empty()


def test_bells_for_different_rows_wait_beside_each_other() -> None:
    queue = Queue(Job.SYNC_TEMPLATES.queue, connection=bells(), serializer=JSONSerializer)
    queue.empty()
    for number in ("1", "2", "1"):
        ring(Job.SYNC_TEMPLATES, "company", number)
    assert queue.count == 2
    queue.empty()
