"""Calls, texts and forms of an agency with twelve companies, with what pages show of them, written fast into either database.

The same number of calls and the same seed give the same rows, except that they end at `last`. Values are as frequent as they
are in life (Zipf). For a look by hand: `python -m benchmarks.seed_calls sqlite:////tmp/calls.db 100000`.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import SQLModel

from benchmarks.copies import copy_rows
from benchmarks.postgres import superuser
from benchmarks.seed_values import TABLES, Contact, contact_rows, zipf
from hub.model import Account, Company, Tracker, TrackingNumber
from hub.store.engine import Store

MADE_AT = 1_700_000_000_000
"""When the companies were made, in milliseconds."""
DAYS = 760
"""Calls are kept for 25 months."""
CHUNK = 20_000
COMPANIES = (
    ("lakeside", 34), ("northgate", 18), ("hillcrest", 12), ("marina", 8), ("oakwood", 5), ("riverbend", 5),
    ("fairview", 4), ("summit", 4), ("harbor", 3), ("meadow", 3), ("cedar", 2), ("prairie", 2),
)  # fmt: skip
"""Name of a company, and its share of the contacts in percent."""
CALLS_WITH_COPIES, COPIES = 500_000, 9
"""From so many calls on, only a tenth is made one by one, and copied nine times."""
TRACKERS = ("website", "shared", "yellow_pages", "van", "billboard")
Rows = dict[type[SQLModel], list[dict[str, Any]]]


def seed(store: Store, calls: int, seed: int = 7, last: datetime | None = None) -> None:
    """Write `calls` calls of the 760 days before `last` (now), and for each hundred of them five texts and five forms."""
    last = last or datetime.now(UTC)
    companies, trackers = _places(store)
    write = _write_sqlite if store.is_sqlite else _write_postgres
    copies = COPIES if calls >= CALLS_WITH_COPIES else 0
    write(store, _chunks(random.Random(seed), companies, trackers, calls // (copies + 1), last))
    if copies:
        add_copies(store, copies, calls)


def add_copies(store: Store, copies: int, calls: int) -> None:
    """Copy all contacts `copies` times, evenly between each other, so that there are `calls` calls."""
    copy_rows(store, TABLES, copies, timedelta(days=DAYS).total_seconds() / calls)


def _places(store: Store) -> tuple[list[str], dict[str, list[str]]]:
    """The ids of the companies, and of the trackers of each."""
    with store.writing() as session:
        account = Account(id=place_id("agency"), name="agency", title="Agency")
        session.add(account)
        session.flush()
        trackers: dict[str, list[str]] = defaultdict(list)
        for index, (name, _) in enumerate(COMPANIES):
            zone = "America/Chicago"
            company = Company(id=place_id(name), account_id=account.id, name=name, title=name.title(), time_zone=zone)
            session.add(company)
            session.flush()
            for number, each in enumerate(TRACKERS):
                tracker = Tracker(
                    id=place_id(f"{name} {each}"), company_id=company.id, name=each, type="source", carrier="twilio"
                )
                session.add(tracker)
                session.flush()
                shown = TrackingNumber(tracker_id=tracker.id, number=f"+1312555{100 * (index + 1) + number:04}")
                session.add(shown)
                trackers[company.id].append(tracker.id)
    return [place_id(name) for name, _ in COMPANIES], trackers


def place_id(name: str) -> str:
    """The id of the account, of a company or of a tracker: a UUIDv7, the same in every run."""
    draw = random.Random(name)
    return str(UUID(int=MADE_AT << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | draw.getrandbits(62)))


def _chunks(
    draw: random.Random, companies: list[str], trackers: dict[str, list[str]], calls: int, last: datetime
) -> Iterator[Rows]:
    contacts = calls + calls // 10
    step, begins = timedelta(days=DAYS) / max(1, contacts), last - timedelta(days=DAYS)
    people = max(1, int(calls / 1.4))
    known: set[int] = set()
    shares = list(itertools.accumulate(share for _, share in COMPANIES))
    for start in range(0, contacts, CHUNK):
        rows: Rows = defaultdict(list)
        for index in range(start, min(start + CHUNK, contacts)):
            number = draw.randrange(people)
            company = companies[next(place for place, share in enumerate(shares) if number % 100 < share)]
            # Ten calls, then a text or a form, in turns.
            kind = "call" if index % 11 else "text" if index % 22 else "form"
            contact_rows(
                rows,
                draw,
                Contact(
                    index=index,
                    kind=kind,
                    at=begins + step * (index + 1) - timedelta(minutes=2),
                    company=company,
                    tracker=trackers[company][zipf(draw, len(TRACKERS))],
                    person=number,
                    is_new=number not in known,
                ),
            )
            known.add(number)
        yield rows


def _write_sqlite(store: Store, chunks: Iterator[Rows]) -> None:
    pooled = store.engine.raw_connection()
    connection: Any = pooled.driver_connection
    for pragma in ("synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    for rows in chunks:
        connection.execute("BEGIN IMMEDIATE")
        for table, each in rows.items():
            names, values = _values(table, each, text_times=True)
            marks = ", ".join("?" * len(names))
            connection.executemany(f'INSERT INTO "{table.__tablename__}" ({", ".join(names)}) VALUES ({marks})', values)
        connection.execute("COMMIT")
    connection.execute("PRAGMA analysis_limit=1000")
    pooled.invalidate()  # its settings are for filling only


def _write_postgres(store: Store, chunks: Iterator[Rows]) -> None:
    connection = superuser(store)
    for rows in chunks:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no check of each reference
            for table, each in rows.items():
                names, values = _values(table, each, text_times=False)
                with cursor.copy(f'COPY "{table.__tablename__}" ({", ".join(names)}) FROM STDIN') as copy:
                    for row in values:
                        copy.write_row(row)
        connection.commit()
    connection.autocommit = True
    connection.execute("ANALYZE")
    connection.close()


def _values(
    table: type[SQLModel], rows: Sequence[dict[str, Any]], *, text_times: bool
) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """The names of all columns, and the rows' values with the defaults of the columns that they leave out."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    made = table.columns(**rows[0])  # type: ignore[attr-defined]
    defaults = {name: value if name not in rows[0] else None for name, value in made.items()}
    names = [column.name for column in columns]
    json_names = {column.name for column in columns if isinstance(column.type, JSON) or "JSON" in str(column.type)}

    def stored(name: str, value: Any) -> Any:
        if name in json_names:
            return json.dumps(value)
        if text_times and isinstance(value, datetime):
            return value.replace(tzinfo=None).isoformat(" ", "microseconds")
        if text_times and isinstance(value, Decimal):
            return float(value)
        return value

    return names, (tuple(stored(name, row.get(name, defaults[name])) for name in names) for row in rows)


if __name__ == "__main__":
    from hub.store.schema import upgrade

    opened = Store(sys.argv[1])
    upgrade(opened)
    seed(opened, int(sys.argv[2]))
    opened.close()
