"""`/api/v1/docs`: the OpenAPI document as a page, made by the server, so that it needs no script and no other site."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.web.api.document.openapi import operations_in, resolved
from hub.web.api.versions import LIFETIME_MONTHS, VERSIONS
from hub.web.pages.security import headers_with
from hub.web.pages.templates import rendered
from hub.web.problems import KINDS

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
    name: str
    """Its id in the document."""
    group: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: tuple[Field, ...]
    example: str
    """Of the answer, as JSON."""
    statuses: tuple[str, ...]


def docs_page(document: Mapping[str, Any], request: Request) -> Response:
    """The page; it says nothing about anybody's data, so it asks for no key."""
    order = [each["name"] for each in document["tags"]]
    found = sorted(operations(document), key=lambda each: order.index(each.group))
    groups = [(name, list(each)) for name, each in groupby(found, lambda each: each.group)]
    values = {"groups": groups, "title": "API", "errors": KINDS, "versions": VERSIONS, "months": LIFETIME_MONTHS}
    text = rendered("api_docs.html", None, values)
    headers = headers_with(secrets.token_urlsafe(NONCE_BYTES), https=request.url.scheme == "https")
    return Response(text, headers=headers, media_type="text/html")


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations of an OpenAPI document, in its order."""
    for path, method, operation in operations_in(document):
        yield _operation(document, path, method, operation)


def _operation(document: Mapping[str, Any], path: str, method: str, spec: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Field(each["name"], kind_of(each["schema"]), each.get("required", False), _words(each))
        for each in spec["parameters"]
        if "name" in each
    )
    body = spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answer = spec["responses"].get("200", {}).get("content", {}).get("application/json", {})
    about = f"{spec['description']} {resolved(document, body).get('description', '')}".strip()
    fields = tuple(fields_of(document, body)), tuple(fields_of(document, answer.get("schema", {})))
    return Operation(
        method.upper(),
        path,
        spec["operationId"],
        spec["tags"][0],
        about,
        parameters,
        *fields,
        example=json.dumps(answer["example"], indent=2) if "example" in answer else "",
        statuses=tuple(spec["responses"]),
    )


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
