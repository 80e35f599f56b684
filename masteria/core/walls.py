"""What PostgreSQL's catalog says of the second wall: each query names what is not as it must be, so all are empty.

The tests run them, and `masteria doctor`: a table, key, view or role that somebody added by hand is found, too.
"""

from __future__ import annotations

import sqlalchemy as sa

from masteria.core.db import APP, OPS, role_name

_OURS = "from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'app'"
_OF_COMPANIES = "exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'company_id')"

FAULTS: dict[str, str] = {
    "tables without forced row security": f"""select c.relname {_OURS} where c.relkind in ('r', 'p')
        and c.relname <> 'alembic_version' and not (c.relrowsecurity and c.relforcerowsecurity)""",
    "company tables whose policy does not ask for the company": f"""select c.relname {_OURS}
        where c.relkind in ('r', 'p') and {_OF_COMPANIES} and not exists (
          select from pg_policy p where p.polrelid = c.oid and p.polroles = array[to_regrole(:app)::oid]
            and p.polcmd = '*' and pg_get_expr(p.polqual, p.polrelid) ~ '\\mcompany_id = .*current_company\\(\\)'
            and pg_get_expr(p.polwithcheck, p.polrelid) = pg_get_expr(p.polqual, p.polrelid))""",
    "more than one policy for the app role": f"""select c.relname {_OURS}
        join pg_policy p on p.polrelid = c.oid and p.polroles && array[to_regrole(:app)::oid, 0::oid]
        group by 1 having count(*) > 1""",
    "policies for everybody": f"select p.polname || ' on ' || c.relname {_OURS} "
    "join pg_policy p on p.polrelid = c.oid and 0 = any(p.polroles)",
    "company tables without an index that begins with the company": f"""select c.relname {_OURS}
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id'
        where c.relkind in ('r', 'p') and not exists (
          select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum)""",
    "keys between companies' rows that leave out the company": f"""select k.conrelid::regclass || '.' || k.conname
        from pg_constraint k where k.contype = 'f' and k.conparentid = 0
          and k.confrelid in (select c.oid {_OURS} where {_OF_COMPANIES})
          and not exists (select from unnest(k.conkey, k.confkey) part(own, theirs)
            join pg_attribute o on o.attrelid = k.conrelid and o.attnum = part.own and o.attname = 'company_id'
            join pg_attribute t on t.attrelid = k.confrelid and t.attnum = part.theirs and t.attname = 'company_id')""",
    "views that see with their owner's eyes": f"""select c.relname {_OURS} where c.relkind = 'v'
        and not coalesce('security_invoker=true' = any(c.reloptions), false)""",
    "views that keep a copy": f"select c.relname {_OURS} where c.relkind = 'm'",
    "functions that act for their owner without a fixed path or a company": """select f.oid::regprocedure::text
        from pg_proc f join pg_namespace n on n.oid = f.pronamespace where n.nspname in ('app', 'months')
          and f.prosecdef and not (
            coalesce(f.proconfig, '{}') && array['search_path=app, pg_temp', 'search_path="app", "pg_temp"']
            and f.prosrc like '%app.current_company()%')""",
    "roles that may do more than log in": """select r.rolname from pg_roles r where r.rolname in (:app, :ops)
        and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
          or exists (select from pg_auth_members m where m.member = r.oid)
          or exists (select from pg_class c where c.relowner = r.oid))""",
    "schemas where a role could make something": """select r.rolname || ' in ' || n.nspname
        from pg_roles r, pg_namespace n where r.rolname in (:app, :ops) and n.nspname in ('app', 'public', 'months')
          and (has_schema_privilege(r.oid, n.oid, 'create')
            or n.nspname = 'months' and has_schema_privilege(r.oid, n.oid, 'usage'))""",
    "months that can be reached past their table": """select r.rolname || ' on ' || c.relname
        from pg_roles r, pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'months'
        where r.rolname in (:app, :ops) and c.relkind = 'r'
          and has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references')""",
    "an audit trail that can be rewritten": """select r.rolname from pg_roles r where r.rolname in (:app, :ops)
        and (has_any_column_privilege(r.oid, 'app.activity', 'update')
          or has_table_privilege(r.oid, 'app.activity', 'delete, truncate'))""",
}


def breaches(connection: sa.Connection) -> dict[str, list[str]]:
    """What is not as it must be, by the kind of fault; nothing when the wall stands."""
    roles = {"app": role_name(APP), "ops": role_name(OPS)}
    found = {}
    for fault, query in FAULTS.items():
        values = {name: value for name, value in roles.items() if f":{name}" in query}
        found[fault] = [str(name) for name in connection.scalars(sa.text(query), values)]
    return {fault: names for fault, names in found.items() if names}
