"""Hooks for privacy: an opinion on each disclosure with its legal rules; show, erase and correct what a provider holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.consent import ConsentQuestion, Opinion
from hub.contracts.people import Corrected, Correction, Erasure, HeldRecord, PersonReference
from hub.contracts.rules import LegalRule
from hub.hookspecs.markers import hookspec


class PrivacyHooks(Protocol):
    """Privacy: every plugin whose provider keeps personal data."""

    @hookspec(network=True, deadline=60, scheduled=False, use="essential.legal_obligation")
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """What the provider holds on a person for the company that was asked.

        Called for a person's access request; all connectors' answers are listed, each under its recipient's name. If several
        companies share an account, show only the records that belong to this company according to `person`
        (`PersonReference`).
        """

    @hookspec(network=True, deadline=60, scheduled=False, use="essential.legal_obligation")
    def erase_person(self, person: PersonReference) -> Erasure:
        """Erase the person at the provider, or say what cannot be erased and why. Erasing twice is not an error.

        Called for a person's erasure request, after the hub's own data is erased, until the provider has answered. If several
        companies share an account, erase only the records that belong to this company according to `person`
        (`PersonReference`): another company's records may be under a legal hold.
        """

    @hookspec(network=True, deadline=60, scheduled=False, use="essential.legal_obligation")
    def correct_person(self, correction: Correction) -> Corrected:
        """Write the right values into every record of the person at the provider. Correcting twice is not an error.

        Called for a person's correction request, after the hub's own data is corrected, and tried again until the provider
        has answered. `new_name`, `new_email` and `new_phone_number` are None if they stay as they are. If the search finds
        several people, change none of them and return `impossible`.
        """


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
