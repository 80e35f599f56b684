"""A company is deleted: batch after batch, so that nobody else waits; interrupted, it goes on at its next bell."""

from __future__ import annotations

import logging
from uuid import UUID

from masteria import storage
from masteria.actions import removal
from masteria.core.access import Actor
from masteria.core.jobs import stopping
from masteria.core.work import work_as

log = logging.getLogger(__name__)


def delete_company(company_id: UUID) -> None:
    """Until nothing is left. Does nothing for a company that nobody asked to delete."""
    if not removal.is_asked_for(company_id):
        return
    for table in removal.LARGE:
        count = removal.BATCH
        while count >= removal.BATCH:
            if stopping.is_set():
                return
            with work_as(Actor.system(company_id)) as work:
                count = removal.delete_some(work, table)
    removal.delete_rest(company_id)
    storage.forget(company_id)
    log.info("company %s was deleted", company_id)
