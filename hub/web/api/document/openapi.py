"""The OpenAPI document: what FastAPI reads from the routes, completed by what all operations have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import BaseRoute

from hub.web.api import versions
from hub.web.api.document.examples import EXAMPLES, example_of
from hub.web.error_answers import PROBLEM
from hub.web.problems import API, CODES, KINDS, Code, type_of
from hub.web.request_ids import HEADER as REQUEST_ID

METHODS = ("get", "post", "put", "delete")
GROUPS: Mapping[str, str] = {
    "companies": "Companies", "numbers": "Tracking numbers", "trackers": "Trackers", "waiting-callers": "Waiting callers",
    "queues": "Queues", "greetings": "Greetings", "caller-lists": "Lists of callers",
    "calls": "Calls, texts and forms", "forms": "Forms", "leads": "Leads", "visits": "Visits",
    "texts": "Texts", "tags": "Tags",
    "recordings": "Recordings", "deliveries": "Deliveries", "reports": "Reports",
    "saved-reports": "Saved reports", "report-emails": "Reports by email",
    "consent": "Consent", "doubtful_refusals": "Doubtful refusals",
    "webhooks": "Webhooks", "audit": "Audit log", "requests": "Privacy requests",
}  # fmt: skip
"""First part of a path → its heading."""
ABOUT = f"""\
What a program can read and do in a Ringfence hub, with the key of a user and what the user's role may do. Bodies and answers \
are JSON, times are UTC, errors are problem documents (RFC 9457).

Send an `Idempotency-Key` with each request that changes something: within 24 hours the same request with the same key is done \
once. A key has 120 requests at once and 4 a second after that. Each answer has an `{REQUEST_ID}`, which the hub's log has, too.
"""
KEY = "The key of a user. `hub users key NAME` makes one, and so does the page of a user."
NO_NUL = "^[^\\u0000]*$"
"""Of every text in an address: no database takes a NUL character."""
ALWAYS, WITH_ID, WITH_BODY, WRITES = (400, 401, 403, 422, 429, 500, 503), (404,), (413,), (409,)
"""The statuses of refusals: of every operation; of one that names a row; of one with a body; of one that writes."""
OF_THE_MOMENT = ("after", "Idempotency-Key")
"""Parameters of which an example cannot be sent as it is."""
RETRIED = (409, 429, 503)
"""Statuses whose answers may have `Retry-After`."""
SUFFIX = re.compile(r"(?<=.)Answer(?=$|-)")
"""What the names of schemas leave out of those of our classes."""


class Problem(BaseModel):
    """An error (RFC 9457). `detail` is one sentence for people; programs read `code`. `param` names the parameter, the field of
    the body or the header at fault; `request_id` is the one of the answer's header."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(json_schema_extra={"format": "uri-reference"})
    title: str
    status: int
    detail: str
    code: Code
    param: str | None
    request_id: str


