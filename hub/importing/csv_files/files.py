"""Exported CSV files as structure, totals and pages of records; a file is never in memory as a whole."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice, zip_longest
from pathlib import Path

from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.importing.callrail.vocabulary import origin_of, slug
from hub.importing.csv_files.lines import Line, company_id, known_zone, record_of, tracker_id
from hub.importing.csv_files.mapping import (
    CALLS,
    FORMS,
    RESOURCES,
    ColumnMap,
    map_columns,
    plain_name,
    read_corrections,
)
from hub.importing.records import BEGINNING, CompanyRecord, Page, Position, Record, Structure, TrackerRecord

LINES_PER_PAGE = 250
LINES_LOOKED_AT = 50
"""In which a sample value of each column is looked for."""
NO_LINE = "the line has no time that can be read; say with --time-zone in which zone the times of the files are"
NO_KIND = "the line is neither a call, a form nor a text"


@dataclass
class _Seen:
    """What a tracker's lines say of it."""

    company: str
    title: str
    numbers: dict[str, None] = field(default_factory=dict)
    source: str | None = None
    dial: str | None = None


@dataclass
class CsvFiles:
    """Some files that one service exported. `zone` is that of times without an offset; `company` is whose they are, if they do
    not say it."""

    files: Mapping[Path, ColumnMap]
    """File → what its columns mean."""
    zone: str | None
    company: str | None
    since: date | None = None
    until: date | None = None
    title: str = "exported files"
    found: list[tuple[str, str]] = field(default_factory=list)
    companies: Sequence[str] = ()
    _totals: dict[str, int] = field(default_factory=dict)
    _source: str = ""

    @property
    def service(self) -> str:
        """The name of the service that wrote them."""
        return next(each.service.name for each in self.files.values())

    @property
    def source(self) -> str:
        """`csv/` and the digest of the files: the same files are the same import."""
        if not self._source:
            digest = hashlib.sha256()
            for file in sorted(self.files):
                with file.open("rb") as stream:
                    while block := stream.read(1 << 20):
                        digest.update(block)
            self._source = f"csv/{digest.hexdigest()[:32]}"
        return self._source

    @property
    def options(self) -> str:
        """What was asked for."""
        written = repr([(each.service.name, each.meanings) for each in self.files.values()])
        mapped = hashlib.sha256(written.encode()).hexdigest()[:16]
        return f"{mapped} {self.since or ''}..{self.until or ''} {self.zone or ''} {self.company or ''}".strip()[:200]

    def structure(self) -> Structure:
        """The companies and trackers that the lines name."""
        companies: dict[str, str] = {}
        trackers: dict[str, _Seen] = {}
        self._totals = dict.fromkeys(RESOURCES, 0)
        self.found = []
        for line in self._lines():
            if line.kind is None:
                self.found.append((line.place, NO_KIND))
                continue
            self._totals[line.kind] += 1
            self._see(line, companies, trackers)
        zone = self.zone or "UTC"
        return Structure(
            companies=tuple(CompanyRecord(id=each, title=title, time_zone=zone) for each, title in companies.items()),
            trackers=tuple(
                TrackerRecord(
                    id=each,
                    company_id=seen.company,
                    title=seen.title,
                    is_pool=len(seen.numbers) > 1,
                    numbers=tuple(seen.numbers),
                    source=None if len(seen.numbers) > 1 else origin_of(seen.source) or (slug(seen.title), "other"),
                    dial=seen.dial,
                )
                for each, seen in trackers.items()
            ),
        )

    def samples(self, file: Path) -> list[str]:
        """The first value of each column of a file, empty if the first lines have none."""
        with _rows(file) as (header, rows):
            columns = list(zip_longest(*islice(rows, LINES_LOOKED_AT), fillvalue=""))
        return [next(filter(None, map(str.strip, values)), "") for values in columns[: len(header)]]

    def recent(self, since: date) -> Iterator[Record]:
        """The calls and forms since a day."""
        for kind in (CALLS, FORMS):
            for page in self.pages(kind):
                yield from (each for each in page.records if each.at.date() >= since)

    def total(self, resource: str) -> int:
        """How many lines of a kind there are."""
        if not self._totals:
            self.structure()
        return self._totals.get(resource, 0)

    def pages(self, resource: str, position: Position = BEGINNING) -> Iterator[Page]:
        """The lines of a kind behind `position`, 250 at a time."""
        place = position.place
        lines = islice((line for line in self._lines() if line.kind == resource), place, None)
        total = self.total(resource)
        while True:
            records: list[Record] = []
            unreadable = []
            some = list(islice(lines, LINES_PER_PAGE))
            for line in some:
                record = record_of(line, self.zone)
                if record is None:
                    unreadable.append((line.place, NO_LINE))
                elif self._is_asked(record):
                    records.append(record)
            place += len(some)
            yield Page(place, place, total, tuple(records), tuple(unreadable), len(some) < LINES_PER_PAGE)
            if len(some) < LINES_PER_PAGE:
                return

    def _is_asked(self, record: Record) -> bool:
        day = record.at.date()
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def _see(self, line: Line, companies: dict[str, str], trackers: dict[str, _Seen]) -> None:
        company = line.get("company")
        if company is None:
            return
        companies.setdefault(company_id(company), company)
        number = phone_number(line.get("tracking_number"))
        if number is None:
            return
        title = line.get("tracker") or number
        seen = trackers.setdefault(tracker_id(company, title), _Seen(company_id(company), title))
        seen.numbers.setdefault(number)
        seen.source = seen.source or line.get("source")
        seen.dial = phone_number(line.get("business_number")) or seen.dial

    def _lines(self) -> Iterator[Line]:
        for file, columns in self.files.items():
            with _rows(file) as (_, rows):
                for number, row in enumerate(rows, 2):
                    yield Line.of(columns, row, f"{file.name} line {number}", self.company)


def open_files(
    files: Sequence[Path],
    days: tuple[date | None, date | None] = (None, None),
    zone: str | None = None,
    company: str | None = None,
    *,
    service: str | None = None,
    corrections: Sequence[str] = (),
) -> CsvFiles:
    """Exported files, with the columns of a `service` and `corrections` like `Date=at`; CannotDo if one cannot be read, lacks a
    column, or does not say whose it is."""
    corrected = read_corrections(corrections)
    mapped: dict[Path, ColumnMap] = {}
    for file in files:
        with _rows(file) as (header, _):
            mapped[file] = map_columns(file.name, header, service, corrected)
        if "company" not in mapped[file].meanings and company is None:
            raise CannotDo(f"{file.name} has no column with the company; say with --company whose it is.")
    if len({each.service.name for each in mapped.values()}) > 1:
        written = ", ".join(f"{file.name} by {each.service.title}" for file, each in mapped.items())
        raise CannotDo(
            f"The files are of several services ({written}); bring those of each over by themselves, or say "
            "with --service whose they are."
        )
    headers = {plain_name(name) for each in mapped.values() for name in each.header}
    for column in corrected:
        if column not in headers:
            raise CannotDo(f"--map names the column {column}, which is in none of the files.")
    if zone is not None and known_zone(zone) is None:
        raise CannotDo(f"{zone} is not a time zone; write it like America/Chicago.")
    return CsvFiles(mapped, zone, company, *days)


@contextmanager
def _rows(file: Path) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            yield next(rows, []), rows
    except OSError as error:
        raise CannotDo(f"{file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise CannotDo(f"{file.name} is not UTF-8; export it again, or save it as CSV UTF-8.") from None
    except csv.Error:
        raise CannotDo(f"{file.name} is not a CSV file; export it again as CSV.") from None
