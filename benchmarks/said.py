"""What finding words in transcripts costs: bytes of the index and time to write it for each transcript, and milliseconds of CPU
for each search.

20,000 transcripts of 130 different words, as frequent as words are (Zipf), in twelve companies, on SQLite; another number is
the argument: `python -m benchmarks.said 1000000` needs 30 GB and hours. The index of all is made; the newest 600 are whole
transcripts, because a search decrypts 300 at most.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from sqlmodel import Session, select

from benchmarks.figures import Figure, print_figures, spread
from benchmarks.pages import hub_in
from benchmarks.search import SIZE
from benchmarks.seed_calls import seed
from hub.access.scope import scope_of_operator
from hub.contracts.transcripts import TranscriptPart
from hub.model import Call, Company, Recording, TranscriptRow
from hub.model.columns import new_id
from hub.model.states import RecordingState, TranscriptState
from hub.queries.search import find
from hub.recordings.transcripts import place_in, sealed_text
from hub.runtime import Hub
from hub.store.encryption.search_words import Searchable, index_words

TRANSCRIPTS, WHOLE, WORDS, VOCABULARY, LINES, ROUNDS = 20_000, 600, 130, 20_000, 40, 9
WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
INSERT = "INSERT INTO search_word (row_id, word, company_id) VALUES (?, ?, ?)"
SEARCHES = {
    "the most frequent word": (0,),
    "a word of every tenth": (40,),
    "a rare word": (15_000,),
    "three words": (0, 5, 40),
}


def word(rank: int) -> str:
    """A word of eight letters, unlike all others in the first six."""
    letters = ""
    for _ in range(6):
        rank, letter = divmod(rank, 26)
        letters += chr(97 + letter)
    return f"{letters}ed"


def drawn(draw: random.Random) -> set[int]:
    """The words of one transcript, by rank."""
    found: set[int] = set()
    while len(found) < WORDS:
        found.update(draw.choices(range(VOCABULARY), cum_weights=WEIGHTS, k=WORDS - len(found)))
    return found


def measure(transcripts: int = TRANSCRIPTS) -> list[Figure]:
    """The figures; times are of the CPU."""
    with tempfile.TemporaryDirectory() as folder:
        hub = hub_in(f"sqlite:///{folder}/said.db", Path(folder))
        try:
            seed(hub.store, 4 * WHOLE)
            return list(_of(hub, transcripts))
        finally:
            hub.close()


def _of(hub: Hub, transcripts: int) -> Iterator[Figure]:
    draw = random.Random(1)
    with hub.store.writing() as session:
        companies = list(session.exec(select(Company.id)))
        marks = {
            each: [hub.vault.word_mark(session, each, word(rank)[:6]) for rank in range(VOCABULARY)]
            for each in companies
        }
        before = session.connection().exec_driver_sql(SIZE).scalar_one()
    for start in range(0, transcripts - WHOLE, 1_000):
        rows = []
        for number in range(start, min(start + 1_000, transcripts - WHOLE)):
            company = draw.choice(companies)
            rows += [(f"01000000-0000-7000-8000-{number:012x}", marks[company][rank], company) for rank in drawn(draw)]
        with hub.store.writing() as session:
            session.connection().exec_driver_sql(INSERT, rows)
    with hub.store.reading() as session:
        calls = session.exec(select(Call).where(Call.company_id.is_not(None)).limit(WHOLE)).all()  # type: ignore[union-attr]
    seconds = [_write(hub, draw, call) for call in calls]
    with hub.store.reading() as session:
        size = session.connection().exec_driver_sql(SIZE).scalar_one() - before
        yield Figure(
            what="index of said words, bytes of each transcript",
            measured=f"{size / transcripts:,.0f} B of {transcripts:,}",
        )
        written = spread([second * 1000 for second in seconds], "ms")
        yield Figure(what="index of said words, written with a transcript", measured=written)
        for name, ranks in SEARCHES.items():
            yield _search(hub, session, companies, name, " ".join(map(word, ranks)))


def _write(hub: Hub, draw: random.Random, call: Call) -> float:
    """A whole transcript of a call; the seconds that its words took."""
    words = [word(rank) for rank in drawn(draw)]
    parts = [
        TranscriptPart(start=at, end=at + 1, text=" ".join(words[at::LINES]), channel="caller") for at in range(LINES)
    ]
    recording = Recording(
        connector=call.connector, carrier_recording_id=new_id(), call_id=call.id, kind="call", recorded_at=call.started_at,
        state=RecordingState.STORED, due_at=call.started_at, expires_at=call.expires_at,
    )  # fmt: skip
    row = TranscriptRow(
        id=new_id(), recording_id=recording.id, connector="whisper", language="en-US", state=TranscriptState.WRITTEN,
        due_at=call.started_at, expires_at=call.expires_at,
    )  # fmt: skip
    with hub.store.writing() as session:
        row.sealed = hub.vault.seal(
            session, call.company_id, call.caller_number, call.id, sealed_text(parts), place_in(row.id)
        )
        session.add(recording)
        session.flush()
        session.add(row)
        session.flush()
        begun = time.process_time()
        index_words(hub.vault, session, [Searchable(row.id, call.company_id, " ".join(words), spoken=True)])
        return time.process_time() - begun


def _search(hub: Hub, session: Session, companies: list[str], name: str, wanted: str) -> Figure:
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        found = find(session, scope_of_operator(), hub.vault, companies, wanted, people=True)
        times.append((time.process_time() - begun) * 1000)
    return Figure(what=f"search for {name} in transcripts", measured=f"{spread(times, 'ms')}; {len(found.said)} lines")


if __name__ == "__main__":
    print_figures(measure(*map(int, sys.argv[1:])))
