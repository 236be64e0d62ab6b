"""A proxy that is not in `trusted_proxies` makes all its visitors look like one; the hub says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs
from web_edge import open_edge

from hub.error_counts import ErrorCounts
from hub.queries.status.errors import count_of
from hub.store.writers.health import write_errors
from hub.web.client_ip import UNLISTED_PROXY, Proxies


@pytest.mark.parametrize(
    ("peer", "header", "where"),
    [
        ("10.0.0.1", "8.8.8.8", None),
        ("10.0.0.1", None, None),
        ("127.0.0.1", "8.8.8.8", "private_peer"),
        ("127.0.0.1", None, None),
        ("9.9.9.9", "8.8.8.8", "public_peer"),
    ],
)
def test_a_forwarded_address_of_an_unlisted_proxy_is_noticed(peer: str, header: str | None, where: str | None) -> None:
    headers = [(b"x-forwarded-for", header.encode())] if header else []
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})
    assert Proxies(["10.0.0.0/8"]).unlisted_peer(request) == where


def test_visits_through_an_unlisted_proxy_are_logged_once_an_hour_and_all_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = ErrorCounts()
    # Another hub of this test process would take the counts that all share.
    monkeypatch.setattr("hub.web.client_ip.COUNTS", counts)
    with open_edge(tmp_path) as edge:
        hub = edge.opened.hub
        with capture_logs() as lines:
            for _ in range(3):
                edge.visit(headers={"x-forwarded-for": "8.8.8.8"})
            edge.clock.advance(minutes=61)
            edge.visit(headers={"x-forwarded-for": "8.8.8.8"})
            edge.visit()
        assert [(line["log_level"], line["error"]) for line in lines if line["event"] == UNLISTED_PROXY] == [
            ("warning", "private_peer")
        ] * 2
        assert "8.8.8.8" not in str(lines)
        write_errors(hub.store, hub.clock(), counts)
        with hub.store.reading() as session:
            assert count_of(session, UNLISTED_PROXY, hub.clock()) >= 2
