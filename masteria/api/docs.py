"""The API's pages: the OpenAPI document as one plain HTML page, readable without any other host."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Any

from masteria.api.document import operations

STYLE = """
:root{color-scheme:light dark;--line:light-dark(#e4e4e9,#2c2c33);--soft:light-dark(#f6f6f9,#1b1b20);
--ink:light-dark(#17171c,#ececf1);--dim:light-dark(#5f5f6b,#a0a0ad);--accent:light-dark(#5b5bd6,#a3a3ff)}
*{box-sizing:border-box}body{margin:0 auto;max-width:62rem;padding:2rem 1rem 6rem;color:var(--ink);
background:light-dark(#fff,#121216);font:15px/1.6 system-ui,sans-serif}
h1{font-size:1.6rem}h2{margin:3rem 0 .5rem;font-size:1.15rem}nav a{margin-right:.9rem}a{color:var(--accent)}
details{border:1px solid var(--line);border-radius:10px;margin:.6rem 0;overflow:hidden}
summary{display:flex;gap:.8rem;flex-wrap:wrap;align-items:baseline;padding:.6rem .9rem;cursor:pointer;
background:var(--soft)}
summary b{min-width:4rem;color:var(--accent);font-size:.8rem}summary span{color:var(--dim);margin-left:auto}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:var(--soft);padding:.8rem;border-radius:8px;overflow:auto}
section{padding:.3rem .9rem 1rem}table{border-collapse:collapse;width:100%}
td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-top:1px solid var(--line)}
.dim{color:var(--dim)}"""


def page(spec: dict[str, Any]) -> str:
    """One page with every operation by resource, its parameters, body and answers."""
    found = sorted(operations(spec), key=lambda o: o[2]["tags"][0])
    groups = [(tag, list(rows)) for tag, rows in groupby(found, key=lambda o: o[2]["tags"][0])]
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag, _ in groups)
    body = "".join(
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>' + "".join(_operation(spec, *row) for row in rows)
        for tag, rows in groups
    )
    title = escape(f"{spec['info']['title']} {spec['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{_text(spec['info']['description'])}</p>"
        f'<p class="dim">Addresses begin with <code>{escape(spec["servers"][0]["url"])}</code>. '
        f'Machines read <a href="openapi.json">openapi.json</a>.</p><nav>{links}</nav>{body}</html>'
    )


def _operation(spec: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = [
        (p["name"], p["in"], _type(spec, p["schema"]), p.get("required"), p.get("description", ""))
        for p in operation.get("parameters", [])
    ]
    content = operation.get("requestBody", {}).get("content", {})
    bodies = "".join(f"<h4>Body ({escape(kind)})</h4>{_fields(spec, c['schema'])}" for kind, c in content.items())
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b><code>{escape(path)}</code>'
        f"<span>{escape(operation['x-permission'])}</span></summary>"
        f"<section><p>{_text(operation.get('description', ''))}</p>"
        f"{_table(parameters)}{bodies}<h4>Answers</h4>{_answers(spec, operation['responses'])}</section></details>"
    )


def _answers(spec: dict[str, Any], responses: dict[str, Any]) -> str:
    rows = []
    for status, response in sorted(responses.items()):
        content = response.get("content", {})
        kind = next(iter(content), "")
        schema = _type(spec, content[kind].get("schema", {})) if kind else ""
        rows.append(f"<tr><td>{escape(status)}</td><td>{_text(response['description'])}</td><td>{schema}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _fields(spec: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolved(spec, schema)
    required = schema.get("required", [])
    return _table(
        [
            (name, "", _type(spec, part), name in required, part.get("description", ""))
            for name, part in schema.get("properties", {}).items()
        ]
    )


def _table(rows: list[tuple[str, str, str, bool | None, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if required else ''}</td><td>{escape(where)}</td><td>{kind}</td>"
        f"<td>{_text(words)}</td></tr>"
        for name, where, kind, required, words in rows
    )
    return f"<table>{cells}</table>"


def _type(spec: dict[str, Any], schema: dict[str, Any]) -> str:
    """A schema in a few words; alternatives by a bar."""
    if "$ref" in schema:
        return escape(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_type(spec, part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(f"<code>{escape(str(v))}</code>" for v in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"[{_type(spec, schema.get('items', {}))}]"
    return escape(schema.get("format") or str(schema.get("type", "any")))


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        schema = next((part for part in schema["anyOf"] if "$ref" in part), schema)
    name = schema.get("$ref", "").rpartition("/")[2]
    return spec["components"]["schemas"][name] if name else schema


def _text(words: str) -> str:
    """Escaped, with `code` between back-ticks."""
    parts = escape(words).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
