"""The second wall: DDL that makes PostgreSQL itself refuse another company's rows. Used by migrations.

`app` sees one company at a time (`app.company_id`, set per transaction by `core/work.py`); `ops` sees the columns
that finding due work needs, of all companies.
"""

from __future__ import annotations

from collections.abc import Iterator

from masteria.core.db import APP, OPS, role_name

CURRENT_COMPANY = """create or replace function app.current_company() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('app.company_id', true), '')::uuid $$"""

OWN_ROWS = "company_id = (select app.current_company())"
# The same for a table whose every query names the company itself, or its rows by their ids. No index answers it, and the
# planner takes it to hold for half of the rows. Said twice in the other form, it takes the company's share of the table
# times itself: it expects one row where there are thousands, and plans for that.
OWN_ROWS_BY_KEY = "coalesce(company_id = (select app.current_company()), false)"


def company_table(table: str, grants: str = "select, insert, update, delete") -> Iterator[str]:
    """A table of company rows: forced row security, the app role held to the current company."""
    yield from _guarded(table)
    yield _policy(table, APP, OWN_ROWS)
    yield f'grant {grants} on app."{table}" to {_role(APP)}'


def open_to_ops(table: str, grants: str) -> Iterator[str]:
    """Let the ops role see (or change) the named columns of every company."""
    yield _policy(table, OPS, "true")
    yield f'grant {grants} on app."{table}" to {_role(OPS)}'


def shared_table(table: str, own: str, grants: str) -> Iterator[str]:
    """A table above companies: the app role sees the rows for which `own` holds."""
    yield from _guarded(table)
    yield _policy(table, APP, own)
    yield f'grant {grants} on app."{table}" to {_role(APP)}'


def ops_table(table: str, grants: str) -> Iterator[str]:
    """A table that belongs to people or the installation, to no company: the app role sees nothing of it."""
    yield from _guarded(table)
    yield from open_to_ops(table, grants)


def by_key(table: str) -> str:
    """Change a company table's policy to the form that no index answers."""
    return f'alter policy own_company on app."{table}" using ({OWN_ROWS_BY_KEY}) with check ({OWN_ROWS_BY_KEY})'


def _guarded(table: str) -> Iterator[str]:
    yield f'alter table app."{table}" enable row level security'
    yield f'alter table app."{table}" force row level security'
    yield f'create policy owner_all on app."{table}" for all to current_user using (true) with check (true)'
    yield f'revoke all on app."{table}" from {_role(APP)}, {_role(OPS)}'


def _policy(table: str, role: str, rows: str) -> str:
    name = "own_company" if role == APP else "find_due_work"
    return f'create policy {name} on app."{table}" for all to {_role(role)} using ({rows}) with check ({rows})'


def _role(role: str) -> str:
    return f'"{role_name(role)}"'
