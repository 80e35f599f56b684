"""Whether a person wants to be written to: their words, the vendor's switch, and what was refused. The later one counts."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy.orm.attributes import flag_modified

from masteria.actions import activity
from masteria.channels.base import Inbound
from masteria.core.work import Work
from masteria.enums import Consent, Effect, Happened, Topic
from masteria.models import Contact

STOP_WORDS = frozenset({"sair", "parar", "pare", "cancelar", "descadastrar", "remover", "stop", "unsubscribe", "baja"})
START_WORDS = frozenset({"voltar", "start", "alta"})
SPOKEN = frozenset({"text", "button", "interactive", "edit"})  # kinds whose text is the person's own word
LONGEST = 100  # characters of a message that are looked at
_HAPPENED = {Consent.OPTED_OUT: Happened.CONTACT_OPTED_OUT, Consent.OPTED_IN: Happened.CONTACT_OPTED_IN}
_EFFECT = {Consent.OPTED_OUT: Effect.OPTED_OUT, Consent.OPTED_IN: Effect.OPTED_IN}


def note(work: Work, contact: Contact, consent: Consent, source: str, at: datetime) -> Effect:
    """The person's wish of that time. An older wish never undoes a newer one."""
    if contact.consent_at is not None and at < contact.consent_at:
        return Effect.CONSENT_UNCHANGED
    contact.consent_at = at
    flag_modified(contact, "consent_whatsapp")  # everyone's two columns are written, so many are one statement
    if contact.consent_whatsapp == consent:
        return Effect.CONSENT_UNCHANGED
    contact.consent_whatsapp = consent
    activity.record(work, contact, _HAPPENED[consent], source=source)
    work.announce(Topic.CONTACT, contact.id)
    return _EFFECT[consent]


def note_word(work: Work, contact: Contact, event: Inbound) -> None:
    """An opt-out is the whole message: "vou sair agora" is none.

    To come back one must have left: said by anyone else it makes no consent, yet an older stop that is heard of later
    must not win over it.
    """
    if event.kind not in SPOKEN:
        return
    word = normalised(event.text[:LONGEST])
    if word in STOP_WORDS:
        note(work, contact, Consent.OPTED_OUT, "word", event.at)
    elif word in START_WORDS:
        has_left = contact.consent_whatsapp == Consent.OPTED_OUT
        note(work, contact, Consent.OPTED_IN if has_left else contact.consent_whatsapp, "word", event.at)


def normalised(text: str) -> str:
    """Lower case, without accents, zero-width marks and punctuation at the ends."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(kept.lower().split()).strip(" .!?,;:'\"")
