"""A CRM that keeps one card a number, for the tests of people's requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbed import CALLER

from hub.api import (
    Connector,
    DataFlow,
    Deletion,
    Erasure,
    HeldRecord,
    Manifest,
    PersonReference,
    PluginSettings,
    Recipient,
    RetryLater,
    Share,
    hookimpl,
)
from hub.api.crm import Corrected, Correction

LEGAL = "essential.legal_obligation"
PERSON = (Share(field="phone_numbers"), Share(field="emails"))
RIGHT = (Share(field="new_name"), Share(field="new_email"), Share(field="new_phone_number"))


class FakeCardCrm(Connector):
    """A CRM that keeps one card a number, and does not always answer."""

    class Settings(PluginSettings):
        """None."""

    manifest = Manifest(
        name="cabinet",
        kind="crm",
        version="1.0.0",
        summary="A CRM for tests.",
        recipient=Recipient(name="Cabinet Inc.", role="processor"),
        flows=(
            DataFlow(hook="export_person", use=LEGAL, shares=PERSON),
            DataFlow(hook="erase_person", use=LEGAL, shares=PERSON),
            DataFlow(hook="correct_person", use=LEGAL, shares=(*PERSON, *RIGHT)),
        ),
        deletion=Deletion(supported=True, note="Cards are shredded at once."),
    )

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.cards: dict[str, dict[str, str]] = {CALLER: {"name": "Ada Exmaple"}}
        self.away = 0

    def answer(self) -> None:
        """Raise as long as nobody is there."""
        if self.away:
            self.away -= 1
            raise RetryLater("Cabinet is closed.", 60)

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        self.answer()
        held = [(number, self.cards[number]) for number in person.phone_numbers if number in self.cards]
        return [HeldRecord(record_type="card", record_id=number[-4:], fields=fields) for number, fields in held]

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        self.answer()
        if person.shared:
            return Erasure(status="impossible", reason="The card is another company's too.")
        gone = [self.cards.pop(number) for number in person.phone_numbers if number in self.cards]
        return Erasure(status="erased" if gone else "nothing_held", records=len(gone))

    @hookimpl
    def correct_person(self, correction: Correction) -> Corrected:
        self.answer()
        held = [number for number in correction.phone_numbers if number in self.cards]
        for number in held:
            self.cards[number]["name"] = correction.new_name or self.cards[number]["name"]
        return Corrected(status="corrected" if held else "nothing_held", records=len(held))