def document_of(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of the API with these routes."""
    found = get_openapi(title="Ringfence", version=str(versions.CURRENT), description=ABOUT, routes=routes)
    document: dict[str, Any] = _renamed(found)
    for spoiled in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(spoiled, None)
    document["components"] |= _common_components()
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for path, method, operation in operations_in(document):
        _complete(document, path, method, operation)
    present = {path.split("/")[1] for path in document["paths"]}
    return {
        **document,
        "servers": [{"url": API}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for part, name in GROUPS.items() if part in present],
    }


def operations_in(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and object of each operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def query_names(document: Mapping[str, Any]) -> Mapping[tuple[str, str], frozenset[str]]:
    """Method and path → the names of the parameters that its query string may have."""
    return {
        (method.upper(), path): frozenset(each["name"] for each in operation["parameters"] if each.get("in") == "query")
        for path, method, operation in operations_in(document)
    }


def _common_components() -> dict[str, Any]:
    dates = [str(each) for each in versions.VERSIONS]
    version = {"type": "string", "enum": dates}
    return {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": KEY}},
        "headers": {
            "RequestId": {"description": "Names the request in the hub's log.", "schema": {"type": "string"}},
            "Version": {"description": "The version that answers.", "schema": version},
            "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
            "Allow": {"description": "The methods of the address.", "schema": {"type": "string"}},
        },
        "parameters": {
            "Version": {
                "name": versions.HEADER, "in": "header", "schema": version, "example": dates[-1],
                "description": "The version for which the program was written; the newest without it.",
            },
            "RequestId": {
                "name": REQUEST_ID, "in": "header", "example": EXAMPLES["request_id"],
                "schema": {"type": "string"},
                "description": "An id of your own for the request, at most 64 letters, digits and `_ . : -`; without it, "
                "and for one of another form, the hub makes one.",
            },
        },
        "responses": {str(status): _refusal(status) for status in CODES},
    }  # fmt: skip


def _refusal(status: int) -> dict[str, Any]:
    """The answer of one status: its codes, and an example of each."""
    codes = {code: kind for code, kind in KINDS.items() if kind.status == status}
    examples = {code: {"value": _problem_example(code)} for code in codes}
    schema = {"$ref": "#/components/schemas/Problem"}
    answer: dict[str, Any] = {
        "description": " ".join(f"`{code}`: {kind.about}" for code, kind in codes.items()),
        "headers": _headers(RetryAfter=status in RETRIED, Allow=status == 405),
        "content": {PROBLEM: {"schema": schema, "examples": examples}},
    }
    return answer


def _problem_example(code: Code) -> dict[str, Any]:
    kind = KINDS[code]
    return {
        "type": type_of(code), "title": kind.title, "status": kind.status, "detail": kind.about.replace("`", ""),
        "code": code, "param": EXAMPLE_PARAMS.get(code), "request_id": EXAMPLES["request_id"],
    }  # fmt: skip


EXAMPLE_PARAMS: Mapping[Code, str] = {
    "unknown_version": versions.HEADER, "invalid_parameter": "limit", "unknown_parameter": "sinse", "invalid_cursor": "after",
    "invalid_body": "status", "idempotency_key_reused": "Idempotency-Key", "request_in_progress": "Idempotency-Key",
}  # fmt: skip


def _headers(**others: bool) -> dict[str, Any]:
    names = {REQUEST_ID: "RequestId", versions.HEADER: "Version"}
    names |= {"Retry-After": "RetryAfter"} if others.get("RetryAfter") else {}
    names |= {"Allow": "Allow"} if others.get("Allow") else {}
    return {header: {"$ref": f"#/components/headers/{name}"} for header, name in names.items()}


def _complete(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> None:
    """Give one operation its group, summary, common parameters, examples and every status that occurs."""
    operation["tags"] = [GROUPS[path.split("/")[1]]]
    operation["summary"] = summary_of(operation["operationId"])
    operation["description"] = " ".join(operation["description"].split())
    parameters = operation.setdefault("parameters", [])
    for each in parameters:
        _complete_parameter(document, each)
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in ("Version", "RequestId")]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if content["schema"].get("format") != "binary":
            content["example"] = example_of(document, content["schema"])
    answers = {status: _success(document, each) for status, each in operation["responses"].items() if status < "300"}
    statuses = (
        ALWAYS
        + WITH_ID * ("{" in path or _names_company(document, operation))
        + WITH_BODY * ("requestBody" in operation)
    )
    statuses += WRITES * (method != "get" or path.endswith("/file") or path.endswith("/transcript"))
    refusals = {str(each): {"$ref": f"#/components/responses/{each}"} for each in sorted(statuses)}
    operation["responses"] = answers | refusals


def summary_of(operation_id: str) -> str:
    """`List calls` for `listCalls`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", operation_id).lower()
    return words[:1].upper() + words[1:]


def _names_company(document: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Whether a parameter or the body names a company or a tracker, which may not be there."""
    contents = operation.get("requestBody", {}).get("content", {}).values()
    names = [resolved(document, each["schema"]).get("properties", {}) for each in contents]
    return any({"company_id", "tracker_id"} & each.keys() for each in names) or any(
        each.get("name") in ("company", "company_id") for each in operation["parameters"]
    )


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference names, or the schema itself."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _complete_parameter(document: Mapping[str, Any], parameter: dict[str, Any]) -> None:
    """Give a parameter an example, and say of a text that it has no NUL."""
    schema = parameter["schema"]
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "string" and not each.keys() & {"enum", "const", "format", "pattern"}:
            each["pattern"] = NO_NUL
    parameter["schema"] = schema = _without_null(schema)
    if parameter["name"] not in OF_THE_MOMENT:
        own = schema.pop("examples", ())
        parameter["example"] = own[0] if own else example_of(document, schema, parameter["name"])


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that may be left out: it cannot be null."""
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(choices) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **choices[0]}


def _success(document: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without an error: its headers and its example; it is described by what its schema says."""
    answer["headers"] = _headers()
    for kind, content in answer.get("content", {}).items():
        if kind == "application/json":
            content["example"] = example_of(document, content["schema"])
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            about = document["components"]["schemas"].get(name, {}).get("description", "")
            answer["description"] = " ".join(about.split()) or answer["description"]
    return answer


def _renamed(found: Any) -> Any:
    """The document with names of schemas as programs read them: `Call` for `CallAnswer`."""
    if isinstance(found, dict):
        if "schemas" in found:
            found["schemas"] = {SUFFIX.sub("", name): each for name, each in found["schemas"].items()}
            for name, each in found["schemas"].items():
                each["title"] = name
        return {name: _renamed(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_renamed(each) for each in found]
    if isinstance(found, str) and found.startswith("#/components/schemas/"):
        return SUFFIX.sub("", found)
    return found
