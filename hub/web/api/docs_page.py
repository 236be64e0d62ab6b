"""`/api/v1/docs`: the OpenAPI document as a page, made by the server, so that it needs no script and no other site."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from hub.web.pages.security import headers_with
from hub.web.pages.templates import rendered

METHODS = ("get", "post", "put", "delete")
GROUPS: Mapping[str, str] = {
    "companies": "Companies", "calls": "Calls, texts and forms", "leads": "Leads", "visits": "Visits",
    "texts": "Texts", "tags": "Tags",
    "recordings": "Recordings", "deliveries": "Deliveries", "reports": "Reports",
    "saved-reports": "Saved reports", "report-emails": "Reports by e-mail",
    "consent": "Consent", "doubtful_refusals": "Doubtful refusals",
    "audit": "Audit log", "requests": "Privacy requests",
}  # fmt: skip
"""First part of a path → its heading."""
NONCE_BYTES = 16


@dataclass(frozen=True)
class Field:
    """One parameter, or one field of a body or an answer."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    title: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: tuple[Field, ...]


def docs_page(api: FastAPI, request: Request) -> Response:
    """The page; it says nothing about anybody's data, so it asks for no key."""
    document = api.openapi()
    found = sorted(operations(document), key=lambda each: list(GROUPS).index(_group(each)))
    groups = [(GROUPS[name], list(each)) for name, each in groupby(found, _group)]
    text = rendered("api_docs.html", None, {"groups": groups, "title": "API"})
    headers = headers_with(secrets.token_urlsafe(NONCE_BYTES), https=request.url.scheme == "https")
    return Response(text, headers=headers, media_type="text/html")


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations of an OpenAPI document, in its order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(document, path, method, item[method])


def _operation(document: Mapping[str, Any], path: str, method: str, spec: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Field(each["name"], kind_of(each["schema"]), each.get("required", False), _words(each))
        for each in spec.get("parameters", ())
    )
    body = spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = (spec["responses"].get(code, {}) for code in ("200", "201"))
    answer: Mapping[str, Any] = next((each["content"] for each in answers if "content" in each), {})
    shape = answer.get("application/json", {}).get("schema", {})
    about = spec.get("description") or resolved(document, body).get("description") or ""
    fields = tuple(fields_of(document, body)), tuple(fields_of(document, shape))
    return Operation(method.upper(), path, spec.get("summary", ""), about, parameters, *fields)


def fields_of(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Iterator[Field]:
    """The fields of a body or an answer; those of the objects in a list stand below it."""
    shape = resolved(document, schema)
    required = shape.get("required", ())
    for name, each in shape.get("properties", {}).items():
        yield Field(name, kind_of(each), name in required, each.get("description", ""))
        inner = each.get("items", each)
        if "$ref" in inner and depth < 1:
            for deeper in fields_of(document, inner, depth + 1):
                yield Field(f"{name}.{deeper.name}", deeper.kind, deeper.required, deeper.about)


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference names, or the schema itself."""
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name]
    return found


def kind_of(schema: Mapping[str, Any]) -> str:
    """`text`, `whole number or null`, `list of text`."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}
    formats = {"date-time": "time", "date": "date"}
    return str(formats.get(schema.get("format", ""), words.get(kind, kind)))


def _words(parameter: Mapping[str, Any]) -> str:
    return str(parameter.get("description") or parameter["schema"].get("description") or "")


def _group(operation: Operation) -> str:
    return operation.path.split("/")[1]
