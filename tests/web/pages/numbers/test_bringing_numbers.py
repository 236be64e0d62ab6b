"""`/numbers/ports/…`: an order is placed once with its bill, followed, corrected, cancelled, and its numbers put to use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from page_client import PageClient, signed_in
from testbed import SHARED, TestHub

from hub.api import Rejected, RetryLater
from hub.model import AuditEntry, PortOrderRow, TrackingNumber

NUMBER = "+13125550177"
BILL = b"%PDF-1.4\n\x00\xff an example bill\r\n--\r\n"
FORM = {
    "for": "lakeside/shared", "numbers": "+1 312 555 0177", "losing_carrier": "Prairie Voice",
    "business_name": "Example Plumbing", "authorized_person": "Pat Doe", "email": "pat.doe@example.com",
    "street": "1 Example Street", "city": "Chicago", "region": "IL", "postal_code": "60601", "country": "US",
    "account_number": "EX-123456", "pin": "482915", "wanted_on": "2026-12-15",
}  # fmt: skip


@pytest.fixture
def owner(stage: TestHub) -> PageClient:
    return signed_in(stage)


def send(owner: PageClient, bill: bytes = BILL, **changes: str) -> Any:
    return owner.post("/numbers/ports/new", FORM | changes, files={"bill": ("bill.pdf", bill, "application/pdf")})


def test_an_order_goes_to_the_carrier_with_its_bill_once(stage: TestHub, owner: PageClient) -> None:
    assert "Who signs it" in owner.text("/numbers/ports/new")
    assert send(owner).status_code == 303
    assert "already in progress" in send(owner).text
    (request,) = stage.carrier.port_requests
    assert (request.numbers, request.bill, request.pin, request.authorized_person) == (
        (NUMBER,), BILL, "482915", "Pat Doe",
    )  # fmt: skip
    text = owner.text("/numbers")
    assert "+1 312 555 0177 Prairie Voice to Paper Carrier Sent The old carrier checks it" in text
    (noted,) = stage.rows(AuditEntry, action="numbers.port")
    assert (noted.subject, "Pat" in noted.detail, "482915" in noted.detail) == ("PO0001", False, False)


def test_what_is_missing_or_wrong_stands_beside_its_field_and_nothing_is_ordered(
    stage: TestHub, owner: PageClient
) -> None:
    answer = send(owner, b"no pdf", numbers="none", email="", wanted_on="soon", **{"for": "other/one"})
    assert answer.status_code == 422
    for words in (
        "not a phone number",
        "The letter is sent there",
        "PDF of at most 10 MB",
        "like 2026-12-01",
        "Choose a tr",
    ):
        assert words in answer.text
    assert "482915" not in answer.text
    assert 'value="Example Plumbing"' in answer.text
    assert stage.carrier.port_requests == []
    stage.carrier.port_script = [Rejected("The number is with a reseller.")]
    refused = send(owner)
    assert (refused.status_code, "The number is with a reseller." in refused.text) == (422, True)
    assert "Refused" in owner.text("/numbers")
    assert send(owner).status_code == 303


def test_an_order_that_is_sent_back_is_corrected_and_a_date_is_shown(stage: TestHub, owner: PageClient) -> None:
    send(owner)
    stage.carrier.move("PO0001", "action_required", "The account number does not match.")
    assert owner.post("/numbers/ports/look").status_code == 303
    row = stage.one(PortOrderRow)
    assert "The account number does not match. Correct and send again" in owner.text("/numbers")
    again = owner.text(f"/numbers/ports/new?again={row.id}")
    assert "+13125550177" in again
    stage.carrier.move("PO0001", "scheduled", ports_at=datetime(2026, 12, 1, 16, 0, tzinfo=UTC))
    owner.post("/numbers/ports/look")
    assert "Moves on Dec 1 at 4:00 pm; calls go on without a gap" in owner.text("/numbers")


def test_numbers_that_have_moved_are_put_to_use_with_one_click(stage: TestHub, owner: PageClient) -> None:
    send(owner)
    early = owner.post(f"/numbers/ports/{stage.one(PortOrderRow).id}/use")
    assert (early.status_code, "have not moved yet" in early.text) == (422, True)
    stage.carrier.move("PO0001", "ported")
    owner.post("/numbers/ports/look")
    for _ in range(2):
        assert owner.post(f"/numbers/ports/{stage.one(PortOrderRow).id}/use").status_code == 303
    number = stage.one(TrackingNumber, number=NUMBER)
    assert number.tracker_id == stage.one(TrackingNumber, number=SHARED).tracker_id
    assert stage.carrier.owned[NUMBER].voice_url.endswith("/webhooks/carrier/voice")
    assert "In use." in owner.text("/numbers")


def test_an_open_order_is_cancelled_once(stage: TestHub, owner: PageClient) -> None:
    send(owner)
    row = stage.one(PortOrderRow)
    for _ in range(2):
        assert owner.post(f"/numbers/ports/{row.id}/cancel").status_code == 303
    assert stage.carrier.cancelled == ["PO0001"]
    assert "The numbers stay at the old carrier" in owner.text("/numbers")
    assert len(stage.rows(AuditEntry, action="numbers.port.cancel")) == 1


def test_an_order_without_an_answer_is_not_placed_again_until_a_person_has_looked(
    stage: TestHub, owner: PageClient
) -> None:
    stage.carrier.port_script = [RetryLater("Paper Carrier did not answer.")]
    assert "Whether the order was placed is unknown" in send(owner).text
    assert "already in progress" in send(owner).text
    assert "Outcome unknown" in owner.text("/numbers")
    row = stage.one(PortOrderRow)
    assert owner.post(f"/numbers/ports/{row.id}/cancel").status_code == 422
    assert owner.post(f"/numbers/ports/{row.id}/forget").status_code == 303
    assert send(owner).status_code == 303
    assert len(stage.carrier.port_requests) == 2


def test_another_accounts_orders_and_other_companies_orders_are_not_there(stage: TestHub, owner: PageClient) -> None:
    send(owner)
    row = stage.one(PortOrderRow)
    assert "555 0177" not in signed_in(stage, "marketer", "northgate").text("/numbers")
    assert "555 0177" in signed_in(stage, "marketer", "lakeside").text("/numbers")
    with stage.hub.store.writing() as session:
        stored = session.get(PortOrderRow, row.id)
        assert stored is not None
        stored.account_id = None
        session.add(stored)
    assert "555 0177" not in owner.text("/numbers")
    assert owner.post(f"/numbers/ports/{row.id}/cancel").status_code == 404


def test_a_stranger_cannot_send_a_large_body(stage: TestHub) -> None:
    stranger = PageClient(stage, None)
    answer = stranger.post(
        "/numbers/ports/new", FORM, files={"bill": ("bill.pdf", b"%PDF-" + b"x" * 200_000, "application/pdf")}
    )
    assert answer.status_code == 413
