"""What each of Google's error codes means for its item: treat as delivered, retry later, or give up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from hub.api import Receipt
from plugins.ads.google_ads.reference import Match

Meaning = Literal["duplicate", "unmatched", "retry", "rejected"]
HOURS = 3600.0
ONE_PER_CLICK = "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"

DELIVERED = re.compile(
    r".*_ALREADY_(EXISTS|IN_USE|RETRACTED)|DUPLICATE_(GCLID|TRANSACTION_ID)|MORE_RECENT_RESTATEMENT_FOUND"
)
"""Google already has it."""
NOT_FOUND = re.compile(r"(CALL|CLICK|EVENT|MATCH_ID|USER_ID)_NOT_FOUND(_FOR_[A-Z_]+)?|INVALID_(CALL|CLICK)")
"""Google ties the conversion to no ad. For people who clicked none that is what it says, and no failure."""
PASSING: Sequence[tuple[re.Pattern[str], float | None]] = (
    (re.compile(r"TOO_RECENT_(CALL|CLICK)"), 12 * HOURS),
    (re.compile(r".*TOO_RECENT.*|(ORIGINAL_)?CONVERSIONS?_NOT_FOUND"), 6 * HOURS),
    (re.compile(r".*NOT_(ACCEPTED|SIGNED).*|.*NOT_ENABLED_ENHANCED_CONVERSIONS.*"), 6 * HOURS),
    (re.compile(r"EVENT_TIME_INVALID"), HOURS),
    (re.compile(rf"DUPLICATE_([A-Z]+_)+IN_REQUEST|DUPLICATE_ORDER_ID|{ONE_PER_CLICK}"), 60.0),
    (re.compile(r".*(INTERNAL|EXHAUSTED|DEADLINE|TRANSIENT|UNAVAILABLE).*"), None),
)
"""Families of codes and the seconds to wait before the item is retried (None: the hub's own schedule). Google asks for 6 hours
after a conversion action was created and for 12 hours after a call. A person must accept the enhanced-conversion terms. What
counts one per click goes again without the click id of iOS. A time that is not valid is ahead of Google's clock, because
ours is fast."""
FINAL = re.compile(
    r".*(INVALID|UNPARSEABLE|UNSUPPORTED|PRECEDES|EXPIRED|TOO_(OLD|LONG|SHORT|MANY|FEW)|REQUIRED|MISSING|MISMATCH|BOTH_SET|PII|"
    r"PROHIBITS|DENIED|CONSENT|UNAUTHORIZED|DECRYPTION|DECODE_ERROR|AUTH_FAILED|ALREADY_ENHANCED|CANNOT|INSUFFICIENT|"
    r"EXTERNAL_ATTRIBUTION|"
    r"NOT_(ALLOWED|ALLOWLISTED|COMPLIANT|ELIGIBLE|ENABLED|PERMITTED|SUPPORTED)).*|NO_[A-Z_]+|RESERVED_NAME_USED"
)
"""Families of codes that stay true however often the item is sent."""
UNLISTED_WAIT = 24 * HOURS
"""Before an item with a code of no family is sent again: Google adds reasons, and an older library calls a new one UNKNOWN."""

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
    meanings = {code: meaning_of(code) for code in named}
    final = next((code for code, (status, _) in meanings.items() if status == "rejected"), None)
    if final:
        return Receipt(key=key, status="rejected", code=final, reason=words, reference=reference)
    waits = {code: wait for code, (status, wait) in meanings.items() if status == "retry"}
    if waits:
        longest = max(waits, key=lambda code: waits[code] or 0.0)
        return Receipt(key=key, status="retry", code=longest, reason=words, retry_after=waits[longest])
    lost = next((code for code, (status, _) in meanings.items() if status == "unmatched"), None)
    if lost and young:
        return Receipt(key=key, status="retry", code=lost, reason=CLICK_MAY_FOLLOW, retry_after=12 * HOURS)
    if lost:
        return Receipt(key=key, status="unmatched", code=lost, reason=NOT_MATCHED[match], reference=reference)
    return Receipt(key=key, status="duplicate", code=named[0], reason=words, reference=reference)


def meaning_of(code: str) -> tuple[Meaning, float | None]:
    """What becomes of an item that Google refused with this code, and the seconds to wait if it is sent again."""
    if DELIVERED.fullmatch(code):
        return "duplicate", None
    if NOT_FOUND.fullmatch(code):
        return "unmatched", None
    wait = next((each for each in PASSING if each[0].fullmatch(code)), None)
    if wait is not None:
        return "retry", wait[1]
    return ("rejected", None) if FINAL.fullmatch(code) else ("retry", UNLISTED_WAIT)
