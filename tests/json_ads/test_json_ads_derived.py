"""What follows from a network's declaration and need not be written: the check, the stand-in's replies, who is unmatched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from test_json_ads import Network, conversions, joined

from hub.api import Conversion, Limits, Manifest, Receipt, Recipient, Share
from hub.api.ads import ROWS, Call, ClickId, StandIn
from hub.testing import FrozenClock
from hub.testing.factories import connect


class Sparing(Network):
    """Says nothing that follows from the rest, and has no harmless request besides its dry run."""

    manifest = Manifest(
        name="network", kind="ads", version="1", summary="A network.", hosts=("network.example.com",),
        recipient=Recipient(name="Network Inc.", role="independent_controller"), abilities=("dry_run",),
        shares=(Share(field="phone_number", transform="sha256_e164"),),
        click_ids=(ClickId(parameter="click", source="network"),), limits=Limits(max_age=timedelta(days=7)),
    )  # fmt: skip
    check = None
    headers: Mapping[str, str] = {"authorization": "Bearer {token}", "version": "2"}
    stand_in = StandIn(settings={"account": "a1"}, time="at")

    def row(self, item: Conversion) -> Mapping[str, Any] | Receipt:
        data = {"order": item.key, "amounts": [{"of": item.currency, "is": item.value and str(item.value.amount)}]}
        click = item.click_ids.get("click")
        return {"click": click, "phone": item.phone_number, "at": item.occurred_at.isoformat(), "data": data}


def test_a_network_without_a_harmless_request_is_checked_with_a_dry_run_that_counts_nothing() -> None:
    with joined(Sparing) as (connector, sandbox), sandbox.listening() as requests:
        assert connector.check_connection().ok and sandbox.conversions() == {}
        assert [request.text.count('"test"') for request in requests] == [1]
        assert "555" not in requests[0].text, "the fictional phone number is hidden as the manifest says"
        assert not connect(Sparing, sandbox, clock=FrozenClock(), token="old").check_connection().ok
        sandbox.refuse("connection-check")
        assert not connector.check_connection().ok

    class Never(Sparing):
        dry_run = None

    with joined(Never) as (connector, _):
        report = connector.check_connection()
        assert report.ok and not report.tried and "the plugin has no dry run" in report.detail


def test_the_stand_in_finds_key_value_and_currency_in_a_row_and_derives_its_replies() -> None:
    with joined(Sparing) as (connector, sandbox):
        old = conversions(1, click_ids={"click": "x"}, occurred_at=datetime(2020, 1, 1, tzinfo=UTC))
        [receipt] = connector.upload_conversions(old, False)
        assert (receipt.status, receipt.code) == ("rejected", "INVALID")
        [receipt] = connector.upload_conversions(conversions(1, click_ids={"click": "x"}), False)
        counted = sandbox.conversions()["c0"]
        assert receipt.status == "delivered" and (counted["value"], counted["currency"]) == ("40", "USD")


def test_a_header_without_a_secret_is_no_credential_for_the_stand_in() -> None:
    with joined(Sparing) as (connector, sandbox):
        row = {"at": sandbox.clock().isoformat(), "data": {"order": "c", "amounts": []}}
        client = connector.services.http()
        for token, status in (("sandbox-token-of-network", 200), ("old", 401)):
            headers = {"authorization": f"Bearer {token}"}
            assert client.post(f"{sandbox.url}/a1/events", headers=headers, json={"rows": [row]}).status_code == status


def test_a_new_conversion_without_any_declared_identifier_is_unmatched_and_not_sent() -> None:
    with joined(Sparing) as (connector, sandbox), sandbox.listening() as requests:
        bare, known = *conversions(1), *conversions(1, phone_number="ab" * 32)
        [receipt] = connector.upload_conversions([bare], False)
        assert (receipt.status, receipt.sent, requests) == ("unmatched", False, [])
        assert connector.check_conversion(bare).status == "unmatched" and connector.check_conversion(known) is None


def test_the_stand_in_tells_a_dry_run_from_an_upload_by_a_member_at_any_depth() -> None:
    class Inside(Sparing):
        upload = Call(path="/{account}/events", body={"data": {"rows": ROWS}})
        dry_run = Call(path="/{account}/events", body={"data": {"rows": ROWS, "test": "{account}"}})

    with joined(Inside) as (connector, sandbox):
        items = conversions(1, click_ids={"click": "x"})
        for is_dry, counted in ((True, []), (False, ["c0"])):
            [receipt] = connector.upload_conversions(items, is_dry)
            assert receipt.status == "delivered" and [*sandbox.conversions()] == counted
