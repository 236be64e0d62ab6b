"""Hooks for texts: send one, list the received ones, and fetch the pictures of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.conversions import Receipt
from hub.contracts.events import MessageEvent
from hub.contracts.texts import MediaFile, OutboundText, TextListQuery
from hub.hookspecs.markers import hookspec


class TextHooks(Protocol):
    """Texts: carriers."""

    @hookspec(network=True, deadline=30, scheduled=False, once=True)
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

    @hookspec(network=True, deadline=60, scheduled=True)
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        """Received texts from the carrier's own list, oldest first, each as the event of its webhook would be: with the same
        id, the whole body and the addresses of its pictures.

        Called on the connector's schedule, to find texts (a STOP, a lead) whose webhooks never came. If there are more than
        one call can read, return the oldest: the next call continues after the newest that was returned. A text whose body
        the carrier does not give any more has an empty body; leave out one whose body it does not give yet. A plugin with
        this hook declares the ability `list_texts`.
        """
