"""While the database is away nothing is refused: calls go along their flow, and afterwards everything is there once."""

from __future__ import annotations

import pytest
from web_edge import BUSINESS, CALLER, Edge

import hub.web.database_away as database_away
from hub.store.outage import SLOW
from hub.web.health import readiness

MENU = "For sales press 1, for the yard press 2."


def steps(edge: Edge, call_id: str) -> list[tuple[str, str]]:
    query = "SELECT step, result FROM call_step WHERE carrier_call_id = :id ORDER BY at, id"
    return [(row["step"], row["result"]) for row in edge.rows(query, id=call_id)]


def place(edge: Edge, key: str) -> tuple[str, list[str]]:
    """A call that was answered along its flow. A machine that is busy for a second forwards at once: then another one."""
    return next(placed for _ in range(5) if (placed := edge.place(key))[1][1:])


def test_calls_go_along_their_flow_from_memory_and_are_not_recorded(own_edge: Edge) -> None:
    with own_edge.without_database():
        call_id, heard = place(own_edge, "1")
        assert heard[1:] == [MENU], "no notice, because nothing is recorded"
    own_edge.until_drained()
    own_edge.work()
    call = next(each for each in own_edge.calls() if each["carrier_call_id"] == call_id)
    assert (call["caller_number"], call["answered_by"], call["recording_id"]) == (CALLER, BUSINESS, None)
    assert steps(own_edge, call_id) == [
        ("hello", "was said"),
        ("menu", "asks for a key"),
        ("menu", "key 1: sales"),
        ("sales", f"rings {BUSINESS}"),
    ]
    assert own_edge.rows("SELECT * FROM recording_notice") == []


def test_a_database_that_hangs_holds_up_no_caller(own_edge: Edge) -> None:
    own_edge.opened.hub.store.outage.patience = 0.2
    with own_edge.opened.hub.store.writing() as session:
        session.connection()  # takes the write lock of SQLite
        calls = [place(own_edge, "1")[0] for _ in range(2)]
    own_edge.opened.hub.store.outage.patience = 30.0
    own_edge.until_drained()
    own_edge.work()
    for call_id in calls:
        assert [step for step, _ in steps(own_edge, call_id)] == ["hello", "menu", "menu", "sales"], "each one time"
    assert {call["answered_by"] for call in own_edge.calls()} == {BUSINESS}


def test_a_call_that_began_before_is_whole_afterwards(own_edge: Edge) -> None:
    first, *others = own_edge.call()
    assert "Thank you for calling Lakeside" in own_edge.send(first).text
    with own_edge.without_database():
        assert {own_edge.send(each).status_code for each in others} == {200}
    own_edge.until_drained()
    own_edge.work()
    (call,) = own_edge.calls()
    assert (call["answered_by"], call["status"]) == (BUSINESS, "completed")


def test_pages_say_since_when_the_database_is_away(own_edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_away, "GRACE_SECONDS", 0.0)
    outage = own_edge.opened.hub.store.outage
    with own_edge.without_database():
        outage.begin("OperationalError")
        page, data, since = own_edge.client.get("/calls"), own_edge.client.get("/api/v1/calls"), outage.since
    assert (page.status_code, data.status_code) == (503, 503)
    assert f"does not answer since {since:%H:%M} UTC" in page.text
    assert page.json()["detail"] == data.json()["detail"]
    own_edge.until_drained()
    assert own_edge.client.get("/calls").status_code != 503


def test_pages_are_read_while_the_database_is_slow_or_drained_and_nothing_is_written(
    own_edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_away, "GRACE_SECONDS", 0.0)
    hub = own_edge.opened.hub
    outage = hub.store.outage
    with hub.store.writing() as session:
        session.connection()  # takes the write lock of SQLite
        outage.begin(SLOW)
        page, data = own_edge.client.get("/sign-in"), own_edge.client.get("/api/v1/calls")
        written = own_edge.client.post("/sign-in", data={"name": "maria", "password": "x"})
        reasons = readiness(hub)[0]["reasons"]
    assert (page.status_code, data.status_code) == (200, 401), "a page asks whom it is for, as always"
    assert written.status_code == 503 and "has been too slow to be written to since" in written.text
    assert str(reasons).count("database slow since") == 1 and "away" not in str(reasons)
    own_edge.until_drained()
