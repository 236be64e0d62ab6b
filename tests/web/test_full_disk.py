"""While the disk is full the hub takes in nothing, and still forwards who calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web_edge import BUSINESS, CALLER, DEFAULT, Edge

from hub.platform.disk import Space


@pytest.fixture
def full(edge: Edge) -> Iterator[Edge]:
    """A hub whose disk became full after a visit."""
    edge.opened.hub.disk.space = Space.FULL
    yield edge
    edge.opened.hub.disk.space = Space.ENOUGH


def test_a_hub_with_a_full_disk_refuses_what_it_cannot_store_and_forwards_callers(full: Edge) -> None:
    ready = full.operation.get("/readyz")
    assert (ready.status_code, ready.json()["reason"]) == (503, "disk full")
    ringing = {"CallSid": "CA" + "7" * 32, "From": CALLER, "To": DEFAULT, "CallStatus": "ringing"}
    assert full.post("voice", ringing).status_code == 503
    assert BUSINESS in full.post("fallback", ringing).text
    form = {"submission_key": "form-000001", "fields": {"message": "Please call"}}
    for path, body in (("visit", {"human": True}), ("form", form), ("visit/v1/end", {})):
        reply = full.client.post(f"/track/lakeside/{path}", json=body)
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "60")
    assert full.one("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM visit)") == 0
    full.opened.hub.disk.space = Space.SHORT
    assert full.post("voice", ringing).status_code == 200
    assert full.operation.get("/readyz").status_code == 200
