"""Fast search of people behind row security: DDL for the migration, and what it promises to queries/contacts.py.

Row security keeps text operators away from their indexes, so the search runs in a function of the tables' owner that
asks for the current company itself. Each person is indexed under the words of the name, every ending of the number
(hence any part of it) and the whole address, each behind four characters of the company's id.
"""

from __future__ import annotations

from collections.abc import Iterator

from masteria.core.db import APP, role_name

PLAIN = r"""create function app.plain(value text) returns text language sql immutable strict parallel safe as
$$ select lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g')) $$"""

# runs for every row that is written, hence in the form that measured fastest
WORDS = r"""create function app.contact_words(company uuid, name text, phone text, email text) returns tsvector
language plpgsql immutable parallel safe cost 5000 as $$
declare
  mark text := right(company::text, 4);
  words text[] := string_to_array(mark || regexp_replace(app.plain(name), '[\s[:punct:]]+', ' ' || mark, 'g'), ' ');
begin
  for n in 2 .. coalesce(length(phone), 0) - 2 loop words := words || (mark || substr(phone, n)); end loop;
  if email <> '' then words := words || (mark || app.plain(email)); end if;
  return array_to_tsvector(words);
end $$"""

# every word is the beginning of one of a person's words, or the whole is the beginning of the address
QUERY = r"""create function app.contact_query(company uuid, q text) returns tsquery language sql immutable parallel safe
as $$
  with words as (select word, n from regexp_split_to_table(app.plain(q), '[\s[:punct:]]+') with ordinality s(word, n)
    where word <> '' limit 8),
  quoted as (select 'word' as kind, word from words union all select 'whole', app.plain(q)),
  marked as (select kind, right(company::text, 4) || replace(replace(word, '\', '\\'), '''', '''''') as m from quoted),
  lexemes as (select kind, string_agg('''' || m || ''':*', ' & ') as t from marked group by kind)
  select string_agg('(' || t || ')', ' | ')::tsquery from lexemes $$"""

_WHERE = """' where c.company_id = $1'
    || case when q = '' then '' else ' and app.contact_words(c.company_id, c.name, c.phone, c.email) @@ $2' end
    || case when tag = '' then '' else ' and c.tags @> array[$3]' end
    || case when list is null then '' else
      ' and exists (select from app.list_member m
         where m.company_id = $1 and m.list_id = $4 and m.contact_id = c.id)' end"""
_DEFINER = "language plpgsql stable security definer set search_path = app, pg_temp"

# `sort` is one of queries/contacts.py:CONTACT_SORTS
# planned anew each time: how common the words are decides between the words' index and the newest first
FIND = f"""create or replace function app.find_contacts(q text, tag text, list uuid, sort text, after_at timestamptz,
  after_name text, after_id uuid, most int) returns setof app.contact {_DEFINER} as $$
declare
  key text := case when sort like '%name' then 'lower(c.name) collate "C"' else 'c.created_at' end;
  after_key text := case when sort like '%name' then 'lower($6) collate "C"' else '$5' end;
  way text := case when sort like '-%' then ' desc' else '' end;
begin
  return query execute 'select c.* from app.contact c' || {_WHERE}
    || case when after_id is null then ''
      else ' and (' || key || ', c.id) ' || case way when '' then '>' else '<' end || ' (' || after_key || ', $7)' end
    || ' order by ' || key || way || ', c.id' || way || ' limit $8'
  using app.current_company(), app.contact_query(app.current_company(), q), tag, list,
    after_at, after_name, after_id, most;
end $$"""

COUNT = f"""create function app.count_contacts(q text, tag text, list uuid) returns bigint {_DEFINER} as $$
declare found bigint;
begin
  execute 'select count(*) from app.contact c' || {_WHERE} into found
  using app.current_company(), app.contact_query(app.current_company(), q), tag, list;
  return found;
end $$"""

_CALLED = (
    "find_contacts(text, text, uuid, text, timestamptz, text, uuid, int)",
    "count_contacts(text, text, uuid)",
)


def search_functions() -> Iterator[str]:
    """What the migration runs; only the app role may call the two that see past row security."""
    yield from (PLAIN, WORDS, QUERY, FIND, COUNT)
    for function in _CALLED:
        yield f"revoke all on function app.{function} from public"
        yield f'grant execute on function app.{function} to "{role_name(APP)}"'
