"""The OpenAPI document and its pages."""

from __future__ import annotations

import re

from openapi_spec_validator import validate

from masteria.api.document import operations
from masteria.api.door import ANYONE, WAYS_IN
from masteria.api.entry import SECURE_COOKIE
from tests.api.api import client


async def test_the_document_is_valid_and_open_to_all() -> None:
    async with client() as api:
        answer = await api.get("/openapi.json")
    spec = answer.json()
    validate(spec)
    assert spec["openapi"].startswith("3.1")
    assert spec["servers"] == [{"url": "/api/v1"}]


async def test_every_operation_says_how_it_fails_and_what_it_needs() -> None:
    async with client() as api:
        spec = (await api.get("/openapi.json")).json()
    for path, method, operation in operations(spec):
        where = f"{method} {path}"
        is_open = operation["x-permission"] == ANYONE
        assert operation["security"] == ([] if is_open else WAYS_IN), where
        assert operation["description"], where
        assert {"401", "403", "422", "429"} <= operation["responses"].keys(), where
        assert ("404" in operation["responses"]) == ("{" in path), where
        named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
        assert ("Idempotency-Key" in named) == (method == "post" and not is_open), where
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert len(good) == 1, where


async def test_the_ways_in_are_described() -> None:
    async with client() as api:
        schemes = (await api.get("/openapi.json")).json()["components"]["securitySchemes"]
    assert {name for way in WAYS_IN for name in way} == schemes.keys()
    assert (schemes["token"]["scheme"], schemes["token"]["bearerFormat"]) == ("bearer", "JWT")
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", SECURE_COOKIE)


async def test_bodies_refuse_unknown_fields_all_through() -> None:
    async with client() as api:
        spec = (await api.get("/openapi.json")).json()
    schemas = spec["components"]["schemas"]
    wanted = [
        content["schema"]
        for _, _, operation in operations(spec)
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    ]
    names, seen = set(re.findall(r"schemas/(\w+)", str(wanted))), set()
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        if schemas[name].get("type") == "object":
            assert schemas[name].get("additionalProperties") is False, name
        names |= set(re.findall(r"schemas/(\w+)", str(schemas[name])))
    assert len(seen) > 10


async def test_the_pages_need_no_other_host() -> None:
    async with client() as api:
        page = await api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/campaigns/{campaign_id}/launch" in page.text
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page.text) == []
    assert "<script" not in page.text
