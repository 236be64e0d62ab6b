"""Texts, failures and a person's requests at Telnyx, each side against Telnyx' own client as the witness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from telnyx_wire import CALLER, CLOCK, HUB, TEXT, TRACKING, play

from hub.api import AuthError, ConfigError, Erasure, OutcomeUnknown, PersonReference, Rejected, RetryLater
from hub.api.sandbox import Fault
from hub.testing import connect
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.sandbox import Sandbox

if TYPE_CHECKING:
    from telnyx import Telnyx as Client

# Texts


def test_telnyxs_client_sees_the_text_that_we_sent(telnyx: Telnyx, client: Client) -> None:
    receipt = telnyx.send_text(TEXT)
    shown = client.messages.retrieve(str(receipt.reference)).data
    assert shown and shown.text == "Yes" and shown.webhook_url == f"{HUB}/message"
    assert telnyx.send_text(TEXT).reference == receipt.reference, "Telnyx knows the key and takes the text once"


def test_a_text_whose_outcome_is_unknown_is_told_as_such(telnyx: Telnyx, sandbox: Sandbox) -> None:
    impatient = connect(Telnyx, sandbox, clock=CLOCK, timeout=0.05)
    for fault in (Fault("status", 500), Fault("garbage"), Fault("hang", seconds=0.2)):
        sandbox.fail_next(fault)
        with pytest.raises(OutcomeUnknown):
            impatient.send_text(TEXT)
    for status in (429, 503):
        sandbox.fail_next(Fault("status", status))
        with pytest.raises(RetryLater):
            telnyx.send_text(TEXT)
    with pytest.raises(RetryLater):
        connect(Telnyx, sandbox, base_url="http://127.0.0.1:9").send_text(TEXT)


def test_a_blocked_text_is_the_persons_own_word(telnyx: Telnyx, sandbox: Sandbox, client: Client) -> None:
    import telnyx as sdk

    sandbox.block(TRACKING, CALLER)
    receipt = telnyx.send_text(TEXT)
    assert (receipt.status, receipt.code, receipt.opted_out) == ("rejected", "40300", True)
    assert CALLER not in str(receipt) and "from … to …" in str(receipt.reason)
    with pytest.raises(sdk.ConflictError, match="40300"):
        client.messages.send(to=CALLER, from_=TRACKING, text="Yes")


# Failures, as Telnyx' client sees them too


def test_too_many_requests_say_when_to_come_back(telnyx: Telnyx, sandbox: Sandbox, client: Client) -> None:
    import telnyx as sdk

    sandbox.requests_per_second = 1
    client.messaging_profiles.retrieve(sandbox.profile_id)
    with pytest.raises(sdk.RateLimitError) as limited:
        client.messaging_profiles.retrieve(sandbox.profile_id)
    assert limited.value.response.headers["x-ratelimit-remaining"] == "0"
    assert limited.value.body["errors"][0]["code"] == "10011"  # type: ignore[index]
    with pytest.raises(RetryLater, match="10011") as refused:
        telnyx.list_ports()
    assert refused.value.after == 1


def test_a_wrong_key_asks_to_reconnect(sandbox: Sandbox) -> None:
    with pytest.raises(AuthError, match="10009"):
        connect(Telnyx, sandbox, api_key="KEYWRONG").list_ports()


def test_an_application_that_is_not_there_or_not_active_is_told(telnyx: Telnyx, sandbox: Sandbox) -> None:
    with pytest.raises(Rejected, match="10005"):
        connect(Telnyx, sandbox, application_id="1234567890").check_connection()
    sandbox.application["active"] = False
    assert not telnyx.check_connection().ok
    sandbox.application["active"] = True
    assert telnyx.check_connection().ok


# A person's requests


def test_a_person_gets_what_telnyx_holds_and_is_told_what_stays(telnyx: Telnyx, sandbox: Sandbox) -> None:
    play(sandbox)
    play(sandbox, caller_number="+13125550177")
    sandbox.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", HUB)
    telnyx.send_text(replace(TEXT, key="text-2"))
    person = PersonReference(phone_numbers=(CALLER, "+13125550166"), tracking_numbers=(TRACKING,))
    records = telnyx.export_person(person)
    assert sorted(record.record_type for record in records) == ["call", "call", "recording", "text", "text"]
    with pytest.raises(Rejected, match="10015"):
        list(telnyx._rest.pages("/detail_records", {"filter[record_type]": "messaging", "page[size]": "51"}))
    erased = telnyx.erase_person(person)
    assert (erased.status, erased.records) == ("impossible", 1) and "call records" in str(erased.reason)
    assert len(sandbox.recordings()) == 1, "somebody else's recording stays"
    stranger = PersonReference(phone_numbers=("+13125550166",), tracking_numbers=(TRACKING,))
    assert telnyx.erase_person(stranger) == Erasure(status="nothing_held")


def test_a_list_that_ends_before_its_count_is_asked_again(telnyx: Telnyx, monkeypatch: pytest.MonkeyPatch) -> None:
    """`total_results` counts the whole list: PaginationMeta of Telnyx' OpenAPI file of 2026-02-26."""
    meta = {"page_number": 1, "page_size": 250, "total_pages": 1, "total_results": 2}
    pages = [{"data": [{"id": "1"}], "meta": meta}, {"data": [], "meta": meta}]
    monkeypatch.setattr(telnyx._rest, "get", lambda path, query: pages.pop(0))
    with pytest.raises(RetryLater, match="2 items, and gave 1"):
        list(telnyx._rest.pages("/recordings"))


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("40318", 400, RetryLater), ("40333", 400, RetryLater), ("40011", 429, RetryLater), ("20100", 402, ConfigError)],
)
def test_a_full_queue_and_an_unpaid_bill_end_no_text(
    telnyx: Telnyx, sandbox: Sandbox, code: str, status: int, error: type[Exception]
) -> None:
    """Source: developers.telnyx.com/docs/messaging/messages/error-codes and /development/api-fundamentals/api-errors."""
    sandbox.answer_next(code, on="POST /v2/messages")
    text = replace(TEXT, key=f"text-{code}")
    with pytest.raises(error):
        telnyx.send_text(text)
    assert sandbox.rules is not None and sandbox.rules.answer(code).status == status
    assert telnyx.send_text(text).status == "accepted"
