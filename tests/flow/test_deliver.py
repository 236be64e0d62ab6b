"""Deliver: what is due is sent once, each item gets its receipt, and nothing that fails is lost or sent twice as another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import PaperNetwork
from sqlmodel import col, select
from stage import CALLER, CONNECTORS, OTHER_CALLER, Stage

from hub.api import AuthError, ConfigError, Conversion, Limits, Money, NotSupported, Receipt, Rejected, RetryLater
from hub.errors import CircuitOpen, PluginFailure
from hub.flow.deliver import preview
from hub.flow.retries import DELAYS, MOST_WAIT, full_jitter, next_try
from hub.model import Attempt, Call, ConsentDecision, ConsentWord, ConversionRow, Delivery, Disclosure, Person
from hub.model.columns import new_id
from hub.store.claims import claim
from hub.testing import FrozenClock

Factory = Callable[..., Stage]
SECOND = timedelta(seconds=1)


def upload(stage: Stage, **wanted: Any) -> Delivery:
    """The only delivery to the network that is as wanted."""
    return stage.one(Delivery, connector="network", **wanted)


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
    assert told.delivery_id == upload(stage).id
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
    row, attempt = upload(stage), stage.one(Attempt)
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
    row = upload(stage)
    assert row.reason == "The plugin gave no receipt for it."
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
    row = upload(stage)
    assert row.state == {"accepted": "accepted", "retry": "ready"}[status]
    assert stage.clock() <= row.due_at <= stage.clock() + MOST_WAIT * SECOND


# Trouble of the whole batch


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (RetryLater("busy"), RetryLater),
        (RetryLater("busy", after=600), RetryLater),
        (ValueError("a bug of the plugin"), PluginFailure),
        (None, PluginFailure),
        ([{"key": "no receipt"}], PluginFailure),
    ],
    ids=["busy", "busy-for-a-while", "crash", "nothing", "nonsense"],
)
def test_trouble_of_the_batch_is_told_and_its_items_are_tried_again(
    hub: Factory, trouble: Any, raised: type[Exception]
) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [(lambda _: trouble) if not isinstance(trouble, BaseException) else trouble]
    with pytest.raises(raised):
        stage.deliver()
    row = upload(stage)
    assert row.state == "ready" and row.attempts == 1 and row.reason
    assert row.due_at == stage.clock() + (600 if getattr(trouble, "after", None) else DELAYS[1]) * SECOND
    assert stage.one(Attempt).result == "ready"
    assert len(stage.rows(Disclosure, connector="network")) == 1, "it may have arrived"


def test_trouble_leaves_the_batches_behind_it_untouched(hub: Factory) -> None:
    stage = hub()
    for index in range(5):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    stage.network.script = [RetryLater("busy")]
    with pytest.raises(RetryLater):
        stage.deliver()
    assert len(stage.network.batches) == 1
    assert [row.attempts for row in stage.rows(Delivery, connector="network")] == [1, 1, 1, 0, 0]


def test_a_refusal_of_the_batch_ends_its_items_and_the_next_batch_goes_on(hub: Factory) -> None:
    stage = hub()
    for index in range(4):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    stage.network.script = [Rejected("Unknown account.", code="NO_ACCOUNT")]
    assert stage.deliver() == {"rejected": 3, "delivered": 1}
    [row, *_] = stage.rows(Delivery, connector="network", state="rejected")
    assert (row.code, row.reason) == ("NO_ACCOUNT", "Unknown account.")


@pytest.mark.parametrize("trouble", [AuthError("refused"), ConfigError("wrong"), NotSupported("no")])
def test_what_a_person_must_mend_costs_no_try(hub: Factory, trouble: Exception) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [trouble]
    with pytest.raises(type(trouble)):
        stage.deliver()
    row = upload(stage)
    assert (row.state, row.attempts, row.lease_token) == ("ready", 0, None)
    assert stage.one(Attempt).result == "untried"
    assert stage.rows(Disclosure, connector="network") == []
    assert stage.deliver() == {"delivered": 1}


def test_a_resting_connector_costs_no_try_and_is_asked_again_after_its_rest(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [RetryLater("down")] * 10
    for _ in range(10):
        stage.clock.advance(days=1)
        with pytest.raises(RetryLater):
            stage.deliver()
    stage.clock.advance(days=1)
    before = upload(stage)
    with pytest.raises(CircuitOpen) as caught:
        stage.deliver()
    row = upload(stage)
    assert row.attempts == before.attempts and row.state == "ready"
    assert row.due_at - stage.clock() == pytest.approx(timedelta(seconds=caught.value.after), abs=SECOND)
    assert len(stage.network.batches) == 10, "nothing was sent while it rests"


# The retry schedule


def test_an_item_is_given_up_after_the_whole_schedule(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    waits = []
    while upload(stage).state == "ready":
        stage.network.script = ["retry"]
        before = stage.clock()
        stage.deliver()
        waits.append((upload(stage).due_at - before).total_seconds())
        stage.clock.now = upload(stage).due_at
        if len(waits) > 20:
            break
    row = upload(stage)
    assert row.state == "dead" and row.reason == "Given up after 11 tries: no reason was given"
    assert row.attempts == len(DELAYS) == 11
    assert waits[:-1] == list(DELAYS[1:])
    assert [attempt.number for attempt in stage.rows(Attempt)] == list(range(1, 12))
    assert sum(DELAYS) > 86_400, "a provider may be down for a day"


@given(
    tries=st.integers(1, 30),
    retry_after=st.none() | st.floats(0, 1e9),
    age=st.floats(0, 200),
    max_age=st.none() | st.integers(1, 100),
    luck=st.floats(0, 1),
)
def test_the_next_try_is_never_early_never_after_the_age_limit_and_ends(
    tries: int, retry_after: float | None, age: float, max_age: int | None, luck: float
) -> None:
    now = FrozenClock()()
    born, limit = now - timedelta(days=age), timedelta(days=max_age) if max_age else None
    due = next_try(now, tries, retry_after=retry_after, born=born, max_age=limit, jitter=lambda longest: luck * longest)
    if tries >= len(DELAYS):
        assert due is None
        return
    asked = min(retry_after or 0.0, MOST_WAIT)
    if due is None:
        assert limit is not None and now + max(DELAYS[tries], asked) * SECOND - born > limit
        return
    wait = (due - now).total_seconds()
    assert wait >= asked - 1e-6 and wait <= max(DELAYS[tries], asked) + 1e-6
    assert limit is None or due - born <= limit


@given(longest=st.floats(0, 86_400))
def test_full_jitter_lies_between_nothing_and_the_whole_delay(longest: float) -> None:
    assert 0 <= full_jitter(longest) <= longest


def test_an_item_beyond_the_networks_age_limit_is_rejected_and_never_sent(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.clock.advance(days=91)
    assert stage.deliver() == {"rejected": 1}
    row = upload(stage)
    assert (row.code, row.reason) == ("too_old", "It is 91 days old; 90 are taken.")
    assert stage.network.batches == []


# Changes of what was sent


def change(stage: Stage, kind: str, amount: str | None = None) -> Delivery:
    """A restatement or retraction of the only conversion, as outcomes write it."""
    row = stage.one(ConversionRow)
    delivery = Delivery(
        connector="network",
        hook="upload_conversions",
        dedup_key=f"{row.key}:{kind}:{new_id()}",
        item_key=row.key,
        kind=kind,
        conversion_id=row.id,
        subject_id=row.subject_id,
        amount=Decimal(amount) if amount else None,
        currency="USD" if amount else None,
        destination={"action": 7},
        due_at=stage.clock(),
        made_at=stage.clock(),
    )
    stage.add(delivery)
    return delivery


def test_changes_go_out_one_after_the_other_behind_the_original(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    change(stage, "restate", "55")
    change(stage, "retract")
    stage.deliver()
    for _ in range(3):
        stage.clock.advance(seconds=30)
        stage.deliver()
    sent = stage.network.uploaded
    assert [each.kind for each in sent] == ["new", "restate", "retract"]
    assert len({each.key for each in sent}) == 1 and len({each.occurred_at for each in sent}) == 1
    assert sent[1].value == Money(Decimal(55), "USD") and sent[1].changed_at is not None
    assert all(len(batch) == 1 for batch in stage.network.batches)


def test_a_change_waits_while_the_original_awaits_its_diagnostics(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["accepted"]
    stage.deliver()
    change(stage, "restate", "55")
    assert stage.deliver() == {"ready": 1}
    assert len(stage.network.uploaded) == 1
    assert upload(stage, kind="restate").attempts == 0, "waiting costs no try"


def test_a_change_of_what_never_arrived_is_not_sent(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["rejected"]
    stage.deliver()
    change(stage, "restate", "55")
    assert stage.deliver() == {"rejected": 1}
    row = upload(stage, kind="restate")
    assert row.code == "original_not_delivered" and "ended as rejected" in (row.reason or "")
    assert len(stage.network.uploaded) == 1


# Consent, again


def refuse(stage: Stage, use: str = "marketing") -> None:
    """The only person says no."""
    person = stage.one(Person)
    stage.add(
        ConsentWord(
            person_id=person.id,
            state="refused",
            use=use,
            channel="web",
            spoken_at=stage.clock(),
            expires_at=stage.clock() + timedelta(days=900),
        )
    )


def test_an_opt_out_between_decision_and_upload_holds_the_item(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    assert upload(stage).state == "ready"
    refuse(stage)
    assert stage.deliver() == {"held": 1}
    row = upload(stage)
    assert (row.state, row.code, row.reason) == ("held", "paper.refused", "The person said no.")
    assert stage.network.batches == [] and stage.rows(Disclosure, connector="network") == []
    decision = stage.one(ConsentDecision, id=row.decision_id)
    assert (decision.moment, decision.verdict) == ("send", "deny"), "the item names the decision that holds it"


def test_an_opt_out_before_a_retry_holds_the_item(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["retry"]
    stage.deliver()
    refuse(stage)
    stage.clock.advance(days=1)
    assert stage.deliver() == {"held": 1}
    assert len(stage.network.batches) == 1


def test_only_the_persons_own_yes_is_told_to_the_network_as_a_yes(hub: Factory) -> None:
    stage = hub()
    stage.call_in(stage.visit(consent={"ads": "granted"}).number, "+13125550144")
    stage.call_in(stage.visit().number, "+13125550145")
    stage.deliver()
    assert [each.ad_user_data for each in stage.network.uploaded] == ["granted", "unknown"]


# Leases


def test_a_late_worker_cannot_overwrite_what_another_has_done(hub: Factory) -> None:
    stage = hub()
    stage.call_in()

    def slow(batch: list[Conversion]) -> list[Receipt]:
        # While this worker hangs beyond its lease, another one takes the item and delivers it.
        stage.clock.advance(minutes=5)
        stage.network.script = []
        assert stage.deliver() == {"delivered": 1}
        return [Receipt(key=batch[0].key, status="rejected", code="LATE", reason="Late.")]

    stage.network.script = [slow]
    stage.deliver()
    row = upload(stage)
    assert (row.state, row.code, row.reason) == ("delivered", None, None)
    assert {attempt.result for attempt in stage.rows(Attempt)} == {"delivered", "rejected"}, "both tries are kept"


def test_after_a_crash_the_item_is_sent_again_under_the_same_key(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    claim(stage.hub.store, Delivery, now=stage.clock(), limit=10)  # a worker claims it and dies
    assert stage.deliver() == {}
    stage.clock.advance(seconds=21)
    assert stage.deliver() == {"delivered": 1}
    assert stage.network.uploaded[0].key == stage.one(ConversionRow).key
    assert upload(stage).attempts == 2


def test_a_try_is_written_down_before_anything_is_sent(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    seen: list[str] = []

    def look(batch: list[Conversion]) -> list[Receipt]:
        seen.extend(attempt.result for attempt in stage.rows(Attempt))
        return [Receipt(key=batch[0].key, status="delivered")]

    stage.network.script = [look]
    stage.deliver()
    assert seen == ["unknown"]


def test_an_item_whose_call_is_gone_is_dead_and_harms_no_other(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    now = stage.clock()
    stage.add(
        Delivery(
            connector="network", hook="upload_conversions", dedup_key="x", item_key="x", subject_id="gone",
            due_at=now, made_at=now,
        )
    )  # fmt: skip
    assert stage.deliver() == {"delivered": 1, "dead": 1}


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


def test_a_finished_call_is_logged_once_in_the_crm(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in(stage.visit().number)
    assert stage.deliver("crm", "log_calls") == {"delivered": 1}
    stage.flow()
    assert stage.deliver("crm", "log_calls") == {}
    [logged] = stage.crm.logged
    assert logged.key == call.id and logged.answered and logged.duration == 90
    assert logged.caller_number == CALLER and logged.caller_name is None and logged.landing_page is None
    assert (logged.company, logged.source, logged.medium) == ("Lakeside", "google", "cpc")


class NetworkOfADay(PaperNetwork):
    """A network that takes nothing older than a day."""

    manifest = PaperNetwork.manifest.model_copy(update={"limits": Limits(batch_size=3, max_age=timedelta(days=1))})


def test_no_try_is_planned_beyond_the_networks_age_limit(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "network": NetworkOfADay})
    stage.call_in()
    stage.clock.advance(hours=23)
    stage.network.script = [RetryLater("busy", after=7_200)]
    with pytest.raises(RetryLater):
        stage.deliver()
    row = upload(stage)
    assert row.state == "dead" and (row.reason or "").startswith("Given up after 1 tries: busy")


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
