"""Filters named after fields: a condition for each one that was asked for, its value a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel.sql.expression import SelectOfScalar

from masteria.kit.storable import storable_text
from masteria.queries.paging import T


def narrowed(wanted: Mapping[str, Any], *, q: str = "", text: str = "") -> tuple[str, dict[str, Any]]:
    """A condition over columns of ours and its values. None and "" were not asked for; `q` is part of the `text`."""
    given = {column: value for column, value in wanted.items() if value not in (None, "")}
    conditions = [f"{column} = :{_parameter(column)}" for column in given]
    values = {_parameter(column): value for column, value in given.items()}
    if q := storable_text(q, 80).strip().lower():
        conditions.append(f"position(:q in lower({text})) > 0")
        values["q"] = q
    return " and ".join(conditions) or "true", values


def narrow(query: SelectOfScalar[T], wanted: Mapping[str, Any], *, q: str = "", text: str = "") -> SelectOfScalar[T]:
    """The same for a query of a model."""
    condition, values = narrowed(wanted, q=q, text=text)
    return query.where(sa.text(condition).bindparams(**values))


def _parameter(column: str) -> str:
    return column.replace(".", "_")
