"""Hooks for texts: send one, and fetch the pictures of an incoming one."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.conversions import Receipt
from hub.contracts.texts import MediaFile, OutboundText
from hub.hookspecs.markers import hookspec


class TextHooks(Protocol):
    """Texts: carriers."""

    @hookspec(network=True, deadline=30, scheduled=False)
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text: `accepted` with the carrier's id as `reference` (webhooks report its status later), or `rejected`
        with its code, and `opted_out` if the person had asked the carrier to stop.

        Called by the worker after consent is decided, and only one time. If the outcome is unknown (a time-out), raise
        `OutcomeUnknown`: the hub holds the text. Raise `RetryLater` only if the carrier certainly did not take it.
        """

    @hookspec(network=True, deadline=30, scheduled=False)
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of an incoming text. `url` comes from a webhook: fetch only from the provider's declared hosts.

        Called by the worker soon after the text, because carriers keep such files for a short time only.
        """
