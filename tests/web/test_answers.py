"""A caller is never kept waiting: what answers where a plugin or the database does not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, event
from web_edge import DEFAULT, Edge

FORWARD = "static: dial +13135550190"
FULL = "Northgate.: dial +13135550190"


def test_a_plugin_that_hangs_in_its_answer_leaves_the_static_forward(own_edge: Edge) -> None:
    own_edge.stubborn.may_render.clear()
    answer = own_edge.tell("one")
    assert (answer.status_code, answer.text) == (200, FORWARD)
    assert own_edge.one("SELECT count(*) FROM inbox") == 1
    assert own_edge.metric('ringfence_answers_total{connector="stubborn",route="static",step="ringing"}') >= 1
    own_edge.stubborn.behave()
    assert own_edge.tell("two").text == FULL


def test_a_plugin_that_crashes_in_its_answer_leaves_the_static_forward_for_ever(own_edge: Edge) -> None:
    own_edge.stubborn.crashing.add("render")
    for number in range(30):  # more than open its circuit breaker
        answer = own_edge.tell(f"call {number}")
        assert (answer.status_code, answer.text) == (200, FORWARD)
    assert own_edge.one("SELECT count(*) FROM inbox") == 30, "the calls are still verified and kept"


def test_a_call_whose_answer_cannot_be_written_is_kept_and_forwarded(own_edge: Edge) -> None:
    with own_edge.opened.hub.store.writing() as session:
        refuse = "CREATE TRIGGER refuse BEFORE INSERT ON call_step BEGIN SELECT RAISE(ABORT, 'refused'); END"
        session.connection().exec_driver_sql(refuse)
    answer = own_edge.send(own_edge.call()[0])
    assert answer.status_code == 200
    assert "+13125550190" in answer.text and "Thank you" not in answer.text, "it is the static forward"
    assert (own_edge.one("SELECT count(*) FROM inbox"), own_edge.one("SELECT count(*) FROM call_step")) == (1, 0)


def test_a_ringing_call_is_answered_after_one_durable_commit(own_edge: Edge) -> None:
    committed: list[tuple[int, int]] = []

    def note(connection: Connection) -> None:
        counts = (
            connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in ("inbox", "call_step")
        )
        committed.append(tuple(counts))  # type: ignore[arg-type]

    engine = own_edge.opened.hub.store.engine
    event.listen(engine, "commit", note)
    try:
        assert "Thank you for calling" in own_edge.send(own_edge.call()[0]).text
    finally:
        event.remove(engine, "commit", note)
    changes = [each for index, each in enumerate(committed) if each != (committed[index - 1] if index else (0, 0))]
    assert len(changes) == 1 and min(changes[0]) > 0, f"the webhook and the steps are durable together, not {changes}"


def test_many_hanging_answers_of_one_carrier_harm_no_other(own_edge: Edge) -> None:
    own_edge.stubborn.may_render.clear()
    with ThreadPoolExecutor(12) as callers:
        hanging = [callers.submit(own_edge.tell, f"call {number}") for number in range(12)]
        assert "Thank you for calling" in own_edge.send(own_edge.call()[0]).text
        assert {each.result().text for each in hanging} == {FORWARD}
    assert own_edge.tell("late", "completed").status_code == 200, "and its other webhooks are verified"


def test_a_verification_that_hangs_is_told_to_come_again_while_others_go_on(own_edge: Edge) -> None:
    own_edge.stubborn.may_verify.clear()
    with ThreadPoolExecutor(3) as senders:
        hanging = [senders.submit(own_edge.tell, f"event {number}", "completed") for number in range(3)]
        for request in own_edge.call():
            assert own_edge.send(request).status_code == 200
        assert [each.result().status_code for each in hanging] == [503, 503, 503]
    own_edge.stubborn.behave()
    assert own_edge.tell("after", "completed").status_code == 200


def test_a_verification_that_crashes_is_told_to_come_again(own_edge: Edge) -> None:
    own_edge.stubborn.crashing.add("verify")
    refused = own_edge.tell("one")
    assert (refused.status_code, refused.text) == (503, "Try again")
    assert own_edge.client.post("/webhooks/stubborn/fallback", content="{}").status_code == 503
    own_edge.stubborn.behave()
    assert own_edge.tell("one").text == FULL


def test_without_its_database_the_hub_keeps_calls_in_its_spool(own_edge: Edge) -> None:
    first, *_ = own_edge.call()
    fields = {"CallSid": "CA" + "7" * 32, "CallStatus": "ringing", "To": DEFAULT, "From": "+13125550142"}
    with own_edge.without_database():
        assert own_edge.send(first).status_code == 200
        forward = own_edge.post("fallback", fields)
        assert forward.status_code == 200
        assert "+13125550190" in forward.text and "Thank you" not in forward.text
        assert own_edge.visit().json()["number"] == DEFAULT
        assert own_edge.operation.get("/metrics").status_code == 200
        ready = own_edge.operation.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert "database away since" in ready.json()["reasons"][0]
        assert own_edge.client.get("/healthz").status_code == 200
    own_edge.until_drained()
    assert own_edge.operation.get("/readyz").json() == {"status": "ok"}
    own_edge.work()
    assert len(own_edge.calls()) == 2, "the call and the one on the fallback, from the spool"


def test_a_caller_does_not_wait_for_a_database_that_is_busy(own_edge: Edge) -> None:
    fields = {"CallSid": "CA" + "7" * 32, "CallStatus": "ringing", "To": DEFAULT, "From": "+13125550142"}
    own_edge.opened.hub.store.outage.patience = 0.2
    with own_edge.opened.hub.store.writing() as session:
        session.connection()  # takes the write lock of SQLite
        assert "+13125550190" in own_edge.post("voice", fields).text
        assert "+13125550190" in own_edge.post("fallback", fields).text
    assert own_edge.post("voice", fields).status_code == 200


def test_the_fallback_forwards_even_what_was_kept_already(edge: Edge) -> None:
    fields = {"CallSid": "CA" + "7" * 32, "CallStatus": "ringing", "To": DEFAULT, "From": "+13125550142"}
    edge.post("voice", fields)
    forward = edge.post("fallback", fields)
    assert "+13125550190" in forward.text and "Thank you" not in forward.text
    edge.work()
    assert len(edge.calls()) == 1


def test_the_fallback_is_not_open_to_forgers(edge: Edge) -> None:
    assert edge.client.post("/webhooks/twilio/fallback", content=b"CallSid=x").status_code == 403
    assert edge.tell("x", signed=False).status_code == 403


def test_one_batch_of_webhooks_is_judged_one_by_one(edge: Edge) -> None:
    start = threading.Barrier(20)

    def send(number: int) -> int:
        start.wait()
        return edge.tell(f"event {number}", "completed", signed=number % 2 == 0).status_code

    with ThreadPoolExecutor(20) as senders:
        assert list(senders.map(send, range(20))) == [200, 403] * 10
    assert edge.one("SELECT count(*) FROM inbox") == 10


@pytest.mark.parametrize("kind", ["parse"])
def test_what_a_plugin_cannot_read_is_parked_and_can_be_replayed(own_edge: Edge, kind: str) -> None:
    own_edge.stubborn.crashing.add(kind)
    assert own_edge.tell("one").status_code == 200
    own_edge.work()
    (row,) = own_edge.rows("SELECT state, reason FROM inbox")
    assert row["state"] == "parked" and "+1" not in row["reason"]
