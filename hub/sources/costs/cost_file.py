"""Read a CSV file of costs: one line a day and source or campaign. Every problem is named with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from hub.config.error_messages import nearest
from hub.errors import CannotDo
from hub.model.columns import storable
from hub.model.costs import MAX_CAMPAIGN_CHARACTERS
from hub.plugin_host.return_values import MAX_COST, PLAUSIBLE_YEARS

REQUIRED = ("day", "source", "cost", "currency")
OPTIONAL = ("campaign", "medium", "company", "clicks", "impressions")
MAX_BYTES, MAX_LINES, MAX_PROBLEMS = 8 << 20, 100_000, 20


class CostFileError(CannotDo):
    """A file of costs with mistakes; nothing of it was imported."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        more = len(problems) - MAX_PROBLEMS
        shown = [*problems[:MAX_PROBLEMS], *([f"… and {more} more"] if more > 0 else [])]
        super().__init__("\n  ".join(["Nothing was imported:", *shown]))


@dataclass(frozen=True, slots=True)
class CostEntry:
    """One line of the file."""

    line: int
    day: date
    source: str
    medium: str
    """Empty if the file does not say it."""
    campaign: str | None
    company: str | None
    amount: Decimal
    currency: str
    clicks: int
    impressions: int


def read_cost_file(content: bytes, companies: Sequence[str], latest: date) -> list[CostEntry]:
    """The lines of a file; CostFileError names every mistake. `latest` is the last day that can have a cost."""
    if len(content) > MAX_BYTES:
        raise CostFileError([f"the file is larger than {MAX_BYTES >> 20} MB; split it"])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CostFileError(["the file is not text in UTF-8; save it as CSV UTF-8"]) from None
    reader = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=_delimiter(text))
    try:
        columns = _columns(next(reader, []))
        entries, problems = [], []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _Row(reader.line_num, dict(zip(columns, map(str.strip, cells), strict=False)), companies, latest)
            try:
                entries.append(row.entry(len(cells), len(columns)))
            except ValueError as problem:
                problems.append(f"line {row.line}: {problem}")
            if len(entries) > MAX_LINES:
                raise CostFileError([f"the file has more than {MAX_LINES:,} lines; split it"])
    except csv.Error as error:
        raise CostFileError([f"line {reader.line_num}: it cannot be read as CSV ({error})"]) from None
    problems += _repeated(entries)
    if not entries and not problems:
        problems.append("the file has no lines below its headings")
    if problems:
        raise CostFileError(problems)
    return entries


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _columns(headings: Sequence[str]) -> list[str]:
    found = [heading.strip().casefold().replace(" ", "_") for heading in headings]
    known = (*REQUIRED, *OPTIONAL)
    problems = [f"the column {name} is missing" for name in REQUIRED if name not in found]
    problems += [f"there is no column {name!r}; {nearest(name, known)}" for name in found if name not in known]
    problems += [
        f"the column {name} is there twice" for name in sorted({name for name in found if found.count(name) > 1})
    ]
    if problems:
        raise CostFileError([f"line 1: {problem}" for problem in problems])
    return found


def _repeated(entries: Sequence[CostEntry]) -> Iterator[str]:
    """Lines that are there twice; a campaign may have several different lines a day, for its ad groups."""
    seen: dict[tuple[object, ...], int] = {}
    for entry in entries:
        key = (entry.day, entry.source, entry.medium, entry.campaign, entry.company, entry.amount, entry.currency,
               entry.clicks, entry.impressions)  # fmt: skip
        earlier = seen.setdefault(key, entry.line)
        if earlier != entry.line and entry.amount:
            yield f"line {entry.line}: it is the same as line {earlier}; remove one of them, or add them up"


@dataclass(frozen=True)
class _Row:
    line: int
    cells: Mapping[str, str]
    companies: Sequence[str]
    latest: date

    def entry(self, cells: int, columns: int) -> CostEntry:
        """The line's entry; ValueError says what is wrong."""
        if cells != columns:
            raise ValueError(f"it has {cells} cells, and there are {columns} headings; put texts with commas in quotes")
        return CostEntry(
            line=self.line,
            day=self._day(),
            source=self._text("source", 100).casefold(),
            medium=self._text("medium", 100, needed=False).casefold(),
            campaign=self._text("campaign", MAX_CAMPAIGN_CHARACTERS, needed=False) or None,
            company=self._company(),
            amount=self._amount(),
            currency=self._currency(),
            clicks=self._count("clicks"),
            impressions=self._count("impressions"),
        )

    def _day(self) -> date:
        text = self.cells["day"]
        try:
            day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
        except ValueError:
            day = None
        if day is None or day.year not in PLAUSIBLE_YEARS:
            raise ValueError(f"day {_shown(text)} is not a date; write it like 2026-05-01")
        if day > self.latest:
            raise ValueError(f"day {text} is in the future")
        return day

    def _text(self, name: str, most: int, needed: bool = True) -> str:
        text = storable(self.cells.get(name, ""))
        if needed and not text:
            raise ValueError(f"{name} is empty")
        if len(text) > most:
            raise ValueError(f"{name} is longer than {most} characters")
        if not text.isprintable():
            raise ValueError(f"{name} {_shown(text)} holds characters that cannot be shown")
        return text

    def _company(self) -> str | None:
        name = self.cells.get("company") or None
        if name is not None and name not in self.companies:
            raise ValueError(f"there is no company {_shown(name)}; {nearest(name, self.companies)}")
        return name

    def _amount(self) -> Decimal:
        text = self.cells["cost"]
        try:
            amount = Decimal(text) if re.fullmatch(r"\d{1,10}(\.\d{1,4}0*)?", text, re.ASCII) else None
        except InvalidOperation:  # pragma: no cover - the pattern admits only decimals
            amount = None
        if amount is None or amount >= MAX_COST:
            raise ValueError(
                f"cost {_shown(text)} is not an amount of 0 or more; write it like 1234.50, without a sign"
            )
        return round(amount, 4)

    def _currency(self) -> str:
        text = self.cells["currency"].upper()
        if not re.fullmatch("[A-Z]{3}", text):
            raise ValueError(f"currency {_shown(text)} is not a currency's three letters, like USD")
        return text

    def _count(self, name: str) -> int:
        text = self.cells.get(name) or "0"
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise ValueError(f"{name} {_shown(text)} is not a whole number")
        return int(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
