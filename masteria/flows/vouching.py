"""Asking another provider who somebody is: the way there, and what comes back."""

from __future__ import annotations

import logging

from masteria.enums import Provider
from masteria.kit.errors import Invalid
from masteria.providers import voucher_for
from masteria.providers.base import Begun, NotVouched, Vouched

log = logging.getLogger(__name__)


def ask(kind: Provider, begun: Begun) -> str:
    """Where the browser is sent. `NotFound` when the installation is not registered there."""
    return voucher_for(kind).address(begun)


def hear(kind: Provider, begun: Begun, code: str) -> Vouched:
    """Who came back. `Invalid` when it proves nothing: why is in the log, and none of the person's business."""
    try:
        return voucher_for(kind).vouch(begun, code)
    except NotVouched as error:
        log.warning("a login with %s was refused: %s", kind, error.reason)
        raise Invalid("provider", "login_failed") from None
