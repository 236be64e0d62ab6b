"""What finding people by name or number costs: bytes and time of the indexes for each call, and milliseconds of CPU for each
search.

100,000 calls, each with a name of one to three words from lists of 400 first and 4,000 last names, on SQLite.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from sqlalchemy import func
from sqlmodel import Session, col, select

from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.pages import hub_in
from benchmarks.seed_calls import seed
from hub.access.scope import scope_of_operator
from hub.model import Call, Company, SearchWord
from hub.queries.search import find
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import seal_names
from hub.store.encryption.search_words import Searchable, index_words

CALLS, ROUNDS, CHUNK = 100_000, 15, 1_000
SIZE = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%search_word%'"
"""Bytes of the table and its indexes."""
DIGITS_SIZE = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'ix_person_digits%'"
SEARCHES = ("0142", "5550142", "2000", "noa", "noahli", "an", "zzzzzz", "noah 0142")


def measure() -> list[Figure]:
    """The figures; times are of the CPU."""
    with tempfile.TemporaryDirectory() as folder:
        hub = hub_in(f"sqlite:///{folder}/search.db", Path(folder))
        try:
            seed(hub.store, CALLS)
            return _of(hub)
        finally:
            hub.close()


def _of(hub: Hub) -> list[Figure]:
    seconds, calls = _named(hub)
    with hub.store.reading() as session:
        rows = session.exec(select(func.count()).select_from(SearchWord)).one()
        size = session.connection().exec_driver_sql(SIZE).scalar_one()
        of_digits = session.connection().exec_driver_sql(DIGITS_SIZE).scalar_one()
        companies = list(session.exec(select(Company.id)))
        found = [
            at_most("indexes of digits, bytes of each call", of_digits / calls, 100, "B"),
            at_most(
                "index, bytes of each named call",
                size / calls,
                800,
                "B",
                f"{rows / calls:.1f} words of {calls:,} calls",
            ),
            at_most(
                "index, written with a name",
                median(seconds) * 1e6,
                200,
                "µs",
                spread([each * 1e6 for each in seconds], "µs"),
            ),
        ]
        return found + [_search(hub, session, companies, each) for each in SEARCHES]


def _named(hub: Hub) -> tuple[list[float], int]:
    """Name all calls; the seconds that the index took for each name, in chunks, and how many calls there are."""
    draw = random.Random(1)
    syllables = [
        "no",
        "ah",
        "li",
        "an",
        "ker",
        "rus",
        "mar",
        "tin",
        "bel",
        "son",
        "dor",
        "vik",
        "ta",
        "el",
        "wen",
        "gar",
    ]
    first = ["Noah", *("".join(draw.sample(syllables, 2)).title() for _ in range(400))]
    last = ["".join(draw.sample(syllables, 3)).title() for _ in range(4_000)]
    with hub.store.reading() as session:
        ids = list(session.exec(select(Call.id)))
    seconds = []
    for start in range(0, len(ids), CHUNK):
        with hub.store.writing() as session:
            rows = session.exec(select(Call).where(col(Call.id).in_(ids[start : start + CHUNK]))).all()
            names = [(row, f"{draw.choice(first)} {draw.choice(last)}") for row in rows]
            seal_names(hub.vault, session, names)
            session.flush()
            begun = time.process_time()
            index_words(hub.vault, session, [Searchable(row.id, row.company_id, name) for row, name in names])
            seconds.append((time.process_time() - begun) / len(rows))
    return seconds, len(ids)


def _search(hub: Hub, session: Session, companies: Sequence[str], wanted: str) -> Figure:
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        found = find(session, scope_of_operator(), hub.vault, companies, wanted, people=True)
        times.append((time.process_time() - begun) * 1000)
    what = f"{len(found.people)} people, {sum(map(len, found.contacts.values()))} contacts"
    return at_most(f"search for “{wanted}”", median(times), 60, "ms", f"{what}; {spread(times, 'ms')}")


if __name__ == "__main__":
    print_figures(measure())
