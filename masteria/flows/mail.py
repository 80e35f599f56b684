"""The outbox goes out: claim, hand over, record. Without a server the operator finds the links in the log."""

from __future__ import annotations

import logging
import re

from masteria.actions import mail
from masteria.config import settings
from masteria.core import jobs
from masteria.core.logs import FOR_OPERATOR
from masteria.kit import smtp
from masteria.kit.errors import OutsideError

log = logging.getLogger(__name__)
_LINK = re.compile(r"https?://\S+")


def send() -> None:
    """Everything that is due, one after another."""
    while not jobs.stopping.is_set() and (outgoing := mail.claim()):
        _send(outgoing)


def _send(outgoing: mail.Outgoing) -> None:
    found = settings()
    if not found.smtp_url:
        told = (outgoing.address, " ".join(_LINK.findall(outgoing.body)), outgoing.subject)
        log.warning("no SMTP_URL, so this was not mailed to %s: %s (%s)", *told, extra=FOR_OPERATOR)
        mail.record(outgoing.id)
        return
    try:
        smtp.send(
            found.smtp_url,
            found.mail_from,
            outgoing.address,
            outgoing.subject,
            outgoing.body,
            message_id=str(outgoing.id),
        )
    except OutsideError as error:
        log.warning("mail %s was not sent: %s", outgoing.id, error.reason)
        mail.record(outgoing.id, error.reason, permanent=error.permanent)
    else:
        mail.record(outgoing.id)
