"""The door for what no handler caught. Reflex evaluates this function's annotations: no deferred ones in this file."""

import logging

import reflex as rx

from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound, OutsideError
from masteria.ui import identity
from masteria.ui.screen import explain

log = logging.getLogger("masteria.ui")
EXPECTED = (NotFound, Forbidden, Conflict, Invalid, OutsideError)


def on_error(exception: Exception) -> rx.event.EventSpec:
    """A calm sentence for the person; the details go to the log when the fault is ours."""
    if not isinstance(exception, EXPECTED):
        log.error("an event failed", exc_info=exception)
    return rx.toast.error(explain(exception, identity.language()), id="problem")
