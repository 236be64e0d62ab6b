"""Deliver: what is due is sent, and each item gets its receipt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fake_connectors import FakeCrm
from sqlmodel import col, select
from testbed import CALLER, CONNECTORS, OTHER_CALLER, TestHub

from hub.api import Conversion, DataFlow, Money, Receipt, RetryLater, Share
from hub.delivery.preview import preview
from hub.model import Attempt, Call, ConsentDecision, ConversionRow, Delivery, Disclosure, Visit
from hub.platform.backoff import DELAYS, MAX_RETRY_AFTER_SECONDS

Factory = Callable[..., TestHub]
SECOND = timedelta(seconds=1)


# What is handed over


def test_a_call_reaches_the_network_with_its_value_its_click_and_its_destination(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    call = stage.call_in(shown.number)
    assert stage.deliver() == {"delivered": 1}
    [sent] = stage.network.uploaded
    assert sent.kind == "new" and sent.name == "every call" and sent.destination == {"action": 7}
    assert sent.value == Money(Decimal(40), "USD")
    assert sent.occurred_at == sent.call_started_at == call.started_at
    assert sent.click_ids == {"gclid": "Cj0KCQjw123456789"}


def test_what_the_manifest_does_not_declare_never_leaves(hub: Factory) -> None:
    stage = hub()
    stage.call_in(stage.visit(user_agent="Browser/1").number)
    stage.deliver()
    [sent] = stage.network.uploaded
    assert sent.country is None and sent.landing_page is None and sent.user_agent is None and sent.email is None
    assert CALLER not in repr(sent)


def test_a_delivered_item_leaves_a_disclosure_of_exactly_what_was_in_it(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    stage.deliver()
    told = stage.one(Disclosure, connector="network")
    assert told.categories == ["user.contact.phone_number", "user.telephony.call_metadata"]  # there was no click
    assert told.recipient == "Paper Network" and told.use == "marketing.advertising.third_party.targeted"
    assert told.person_id == call.person_id and told.subject_id == call.id
    assert told.delivery_id == stage.delivery().id
    decision = stage.one(ConsentDecision, id=told.decision_id)
    assert decision.moment == "send" and decision.verdict == "allow"


def test_a_key_is_the_same_on_every_try(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["retry", "retry"]
    stage.deliver()
    for _ in range(2):
        stage.clock.advance(days=1)
        stage.deliver()
    assert len(stage.network.uploaded) == 3
    assert len({each.key for each in stage.network.uploaded}) == 1


def test_no_batch_is_larger_than_the_manifest_says(hub: Factory) -> None:
    stage = hub()
    for index in range(8):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    assert stage.deliver() == {"delivered": 8}
    assert [len(batch) for batch in stage.network.batches] == [3, 3, 2]


def test_what_is_not_due_stays(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [RetryLater("not now", after=60)]
    with pytest.raises(RetryLater):
        stage.deliver()
    stage.clock.advance(seconds=59)
    assert stage.deliver() == {}
    stage.clock.advance(seconds=1)
    assert stage.deliver() == {"delivered": 1}


# Each receipt


@pytest.mark.parametrize(
    ("receipt", "state", "code"),
    [
        ({"status": "delivered"}, "delivered", None),
        ({"status": "duplicate"}, "delivered", "duplicate"),
        ({"status": "duplicate", "code": "DUP"}, "delivered", "DUP"),
        ({"status": "accepted", "reference": "request-1"}, "accepted", None),
        ({"status": "rejected", "code": "TOO_EARLY", "reason": "The click is too new."}, "rejected", "TOO_EARLY"),
        ({"status": "retry", "code": "BUSY", "reason": "Busy."}, "ready", "BUSY"),
    ],
)
def test_each_receipt_ends_in_its_state(hub: Factory, receipt: dict[str, Any], state: str, code: str | None) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [lambda batch: [Receipt(key=batch[0].key, **receipt)]]
    assert stage.deliver() == {state: 1}
    row, attempt = stage.delivery(), stage.one(Attempt)
    assert (row.state, row.code, row.lease_token, row.lease_until) == (state, code, None, None)
    assert row.reason == receipt.get("reason") and row.reference == receipt.get("reference")
    assert (row.finished_at is None) == (state in ("accepted", "ready"))
    assert (row.accepted_at is not None) == (state == "accepted")
    assert row.attempts == attempt.number == 1
    assert (attempt.result, attempt.code) == (state, code)


def test_one_bad_item_costs_the_others_nothing(hub: Factory) -> None:
    stage = hub()
    for caller in (CALLER, OTHER_CALLER, "+13125550144"):
        stage.call_in(caller=caller, process=False)
    stage.flow()

    def partly(batch: list[Conversion]) -> list[Receipt]:
        return [
            Receipt(key=batch[2].key, status="delivered"),
            Receipt(key=batch[0].key, status="rejected", code="NO", reason="No."),
            Receipt(key=batch[1].key, status="retry"),
        ]

    stage.network.script = [partly]
    assert stage.deliver() == {"delivered": 1, "rejected": 1, "ready": 1}
    assert [row.state for row in stage.rows(Delivery, connector="network")] == ["rejected", "ready", "delivered"]


def test_an_item_without_a_receipt_is_tried_again(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [[]]
    assert stage.deliver() == {"ready": 1}
    row = stage.delivery()
    assert row.reason == "The plugin returned no receipt for it."
    assert row.due_at == stage.clock() + DELAYS[1] * SECOND


def test_a_receipt_for_an_item_that_was_not_sent_changes_nothing(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [
        lambda batch: [Receipt(key="another", status="rejected"), Receipt(key=batch[0].key, status="delivered")]
    ]
    assert stage.deliver() == {"delivered": 1}


@pytest.mark.parametrize("after", [float("inf"), float("nan"), -5.0, 1e12])
@pytest.mark.parametrize("status", ["accepted", "retry"])
def test_a_senseless_wait_in_a_receipt_does_no_harm(lite_hub: Factory, status: str, after: float) -> None:
    stage = lite_hub()
    stage.call_in()
    stage.network.script = [lambda batch: [Receipt(key=batch[0].key, status=status, retry_after=after)]]  # type: ignore[arg-type]
    stage.deliver()
    row = stage.delivery()
    assert row.state == {"accepted": "accepted", "retry": "ready"}[status]
    assert stage.clock() <= row.due_at <= stage.clock() + MAX_RETRY_AFTER_SECONDS * SECOND


# Dry run


def test_a_dry_run_asks_the_network_to_validate_and_changes_nothing(hub: Factory) -> None:
    stage = hub()
    for index in range(4):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    tables = (Delivery, Attempt, Disclosure, ConsentDecision, Call, ConversionRow)
    before = [stage.rows(table) for table in tables]
    found = preview(stage.hub, stage.directory, "network", "upload_conversions")
    assert len(found) == 4
    assert [len(batch) for batch in stage.network.dry_runs] == [3, 1] and stage.network.batches == []
    assert [stage.rows(table) for table in tables] == before


# Calls into the CRM


class PagesCrm(FakeCrm):
    manifest = FakeCrm.manifest.model_copy(
        update={"flows": (DataFlow(hook="log_calls", use="sales", shares=(Share(field="landing_page"),)),)}
    )


def test_the_landing_page_that_a_crm_gets_has_no_click_ids_and_nothing_personal(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "crm": PagesCrm})
    page = (
        "https://lakeside.example.com/u/zqvorn%40mail.example?gclid=ZqvGclid456&email=zqvorn%40mail.example&name=Zqvorn"
    )
    stage.call_in(stage.visit(landing_page=f"{page}&utm_campaign=spring&phone=%2B13125550142").number)
    assert stage.deliver("crm", "log_calls") == {"delivered": 1}
    [logged] = stage.crm.logged
    assert logged.landing_page == "https://lakeside.example.com/u/redacted?utm_campaign=spring"
    [told] = [row for row in stage.rows(Disclosure) if row.connector == "crm"]
    assert told.categories == ["user.behavior.browsing_history"]
    assert stage.one(Visit).click_ids == {"gclid": "ZqvGclid456"}


def test_a_finished_call_is_logged_once_in_the_crm(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in(stage.visit().number, caller_name="PAT DOE")
    assert stage.deliver("crm", "log_calls") == {"delivered": 1}
    stage.flow()
    assert stage.deliver("crm", "log_calls") == {}
    [logged] = stage.crm.logged
    assert logged.key == call.id and logged.answered and logged.duration == 90
    assert logged.caller_number == CALLER and logged.caller_name is None and logged.landing_page is None
    assert (logged.company, logged.source, logged.medium) == ("Lakeside", "google", "cpc")


def test_the_rows_of_a_batch_are_sent_oldest_first(hub: Factory) -> None:
    stage = hub()
    for index in range(5):
        stage.call_in(caller=f"+131255501{index:02}")
        stage.clock.advance(seconds=1)
    stage.deliver()
    with stage.hub.store.reading() as session:
        keys = list(
            session.exec(
                select(Delivery.item_key).where(Delivery.connector == "network").order_by(col(Delivery.due_at))
            )
        )
    assert [each.key for each in stage.network.uploaded] == keys
