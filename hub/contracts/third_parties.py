"""Which recipients are third parties: those that decide for themselves what they do with the data, and for what use.

What goes to a third party is a sale or sharing (Cal. Civ. Code 1798.140(ad), (ah), (ai)), whatever the use is called, unless
the law excepts the use. `EXCEPTIONS` lists the uses that are excepted, each with its article.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SECTION = "https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=CIV&sectionNum="


@dataclass(frozen=True, slots=True)
class SharingException:
    """A use that is neither a sale nor sharing, also with a recipient that decides for itself."""

    use: str
    """A data use; the uses below it are excepted too."""
    reason: str
    article: str
    source: str
    """Where the article stands."""
    verify_by: date
    """When a person must read the article again."""


EXCEPTIONS = (
    SharingException(
        use="essential.legal_obligation",
        reason="A law or a court demands the disclosure, or the person asked for it by law.",
        article="Cal. Civ. Code 1798.145(a)(1)",
        source=f"{SECTION}1798.145.",
        verify_by=date(2027, 2, 28),
    ),
    SharingException(
        use="essential.service.call_back",
        reason="The person asked to be called, and the carrier that connects the call needs the number.",
        article="Cal. Civ. Code 1798.140(ad)(2)(A), (ah)(2)(A)",
        source=f"{SECTION}1798.140.",
        verify_by=date(2027, 2, 28),
    ),
    SharingException(
        use="telephony.recording",
        reason="The question is whether the call may be recorded at all; the answer hands nothing over.",
        article="Cal. Civ. Code 1798.140(ad)(1), (ah)(1)",
        source=f"{SECTION}1798.140.",
        verify_by=date(2027, 2, 28),
    ),
)


def exception_of(use: str) -> SharingException | None:
    """The exception that covers a data use; None if none does."""
    return next((each for each in EXCEPTIONS if use == each.use or use.startswith(f"{each.use}.")), None)


def is_third_party(role: str, use: str) -> bool:
    """Whether a recipient of `role` (`Recipient.role`) is a third party for `use`: a sale or sharing.

    A processor works for the business alone under a contract, so it is a service provider (1798.140(ag)).
    """
    return role == "independent_controller" and exception_of(use) is None
