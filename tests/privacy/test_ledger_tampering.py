"""Whatever somebody with all rights on the database does to the ledger, its verification names the first position."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_book import RECORDS, fill, rewrite, rows_of, take_guards_down, walk
from sqlalchemy import text
from sqlmodel import Session
from stage import Stage

from hub.model.columns import new_id
from hub.privacy.ledger import Finding, link
from hub.privacy.ledger.chain import FIELDS

Factory = Callable[..., Stage]
SIGNED = 6
POSITIONS = st.integers(1, RECORDS)
OFTEN = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
OTHER_VALUES: dict[str, Any] = {
    "state": "given!", "use": "sales", "channel": "letter", "basis": "contract", "scope": "browser", "role": "processor",
    "person_id": "somebody else", "visit_id": "another", "language": "fr", "evidence": "text 9", "supersedes": "none",
    "categories": ["user.name"], "recipients": ["Paper Network"], "jurisdictions": ["DE"], "version": 2,
}  # fmt: skip


@pytest.fixture
def book(hub: Factory) -> tuple[Stage, str]:
    """A ledger signed in its midst, and its company."""
    stage = hub()
    return stage, fill(stage, RECORDS, signed=SIGNED)


@contextmanager
def undone(stage: Stage) -> Iterator[Session]:
    """A transaction in which anything may be done, and which leaves nothing behind."""
    with Session(stage.hub.store.engine.execution_options(ringfence_write=True)) as session:
        take_guards_down(session)
        yield session
        session.rollback()


def found(book: tuple[Stage, str], session: Session) -> Finding:
    session.expunge_all()
    finding = walk(book[0], book[1], session).finding
    assert finding is not None, "nothing was noticed"
    return finding


@OFTEN
@given(position=POSITIONS, column=st.sampled_from(sorted(OTHER_VALUES)))
def test_a_changed_field_is_found(book: tuple[Stage, str], position: int, column: str) -> None:
    with undone(book[0]) as session:
        rows = rows_of(session)
        rows[position][column] = OTHER_VALUES[column]
        rewrite(session, list(rows.values()))
        assert (found(book, session).position, found(book, session).kind) == (position, "changed")


@OFTEN
@given(position=POSITIONS)
def test_a_changed_record_with_a_hash_of_its_own_is_found(book: tuple[Stage, str], position: int) -> None:
    with undone(book[0]) as session:
        rows = rows_of(session)
        changed = {name: rows[position][name] for name in FIELDS} | {"state": "given", "use": "sales"}
        rows[position] = link(changed, rows[position]["previous_hash"])
        rewrite(session, list(rows.values()))
        finding = found(book, session)
        assert finding.kind == "changed"
        assert finding.position == (position if position != SIGNED else 1), "a signed end is known by itself"


@OFTEN
@given(position=st.integers(1, SIGNED))
def test_a_whole_new_chain_from_a_signed_record_on_is_found(book: tuple[Stage, str], position: int) -> None:
    with undone(book[0]) as session:
        rows = rows_of(session)
        rows[position]["use"] = "sales"
        previous = rows[position]["previous_hash"]
        for number in range(position, RECORDS + 1):
            rows[number] = link({name: rows[number][name] for name in FIELDS}, previous)
            previous = rows[number]["hash"]
        rewrite(session, list(rows.values()))
        session.execute(text("UPDATE consent_chain SET hash = :hash"), {"hash": previous})
        assert found(book, session) == Finding(
            1, "changed", f"Up to record {SIGNED} the chain is not the one that was signed."
        )


@OFTEN
@given(position=st.integers(1, RECORDS - 1), more=st.integers(0, 3), close_ranks=st.booleans())
def test_dropped_records_are_found(book: tuple[Stage, str], position: int, more: int, close_ranks: bool) -> None:
    with undone(book[0]) as session:
        rows = rows_of(session)
        gone = range(position, min(position + more, RECORDS - 1) + 1)
        left = [row for number, row in rows.items() if number not in gone]
        if close_ranks:
            for number, row in enumerate(left, 1):
                row["position"] = number
        rewrite(session, left)
        assert (found(book, session).position, found(book, session).kind) == (position, "dropped")


@OFTEN
@given(first=POSITIONS, second=POSITIONS)
def test_swapped_records_are_found(book: tuple[Stage, str], first: int, second: int) -> None:
    if first == second:
        return
    with undone(book[0]) as session:
        rows = rows_of(session)
        rows[first]["position"], rows[second]["position"] = second, first
        rewrite(session, list(rows.values()))
        assert (found(book, session).position, found(book, session).kind) == (min(first, second), "swapped")


@OFTEN
@given(position=st.integers(1, RECORDS + 1), honest_hash=st.booleans())
def test_an_inserted_record_is_found(book: tuple[Stage, str], position: int, honest_hash: bool) -> None:
    with undone(book[0]) as session:
        rows = rows_of(session)
        forged = {name: rows[1][name] for name in FIELDS} | {"id": new_id(), "position": position, "detail_hash": None}
        previous = rows[position - 1]["hash"] if position > 1 else "0" * 64
        forged = link(forged, previous) if honest_hash else {**forged, "previous_hash": previous, "hash": "f" * 64}
        for number in range(position, RECORDS + 1):
            rows[number]["position"] += 1
        rewrite(session, [*rows.values(), forged])
        finding = found(book, session)
        assert finding.position == position and finding.kind == ("inserted" if honest_hash else "changed")


@OFTEN
@given(left=st.integers(0, RECORDS - 1), counted_too=st.booleans())
def test_a_tail_that_was_cut_off_is_found(book: tuple[Stage, str], left: int, counted_too: bool) -> None:
    with undone(book[0]) as session:
        rows = rows_of(session)
        rewrite(session, [row for number, row in rows.items() if number <= left])
        if counted_too:
            told = {"position": left, "hash": rows[left]["hash"] if left else "0" * 64}
            session.execute(text("UPDATE consent_chain SET position = :position, hash = :hash"), told)
        session.expunge_all()
        report = walk(book[0], book[1], session)
        if counted_too and left >= SIGNED:
            assert report.sound, "what no signed end reaches is missed by who noted a later end elsewhere"
            noted = walk(book[0], book[1], session, (RECORDS, rows[RECORDS]["hash"]))
            assert noted.finding is not None and (noted.finding.position, noted.finding.kind) == (left + 1, "cut off")
        else:
            assert report.finding is not None
            assert (report.finding.position, report.finding.kind) == (left + 1, "cut off")


@OFTEN
@given(what=st.sampled_from(["words", "gone"]))
def test_a_notice_that_is_not_what_the_person_was_shown_is_found(book: tuple[Stage, str], what: str) -> None:
    with undone(book[0]) as session:
        hash_of_first = rows_of(session)[1]["notice_hash"]
        change = "UPDATE consent_notice SET text = 'Yes.'" if what == "words" else "DELETE FROM consent_notice"
        session.execute(text(f"{change} WHERE hash = :hash"), {"hash": hash_of_first})
        finding = found(book, session)
        assert (finding.position, finding.kind) == (1, "changed" if what == "words" else "dropped")


def test_an_exchanged_sealed_detail_and_a_forged_signature_are_found(book: tuple[Stage, str]) -> None:
    with undone(book[0]) as session:
        third = rows_of(session)[3]["id"]
        session.execute(
            text("UPDATE consent_detail SET sealed = :sealed WHERE id = :id"), {"sealed": b"x", "id": third}
        )
        assert (found(book, session).position, found(book, session).kind) == (3, "changed")
    with undone(book[0]) as session:
        session.execute(text("UPDATE ledger_head SET position = 5"))
        assert found(book, session) == Finding(
            5, "changed", "No key of this hub signed the end at record 5; is an older key missing?"
        )
