"""What happened stays as it was written: PostgreSQL itself refuses to change, delete or empty the trail."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from masteria.actions import activity, contacts
from masteria.core.db import APP, OPS, engine, owner_engine, role_name
from masteria.core.work import work_across, work_as
from masteria.enums import Happened
from masteria.kit.ids import new_id
from tests.cast import Cast

REWRITES = (
    "update activity set actor_name = 'Ninguém'",
    "update activity set after = '{}'",
    "delete from activity",
    "truncate activity",
    "alter table activity disable row level security",
    "drop table activity",
)


def written(cast: Cast) -> int:
    with work_as(cast.ana) as work:
        return work.execute(
            "select count(*) from activity where actor_name <> 'Ninguém' and after <> '{}'"
        ).scalar_one()


@pytest.mark.parametrize("statement", REWRITES)
@pytest.mark.parametrize("role", [APP, OPS])
def test_neither_role_can_rewrite_the_trail(cast: Cast, role: str, statement: str) -> None:
    with work_as(cast.ana) as work:
        contacts.create_list(work, "Clientes")
    with engine(role).connect() as connection:
        connection.execute(sa.text(f"set local app.company_id = '{cast.ana.company_id}'"))
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            connection.execute(sa.text(statement))
    assert written(cast) == 1


def test_the_rights_on_the_trail_are_to_write_and_for_the_company_to_read() -> None:
    query = """select grantee, string_agg(privilege_type, ',' order by privilege_type) from (
        select grantee, privilege_type from information_schema.table_privileges where table_name = 'activity'
        union select grantee, privilege_type from information_schema.column_privileges where table_name = 'activity') g
        where grantee = any(:roles) group by grantee"""
    with owner_engine().connect() as connection:
        found = dict(connection.execute(sa.text(query), {"roles": [role_name(APP), role_name(OPS)]}).tuples().all())
    assert found == {role_name(APP): "INSERT,SELECT", role_name(OPS): "INSERT"}


def test_one_company_writes_nothing_into_anothers_trail(cast: Cast) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), work_as(cast.clara) as work:
        work.execute(
            """insert into activity (id, company_id, created_at, happened, subject_kind, subject_id, actor_kind,
               actor_name, request_id, ip, details, before, after) values (:id, :company, now(), 'contact.created',
               'contact', :id, 'person', '', '', '', '{}', '{}', '{}')""",
            {"id": new_id(), "company": cast.ana.company_id},
        )


def test_what_has_no_row_is_told_too(cast: Cast) -> None:
    subject = new_id()
    with work_as(cast.ana) as work:
        activity.record_about(work, "refresh_token", subject, Happened.SESSION_STARTED, method="api")
    with work_across() as database, pytest.raises(ProgrammingError, match="permission denied"):
        database.execute(sa.text("select 1 from activity"))
    with work_as(cast.ana) as work:
        row = work.execute("select subject_kind, details from activity where subject_id = :id", {"id": subject}).one()
    assert tuple(row) == ("refresh_token", {"method": "api"})
