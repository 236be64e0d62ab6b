"""Which recipients are third parties: those that decide for themselves what they do with the data, and for what use.

What goes to a third party is a sale or sharing (Cal. Civ. Code 1798.140(ad), (ah), (ai)), whatever the use is called, unless
the law excepts the use. `EXCEPTIONS` lists the uses that are excepted, each with its article.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.contracts.rules import OWN

READ_ON = date(2026, 11, 29)
ADVERTISING = "marketing.advertising"
INDUSTRY_OPT_OUTS = (
    ("Digital Advertising Alliance", "https://optout.aboutads.info"),
    ("Network Advertising Initiative", "https://optout.networkadvertising.org"),
    ("Digital Advertising Alliance of Canada", "https://youradchoices.ca"),
    ("European Interactive Digital Advertising Alliance", "https://www.youronlinechoices.eu"),
)
"""Where people opt out of personalized ads of many networks at the same time, by the industry's own programs."""
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


def is_advertising(use: str) -> bool:
    """Whether a data use is advertising, or a kind of it."""
    return use == ADVERTISING or use.startswith(f"{ADVERTISING}.")


def is_sale_or_sharing(role: str, use: str) -> bool:
    """Whether an opt-out of sale, sharing and advertising applies: to advertising with any recipient, and to every use by a
    third party.

    Source: Cal. Civ. Code 1798.120, 1798.135; 11 CCR 7025(c)(1), 7026.
    """
    return is_advertising(use) or is_third_party(role, use)
