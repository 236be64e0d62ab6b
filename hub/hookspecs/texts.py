"""Hooks for texts: send one, and fetch the pictures of one that came in."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.conversions import Receipt
from hub.contracts.texts import MediaFile, OutboundText
from hub.hookspecs.markers import hookspec


class TextHooks(Protocol):
    """Texts: carriers."""

    @hookspec(network=True, deadline=30, scheduled=False)
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text: `accepted` with the carrier's id as `reference` (webhooks tell what became of it), or `rejected`
        with its code, and `opted_out` where the person had told the carrier to stop.

        Called by the worker once consent is decided, and once only: where the outcome is unknown (a time-out) the hub
        holds it: raise `OutcomeUnknown` there, and `RetryLater` only where the carrier surely did not take it.
        """

    @hookspec(network=True, deadline=30, scheduled=False)
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a text that came in. `url` comes from a webhook: fetch only from the provider's declared hosts.

        Called by the worker soon after the text, for carriers keep such files for a short time only.
        """
