"""The door for what no handler caught. Reflex evaluates this function's annotations: no deferred ones in this file."""

import logging

import reflex as rx
from reflex_base.event.context import EventContext

from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound, OutsideError
from masteria.kit.ids import new_id
from masteria.ui.live import hub
from masteria.ui.screen import explain
from masteria.ui.texts import SOURCE, tr

log = logging.getLogger("masteria.ui")
EXPECTED = (NotFound, Forbidden, Conflict, Invalid, OutsideError)


def on_error(exception: Exception) -> rx.event.EventSpec:
    """A calm sentence for the person; the details go to the log when the fault is ours."""
    # this runs outside the event's own context: the tab is known by its token alone
    language = hub.language_of.get(EventContext.get().token, SOURCE)
    if isinstance(exception, EXPECTED):
        return rx.toast.error(explain(exception, language), id="problem")
    code = str(new_id())[-8:]  # the person can tell it, the log can be searched for it
    log.error("an event failed (code %s)", code, exc_info=exception)
    return rx.toast.error(tr(language, "error.unknown", id=code), id="problem")
