"""A request to a stand-in is held against what the provider's API accepts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from hub.contracts.operations import Operations

API = """
GET /v1/calls: {query: {status: queued|ended, "page[size]": 1..50, since: time}}
POST /v1/calls/{id}/texts: {form: {to!: phone, body: text..5, url: [url], flag: flag}}
PATCH /v1/calls/{id}: {json: {name!: text or null, count: 1..9, live: flag, "notes": [{text!: text}], key: "/[A-Z]{2}/"}}
POST /v1/files: {multipart: {File!: any, kind!: bill}}
DELETE /v1/calls/{id}: {}
"""
FORM, JSON = "application/x-www-form-urlencoded; charset=utf-8", "application/json"
PARTS = 'multipart/form-data; boundary="x"'


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Operations:
    file = tmp_path_factory.mktemp("api") / "operations.yaml"
    file.write_text(API)
    return Operations(file)


def told(api: Operations, request: str, query: str = "", content_type: str = "", body: bytes = b"") -> str:
    method, path = request.split()
    fault = api.fault(method, path, query, content_type, body)
    return f"{fault.why} {fault.field}".strip() if fault else ""


@pytest.mark.parametrize(
    ("request_line", "query", "fault"),
    [
        ("GET /v1/calls", "status=ended&page[size]=50&since=2026-11-27T06:00:00Z", ""),
        ("GET /v1/calls", "page[size]=51", "value page[size]"),
        ("GET /v1/calls", "page[size]=0", "value page[size]"),
        ("GET /v1/calls", "page[size]=many", "value page[size]"),
        ("GET /v1/calls", "status=lost", "value status"),
        ("GET /v1/calls", "since=noon", "value since"),
        ("GET /v1/calls", "limit=5", "unknown limit"),
        ("GET /v1/calls", "status=ended&status=queued", "value status"),
        ("GET /v1/people", "", "operation"),
        ("PUT /v1/calls", "", "operation"),
        ("DELETE /v1/calls/7/texts", "", "operation"),
        ("DELETE /v1/calls/7", "", ""),
    ],
)
def test_a_query_names_what_the_provider_knows(api: Operations, request_line: str, query: str, fault: str) -> None:
    assert told(api, request_line, query) == fault


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"to": "+13125550142", "body": "five.", "url": ["https://example.com/a", "http://example.com"]}, ""),
        ({"body": "five."}, "missing to"),
        ({"to": "3125550142"}, "value to"),
        ({"to": "+13125550142", "body": "longer"}, "value body"),
        ({"to": "+13125550142", "url": ["ftp://example.com"]}, "value url"),
        ({"to": "+13125550142", "flag": "yes"}, "value flag"),
        ({"to": ["+13125550142", "+13125550143"]}, "value to"),
    ],
)
def test_a_form_holds_what_the_provider_takes(api: Operations, fields: dict[str, Any], fault: str) -> None:
    body = urlencode(fields, doseq=True).encode()
    assert told(api, "POST /v1/calls/7/texts", content_type=FORM, body=body) == fault
    assert told(api, "POST /v1/calls/7/texts", content_type=JSON, body=json.dumps(fields).encode()) == "media_type"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"name": None, "count": 9, "live": False, "notes": [{"text": "a"}], "key": "AB"}, ""),
        ({"count": 9}, "missing name"),
        ({"name": "a", "count": "9"}, "value count"),
        ({"name": "a", "count": True}, "value count"),
        ({"name": "a", "count": 10}, "value count"),
        ({"name": 7}, "value name"),
        ({"name": "a", "live": "true"}, "value live"),
        ({"name": "a", "notes": {"text": "a"}}, "value notes"),
        ({"name": "a", "notes": [{"text": "a", "by": "b"}]}, "unknown notes.by"),
        ({"name": "a", "notes": ["a"]}, "malformed notes"),
        ({"name": "a", "key": "abc"}, "value key"),
        ([], "malformed"),
    ],
)
def test_an_object_holds_what_the_provider_takes(api: Operations, body: Any, fault: str) -> None:
    assert told(api, "PATCH /v1/calls/7", content_type=JSON, body=json.dumps(body).encode()) == fault


def test_a_body_that_cannot_be_read_or_is_not_wanted_is_refused(api: Operations) -> None:
    assert told(api, "PATCH /v1/calls/7", content_type=JSON, body=b"{") == "malformed"
    assert told(api, "PATCH /v1/calls/7", content_type=FORM, body=b"name=a") == "media_type"
    assert told(api, "DELETE /v1/calls/7", content_type=JSON, body=b"{}") == "media_type"
    head = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    parts = head % (b"File", b"%PDF") + head % (b"kind", b"bill")
    assert told(api, "POST /v1/files", content_type=PARTS, body=parts + b"--x--\r\n") == ""
    assert (
        told(api, "POST /v1/files", content_type=PARTS, body=head % (b"File", b"%PDF") + b"--x--\r\n") == "missing kind"
    )
    assert told(api, "POST /v1/files", content_type=PARTS, body=b"nothing") == "malformed"
