"""The second wall, table by table: whatever the code forgets, PostgreSQL lets one company touch its own rows alone."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from masteria.core.db import APP, OPS, engine, owner_engine, role_name
from masteria.core.walls import FAULTS, breaches
from masteria.kit.ids import new_id
from masteria.models.sealed import Sealed
from tests.cast import Cast, make_cast
from tests.rows import PARTICULAR, Rows, key_of, one_of_everything, plain, tables

TABLES = tables()
# what belongs to a person or the installation: the app role may not even ask
ABOVE = {"backup_code", "login", "mail", "operator_act", "second_step", "ticket"}
# one way to break the wall for each fault that the catalog can have
BREACHES = {
    "create table app.bare (id int)": "tables without forced row security",
    "alter table app.contact no force row level security": "tables without forced row security",
    'drop policy own_company on app.contact; create policy own_company on app.contact for all to "{app}" '
    "using (true) with check (true)": "company tables whose policy does not ask for the company",
    'create policy more on app.contact for select to "{app}" using (true)': "more than one policy for the app role",
    "create policy more on app.company for select using (true)": "policies for everybody",
    "create table app.bare (company_id uuid)": "company tables without an index that begins with the company",
    "create table app.bare (message_id uuid references app.contact (id))": (
        "keys between companies' rows that leave out the company"
    ),
    "create view app.bare as select * from app.contact": "views that see with their owner's eyes",
    "create materialized view app.bare as select * from app.contact": "views that keep a copy",
    "create function app.bare() returns bigint language sql security definer as 'select count(*) from app.contact'": (
        "functions that act for their owner without a fixed path or a company"
    ),
    'alter role "{app}" bypassrls': "roles that may do more than log in",
    'grant create on schema app to "{app}"': "schemas where a role could make something",
    'grant select on months.message_rest to "{app}"': "months that can be reached past their table",
    'grant update on app.activity to "{app}"': "an audit trail that can be rewritten",
}
BY_COMPANY = [t for t in TABLES if t.name not in ABOVE]


@pytest.fixture(scope="module")
def cast(services: None) -> Cast:
    return make_cast()


@pytest.fixture(scope="module")
def ours(cast: Cast) -> Rows:
    """One row of every table, in Aurora or of her owner."""
    return one_of_everything(cast.ana)


def as_app(company_id: UUID | None) -> sa.Connection:
    """A connection as the web and the workers have it, held to this company or to none."""
    connection = engine(APP).connect()
    connection.execute(sa.text("select set_config('app.company_id', :id, true)"), {"id": str(company_id or "")})
    return connection


def where(table: sa.Table, rows: Rows) -> sa.ColumnElement[bool]:
    found = plain(table)
    return sa.and_(*(found.c[name] == value for name, value in key_of(table, rows.of(table)).items()))


def seen(table: sa.Table, rows: Rows, company_id: UUID | None) -> int:
    """How many rows with our row's key this company sees; -1: it may not ask."""
    with as_app(company_id) as connection:
        try:
            return connection.scalar(sa.select(sa.func.count()).where(where(table, rows))) or 0
        except ProgrammingError as error:
            if "permission denied" in str(error):
                return -1
            raise


def stands(table: sa.Table, rows: Rows) -> str | None:
    """Our row as it is now, its version with it."""
    keys = {name: str(value) for name, value in key_of(table, rows.of(table)).items()}
    condition = " and ".join(f"t.{name}::text = :{name}" for name in keys)
    with owner_engine().connect() as connection:
        return connection.scalar(sa.text(f"select t::text || t.xmin from app.{table.name} t where {condition}"), keys)


def hangs_on(table: sa.Table) -> bool:
    """Whether its rows point at another row of their company."""
    return any(key.column.name == "company_id" for c in table.columns for key in c.foreign_keys)


def copied(table: sa.Table, rows: Rows) -> dict[str, object]:
    """A new row beside ours, with its parents."""
    values = rows.fresh(table)
    return values | ({"id": new_id()} if "id" in values else {}) | PARTICULAR.get(table.name, {})


@pytest.mark.parametrize("fault", FAULTS)
def test_the_catalog_knows_no(fault: str, services: None) -> None:
    with owner_engine().connect() as connection:
        assert breaches(connection).get(fault, []) == []


@pytest.mark.parametrize("table", BY_COMPANY, ids=lambda t: t.name)
def test_a_company_sees_its_own_row_and_no_other_does(ours: Rows, cast: Cast, table: sa.Table) -> None:
    assert seen(table, ours, cast.ana.company_id) == 1
    assert seen(table, ours, cast.clara.company_id) == 0


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_without_a_company_no_row_is_seen(ours: Rows, table: sa.Table) -> None:
    assert seen(table, ours, None) == (-1 if table.name in ABOVE else 0)


@pytest.mark.parametrize("name", sorted(ABOVE))
def test_what_belongs_to_people_is_closed_to_companies(ours: Rows, cast: Cast, name: str) -> None:
    table = next(t for t in TABLES if t.name == name)
    assert seen(table, ours, cast.ana.company_id) == -1


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_another_company_changes_and_deletes_nothing(ours: Rows, cast: Cast, table: sa.Table) -> None:
    before, found = stands(table, ours), plain(table)
    assert before
    # column by column: the role may be allowed to change some only
    for statement in (found.delete(), *(found.update().values({c.name: c}) for c in found.c)):
        with as_app(cast.clara.company_id) as connection:
            try:
                assert connection.execute(statement.where(where(table, ours))).rowcount == 0
            except ProgrammingError as error:
                if "permission denied" not in str(error):
                    raise
            connection.commit()
    assert stands(table, ours) == before


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_another_company_puts_no_row_among_ours(ours: Rows, cast: Cast, table: sa.Table) -> None:
    values = copied(table, ours)
    with as_app(cast.clara.company_id) as connection, pytest.raises(ProgrammingError) as refused:
        connection.execute(plain(table).insert().values(**values))
    assert "row-level security" in str(refused.value) or "permission denied" in str(refused.value)


@pytest.mark.parametrize("table", [t for t in TABLES if hangs_on(t)], ids=lambda t: t.name)
def test_no_row_of_another_company_hangs_on_one_of_ours(ours: Rows, cast: Cast, table: sa.Table) -> None:
    values = copied(table, ours) | {"company_id": cast.clara.company_id}
    with owner_engine().connect() as connection, pytest.raises(IntegrityError, match="foreign key"):
        connection.execute(plain(table).insert().values(**values))


def test_the_role_across_companies_reads_no_secret_and_no_content(services: None) -> None:
    sealed = {(t.name, c.name) for t in TABLES for c in t.columns if isinstance(c.type, Sealed)}
    content = {("message", "text"), ("contact", "phone"), ("recipient", "phone"), ("intake", "body")}
    assert len(sealed) >= 4
    query = sa.text("select has_column_privilege(:role, 'app.' || :table, :column, 'select')")
    with owner_engine().connect() as connection:
        open_to = [
            (table, column)
            for table, column in sorted(sealed | content)
            if connection.scalar(query, {"role": role_name(OPS), "table": table, "column": column})
        ]
    assert open_to == []


def test_a_wall_that_is_missing_is_found(services: None) -> None:
    """Each kind of fault, made and taken back: otherwise an empty answer would prove nothing."""
    for statement, fault in BREACHES.items():
        with owner_engine().connect() as connection:
            for part in statement.format(app=role_name(APP)).split(";"):
                connection.execute(sa.text(part))
            assert fault in breaches(connection), statement
            connection.rollback()
    assert {fault for fault in FAULTS} == set(BREACHES.values())
