"""A proxy that is not in `trusted_proxies` makes all its visitors look like one; the hub says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs
from web_edge import open_edge

from hub.platform.error_counts import ErrorCounts
from hub.web.client_ip import UNLISTED_PROXY, Proxies, UnlistedProxies


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


def test_visits_through_an_unlisted_proxy_are_logged_and_counted(tmp_path: Path) -> None:
    with open_edge(tmp_path) as edge:
        with capture_logs() as lines:
            edge.visit(headers={"x-forwarded-for": "8.8.8.8"})
            edge.visit()
        assert [line["error"] for line in lines if line["event"] == UNLISTED_PROXY] == ["private_peer"]
        assert "8.8.8.8" not in str(lines)


def test_an_unlisted_proxy_is_logged_once_an_hour_and_the_other_visits_are_counted() -> None:
    counts = ErrorCounts()
    proxies, now = UnlistedProxies(counts), datetime(2026, 11, 24, 15, tzinfo=UTC)
    with capture_logs() as lines:
        for minutes in (0, 1, 2, 61, 62):
            proxies.note("private_peer", now + timedelta(minutes=minutes))
    assert [line["event"] for line in lines] == [UNLISTED_PROXY] * 2
    assert {kind.event: seen.count for kind, seen in counts.take().items()} == {UNLISTED_PROXY: 3}
