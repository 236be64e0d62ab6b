"""Whatever Google answers, it is read without harm: refusals, diagnostics, and the table of error codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import PendingReceipt
from plugins.ads.google_ads.data_manager import DATA_MANAGER
from plugins.ads.google_ads.diagnostics import receipts_of
from plugins.ads.google_ads.policy import UNLISTED_WAIT, meaning_of, receipt_for
from plugins.ads.google_ads.refusal import Refusal

ITEM = PendingReceipt(
    key="call-1",
    reference="t-1",
    accepted_at=datetime(2026, 11, 24, tzinfo=UTC),
    destination={"conversion_action": 987654321},
)


def read(status: int, body: bytes, retry_after: str = "") -> Refusal:
    return Refusal.of(DATA_MANAGER.refusal(status, {"retry-after": retry_after}, body, ITEM.accepted_at))


names = st.sampled_from(
    (
        *("error", "details", "@type", "fieldViolations", "field", "requestStatusPerDestination", "requestStatus"),
        *(
            "errorInfo",
            "errorCounts",
            "recordCount",
            "recordIndices",
            "reason",
            "destination",
            "productDestinationId",
            "retryDelay",
        ),
    )
)
words = st.sampled_from(("PARTIAL_SUCCESS", "FAILED", "SUCCESS", "x.BadRequest", "x.RetryInfo", "events[3].gclid", "9"))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100)
@given(content=st.dictionaries(names, anything, max_size=4))
def test_any_answer_to_a_question_about_diagnostics_gives_one_receipt(content: dict[str, Any]) -> None:
    (receipt,) = receipts_of([ITEM], content)
    assert receipt.key == "call-1" and receipt.status in (
        "delivered",
        "accepted",
        "duplicate",
        "unmatched",
        "rejected",
        "retry",
    )


@settings(max_examples=100)
@given(body=st.binary(max_size=40) | anything.map(lambda content: json.dumps(content).encode()), after=st.text())
def test_any_refusal_can_be_read(body: bytes, after: str) -> None:
    refusal = read(400, body, after)
    assert refusal.code
    assert refusal.retry_after is None or refusal.retry_after >= 0


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"error":' * 50_000, b'{"error": {"code": 1e999}}'])
def test_a_hostile_body_reads_as_nothing(nested: bytes) -> None:
    assert read(400, nested).violations == ()


def test_a_wait_may_stand_in_the_header_or_in_the_body() -> None:
    body = json.dumps(
        {"error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "31.5s"}]}}
    ).encode()
    assert read(429, body).retry_after == 31.5
    assert read(429, body, "12").retry_after == 12.0


def test_the_worst_of_several_reasons_decides() -> None:
    assert receipt_for("k", ["DUPLICATE_GCLID", "INVALID_GCLID"], "w").status == "rejected"
    assert receipt_for("k", ["DUPLICATE_GCLID", "TOO_RECENT_CLICK", "INTERNAL_ERROR"], "w").retry_after == 12 * 3600
    assert receipt_for("k", ["DUPLICATE_GCLID"], "w").status == "duplicate"
    assert receipt_for("k", ["CLICK_NOT_FOUND", "DUPLICATE_GCLID"], "w", match="person").status == "unmatched"
    assert receipt_for("k", ["EVENT_NOT_FOUND", "INVALID_GCLID"], "w", match="click").status == "rejected"
    assert receipt_for("k", ["EVENT_NOT_FOUND"], "w", match="click", young=True).retry_after == 12 * 3600
    assert receipt_for("k", [], "w").retry_after == UNLISTED_WAIT


def test_every_reason_of_googles_libraries_has_a_meaning_and_a_new_one_waits() -> None:
    """Source: google-ads-datamanager 0.9.4 (`ProcessingErrorReason`), google-ads 34.0.0 (v26)."""
    from google.ads import datamanager_v1 as dm
    from google.ads.googleads.v26.errors.types import conversion_adjustment_upload_error, conversion_upload_error

    names = {
        *(reason.name.removeprefix("PROCESSING_ERROR_REASON_") for reason in dm.ProcessingErrorReason),
        *(each.name for each in conversion_upload_error.ConversionUploadErrorEnum.ConversionUploadError),
        *(
            each.name
            for each in conversion_adjustment_upload_error.ConversionAdjustmentUploadErrorEnum.ConversionAdjustmentUploadError
        ),
    }
    unlisted = {name for name in names if meaning_of(name) == ("retry", UNLISTED_WAIT)}
    assert unlisted == {"UNSPECIFIED", "UNKNOWN"}
    assert meaning_of("SOMETHING_NEW") == ("retry", UNLISTED_WAIT)
    assert meaning_of("TOO_RECENT_SOMETHING_NEW") == ("retry", 6 * 3600)


@pytest.mark.parametrize(
    "code",
    [
        "USER_ID_NOT_FOUND", "USER_ID_NOT_FOUND_FOR_GCLID", "USER_ID_NOT_FOUND_FOR_DCLID", "USER_ID_NOT_FOUND_FOR_MATCH_ID",
        "USER_ID_NOT_FOUND_FOR_IMPRESSION_ID", "MATCH_ID_NOT_FOUND", "CLICK_NOT_FOUND", "INVALID_CLICK",
    ],
)  # fmt: skip
def test_what_google_cannot_find_is_not_matched_and_no_failure(code: str) -> None:
    """Source: `ProcessingErrorReason` of google-ads-datamanager 0.9.4: "The user ID can not be found for the GCLID", "The event
    can't be attributed to a click"."""
    assert receipt_for("k", [code], "w", match="click").status == "unmatched"
