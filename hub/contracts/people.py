"""A person as a plugin sees them in privacy requests: export, erase or correct the data that a provider holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from hub.contracts.values import personal, plugin_text


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonReference:
    """How a plugin finds a person in its provider's data, and which of that data belongs to the company that was asked.

    Several companies of the hub may use one account at a provider. Only the company that was asked may show or erase what is
    its own. A call, message or recording is its own if it is between one of `phone_numbers` and one of `tracking_numbers`, or
    if its id is in `provider_ids`. An item that the hub wrote is its own if its key is in `item_keys`, its id in
    `provider_ids`, or if it names both numbers as a call does. Every other call, message, recording or logged call stays
    untouched and is not shown.
    """

    phone_numbers: tuple[str, ...] = personal("user.contact.phone_number", default=())
    """E.164."""
    emails: tuple[str, ...] = personal("user.contact.email", default=())
    tracking_numbers: tuple[str, ...] = ()
    """E.164: every number that the company has or had and no other company of the hub has; for a carrier, the numbers there."""
    provider_ids: tuple[str, ...] = ()
    """The provider's ids of the person's records at this company, as far as the hub knows them: calls, messages, recordings,
    logged calls, deals."""
    item_keys: tuple[str, ...] = ()
    """The keys under which the hub sent items about the person for this company (`CallActivity.key`, `Conversion.key`)."""
    shared: bool = False
    """Whether another company that uses the same account knows the person too, or has to keep its data. Then a record that
    companies share, such as a CRM's contact, is not erased, and what people wrote on it is not shown."""

    def owns(self, record_id: object = None, *, key: object = None, numbers: Collection[object] = ()) -> bool:
        """Whether a call, a message or a recording is that of the company that was asked: by the provider's id, by the key
        under which the hub sent it, or by the numbers of its two sides (E.164, in any order)."""
        if record_id in self.provider_ids or key in self.item_keys:
            return True
        sides = set(numbers)
        return not (sides.isdisjoint(self.phone_numbers) or sides.isdisjoint(self.tracking_numbers))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldRecord:
    """One record that the provider holds on the person, by its type, its id and its plain fields."""

    record_type: str
    record_id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What became of one request to erase: `erased`, `nothing_held`, or `impossible` with the reason.

    `records` counts what was erased, also of an erasure that was `impossible` in part.
    """

    status: Literal["erased", "nothing_held", "impossible"]
    records: int = 0
    reason: str | None = plugin_text(None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """What a person wants corrected: how to find them, and the right values; None if a value stays as it is."""

    phone_numbers: tuple[str, ...] = personal("user.contact.phone_number", default=())
    """The numbers under which the person is known so far, E.164."""
    emails: tuple[str, ...] = personal("user.contact.email", default=())
    new_name: str | None = personal("user.name")
    new_email: str | None = personal("user.contact.email")
    new_phone_number: str | None = personal("user.contact.phone_number")
    """E.164."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """What became of a correction: `corrected`, `nothing_held`, or `impossible` with the reason."""

    status: Literal["corrected", "nothing_held", "impossible"]
    records: int = 0
    reason: str | None = plugin_text(None)


@runtime_checkable
class PeopleSandbox(Protocol):
    """What the conformance suites need of the sandbox of a carrier or CRM that erases people."""

    def held_ids(self) -> Sequence[str]:
        """The ids of all that the provider still keeps: of a carrier each leg, recording, text and picture, of a CRM each
        contact and call."""


@runtime_checkable
class PeopleKindsSandbox(Protocol):
    """What the CRM conformance suite needs of the sandbox of a CRM that keeps people as records of several kinds, as contacts
    and leads."""

    person_module: str
    """The kind of the next person that `add_contact` makes; one of `person_modules()`."""

    def person_modules(self) -> Sequence[str]:
        """The kinds, of which the suite tries each."""
