"""The vendor's switch for marketing messages: stopped, wanted again, or refused because it is off. One statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from masteria.actions import people, wishes
from masteria.actions.people import People
from masteria.channels.base import Preference
from masteria.core.work import Work
from masteria.enums import Consent, Effect
from masteria.kit.echo import echoed
from masteria.models import Contact

Told = tuple[UUID, Preference]  # the connection it came in on, and the wish


def heed(work: Work, told: Sequence[Told]) -> list[Effect]:
    """Write down wishes in the order of time; says what each did. A stranger's stop is remembered too."""
    people.take_turns(work)
    refused = _refused(work, told)
    meant = _meant(work, told, refused)
    return [_note(work, who, wish, by_message=place in refused) for place, (who, (_, wish)) in enumerate(meant)]


def _meant(work: Work, told: Sequence[Told], refused: dict[int, UUID]) -> list[tuple[Contact | None, Told]]:
    """Whose wish each is: whoever the refused message was for, else the person that the vendor names."""
    named = [(wish.sender, wish.user_id) for place, (_, wish) in enumerate(told) if place not in refused]
    known = People(work, named, refused.values())
    found: list[tuple[Contact | None, Told]] = []
    for place, one in enumerate(told):
        who = known.of(refused[place]) if place in refused else _found(known, one[1])
        found.append((who, one))
    known.settle()
    return found


def _found(known: People, wish: Preference) -> Contact | None:
    who = known.find(wish.sender, wish.user_id)
    if who is not None or wish.value != "stop" or not (wish.sender or wish.user_id):
        return who
    return known.meet(wish.sender, wish.user_id, "")


def _note(work: Work, who: Contact | None, wish: Preference, *, by_message: bool) -> Effect:
    if who is None:
        return Effect.CONTACT_UNKNOWN
    consent = Consent.OPTED_OUT if wish.value == "stop" else Consent.OPTED_IN
    return wishes.note(work, who, consent, "refused" if by_message else "preference", wish.at)


def _refused(work: Work, told: Sequence[Told]) -> dict[int, UUID]:
    """Whom the refused messages were for, by their place in `told`: found by our echo or by the vendor's id."""
    rows: list[tuple[int, UUID, str | None, str | None, str]] = []
    for place, (connection_id, wish) in enumerate(told):
        if wish.refused is not None:
            kind, row_id = echoed(wish.refused.opaque) or ("", None)
            ours = (row_id if kind == "r" else None, row_id if kind == "m" else None)
            rows.append((place, connection_id, *ours, wish.refused.external_id))
    if not rows:
        return {}
    names = ("places", "connections", "recipients", "messages", "externals")
    values = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
    return {row.place: row.contact_id for row in work.execute(_REFUSED, {**values, "company": work.company_id})}


_REFUSED = """with refused as (select * from unnest(cast(:places as int[]), cast(:connections as uuid[]),
    cast(:recipients as uuid[]), cast(:messages as uuid[]), cast(:externals as text[]))
  as w(place, connection, recipient, message, external))
select w.place, found.contact_id from refused w cross join lateral (
  select r.contact_id from recipient r where r.company_id = :company and r.contact_id is not null
    and (r.id = w.recipient or r.provider_id = w.external)
  union all select v.contact_id from message m join conversation v on v.id = m.conversation_id
    where m.company_id = :company and v.connection_id = w.connection
      and (m.id = w.message or m.external_id = w.external) limit 1) found"""
