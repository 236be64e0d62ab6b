"""The page is asked for ad networks' cookies only if the visitor allows it, and nothing else is stored of what it sends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from web_edge import Edge

NAMES = ["_fbp", "_ga", "_ga_*"]
JAR = {
    "_fbp": "fb.1.1795532400000.1234567890",
    "_ga": "GA1.1.1234567890.1795590000",
    "_ga_TEST123": "GS2.1.s1795532400$o1",
}
BROWSER = {"accept-language": "en-US"}
EUROPE = {"time_zone": "Europe/Berlin"}


def stored(edge: Edge) -> dict[str, str]:
    """The cookies of the only visit."""
    found: dict[str, str] = json.loads(edge.one("SELECT cookies FROM visit"))
    return found


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ({}, True),
        ({"consent": {"ads": "granted"}}, True),
        ({"consent": {"ads": "denied"}}, False),
        ({"consent": {"ad_user_data": "denied"}}, False),
        ({"consent": {"analytics": "granted", "default": {"ads": "denied"}}}, False),
        ({"consent": {"analytics": "granted"}, **EUROPE}, False),
        ({"consent": {"analytics": "granted", "ads": "granted"}, **EUROPE}, True),
        ({"consent": {"all": "granted"}, **EUROPE}, True),
    ],
)
def test_the_reply_names_the_cookies_only_to_a_visitor_who_allows_ads(
    edge: Edge, said: dict[str, Any], allowed: bool
) -> None:
    reply = edge.visit(headers=BROWSER, cookies=JAR, **said).json()
    assert reply["visit_id"] and reply["cookies"] == (NAMES if allowed else [])
    assert stored(edge) == (JAR if allowed else {})


@pytest.mark.parametrize(
    "no", [{"headers": {"sec-gpc": "1"}}, {"consent": {"ads": "denied"}}, {"headers": {"dnt": "1"}}]
)
def test_a_later_no_drops_what_was_stored(edge: Edge, no: dict[str, Any]) -> None:
    first = edge.visit(cookies=JAR).json()
    assert stored(edge) == JAR and edge.one("SELECT clicks_end_at FROM visit")
    reply = edge.visit(visit_id=first["visit_id"], cookies=JAR, **no).json()
    assert reply["cookies"] == [] and stored(edge) == {}


def test_a_visitor_who_is_not_recorded_is_asked_for_nothing(edge: Edge) -> None:
    for said in ({"headers": {"sec-gpc": "1"}}, {"consent": {"all": "denied"}}, {"headers": BROWSER, **EUROPE}):
        assert edge.visit(cookies=JAR, **said).json()["cookies"] == []
    assert edge.one("SELECT count(*) FROM visit") == 0


def test_only_declared_cookies_with_short_plain_values_are_stored(edge: Edge) -> None:
    hostile = {
        "session": "secret", "_ga ": "x", "_GA": "x", "_ga_é": "x", "_ga_" + "A" * 200: "x", "__proto__": "x",
        "_ga_A": "x" * 513, "_ga_B": "pat@example.com", "_ga_C": "pat%2540example.com", "_ga_D": "a b", "_ga_E": "\x00ab",
        "_ga_F": "é", "_ga_G": "", "_fbp": "<script>alert(1)</script>",
    }  # fmt: skip
    assert edge.visit(cookies=hostile).status_code == 200
    assert stored(edge) == {"_fbp": "<script>alert(1)</script>"}
    visit = edge.one("SELECT id FROM visit")
    edge.visit(visit_id=visit, cookies={f"_ga_{number}": "GS2.1" for number in range(500)})
    assert len(stored(edge)) == 20
    for wrong in ([], "x", {"_ga": 1}, {"_ga": {}}):
        refused = edge.visit(cookies=wrong)
        assert refused.status_code == 422 and "_ga" not in refused.text
