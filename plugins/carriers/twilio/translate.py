"""Twilio's error codes in words. Source: twilio.com/docs/api/errors."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "21211": "Twilio does not recognize the recipient as a phone number.",
    "21408": "The account may not send texts to that country; allow it in Twilio's messaging geographic permissions.",
    "21606": "The sender is not a number of this account that can send texts.",
    "21610": "The person asked Twilio to stop texts from this number.",
    "21611": "Too many texts are queued for this sender.",
    "21612": "Twilio has no route from this sender to this recipient.",
    "21614": "The recipient is not a mobile phone.",
    "21617": "The text is longer than 1,600 characters.",
    "30001": "The text waited too long in Twilio's queue.",
    "30002": "The Twilio account is suspended.",
    "30003": "The phone is switched off or cannot be reached.",
    "30004": "The recipient or their carrier blocks the text.",
    "30005": "The number is unknown or no longer in use.",
    "30006": "The number is a landline or its carrier takes no texts.",
    "30007": "The text was filtered as spam by Twilio or the carrier.",
    "30032": "The toll-free sender is not verified for texts.",
    "30034": "The sender is not registered for business texts in the US (A2P 10DLC).",
}
"""Twilio's error codes of texts in words, without personal data."""
CALL_REASONS: Mapping[str, str] = {
    "21210": "The tracking number is not a number of this Twilio account, so it cannot be the caller ID.",
    "21211": "Twilio takes the user's phone for no phone number.",
    "21215": "The account may not call that country; allow it in Twilio's voice geographic permissions.",
    "21216": "Twilio does not allow calls to that number.",
    "21217": "Twilio takes the user's phone for no phone number.",
    "21219": "A trial account calls only numbers that are verified at Twilio.",
}
"""Those of calls that it places."""
