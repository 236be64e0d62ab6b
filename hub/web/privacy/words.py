"""The texts of the privacy page, and its templates."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

from hub.model.states import RequestState

REQUEST_LABELS = {
    "access": (
        "Tell me what you hold about me",
        "A copy of everything, with recordings, and who was given what and when.",
    ),
    "correction": ("Correct what is wrong", "Your name, your e-mail address or your phone number."),
    "erasure": ("Erase my data", "Here and at our providers; you get a signed certificate."),
    "objection": (
        "Do not use my data for marketing",
        "No advertising, no marketing texts, no sale or sharing of your data.",
    ),
    "restriction": ("Keep my data, but do not use it", "For instance while you dispute something."),
    "portability": ("Give me my data for another service", "As a file that machines can read."),
    "third_party_disclosure": (
        "Tell me who got my data for their own marketing",
        "For the last calendar year, as California's Shine the Light law gives it.",
    ),
    "opt_in": (
        "Allow advertising again",
        "If you opted out before and have changed your mind; you confirm it on the next page.",
    ),
    "child": ("Erase the data of a child under 13", "As a parent or guardian; we will ask how we can tell."),
}
STATE_LABELS: dict[str, str] = {
    RequestState.RECEIVED: "received",
    RequestState.IDENTITY_PENDING: "waiting until you show that it is you",
    RequestState.VERIFIED: "accepted and waiting for its turn",
    RequestState.PLANNED: "being prepared",
    RequestState.RUNNING: "under way",
    RequestState.WAITING_PLUGIN: "under way; we wait for one of our providers",
    RequestState.HELD: "under review",
    RequestState.DONE: "answered",
    RequestState.REFUSED: "closed; you will hear from us why, and you may complain to your data protection authority",
}
PLACES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "United States",
        (
            ("US-CA", "California"),
            ("US-CO", "Colorado"),
            ("US-CT", "Connecticut"),
            ("US-DE", "Delaware"),
            ("US-FL", "Florida"),
            ("US-IN", "Indiana"),
            ("US-IA", "Iowa"),
            ("US-KY", "Kentucky"),
            ("US-MD", "Maryland"),
            ("US-MN", "Minnesota"),
            ("US-MT", "Montana"),
            ("US-NE", "Nebraska"),
            ("US-NV", "Nevada"),
            ("US-NH", "New Hampshire"),
            ("US-NJ", "New Jersey"),
            ("US-OR", "Oregon"),
            ("US-RI", "Rhode Island"),
            ("US-TN", "Tennessee"),
            ("US-TX", "Texas"),
            ("US-UT", "Utah"),
            ("US-VA", "Virginia"),
            ("US-WA", "Washington"),
            ("US", "Another state or territory"),
        ),
    ),
    (
        "Canada",
        (
            ("CA-AB", "Alberta"),
            ("CA-BC", "British Columbia"),
            ("CA-MB", "Manitoba"),
            ("CA-NB", "New Brunswick"),
            ("CA-NL", "Newfoundland and Labrador"),
            ("CA-NS", "Nova Scotia"),
            ("CA-ON", "Ontario"),
            ("CA-PE", "Prince Edward Island"),
            ("CA-QC", "Quebec"),
            ("CA-SK", "Saskatchewan"),
            ("CA", "A territory"),
        ),
    ),
    (
        "Elsewhere",
        (
            ("EU", "European Union, Norway, Iceland or Liechtenstein"),
            ("GB", "United Kingdom"),
            ("CH", "Switzerland"),
            ("AU", "Australia"),
            ("NZ", "New Zealand"),
        ),
    ),
)
"""The states with a comprehensive privacy law in force, as `deadlines.yaml` lists them, and all provinces."""
PLACE_CODES = tuple(code for _, places in PLACES for code, _ in places)


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The pages' templates; every value is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    found = Environment(
        loader=PackageLoader("hub.web"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    found.filters["phone"] = _written
    return found


def _written(number: str) -> str:
    """A number as people read it, with its country."""
    import phonenumbers

    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
