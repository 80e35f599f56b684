"""Start one worker for one queue: `python -m workers --queue campaigns`. The last door an error can reach.

Jobs run in the worker's own process: RQ's forking worker leaves its child running when it is killed, and two
dispatchers would then share the work of one.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from types import FrameType
from typing import Any

from rq import Queue, SimpleWorker
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from masteria.config import settings
from masteria.core import jobs
from masteria.core.logs import set_up_logging
from masteria.core.redis import bells
from masteria.flows import sending
from masteria.kit.errors import MasteriaError

log = logging.getLogger("masteria.worker")


READING, READING_NICE = "intake", 10  # what is stored can wait a little: the next webhook wants its answer first


class Worker(SimpleWorker):
    """Tells a running flow to come to an end when the process is asked to stop."""

    max_connection_wait_time = 5.0  # RQ's own minute would come on top of however long Redis was away

    def request_stop(self, signum: Any, frame: FrameType | None) -> None:
        jobs.stopping.set()
        super().request_stop(signum, frame)


def report(job: RqJob, kind: type[BaseException], error: BaseException, trace: Any) -> bool:
    """Write down what a job could not handle; RQ keeps the job among the failed ones, the sweeper rings again."""
    if isinstance(error, MasteriaError):
        log.warning("%s: %s", job.func_name, error)
    else:
        log.error("%s failed", job.func_name, exc_info=(kind, error, trace))
    return True


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("--queue", choices=jobs.QUEUES, required=True)
    arguments = parser.parse_args(argv)
    set_up_logging(settings())
    sending.recover()
    if arguments.queue == READING:
        os.nice(READING_NICE)
    worker = Worker(
        [Queue(arguments.queue, connection=bells(), serializer=JSONSerializer)],
        connection=bells(),
        serializer=JSONSerializer,
        exception_handlers=[report],
        disable_default_exception_handler=True,
        log_job_description=False,
        worker_ttl=60,
        maintenance_interval=30,
        job_monitoring_interval=10,
    )
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
