"""Twilio's webhooks and what they have beyond the forms that all carriers with TwiML send."""

from __future__ import annotations

from hub.api.twiml import TwimlWebhook
from plugins.carriers.twilio.texts import OPTED_OUT, REASONS

ORIGINS = ("https://api.twilio.com", "http://api.twilio.com")
"""Origins of recordings and pictures, whatever base_url is set. Twilio writes both; the address is never fetched."""


class TwilioWebhook(TwimlWebhook):
    """The fields of one webhook from Twilio."""

    carrier = "Twilio"
    reasons = REASONS
    opted_out = OPTED_OUT
