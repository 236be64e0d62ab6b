"""A text goes once: its try is written before it leaves, and what nobody knows the end of waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_connectors import allow
from testbed import CALLER, CONNECTORS, OTHER_CALLER, POOL, SHARED, TestHub
from text_steps import accounts, outbound, queue, words_of, write_in

from hub.api import AuthError, Receipt, Rejected, RetryLater
from hub.api.privacy import Opinion
from hub.errors import CircuitOpen
from hub.model import Attempt, ConsentDecision, Delivery, Disclosure, JournalEntry, TextMessage
from hub.store.claims import LEASE, claim
from hub.store.journal.verify import verify
from hub.texts.queue import MAX_BODY_CHARACTERS, CannotText

Factory = Callable[..., TestHub]


def test_a_text_is_sent_once_with_its_decision_its_try_and_its_disclosure(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "Is my car ready?")
    queue(stage, "Yes, come by.")
    assert stage.send_texts() == {"sent": 1}
    assert stage.send_texts() == {}
    (text,) = stage.carrier.texts
    assert (text.sender, text.recipient_number) == (SHARED, CALLER)
    assert text.body == "Yes, come by.\nReply STOP to stop texts.", "the first one tells how to stop"
    (row,) = outbound(stage)
    assert (row.status, row.carrier_message_id, row.sent_at) == ("sent", "SM0001", stage.clock())
    assert words_of(stage, row) == text.body, "the thread shows what was really sent"
    delivery = stage.delivery("carrier")
    assert (delivery.state, delivery.attempts, delivery.reference) == ("accepted", 1, "SM0001")
    assert stage.one(Attempt).result == "accepted"
    decision = stage.one(ConsentDecision, id=delivery.decision_id)
    assert (decision.use, decision.verdict) == ("essential.service.notifications.sms", "allow")
    disclosed = stage.one(Disclosure, connector="carrier")
    assert disclosed.categories == ["user.contact.phone_number", "user.telephony.message_body"]


def test_only_the_first_text_to_a_person_carries_the_opt_out_line(hub: Factory) -> None:
    stage = hub()
    for body in ("One.", "Two."):
        queue(stage, body)
        stage.send_texts()
    assert [text.body for text in stage.carrier.texts] == ["One.\nReply STOP to stop texts.", "Two."]


def test_the_try_is_on_disk_before_the_carrier_hears_of_the_text(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    seen: list[tuple[str, str, int]] = []

    def look(text: Any) -> str:
        seen.append((stage.one(Attempt).result, stage.one(TextMessage).status, stage.delivery("carrier").attempts))
        return "accepted"

    stage.carrier.text_script = [look]
    stage.send_texts()
    assert seen == [("unknown", "sending", 1)]


@pytest.mark.parametrize("trouble", [ValueError("a bug"), lambda _: None], ids=["crash", "nonsense"])
def test_an_unknown_outcome_is_held_and_never_sent_again_by_itself(hub: Factory, trouble: Any) -> None:
    stage = hub()
    queue(stage)
    stage.carrier.text_script = [trouble]
    assert stage.send_texts() == {"held": 1}
    stage.clock.advance(days=2)
    assert stage.send_texts() == {}
    assert len(stage.carrier.texts) == 1
    (row,) = outbound(stage)
    assert (row.status, row.code) == ("held", "unknown_outcome")
    assert stage.one(Attempt).result == "unknown"


def test_a_text_whose_worker_died_after_the_try_was_written_is_held(hub: Factory) -> None:
    stage = hub()
    text = queue(stage)
    mine = (Delivery.connector == "carrier",)
    claim(stage.hub.store, Delivery, now=stage.clock(), limit=1, where=mine, counting=False)
    delivery = stage.delivery("carrier")
    stage.add(Attempt(delivery_id=delivery.id, number=1, started_at=stage.clock()))
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert stage.send_texts() == {"held": 1}
    assert stage.carrier.texts == [] and stage.one(TextMessage, id=text.id).status == "held"


def test_a_text_whose_worker_died_before_its_try_is_sent(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    mine = (Delivery.connector == "carrier",)
    claim(stage.hub.store, Delivery, now=stage.clock(), limit=1, where=mine, counting=False)
    assert stage.send_texts() == {}
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert stage.send_texts() == {"sent": 1}


def test_a_carrier_that_surely_did_not_take_it_is_asked_again_later(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    stage.carrier.text_script = [RetryLater("busy", after=600)]
    assert stage.send_texts() == {"queued": 1}
    assert stage.send_texts() == {}
    stage.clock.advance(seconds=601)
    assert stage.send_texts() == {"sent": 1}
    assert [row.result for row in stage.rows(Attempt)] == ["ready", "accepted"]


@pytest.mark.parametrize(
    "refusal",
    [Rejected("No such number.", code="21211"), Receipt(key="", status="rejected", code="21211", reason="No.")],
)
def test_a_refusal_ends_the_text_with_the_carriers_words(hub: Factory, refusal: Any) -> None:
    stage = hub()
    queue(stage)
    stage.carrier.text_script = [refusal]
    assert stage.send_texts() == {"failed": 1}
    (row,) = outbound(stage)
    assert row.code == "21211" and row.reason
    assert stage.delivery("carrier").state == "rejected"


def test_what_a_person_must_mend_costs_no_try(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    queue(stage, to=OTHER_CALLER)
    stage.carrier.text_script = [AuthError("refused")]
    with pytest.raises(AuthError):
        stage.send_texts()
    assert stage.rows(Attempt) == [] and stage.rows(Disclosure) == []
    assert [row.status for row in outbound(stage)] == ["queued", "queued"]
    assert [row.kind for row in stage.rows(JournalEntry)].count("undone disclosure") == 1
    assert stage.send_texts() == {"sent": 2}
    reports = verify(stage.hub.store, stage.hub.keyring, stage.clock())
    assert all(report.sound for report in reports.values()), "what did not happen was taken back, and that was signed"


def test_texts_wait_while_a_carrier_rests(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    for _ in range(10):
        stage.hub.plugins.guards["carrier"].late("send_text", 1.0)
    assert stage.send_texts() == {}
    assert stage.carrier.texts == [] and stage.rows(Attempt) == []
    assert stage.delivery("carrier").due_at > stage.clock()
    with pytest.raises(CircuitOpen):
        stage.hub.plugins.guards["carrier"].breakers["network"].admit("carrier")


def test_a_no_of_consent_refuses_the_text_and_is_stored(hub: Factory) -> None:
    stage = hub()
    stage.law.rule = lambda _: Opinion(verdict="needs", rule_id="law.text", reason="They never said yes.")
    queue(stage, purpose="marketing")
    assert stage.send_texts() == {"refused": 1}
    (row,) = outbound(stage)
    assert (row.status, row.code, row.reason) == ("refused", "law.text", "They never said yes.")
    assert stage.carrier.texts == []
    assert stage.one(ConsentDecision, verdict="needs").use == "marketing.communications.sms"


def test_quiet_hours_move_a_text_to_their_end_and_consent_is_asked_again_then(hub: Factory) -> None:
    stage = hub()
    later = stage.clock() + timedelta(hours=9)
    quiet = Opinion(verdict="deny", rule_id="law.quiet", reason="It is night there.", not_before=later)
    stage.law.rule = lambda asked: quiet if asked.at < later else allow(asked)
    queue(stage)
    assert stage.send_texts() == {"queued": 1}
    assert (stage.delivery("carrier").due_at, outbound(stage)[0].reason) == (later, "It is night there.")
    stage.clock.advance(hours=9)
    assert stage.send_texts() == {"sent": 1}
    assert [row.verdict for row in stage.rows(ConsentDecision)] == ["deny", "allow"]


def test_a_text_that_is_asked_for_twice_is_queued_once(hub: Factory) -> None:
    stage = hub()
    assert queue(stage, key="step/1").id == queue(stage, key="step/1").id
    assert len(outbound(stage)) == 1


@pytest.mark.parametrize("number", [POOL[0], "12345", "anonymous", ""])
def test_no_text_goes_to_our_own_numbers_or_to_no_number(lite_hub: Factory, number: str) -> None:
    with pytest.raises(CannotText):
        queue(lite_hub(), to=number)


def test_a_carrier_without_texts_is_told_before_anything_is_queued(lite_hub: Factory) -> None:
    class Mute(CONNECTORS["carrier"]):  # type: ignore[misc]
        send_text = None

    stage = lite_hub(connectors={**CONNECTORS, "carrier": Mute})
    with pytest.raises(CannotText, match="cannot send texts"):
        queue(stage)


def test_a_text_of_which_the_carrier_tells_nothing_is_settled_after_three_days(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    stage.send_texts()
    stage.clock.advance(days=3)
    stage.send_texts()
    row = stage.delivery("carrier")
    assert (row.state, row.code) == ("delivered", "no_report")
    assert outbound(stage)[0].status == "sent"


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("body", "says_how"),
    [
        ("We can stop by at 5, nonstop if you like.", False),
        ("The STOPCOCK was shut.", False),
        ("Your car is ready. STOP ends texts.", True),
        ("Listo. Responda STOP para terminar.", True),
    ],
)
def test_only_a_text_that_says_how_to_stop_goes_without_the_opt_out_line(
    hub: Factory, body: str, says_how: bool
) -> None:
    stage = hub()
    queue(stage, body)
    stage.send_texts()
    assert stage.carrier.texts[0].body == (body if says_how else f"{body}\nReply STOP to stop texts.")


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_the_longest_text_fits_with_its_opt_out_line_into_what_carriers_take(hub: Factory, language: str) -> None:
    stage = hub(accounts=accounts({"language": language}))
    queue(stage, "x" * MAX_BODY_CHARACTERS)
    stage.send_texts()
    assert MAX_BODY_CHARACTERS < len(stage.carrier.texts[0].body) <= 1_600
    with pytest.raises(CannotText, match=f"1 to {MAX_BODY_CHARACTERS} characters"):
        queue(stage, "x" * (MAX_BODY_CHARACTERS + 1))
