"""Years of calls of one company or more, written straight into a SQLite file: a million in a minute or two.

Two calls in three come from a visit, one in three from a printed number; every caller calls 1.4 times on average and visits
once more before; a fifth of the calls convert. Values are as frequent as they are in life (Zipf), so that most keywords are
rare ones.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON
from sqlmodel import SQLModel

from hub.model import Attribution, Call, ConversionRow, Person, Visit
from hub.reports.tally import MEASURES
from hub.store.engine import Store

SOURCES, CAMPAIGNS, KEYWORDS, PAGES = 40, 100, 3_000, 100
"""How many different ones there are."""
CHUNK = 50_000
TABLES: tuple[type[SQLModel], ...] = (Person, Visit, Call, Attribution, ConversionRow)
Rows = dict[type[SQLModel], list[dict[str, Any]]]


def fill(file: Path, companies: Sequence[str], calls: int, last: datetime, days: int, seed: int = 7) -> None:
    """Write `calls` calls of the `days` days before `last`, with all that a report asks of them."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    for rows in _chunks(random.Random(seed), companies, calls, last, days):
        connection.execute("BEGIN")
        for table, each in rows.items():
            connection.executemany(*_insert(table, each))
        connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def copy_sums(store: Store, first: date, copies: int) -> None:
    """Add `copies` copies of the sums of the days from `first` on, each right before the one before it."""
    last = "(SELECT max(day) FROM day_rollup)"
    span = f"(julianday({last}) - julianday('{first}') + 1)"
    measures = ", ".join(f"sum({name})" for name in MEASURES)
    numbers = f"WITH RECURSIVE copy (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copy WHERE k < {copies})"
    with store.connected() as connection:
        connection.exec_driver_sql(f"DELETE FROM day_rollup WHERE day < '{first}'")
        connection.exec_driver_sql(
            f"INSERT INTO day_rollup (company_id, model, dimension, day, value, currency, {', '.join(MEASURES)}) "
            f"{numbers} SELECT company_id, model, dimension, date(day, (-k * {span}) || ' days'), value, currency, "
            f"{', '.join(MEASURES)} FROM day_rollup CROSS JOIN copy"
        )
        for table, begins in (("month_rollup", "%Y-%m-01"), ("year_rollup", "%Y-01-01")):
            connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql(
                f"INSERT INTO {table} (company_id, model, dimension, day, value, currency, {', '.join(MEASURES)}) "
                f"SELECT company_id, model, dimension, strftime('{begins}', day), value, currency, {measures} "
                f"FROM day_rollup GROUP BY company_id, model, dimension, strftime('{begins}', day), value, currency"
            )


def _chunks(draw: random.Random, companies: Sequence[str], calls: int, last: datetime, days: int) -> Iterator[Rows]:
    step = timedelta(days=days) / calls
    people = max(1, int(calls / 1.4))
    ids = itertools.count(1)
    known: set[int] = set()
    for begin in range(0, calls, CHUNK):
        size = min(CHUNK, calls - begin)
        values = [_values(draw, size) for _ in range(2)]
        rows: Rows = {Person: [], Visit: [], Call: [], Attribution: [], ConversionRow: []}
        for index in range(size):
            at = last - timedelta(days=days) + step * (begin + index)
            number = draw.randrange(people)
            person_id, company_id = f"person-{number:029}", companies[number % len(companies)]
            if number not in known:
                known.add(number)
                rows[Person].append(
                    {"id": person_id, "company_id": company_id, "first_seen_at": at, "expires_at": last}
                )
            visit_id = None
            for touch, back in enumerate((timedelta(minutes=3), timedelta(days=draw.uniform(1, 20)))):
                if draw.random() < (0.66 if touch == 0 else 0.4):
                    this = f"visit-{next(ids):030}"
                    visit_id = visit_id or (this if touch == 0 else None)
                    origin = values[touch][index]
                    rows[Visit].append(
                        {"id": this, "company_id": company_id, "visitor_id": f"v{number}", "person_id": person_id}
                        | {"started_at": at - back, "rule": "utm", "expires_at": last, **origin}
                    )
            origin = values[0][index] if visit_id else {"source": f"print {number % 7}", "medium": "print"}
            call_id = f"call-{begin + index:031}"
            rows[Call].append(
                {"id": call_id, "company_id": company_id, "person_id": person_id, "carrier_call_id": call_id}
                | {"connector": "twilio", "status": "completed", "started_at": at, "state": "done", "due_at": at}
                | {"answered_at": at if draw.random() < 0.8 else None, "first_time_caller": draw.random() < 0.7}
                | {"enriched_at": at, "found_by": "webhook", "duration": 90, "expires_at": last}
            )
            rows[Attribution].append(
                {"subject_id": call_id, "company_id": company_id, "visit_id": visit_id, "rule": "lease.live"}
                | {"confidence": 0.98, "made_at": at, "expires_at": last, **origin}
            )
            if draw.random() < 0.2:
                rows[ConversionRow].append(
                    {"id": f"conversion-{begin + index:025}", "key": f"rf-{begin + index}", "company_id": company_id}
                    | {"subject_id": call_id, "rule": "qualified call", "occurred_at": at, "made_at": at}
                    | {"amount": 40, "currency": "USD", "revision": 1}
                )
        yield rows


def _values(draw: random.Random, size: int) -> list[dict[str, str | None]]:
    """Where a visit came from, `size` times."""

    def drawn(count: int) -> Sequence[int]:
        return draw.choices(
            range(count), cum_weights=list(itertools.accumulate(1 / (n + 1) for n in range(count))), k=size
        )

    return [
        {
            "source": f"source {source}",
            "medium": "cpc",
            "campaign": f"campaign {campaign}",
            "keyword": f"drain repair near {keyword}" if source % 2 == 0 else None,
            "landing_page": f"https://lakeside.example.com/page-{page}?gclid=Cj0KCQjw{keyword:09}",
        }
        for source, campaign, keyword, page in zip(
            drawn(SOURCES), drawn(CAMPAIGNS), drawn(KEYWORDS), drawn(PAGES), strict=True
        )
    ]


def _insert(table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> tuple[str, list[tuple[Any, ...]]]:
    """A statement and its values; columns that must not be empty and are not given hold nothing in particular."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    given = {name for row in rows[:1] for name in row} | {"source", "medium", "campaign", "keyword", "landing_page"}
    names = [column.name for column in columns if column.name in given or not column.nullable]
    nothing = {column.name: _nothing(column) for column in columns if not column.nullable}
    values = [tuple(_stored(row.get(name, nothing.get(name))) for name in names) for row in rows]
    marks = ", ".join("?" * len(names))
    return f'INSERT INTO "{table.__tablename__}" ({", ".join(names)}) VALUES ({marks})', values


def _nothing(column: Any) -> Any:
    if isinstance(column.type, JSON):
        return "[]" if column.name in ("trace", "candidates") else "{}"
    made = column.type.python_type
    return made() if made in (str, int, float, bool) else None


def _stored(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value
