"""Which recipients are third parties: those that decide for themselves what they do with the data, and for what use.

What goes to a third party is a sale or sharing (Cal. Civ. Code 1798.140(ad), (ah), (ai)), whatever the use is called, unless
the law excepts the use. `EXCEPTIONS` lists the uses that are excepted, each with its article.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.contracts.rules import OWN

READ_ON = date(2026, 11, 29)
TEXT_OF_THE_LAW = "github.com/bcyphers/cpra (the text of Proposition 24, 2020)"


@dataclass(frozen=True, slots=True)
class SharingException:
    """A use that is neither a sale nor sharing, also with a recipient that decides for itself."""

    use: str
    """A data use; the uses below it are excepted too."""
    reason: str
    article: str
    source: str
    """Where the article was read on `READ_ON`; `own`: it is the hub's own reading."""


EXCEPTIONS = (
    SharingException(
        use="essential.legal_obligation",
        reason="What a law or a court demands, or what the person asked for by law, is neither a sale nor sharing.",
        article="Cal. Civ. Code 1798.145(a)",
        source=TEXT_OF_THE_LAW,
    ),
    SharingException(
        use="essential.service.call_back",
        reason="A call that the person asked for is neither a sale nor sharing: the carrier that connects it needs the number.",
        article="Cal. Civ. Code 1798.140(ad)(2)(A), (ah)(2)(A)",
        source=TEXT_OF_THE_LAW,
    ),
    SharingException(
        use="telephony.recording",
        reason="The question whether a call may be recorded hands nothing over, so it is neither a sale nor sharing.",
        article="Cal. Civ. Code 1798.140(ad)(1), (ah)(1)",
        source=OWN,
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
