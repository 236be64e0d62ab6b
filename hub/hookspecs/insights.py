"""The hook that reads conversations."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.insights import Conversation, Insight
from hub.hookspecs.markers import hookspec


class InsightHooks(Protocol):
    """Insight: what a conversation was about, and how it ended."""

    @hookspec(network=True, deadline=60, scheduled=False, use="functional.service", main_of="insight")
    def read_conversation(self, conversation: Conversation) -> Insight:
        """What `conversation` says: a summary, its outcome and its signals, each with the lines that prove it.

        Called by the worker after a transcript is stored, if the company wants it read and consent allows it. Say nothing
        that no line proves. Raise `Rejected` if the conversation cannot be read.
        """
