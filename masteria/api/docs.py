"""The API's pages, made from its own OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

import html
import json
from typing import Any

STYLE = """:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:860px;margin:0 auto;padding:24px 18px 80px}
h2{margin-top:36px;text-transform:capitalize}details{border:1px solid #8884;border-radius:9px;margin:8px 0;padding:9px 14px}
summary{cursor:pointer;display:flex;gap:12px;align-items:center}b.method{min-width:58px;font-size:12px}code,pre{font:13px ui-monospace,monospace}
pre{overflow:auto;background:#8881;padding:10px;border-radius:8px}table{border-collapse:collapse}td{padding:3px 14px 3px 0;vertical-align:top}"""


def docs_page(openapi: dict[str, Any]) -> str:
    """Every operation by resource, with its parameters and body."""
    groups: dict[str, list[str]] = {}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation.get("tags", ["other"])[0], []).append(
                _operation(path, method, operation, openapi)
            )
    sections = "".join(f"<h2>{html.escape(tag)}</h2>{''.join(found)}" for tag, found in groups.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Masteria API</title><style>{STYLE}</style></head><body><h1>Masteria API</h1>"
        "<p>Send <code>Authorization: Bearer mk_…</code>. Lists take <code>limit</code> and <code>cursor</code>; every POST takes "
        "<code>Idempotency-Key</code>. Errors are <code>application/problem+json</code>. "
        '<a href="/api/v1/openapi.json">OpenAPI 3.1 document</a></p>'
        f"{sections}</body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any], openapi: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(p['name'])}</code></td><td>{html.escape(p['in'])}</td>"
        f"<td>{html.escape(str(p.get('description', '')))}</td></tr>"
        for p in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {})
    shape = "".join(
        f"<p>{kind}</p><pre>{html.escape(_schema(c.get('schema', {}), openapi))}</pre>" for kind, c in body.items()
    )
    return (
        f"<details><summary><b class=method>{method.upper()}</b><code>{html.escape(path)}</code></summary>"
        f"<p>{html.escape(operation.get('description') or operation.get('summary', ''))}</p><table>{rows}</table>{shape}</details>"
    )


def _schema(schema: dict[str, Any], openapi: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    found = openapi.get("components", {}).get("schemas", {}).get(name, schema)
    return json.dumps(found.get("properties", found), indent=2, ensure_ascii=False)
