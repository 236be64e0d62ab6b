"""Supervisors and Prometheus ask, and learn nothing about people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from web_edge import CALLER, DEFAULT, Edge

from hub.model import SyncSlot
from hub.platform.liveness import Liveness
from hub.runtime import Hub
from hub.store.companion_troubles import note_figures
from hub.store.connectors import pause, pause_by_hand
from hub.store.engine import Store
from hub.store.schema import revisions
from hub.store.spool import Spool
from hub.web.health import Operation, operation_app, readiness


def test_a_hub_that_lives_and_is_ready_says_so(edge: Edge) -> None:
    assert edge.client.get("/healthz").json() == {"status": "ok"}
    assert edge.operation.get("/readyz").json() == {"status": "ok"}


def test_what_needs_a_person_is_named_while_calls_are_accepted(own_edge: Edge) -> None:
    store = own_edge.opened.hub.store
    pause(store, "twilio", "its password was refused", own_edge.clock())
    with store.writing() as session:
        pause_by_hand(session, "reader", "u1", own_edge.clock())
    answer = own_edge.operation.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "reasons": ["connectors paused: twilio"]}


def test_a_disk_that_refuses_the_spool_is_named_and_is_no_error_of_the_page(own_edge: Edge, tmp_path: Path) -> None:
    torn = tmp_path / "torn.spool"
    torn.write_bytes(b"no database at all" * 100)
    hub = replace(own_edge.opened.hub, spool=Spool(torn, own_edge.opened.hub.keyring))
    document, status = readiness(hub)
    assert (status, document["status"]) == (200, "degraded")
    assert "the disk refuses to be read or written: DatabaseError" in document["reasons"]  # type: ignore[operator]


def test_items_in_quarantine_and_silent_consent_plugins_need_a_person(own_edge: Edge) -> None:
    hub, now = own_edge.opened.hub, own_edge.clock()
    with hub.store.writing() as session:
        session.add(SyncSlot(connector="crm", state="quarantined", last_hook="law.judge", deaths=3, due_at=now))
    hub.plugins.silent.add("law")
    answer = own_edge.operation.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["reasons"] == [
        "in quarantine: 1 (hub quarantine), by law",
        "consent plugins that do not answer: law",
    ]
    assert 'ringfence_quarantined_items{kind="sync"} 1.0' in own_edge.operation.get("/metrics").text
    hub.plugins.silent.clear()


def test_a_hub_beside_another_versions_schema_is_not_ready(own_edge: Edge) -> None:
    store: Store = own_edge.opened.hub.store
    with store.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    answer = own_edge.operation.get("/readyz")
    assert answer.status_code == 503
    assert revisions()[-1] in answer.json()["reason"]


def client_of(hub: Hub, liveness: Liveness) -> TestClient:
    return TestClient(operation_app(lambda: replace(hub, liveness=liveness)))


def test_a_process_with_a_worker_is_ready_until_one_of_its_threads_does_not_turn(edge: Edge) -> None:
    now = [1_000.0]
    liveness = Liveness(lambda: now[0])
    liveness.expect_turns("flow", limit=600)
    liveness.expect_turns("transcripts", limit=3_600)
    liveness.expect_success("retention")
    client = client_of(edge.opened.hub, liveness)
    now[0] += 600
    assert client.get("/readyz").json() == {
        "status": "ok",
        "threads": {"flow": 600.0, "transcripts": 600.0},
        "jobs": {"retention": 600.0},
    }
    now[0] += 1
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "worker threads that do not turn: flow")
    liveness.turned("flow")
    assert client.get("/readyz").status_code == 200


def test_the_ages_of_threads_and_jobs_are_figures(edge: Edge) -> None:
    now = [1_000.0]
    liveness = Liveness(lambda: now[0])
    liveness.expect_turns("flow")
    liveness.expect_success("retention")
    now[0] += 42
    shown = client_of(edge.opened.hub, liveness).get("/metrics").text
    assert 'ringfence_thread_age_seconds{thread="flow"} 42.0' in shown
    assert 'ringfence_job_age_seconds{job="retention"} 42.0' in shown


def test_the_figures_hold_nothing_personal(edge: Edge) -> None:
    visit = edge.visit(
        landing_page="https://lakeside.example.com/?gclid=Cj0KCQsecretclick", visitor_id="visitor-7"
    ).json()
    for request in edge.call(tracking_number=visit["number"]):
        edge.send(request)
    edge.work()
    shown = edge.operation.get("/metrics").text
    for secret in (
        CALLER,
        CALLER[1:],
        DEFAULT[1:],
        visit["number"][1:],
        "Cj0KCQsecretclick",
        "visitor-7",
        visit["visit_id"],
    ):
        assert secret not in shown
    assert 'ringfence_queue_size{queue="inbox",state="done"} 6.0' in shown
    assert 'ringfence_queue_size{queue="recordings",state="ready"}' in shown


def test_a_line_of_ones_own_has_gauges_that_end_when_nobody_asks_it(own_edge: Edge) -> None:
    note_figures(
        own_edge.opened.hub.store, "twilio", {"active_calls": 3, "answer_seizure_ratio": 0.5}, own_edge.clock()
    )
    shown = client_of(own_edge.opened.hub, Liveness()).get("/metrics").text
    assert 'ringfence_line_active_calls{connector="twilio"} 3.0' in shown
    assert 'ringfence_line_answer_seizure_ratio{connector="twilio"} 0.5' in shown
    own_edge.clock.advance(minutes=10)
    assert "ringfence_line_active_calls{" not in client_of(own_edge.opened.hub, Liveness()).get("/metrics").text


def test_strangers_cannot_make_new_figures(edge: Edge) -> None:
    for number in range(20):
        edge.client.post(f"/webhooks/stranger-{number}/voice")
        edge.client.post(f"/track/stranger-{number}/visit", json={})
    assert "stranger" not in edge.operation.get("/metrics").text


def test_there_is_no_list_of_what_the_edge_offers(edge: Edge) -> None:
    for path in ("/docs", "/openapi.json", "/redoc", "/webhooks", "/track", "/.env"):
        assert edge.client.get(path).status_code == 404


def test_strangers_learn_whether_the_hub_is_ready_and_nothing_else(own_edge: Edge) -> None:
    pause(own_edge.opened.hub.store, "twilio", "its password was refused", own_edge.clock())
    assert own_edge.client.get("/readyz").json() == {"status": "degraded"}
    assert own_edge.client.get("/healthz").json() == {"status": "ok"}
    for path in ("/metrics", "/metrics/", "/api/v1/calls", "/privacy/lakeside/"):
        answer = own_edge.client.get(path, headers={"host": "evil.example"})
        assert answer.status_code in (401, 404) and "evil" not in str(answer.headers), path


def test_queues_are_counted_once_in_ten_seconds_however_often_somebody_asks(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, counted = [0.0], list[float]()
    operation = Operation(lambda: edge.opened.hub, lambda: now[0])
    monkeypatch.setattr(operation, "_count_queues", lambda: counted.append(now[0]))
    for now[0] in (0.0, 9.0, 10.0):
        operation.metrics(Request({"type": "http"}))
    assert counted == [0.0, 10.0]
