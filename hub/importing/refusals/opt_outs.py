"""The provider's own list of people who opted out, as a CSV file: a number a line, and maybe a channel, a day, a company.

Only the keyed hash of company and number is written (the suppression list); nobody on the list becomes a person here by it.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from hub.contracts.phones import phone_number
from hub.errors import CannotDo, RetryLater
from hub.importing.callrail.vocabulary import moment_of
from hub.importing.places import Places
from hub.importing.refusals.in_contacts import still_refused
from hub.importing.steps import Tally, begin_step, move_step
from hub.model import Company, ImportStep
from hub.privacy.suppression_list import add_suppressions
from hub.runtime import Hub
from hub.store import audit
from hub.store.locks import hold_locks
from hub.texts.no_contact import USES_OF, Refused
from hub.texts.suppression import number_lock_key

OPT_OUTS = "opt_outs"
LINES_PER_TRANSACTION = 250
LOCK_SECONDS = 30.0
COLUMNS: Mapping[str, str] = {
    "number": "number, phone number, phone, customer phone number, customer number, contact number, opted out number",
    "channel": "channel, type, opted out of, medium",
    "at": "date, time, opted out at, opt out date, opted out on, opt out time, created at, updated at",
    "company": "company name, company",
}
_BY_NAME = {re.sub(r"[^a-z]", "", name): meaning for meaning, names in COLUMNS.items() for name in names.split(",")}
DELIMITERS = ",;\t"
"""What separates columns: the one that the first line has most of."""
CHANNELS: Mapping[str, Refused] = {
    **dict.fromkeys(
        ("", "text", "texts", "sms", "mms", "message", "messages", "text message", "text messages"), "texts"
    ),
    **dict.fromkeys(("call", "calls", "phone", "voice"), "calls"),
    **dict.fromkeys(("both", "all", "any", "everything", "texts and calls", "calls and texts"), "both"),
}
"""What a list of opt-outs calls a channel, in lower case; a line without one is about texts."""
NO_NUMBER = "the number cannot be read, so nothing was stopped: write it like +13125550142"
NO_CHANNEL = "the channel is none of texts, calls and both: it was taken as both; correct it and run the import again"
NO_DAY = "the date cannot be read: it counts from today; write it like 2026-01-31"
NO_COMPANY = "its company is not brought over, so nothing was stopped: import the company, or correct its name"
STARTED = "the person asked for texts or calls here since; what they refused before no longer counts"
NO_COLUMN = "it has no column with numbers; name one of its columns Phone Number"


@dataclass(frozen=True, slots=True)
class OptOut:
    """A line of the list that has a number."""

    line: int
    number: str
    refused: Refused
    at: datetime | None
    """None if the line does not say it."""
    company: str | None
    """The title; None if the list does not say it."""


@dataclass(frozen=True)
class OptOutList:
    """The list: what can be used of it, and for each line with a mistake its number and what to do."""

    name: str
    digest: str
    lines: int
    opt_outs: tuple[OptOut, ...]
    mistakes: tuple[tuple[int, str], ...]


def read_opt_outs(file: Path, zone: str | None = None) -> OptOutList:
    """Read the file; CannotDo if it cannot be read or has no numbers. Times without an offset are in `zone`, or else UTC."""
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CannotDo(f"{file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise CannotDo(f"{file.name} is not UTF-8; export it again, or save it as CSV UTF-8.") from None
    first_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first_line.count)
    try:
        rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    except csv.Error:
        raise CannotDo(f"{file.name} is not a CSV file; export it again as CSV.") from None
    header, first = _header(rows)
    if header is None:
        raise CannotDo(f"{file.name}: {NO_COLUMN}.")
    opt_outs: list[OptOut] = []
    mistakes: list[tuple[int, str]] = []
    filled = [(number, row) for number, row in enumerate(rows[first:], first + 1) if any(map(str.strip, row))]
    for number, row in filled:
        values = {meaning: value.strip() for meaning, value in zip(header, row, strict=False) if meaning}
        opt_out, wrong = _read_line(number, values, zone)
        opt_outs += [opt_out] if opt_out else []
        mistakes += [(number, each) for each in wrong]
    return OptOutList(file.name, hashlib.sha256(raw).hexdigest(), len(filled), tuple(opt_outs), tuple(mistakes))


def write_opt_outs(
    hub: Hub, source: str, listed: OptOutList, places: Places, actor: str
) -> tuple[ImportStep, list[tuple[int, str]]]:
    """Put the list's people on the suppression list of their company, or of all companies that are brought over if it names
    none. Returns how it ended, and the lines that changed nothing with the reason. The same list again changes nothing.

    RetryLater if somebody on it is being texted for too long.
    """
    companies = [each for there, each in places.companies.items() if not places.only or there in places.only]
    chosen = ",".join(sorted(each.id for each in companies))
    options = hashlib.sha256(f"{listed.digest} {chosen}".encode()).hexdigest()
    with hub.store.writing() as session:
        known = session.get(ImportStep, (source, OPT_OUTS))
        if known is not None and known.options == options and known.finished_at is not None:
            return known, []
        step = begin_step(session, source, OPT_OUTS, options, hub.clock())
    left: list[tuple[int, str]] = []
    for first in range(0, len(listed.opt_outs), LINES_PER_TRANSACTION):
        chunk = listed.opt_outs[first : first + LINES_PER_TRANSACTION]
        targets = [(each, _companies_of(each, companies)) for each in chunk]
        left += [(each.line, NO_COMPANY) for each, theirs in targets if not theirs]
        keys = {number_lock_key(company.id, each.number) for each, theirs in targets for company in theirs}
        with hold_locks(hub.store, keys, LOCK_SECONDS) as held:
            if not held:
                raise RetryLater("Somebody is being texted right now; run the same command again.")
            with hub.store.writing() as session:
                left += list(_write(session, hub, targets, hub.clock()))
    with hub.store.writing() as session:
        now, tally = hub.clock(), Tally()
        useless = {line for line, _ in left}
        tally.counts["new"] += sum(each.line not in useless for each in listed.opt_outs)
        tally.counts["skipped"] += listed.lines - tally.counts["new"]
        step = move_step(session, step, tally, now, place=listed.lines, total=listed.lines, is_last=True)
        audit.note(session, now, actor, "import.opt_outs", source, f"{tally.counts['new']} of {listed.lines}")
    return step, left


def _write(
    session: Session, hub: Hub, targets: Sequence[tuple[OptOut, Sequence[Company]]], now: datetime
) -> Iterator[tuple[int, str]]:
    for each, companies in targets:
        at = min(each.at or now, now)
        answered = []
        for company in companies:
            refused = still_refused(session, company.id, each.number, each.refused, at)
            if refused is None:
                answered.append(company)
                continue
            add_suppressions(
                session, hub.vault.fingerprint(session, company.id, each.number), USES_OF[refused], at, now
            )
        if companies and len(answered) == len(companies):
            yield each.line, STARTED


def _companies_of(each: OptOut, companies: Collection[Company]) -> list[Company]:
    if each.company is None:
        return list(companies)
    name = each.company.casefold()
    return [company for company in companies if name in (company.title.casefold(), company.name.casefold())]


def _header(rows: Sequence[Sequence[str]]) -> tuple[list[str | None] | None, int]:
    """What each column means, and the index of the first line. A list without a header has numbers in one column."""
    if not rows:
        return None, 0
    known = [_BY_NAME.get(re.sub(r"[^a-z]", "", name.casefold())) for name in rows[0]]
    if "number" in known:
        return known, 1
    numbers = ["number" if phone_number(value.strip()) else None for value in rows[0]]
    return (numbers, 0) if numbers.count("number") == 1 else (None, 0)


def _read_line(line: int, values: Mapping[str, str], zone: str | None) -> tuple[OptOut | None, list[str]]:
    number, wrong = phone_number(values.get("number")), []
    if number is None:
        return None, [NO_NUMBER]
    refused = CHANNELS.get(values.get("channel", "").casefold())
    if refused is None:
        refused = "both"
        wrong.append(NO_CHANNEL)
    written = values.get("at")
    at = (moment_of(written, zone or "UTC") or moment_of(f"{written} 00:00", zone or "UTC")) if written else None
    if written and at is None:
        wrong.append(NO_DAY)
    return OptOut(line, number, refused, at, values.get("company") or None), wrong
