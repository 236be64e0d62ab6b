"""What each of Google's error codes means for its item: treat as delivered, retry later, or give up."""

from __future__ import annotations

from collections.abc import Iterable

from hub.api import Receipt
from plugins.ads.google_ads.reference import Match

HOURS = 3600.0
ONE_PER_CLICK = "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"

AS_GOOD_AS_DELIVERED = frozenset(
    {
        "CALL_CONVERSION_ALREADY_EXISTS",
        "CLICK_CONVERSION_ALREADY_EXISTS",
        "CONVERSION_ALREADY_RETRACTED",
        "DUPLICATE_GCLID",
        "DUPLICATE_TRANSACTION_ID",
        "MORE_RECENT_RESTATEMENT_FOUND",
        "ORDER_ID_ALREADY_IN_USE",
        "RESTATEMENT_ALREADY_EXISTS",
    }
)
"""Google already has it."""

RETRY_AFTER: dict[str, float | None] = {
    "CONVERSION_ACTION_TOO_RECENTLY_CREATED": 6 * HOURS,
    "CONVERSION_NOT_FOUND": 6 * HOURS,
    "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": 6 * HOURS,
    "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": 6 * HOURS,
    "DEADLINE_EXCEEDED": None,
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED": 6 * HOURS,
    "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": 6 * HOURS,
    "DESTINATION_TOO_RECENTLY_CREATED": 6 * HOURS,
    "DUPLICATE_ADJUSTMENT_IN_REQUEST": 60.0,
    "DUPLICATE_CALL_CONVERSION_IN_REQUEST": 60.0,
    "DUPLICATE_CLICK_CONVERSION_IN_REQUEST": 60.0,
    "DUPLICATE_ORDER_ID": 60.0,
    "EVENT_TIME_INVALID": HOURS,
    "INTERNAL_ERROR": None,
    ONE_PER_CLICK: 60.0,
    "ORIGINAL_CONVERSIONS_NOT_FOUND": 6 * HOURS,
    "RESOURCE_EXHAUSTED": None,
    "RESOURCE_TEMPORARILY_EXHAUSTED": None,
    "TOO_RECENT_CALL": 12 * HOURS,
    "TOO_RECENT_CLICK": 12 * HOURS,
    "TOO_RECENT_CONVERSION": 6 * HOURS,
    "TOO_RECENT_CONVERSION_ACTION": 6 * HOURS,
    "TOO_RECENT_EVENT": 6 * HOURS,
    "TRANSIENT_ERROR": None,
}
"""Seconds to wait before the item is retried (None: the hub's own schedule). Google asks for 6 hours after
a conversion action was created and for 12 hours after a call. A person must accept the enhanced-conversion terms. What
counts one per click goes again without the click id of iOS. A time that is not valid is ahead of Google's clock, because
ours is fast."""

NOT_FOUND = frozenset({"CALL_NOT_FOUND", "CLICK_NOT_FOUND", "EVENT_NOT_FOUND", "INVALID_CALL"})
"""Google ties the conversion to no ad. For people who clicked none that is what it says, and no failure."""
NOT_MATCHED: dict[Match | None, str] = {
    "click": "Not matched: Google knows no ad click with this click id.",
    "person": "Not matched: the person clicked no ad.",
    "call": "Not matched: Google knows no call from an ad by this caller at that time.",
    None: "Not matched: Google knows no ad click of this person.",
}
CLICK_MAY_FOLLOW = "Google does not know the ad click yet; the conversion is sent once more in 12 hours."

WHOLE_ACCOUNT = frozenset(
    {
        "CONVERSION_ACTION_TOO_RECENTLY_CREATED",
        "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS",
        "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
        "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
        "DESTINATION_ACCOUNT_TYPE_MISMATCH",
        "INVALID_CONVERSION_ACTION_ID",
        "INVALID_CONVERSION_ACTION_TYPE",
        "INVALID_DESTINATION",
    }
)
"""Refusals that Data Manager reports on one event but that apply to every event of the same conversion action."""


def receipt_for(
    key: str,
    codes: Iterable[str],
    words: str | None,
    reference: str | None = None,
    match: Match | None = None,
    young: bool = False,
) -> Receipt:
    """The receipt of an item that Google rejected with these codes. The worst code decides: first a permanent refusal, then
    a temporary one, then that no ad was found, then a duplicate.

    A click id that Google does not know is sent once more if the click was young at the upload.
    """
    named = tuple(dict.fromkeys(codes)) or ("UNKNOWN",)
    for code in named:
        if code not in AS_GOOD_AS_DELIVERED and code not in RETRY_AFTER and code not in NOT_FOUND:
            return Receipt(key=key, status="rejected", code=code, reason=words, reference=reference)
    waits = [code for code in named if code in RETRY_AFTER]
    if waits:
        longest = max(waits, key=lambda code: RETRY_AFTER[code] or 0.0)
        return Receipt(key=key, status="retry", code=longest, reason=words, retry_after=RETRY_AFTER[longest])
    lost = next((code for code in named if code in NOT_FOUND), None)
    if lost and young:
        return Receipt(key=key, status="retry", code=lost, reason=CLICK_MAY_FOLLOW, retry_after=12 * HOURS)
    if lost:
        return Receipt(key=key, status="unmatched", code=lost, reason=NOT_MATCHED[match], reference=reference)
    return Receipt(key=key, status="duplicate", code=named[0], reason=words, reference=reference)
