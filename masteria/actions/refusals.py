"""Doors that stayed shut, in the trail of the company whose doors they are. A flood of refusals is one entry a minute."""

from __future__ import annotations

import logging

from sqlalchemy.exc import OperationalError

from masteria.actions import activity
from masteria.core.access import Actor
from masteria.core.limits import Rule, ask_all
from masteria.core.work import work_as
from masteria.enums import Happened

log = logging.getLogger(__name__)
A_MINUTE = 60
MOST = 30  # entries a minute of one caller, whatever doors they try


def note(actor: Actor, door: str, reason: str, *, happened: Happened = Happened.DOOR_REFUSED) -> None:
    """A known person or key was refused. In a transaction of its own: what was refused leaves nothing but this.

    A caller's refusal stays one whatever becomes of the entry, so a database that is away is only logged.
    """
    who = actor.api_key_id or actor.person_id
    if who is None or not _is_new(f"{who}", f"{happened}:{door}"):
        return
    kind = "api_key" if actor.api_key_id else "person"
    try:
        with work_as(actor) as work:
            activity.record_about(work, kind, who, happened, name=actor.name, door=door[:120], reason=reason[:60])
    except OperationalError as error:
        log.warning("a refusal at %s was not written down: %s", door, type(error).__name__)


def _is_new(who: str, door: str) -> bool:
    rules = [Rule(f"refused:{who}:{door}", 1, A_MINUTE), Rule(f"refused:{who}", MOST, A_MINUTE)]
    return ask_all(rules).allowed
