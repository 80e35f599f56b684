"""Quotas: they hold where the feature is limited, in every way in, and two at once cannot both take the last place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from masteria.actions import bulk, campaigns, connections, contacts, quotas
from masteria.actions.bulk import Person
from masteria.channels.base import NumberInfo
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Feature, Level, Quota
from masteria.flows import importing
from masteria.kit.errors import Conflict
from masteria.models import Company, CompanyFeature
from masteria.queries import contacts as found
from tests.cast import Cast, a_connection, a_template
from tests.cast import contacts as people

INFO = NumberInfo("+55 11 90000-0100", "Aurora", "GREEN", 80, True)


def limit(actor: Actor, feature: Feature | None = None, level: Level = Level.LIMITED, **most: int) -> None:
    with work_across() as database:
        company = database.get_one(Company, actor.company_id)
        for name, value in most.items():
            setattr(company, name, value)
        if feature is not None:
            database.add(CompanyFeature(company_id=actor.company_id, feature=feature, level=level))


def add(actor: Actor, number: int) -> UUID:
    with work_as(actor) as work:
        return contacts.create(work, f"+55119870000{number:02d}")


def test_the_last_place_is_taken_and_the_next_is_refused(cast: Cast) -> None:
    limit(cast.ana, Feature.CONTACTS, max_contacts=2)
    add(cast.ana, 1)
    add(cast.ana, 2)
    with pytest.raises(Conflict, match="quota_contacts") as refused:
        add(cast.ana, 3)
    assert refused.value.details["limit"] == 2
    with work_as(cast.ana) as work:
        assert found.count_contacts(work) == 2


def test_a_number_that_is_known_is_said_to_be_taken_even_at_the_limit(cast: Cast) -> None:
    limit(cast.ana, Feature.CONTACTS, max_contacts=1)
    add(cast.ana, 1)
    with pytest.raises(Conflict, match="phone_taken"):
        add(cast.ana, 1)


def test_a_quota_does_not_hold_where_the_feature_is_there_in_full(cast: Cast) -> None:
    limit(cast.ana, max_contacts=0)
    assert add(cast.ana, 1)


def test_of_many_at_once_as_many_get_in_as_there_are_places(cast: Cast) -> None:
    limit(cast.ana, Feature.CONTACTS, max_contacts=5)

    def knock(number: int) -> bool:
        try:
            return bool(add(cast.ana, number))
        except Conflict:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(knock, range(20))) == 5
    with work_as(cast.ana) as work:
        assert found.count_contacts(work) == 5


def test_one_companys_quota_is_not_anothers(cast: Cast) -> None:
    limit(cast.ana, Feature.CONTACTS, max_contacts=0)
    assert add(cast.clara, 1)


def test_a_file_fills_the_quota_and_hands_the_others_back_as_they_were(cast: Cast, tmp_path: Path) -> None:
    limit(cast.ana, Feature.CONTACTS, max_contacts=3)
    people(cast.ana, 1)
    path = tmp_path / "pessoas.csv"
    path.write_text("Nome;Fone\n" + "".join(f"Pessoa {n};(11) 98700-00{n:02d}\n" for n in range(5)))
    import_id, counts = importing.import_file(cast.ana, path, {}, {})
    assert (counts.created, counts.rejected, counts.skipped) == (2, 3, 0)
    with work_as(cast.ana) as work:
        assert found.count_contacts(work) == 3
        left = found.rejects_csv(work, import_id).splitlines()[1:]  # pyright: ignore[reportArgumentType]
    assert len(left) == 3
    assert all(";quota_contacts;Pessoa " in line and "(11) 98700-00" in line for line in left)


def test_a_full_company_still_updates_whom_it_has(cast: Cast) -> None:
    limit(cast.ana, Feature.CONTACTS, max_contacts=1)
    add(cast.ana, 1)
    with work_as(cast.ana) as work:
        brought = bulk.bring(work, [Person("+5511987000001", name="Rui"), Person("+5511987000009")], {})
        assert (brought.counts.created, brought.counts.updated) == (0, 1)
        assert brought.rejected == ((1, "quota_contacts"),)


def test_a_number_too_many_is_not_connected(cast: Cast) -> None:
    a_connection(cast.ana)
    limit(cast.ana, Feature.CONNECTIONS, max_connections=1)
    settings = {"phone_number_id": "123456", "waba_id": "654321", "access_token": "um-token-1", "app_secret": "x" * 32}
    with pytest.raises(Conflict, match="quota_connections"), work_as(cast.ana) as work:
        connections.create(work, "Outra", "whatsapp_cloud", settings, INFO)


def test_members_are_counted_whatever_the_features(cast: Cast) -> None:
    limit(cast.ana, max_members=3)
    with work_as(cast.ana) as work, pytest.raises(Conflict, match="quota_members"):
        quotas.require(work, Quota.MEMBERS)


def a_campaign(actor: Actor, count: int) -> UUID:
    connection = a_connection(actor)
    people(actor, count)
    with work_as(actor) as work:
        return campaigns.create(
            work,
            name="Novidades",
            connection_id=connection.id,
            template_id=a_template(actor, connection).id,
            variables={"1": {"field": "name", "fallback": "você"}},
            audience={"all": True},
        )


def test_a_campaign_over_the_months_messages_is_blocked_beforehand_and_at_the_launch(cast: Cast) -> None:
    campaign_id = a_campaign(cast.ana, 3)
    limit(cast.ana, Feature.CAMPAIGNS, max_messages_per_month=2)
    with work_as(cast.ana) as work:
        assert "quota_messages" in campaigns.preflight(work, campaign_id).blocks
    with pytest.raises(Conflict, match="quota_messages") as refused, work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id)
    assert refused.value.details == {"limit": 2, "left": 2}


def test_what_was_launched_counts_before_it_is_sent(cast: Cast) -> None:
    first = a_campaign(cast.ana, 3)
    limit(cast.ana, Feature.CAMPAIGNS, max_messages_per_month=5)
    with work_as(cast.ana) as work:
        campaigns.launch(work, first)
        work.rung.clear()
    with work_as(cast.ana) as work:
        assert quotas.messages(work) == 3
        second = campaigns.create(
            work,
            name="De novo",
            kind="text",
            body="Oi, tudo bem?",
            connection_id=a_connection(cast.ana).id,
            audience={"all": True},
        )
        room = quotas.room(work, Quota.MESSAGES)
        assert room is not None
        assert room.left == 2
        assert second
