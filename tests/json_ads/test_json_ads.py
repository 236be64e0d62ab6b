"""A JSON ad network is a declaration: uploads, receipts and its stand-in follow from how it answers a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from hub.api import (
    AuthError,
    ConfigError,
    Conversion,
    Limits,
    Manifest,
    Money,
    PendingReceipt,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    RetryLater,
)
from hub.api.ads import ROW, ROWS, Batch, Call, JsonAds, JsonAdsSandbox, StandIn
from hub.api.sandbox import Fault
from hub.protocols.json_ads import TOO_MANY_HALVED
from hub.testing import FrozenClock
from hub.testing.factories import connect

ERROR = {"error": {"code": "INVALID", "message": "A conversion of +1 312 555 0100 is not valid."}}


class Settings(PluginSettings):
    account: str
    token: SecretStr
    base_url: str


class Network(JsonAds):
    """Refuses a whole request for one bad row."""

    Settings, Destination = Settings, PluginSettings
    manifest = Manifest(
        name="network",
        kind="ads",
        version="1",
        summary="A network.",
        recipient=Recipient(name="Network Inc.", role="independent_controller"),
        hosts=("network.example.com",),
        limits=Limits(batch_size=8),
        abilities=("dry_run",),
    )
    provider = Provider(
        name="Network",
        remedy="renew the token",
        code="error.code",
        words="error.message",
        codes={"EXPIRED": AuthError, "BUSY": RetryLater},
    )
    headers: Mapping[str, str] = {"authorization": "Bearer {token}"}
    check = Call(path="/{account}", method="GET")
    upload = Call(path="/{account}/events", body={"rows": ROWS})
    dry_run: Call | None = Call(path="/{account}/events", body={"rows": ROWS, "test": True})
    batch = Batch(kind="all_or_nothing", count="taken")
    stand_in = StandIn(
        settings={"account": "a1", "token": "t1"},
        key="id",
        value="value",
        currency="currency",
        accepted=(200, {"taken": "{count}"}),
        refused=(400, ERROR),
    )

    def row(self, item: Conversion) -> Mapping[str, Any] | Receipt:
        if item.name == "no click":
            return Receipt(key=item.key, status="unmatched", reason="No click.")
        value = item.value or Money(Decimal(0), "USD")
        return {"id": item.key, "value": float(value.amount), "currency": value.currency}


class OneEach(Network):
    upload = Call(path="/{account}/event", body={"client": "hub", "event": ROW})
    dry_run = None
    batch = Batch(kind="one_each")
    stand_in = StandIn(
        settings={"account": "a1", "token": "t1"},
        key="id",
        value="value",
        currency="currency",
        accepted=(204, None),
        refused=(400, ERROR),
    )


class Results(Network):
    batch = Batch(kind="results", at="rows", is_good=lambda result: result["status"] == 201, code="status", words="why")
    stand_in = StandIn(
        settings={"account": "a1", "token": "t1"},
        key="id",
        value="value",
        currency="currency",
        accepted=(200, {"rows": ROWS}),
        refused=(400, ERROR),
        good_row={"status": 201},
        bad_row={"status": 422, "why": "{why}"},
    )


class ByIndex(Network):
    batch = Batch(
        kind="errors_by_index", at="errors", index="row", is_good=lambda error: bool(error.get("warning")),
        codes={"NO_CLICK": "unmatched"},
    )  # fmt: skip
    stand_in = StandIn(
        settings={"account": "a1", "token": "t1"},
        key="id",
        value="value",
        currency="currency",
        accepted=(200, {"errors": ROWS}),
        refused=(400, ERROR),
        bad_row={"row": "{index}", "code": "NO_CLICK", "message": "{why}"},
    )


class Polled(Network):
    batch = Batch(
        kind="poll", at="job", status=Call(path="/{account}/jobs/{reference}", method="GET"), errors="result.errors",
        index="row",
    )  # fmt: skip
    stand_in = StandIn(
        settings={"account": "a1", "token": "t1"},
        key="id",
        value="value",
        currency="currency",
        accepted=(200, {"job": "{reference}"}),
        refused=(400, ERROR),
        bad_row={"row": "{index}", "code": "NO", "message": "{why}"},
    )


@contextmanager
def joined(network: type[JsonAds]) -> Iterator[tuple[Any, Any]]:
    """A connector and its stand-in."""
    sandbox_class = network.sandbox_class()
    assert sandbox_class is not None
    with sandbox_class(FrozenClock()) as sandbox:
        yield connect(network, sandbox, clock=FrozenClock()), sandbox


def conversions(count: int, **changes: Any) -> list[Conversion]:
    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    values: dict[str, Any] = {"name": "call", "occurred_at": at, "value": Money(Decimal("40"), "USD"), **changes}
    return [Conversion(key=f"c{index}", **values) for index in range(count)]


def statuses(receipts: Sequence[Receipt]) -> dict[str, str]:
    return {receipt.key: receipt.status for receipt in receipts}


def test_one_bad_row_of_an_all_or_nothing_batch_is_found_by_halving_and_the_others_count() -> None:
    with joined(Network) as (connector, sandbox):
        sandbox.refuse("c5")
        receipts = connector.upload_conversions(conversions(8), False)
        said = {receipt.key: receipt for receipt in receipts}
        assert {key for key, receipt in said.items() if receipt.status == "delivered"} == {
            f"c{index}" for index in range(8) if index != 5
        }
        assert said["c5"].status == "rejected" and said["c5"].code == "INVALID"
        assert "312 555" not in (said["c5"].reason or ""), "the network's words are shown without a phone number"
        assert set(sandbox.conversions()) == {f"c{index}" for index in range(8) if index != 5}


@pytest.mark.parametrize(
    ("network", "bad"), [(Results, "rejected"), (ByIndex, "unmatched"), (OneEach, "rejected"), (Network, "rejected")]
)
def test_each_row_gets_its_own_receipt_however_the_network_answers(network: type[JsonAds], bad: str) -> None:
    with joined(network) as (connector, sandbox):
        sandbox.refuse("c1")
        receipts = connector.upload_conversions(conversions(3), False)
        assert statuses(receipts) == {"c0": "delivered", "c1": bad, "c2": "delivered"}
        assert set(sandbox.conversions()) == {"c0", "c2"}


def test_late_results_are_asked_for_once_per_request_and_name_the_bad_row() -> None:
    with joined(Polled) as (connector, sandbox):
        sandbox.refuse("c1")
        accepted = connector.upload_conversions(conversions(3), False)
        assert {receipt.status for receipt in accepted} == {"accepted"}
        pending = [
            PendingReceipt(key=each.key, reference=each.reference or "", accepted_at=sandbox.clock())
            for each in accepted
        ]
        assert statuses(connector.poll_receipts(pending)) == {"c0": "delivered", "c1": "rejected", "c2": "delivered"}


def test_a_network_that_confirms_nothing_is_said_to_be_unverifiable() -> None:
    class Silent(OneEach):
        manifest = Network.manifest.model_copy(update={"confirms": False})

    with joined(Silent) as (connector, _):
        [receipt] = connector.upload_conversions(conversions(1), False)
        assert (receipt.status, receipt.code) == ("delivered", "unverifiable")


class MixedResults(Results):
    """Says what became of each row with status 422 too, if it refused one."""

    manifest = Network.manifest.model_copy(update={"limits": Limits(per_request=3), "abilities": ()})
    batch = replace(Results.batch, on_status={422: "details.rows"})
    stand_in = replace(Results.stand_in, some_refused=(422, {"code": "SOME", "details": {"rows": ROWS}}))


def test_results_of_rows_are_read_from_a_refusal_too_and_no_row_is_sent_twice() -> None:
    with joined(MixedResults) as (connector, sandbox), sandbox.listening() as requests:
        sandbox.refuse("c1")
        receipts = connector.upload_conversions(conversions(4), False)
        assert statuses(receipts) == {"c0": "delivered", "c1": "rejected", "c2": "delivered", "c3": "delivered"}
        assert [request.text.count('"id"') for request in requests] == [3, 1], "limits.per_request cuts the requests"


@pytest.mark.parametrize(("nothing_counts", "sent"), [(False, 1), (True, 3)])
def test_a_refused_request_is_halved_only_if_none_of_its_rows_counts(nothing_counts: bool, sent: int) -> None:
    class RefusesAll(MixedResults):
        batch = replace(Results.batch, on_status={422: "details.rows"}, nothing_counts=nothing_counts)
        stand_in = replace(Results.stand_in, some_refused=(422, ERROR))

    with joined(RefusesAll) as (connector, sandbox), sandbox.listening() as requests:
        sandbox.refuse("c1")
        receipts = connector.upload_conversions(conversions(2), False)
        assert statuses(receipts) == {"c0": "delivered" if nothing_counts else "rejected", "c1": "rejected"}
        assert {receipt.code for receipt in receipts if receipt.status == "rejected"} == {"INVALID"}
        assert len(requests) == sent


def test_one_number_says_how_many_conversions_a_request_and_a_batch_have() -> None:
    assert Limits(per_request=3).batch_size == 3
    assert Limits(per_request=3, batch_size=9).batch_size == 9
    assert Limits().per_request is None


def test_a_network_of_one_conversion_per_request_has_no_limit_of_requests() -> None:
    with joined(OneEach) as (connector, sandbox):
        receipts = connector.upload_conversions(conversions(100), False)
        assert {receipt.status for receipt in receipts} == {"delivered"} and len(sandbox.conversions()) == 100


def test_a_batch_full_of_bad_rows_is_searched_for_a_while_and_the_rest_waits() -> None:
    class Large(Network):
        manifest = Network.manifest.model_copy(update={"limits": Limits(per_request=100)})

    with joined(Large) as (connector, sandbox):
        for number in range(100):
            sandbox.refuse(f"c{number}")
        receipts = connector.upload_conversions(conversions(150), False)
        later = [receipt for receipt in receipts if receipt.status == "retry"]
        assert {receipt.status for receipt in receipts} == {"rejected", "retry"}
        assert {receipt.reason for receipt in later} == {f"Network {TOO_MANY_HALVED}"}
        assert [receipt.key for receipt in later if not receipt.disclosed] == [
            f"c{number}" for number in range(100, 150)
        ]


def test_a_refusal_that_only_good_credentials_get_is_a_working_connection() -> None:
    class Refusing(Network):
        check = Call(path="/{account}/events", body={"rows": []}, expected={400: "INVALID"})
        stand_in = replace(Network.stand_in, checked=(400, ERROR))

    with joined(Refusing) as (connector, sandbox):
        assert connector.check_connection().ok
        assert not connect(Refusing, sandbox, clock=FrozenClock(), token="old").check_connection().ok

    class Expired(Refusing):
        stand_in = replace(Network.stand_in, checked=(400, {"error": {"code": "EXPIRED"}}))

    class Elsewhere(Refusing):
        stand_in = replace(Network.stand_in, checked=(400, {"error": {"code": "OTHER"}}))

    for network in (Expired, Elsewhere):
        with joined(network) as (connector, _):
            assert not connector.check_connection().ok, "a refusal with another code proves nothing"


def test_a_row_is_sent_without_its_empty_members() -> None:
    class Sparse(OneEach):
        def row(self, item: Conversion) -> Mapping[str, Any] | Receipt:
            people = {"phones": [None], "emails": []}
            return {"id": item.key, "value": item.amount, "currency": item.currency, "person": people, "is_new": False}

    with joined(Sparse) as (connector, sandbox):
        connector.upload_conversions(conversions(1, value=None), False)
        assert sandbox.conversions()["c0"] == {
            "id": "c0", "is_new": False, "value": 0, "currency": None, "retracted": False,
        }  # fmt: skip


def test_a_conversion_without_anything_to_match_has_a_receipt_that_nothing_was_sent() -> None:
    with joined(Network) as (connector, _):
        [item] = conversions(1)
        receipt = connector.unmatched(item)
        assert (receipt.key, receipt.status, receipt.disclosed) == ("c0", "unmatched", False)
        assert receipt.reason == (
            "Not matched: Network gets neither a click nor anything else by which it knows this caller."
        )


def test_what_the_plugin_cannot_match_is_not_sent() -> None:
    with joined(Network) as (connector, sandbox):
        [receipt] = connector.upload_conversions(conversions(1, name="no click"), False)
        assert (receipt.status, receipt.sent) == ("unmatched", False)
        assert connector.check_conversion(conversions(1, name="no click")[0]).status == "unmatched"
        assert sandbox.conversions() == {}


def test_a_dry_run_counts_nothing_and_a_network_without_one_says_so() -> None:
    with joined(Network) as (connector, sandbox):
        assert statuses(connector.upload_conversions(conversions(2), True)) == {"c0": "delivered", "c1": "delivered"}
        assert sandbox.conversions() == {}
    with joined(OneEach) as (connector, sandbox):
        assert {receipt.code for receipt in connector.upload_conversions(conversions(2), True)} == {"not_checked"}
        assert sandbox.conversions() == {}


def test_trouble_in_the_middle_of_a_batch_costs_what_was_sent_nothing() -> None:
    with joined(OneEach) as (connector, sandbox):
        kept = sandbox.next_fault
        faults = iter([None, Fault("status", 503, retry_after=9), None])
        sandbox.next_fault = lambda: next(faults)
        receipts = connector.upload_conversions(conversions(3), False)
        sandbox.next_fault = kept
        assert statuses(receipts) == {"c0": "delivered", "c1": "retry", "c2": "retry"}
        assert receipts[1].retry_after == 9


def test_wrong_settings_stop_the_connector_instead_of_refusing_conversions() -> None:
    with joined(Network) as (_connector, sandbox):
        elsewhere = connect(Network, sandbox, clock=FrozenClock(), account="a2")
        with pytest.raises(ConfigError, match="Check the connector's settings"):
            elsewhere.upload_conversions(conversions(1), False)
        with pytest.raises(AuthError):
            connect(Network, sandbox, clock=FrozenClock(), token="old").upload_conversions(conversions(1), False)


def test_the_stand_in_refuses_what_the_declaration_does_not_have() -> None:
    with joined(Network) as (connector, sandbox):
        assert isinstance(sandbox, JsonAdsSandbox)
        client = connector.services.http()
        headers = {"authorization": "Bearer t1"}

        def status(**options: Any) -> int:
            return int(client.post(f"{sandbox.url}/a1/events", headers=headers, **options).status_code)

        row = {"id": "c", "value": 1, "currency": "USD"}
        assert status(json={"rows": [row]}) == 200
        assert status(json={"rows": [row], "unknown": 1}) == 400
        assert status(json={"rows": []}) == 400
        assert status(json={"rows": [row] * 9}) == 400
        assert status(json={"rows": [{"value": 1}]}) == 400
        assert status(data={"rows": "x"}) == 415
        assert status(json=[row]) == 400


def test_a_reply_that_is_a_refusal_in_spite_of_its_status_is_one() -> None:
    class Says200(Network):
        provider = Provider(
            name="Network", remedy="renew the token", code="code", words="message",
            codes={"40105": AuthError, "40100": RetryLater}, succeeded=lambda said: said.get("code", 0) == 0,
        )  # fmt: skip
        stand_in = StandIn(
            settings={"account": "a1", "token": "t1"},
            key="id",
            value="value",
            currency="currency",
            accepted=(200, {"code": 0, "taken": "{count}"}),
            refused=(200, {"code": 40002, "message": "A row is bad."}),
            unauthorized=(200, {"code": 40105, "message": "The token is bad."}),
        )

    with joined(Says200) as (connector, sandbox):
        sandbox.refuse("c1")
        assert statuses(connector.upload_conversions(conversions(2), False)) == {"c0": "delivered", "c1": "rejected"}
        with pytest.raises(AuthError):
            connect(Says200, sandbox, clock=FrozenClock(), token="old").upload_conversions(conversions(1), False)
