"""Hooks for consent: an opinion on each disclosure, and the legal rules that it is based on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.consent import ConsentQuestion, Opinion
from hub.contracts.rules import LegalRule
from hub.hookspecs.markers import hookspec


class ConsentHooks(Protocol):
    """Consent: privacy regimes."""

    @hookspec(network=False, deadline=1, scheduled=False)
    def judge(self, question: ConsentQuestion) -> Opinion:
        """May this data be sent to this recipient? `allow`, `needs` (only with the person's yes) or `deny`, with the rule's id.

        Called when a conversion is decided and again when it is sent. Every consent connector is asked and the
        strictest opinion wins; an error, a time-out or no answer is `deny`. Decide from the question only: no
        network, no memory, so that the same question always has the same answer.
        """

    @hookspec(network=False, deadline=1, scheduled=False)
    def list_rules(self) -> Sequence[LegalRule]:
        """Every rule that the plugin applies or reminds of, with its source and the day on which that was read.

        Called by `hub check`, which warns of each rule whose source must be read again, and by `hub privacy rules` and `ask`,
        which show them. The ids are those that opinions name, without duplicates. Read them from the plugin's own files: no
        network.
        """
