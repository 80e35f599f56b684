"""Ids are UUIDs of version 7, whoever makes them: Python or PostgreSQL."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from masteria.actions import bulk, campaigns, intake, templates
from masteria.channels.base import TemplateInfo
from masteria.core.db import owner_engine
from masteria.core.work import Work, work_as
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from tests.cast import Cast, a_connection, a_template


def test_the_database_makes_ids_of_version_7_in_the_order_of_time() -> None:
    before = now()
    with owner_engine().connect() as connection:
        found: list[UUID] = list(connection.scalars(sa.text("select uuidv7() from generate_series(1, 1000)")))
    after = now()
    assert {(made.version, made.variant) for made in found} == {(7, new_id().variant)}
    assert len(set(found)) == 1000
    moments = [made.int >> 80 for made in found]
    assert moments == sorted(moments)
    assert int(before.timestamp() * 1000) <= moments[0] <= moments[-1] <= int(after.timestamp() * 1000)


def test_rows_made_in_sql_have_such_ids(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    template = a_template(cast.ana, connection)
    info = TemplateInfo("9001", "outro", "pt_BR", "MARKETING", "approved", "POSITIONAL", "Oi!", (), [], None, None)
    with work_as(cast.ana) as work:
        bulk.bring(work, [bulk.Person("+5511987654321", "Rita")], {})
        intake.take_in(work, connection.id, [b"{}"])
        variables = {"1": {"fallback": "você"}}
        parts = {"connection_id": connection.id, "template_id": template.id, "variables": variables}
        campaigns.launch(work, campaigns.create(work, name="Novidades", audience={"all": True}, **parts))
        templates.mirror(work, connection.id, [info])
        for table in ("contact", "template", "intake", "recipient"):
            assert versions(work, table) == {7}, table


def versions(work: Work, table: str) -> set[int | None]:
    return {made.version for made in work.execute(f"select id from {table}").scalars()}
