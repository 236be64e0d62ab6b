"""Texts cost money: which texts that strangers cause may be sent, and how many a day.

A stranger chooses the number of a code on the privacy page, and may forge the number of a call or text that is answered
automatically. So none of these texts goes to premium and satellite numbers, and the rest is limited by day, by the first digits
of the number, and in money. Numbers that called or wrote have limits of their own, which strangers cannot use up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from hub.config.sections.texts import DEFAULT_BUDGET, DEFAULT_PRICE
from hub.contracts.dialing import costs_extra, countries_of
from hub.model import Call, Company, TextMessage
from hub.model.purposes import AUTOMATIC
from hub.numbers.directory import Directory
from hub.platform.error_counts import COUNTS
from hub.runtime import Hub

DAY = timedelta(days=1)
PREFIX_CHARACTERS = 5
"""The plus sign and four digits: a country with its operator or area."""
CODES, ANSWERS = frozenset({"identity_code"}), AUTOMATIC | {"help", "stop_question", "opt_in_confirmation"}
PRESSED = 0.8
"""Above this part of the limit for strangers' codes the privacy page recommends email and phone, to everybody alike."""


@dataclass(frozen=True)
class DailyLimit:
    """The most texts of one kind that a company sends in 24 hours, in total and to one prefix, and their part of its budget."""

    texts: int
    of_prefix: int
    share: Decimal


UNKNOWN_SENDERS = DailyLimit(50, 15, Decimal("0.1"))
KNOWN = DailyLimit(200, 60, Decimal("0.3"))
ABROAD = DailyLimit(100, 20, Decimal("0.3"))
"""Automatic answers to numbers of countries in which the company does not trade."""


def may_text(session: Session, hub: Hub, directory: Directory, company: Company, number: str, purpose: str) -> bool:
    """Whether a text that a stranger caused may go to `number`, within `session`. A refusal is counted, without the number.

    A code goes to countries in which the company trades, and to numbers that called or wrote; so do automatic answers,
    which go to nobody else anyway.
    """
    why = _refusal(session, hub, directory, company, number, purpose)
    if why is not None:
        COUNTS.note("text not sent", code=why)
    return why is None


def codes_are_pressed(session: Session, hub: Hub, company: Company) -> bool:
    """Whether so many codes were sent to strangers that further ones may not be sent today."""
    return len(_codes(session, hub, company, known=False)) >= PRESSED * UNKNOWN_SENDERS.texts


def has_contacted(session: Session, company_id: str, number: str) -> bool:
    """Whether somebody called or wrote to the company from this number."""
    called = select(Call.id).where(Call.company_id == company_id, Call.caller_number == number)
    wrote = select(TextMessage.id).where(
        TextMessage.company_id == company_id, TextMessage.person_number == number, TextMessage.direction == "in"
    )
    return any(session.exec(query.limit(1)).first() is not None for query in (called, wrote))


def trading_countries(directory: Directory, company: Company) -> frozenset[str]:
    """The company's country, those that it says it trades in, and those of its tracking numbers."""
    own = (line.number.number for line in directory.lines.values() if line.company.id == company.id)
    return frozenset({company.country, *company.website.get("trades_in", ())}).union(*map(countries_of, own))


def _refusal(
    session: Session, hub: Hub, directory: Directory, company: Company, number: str, purpose: str
) -> str | None:
    """Why the text is not sent, as a code; None if it is."""
    if costs_extra(number):
        return "expensive"
    # One at a time for each company, so that texts under way together do not exceed a limit.
    session.exec(select(Company.id).where(Company.id == company.id).with_for_update())
    at_home = bool(countries_of(number) & trading_countries(directory, company))
    if purpose in CODES:
        known = has_contacted(session, company.id, number)
        if not known and not at_home:
            return "abroad"
        return _beyond(
            hub, company, KNOWN if known else UNKNOWN_SENDERS, _codes(session, hub, company, known=known), number
        )
    sent = _sent(session, hub, company, ANSWERS)
    if len(sent) >= _affordable(hub, company, Decimal(1)):
        return "budget"
    if at_home:
        return None
    home = trading_countries(directory, company)
    return _beyond(hub, company, ABROAD, [each for each in sent if not countries_of(each) & home], number)


def _beyond(hub: Hub, company: Company, limit: DailyLimit, sent: list[str], number: str) -> str | None:
    prefix = number[:PREFIX_CHARACTERS]
    if len(sent) >= limit.texts:
        return "day"
    if sum(each.startswith(prefix) for each in sent) >= limit.of_prefix:
        return "prefix"
    return "budget" if len(sent) >= _affordable(hub, company, limit.share) else None


def _affordable(hub: Hub, company: Company, share: Decimal) -> int:
    """How many texts a part of the company's budget pays."""
    section = hub.config.companies_by_name.get(company.name)
    budget, price = (section.text_budget, section.text_price) if section else (DEFAULT_BUDGET, DEFAULT_PRICE)
    return int(budget.amount * share / price.amount)


def _codes(session: Session, hub: Hub, company: Company, *, known: bool) -> list[str]:
    """The numbers to which codes were sent within a day: those that have contacted the company, or the others."""
    numbers = _sent(session, hub, company, CODES)
    text: Any = TextMessage
    called = select(Call.caller_number).where(Call.company_id == company.id, col(Call.caller_number).in_(numbers))
    wrote = select(text.person_number).where(
        text.company_id == company.id, text.person_number.in_(numbers), text.direction == "in"
    )
    contacts = {*session.exec(called), *session.exec(wrote)} if numbers else set()
    return [each for each in numbers if (each in contacts) == known]


def _sent(session: Session, hub: Hub, company: Company, purposes: frozenset[str]) -> list[str]:
    text: Any = TextMessage
    query = select(func.coalesce(text.person_number, "")).where(
        text.company_id == company.id,
        text.at > hub.clock() - DAY,
        text.direction == "out",
        text.purpose.in_(purposes),
    )
    return list(session.exec(query))
