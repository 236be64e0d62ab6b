"""Hooks for a person's privacy requests: show, erase and correct what a provider holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.people import Corrected, Correction, Erasure, HeldRecord, PersonReference
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
