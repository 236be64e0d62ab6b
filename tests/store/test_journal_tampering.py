"""Whatever somebody with all rights on the database does to the journal, or to a row that it names, is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_samples import LAST, SIGNED, attacked, entries, fill, found, live, move_end, put, relinked, verified
from sqlalchemy import select, text
from sqlmodel import Session
from testbed import TestHub

from hub.model import HUB_CHAIN, Account
from hub.model.columns import new_id
from hub.store.audit import note
from hub.store.journal import append
from hub.store.journal.evidence import EVIDENCE

Factory = Callable[..., TestHub]
POSITIONS = st.integers(1, LAST)
FEW_EXAMPLES = settings(max_examples=15)
TABLES = sorted(EVIDENCE)


@pytest.fixture(scope="module")
def book(shared_hub: Factory) -> tuple[TestHub, str]:
    """A journal signed in its midst, and its chain."""
    stage = shared_hub(conversions=[])
    return stage, fill(stage)


def lived(stage: TestHub) -> tuple[TestHub, str]:
    chain = live(stage)
    assert found(stage) is None
    return stage, chain


@pytest.fixture(scope="module")
def living(shared_hub: Factory) -> tuple[TestHub, str]:
    """A journal that names rows of every table, and its chain."""
    return lived(shared_hub())


def finding(book: tuple[TestHub, str], session: Session, **noted: Any) -> tuple[int, str]:
    session.expunge_all()
    told = verified(book[0], session, **noted)[book[1]].finding
    assert told is not None, "nothing was noticed"
    return told.position, told.kind


@FEW_EXAMPLES
@given(position=POSITIONS, column=st.sampled_from(["kind", "content", "since", "at", "hash", "previous_hash"]))
def test_a_flipped_character_of_an_entry_is_found_at_its_position(
    book: tuple[TestHub, str], position: int, column: str
) -> None:
    with attacked(book[0]) as session:
        rows = entries(session, book[1])
        value = rows[position - 1][column]
        rows[position - 1][column] = value[:-1] + "~" if isinstance(value, str) else value.replace(second=59)
        put(session, book[1], rows)
        told = finding(book, session)
        # A hash is wrong where it stands, or where the next entry should have been chained to it.
        assert told[1] == "changed" and told[0] in (position, max(1, position - 1))


@FEW_EXAMPLES
@given(position=st.integers(1, LAST - 1), more=st.integers(0, 3), renumbered=st.booleans())
def test_dropped_entries_are_found(book: tuple[TestHub, str], position: int, more: int, renumbered: bool) -> None:
    with attacked(book[0]) as session:
        rows = entries(session, book[1])
        last = rows.pop()
        left = [row for row in rows if not position <= row["position"] <= position + more] + [last]
        for number, row in enumerate(left, 1):
            row["position"] = number if renumbered else row["position"]
        put(session, book[1], left)
        assert finding(book, session) == (position, "dropped")


@FEW_EXAMPLES
@given(places=st.sets(POSITIONS, min_size=2, max_size=2))
def test_two_entries_that_changed_places_are_found(book: tuple[TestHub, str], places: set[int]) -> None:
    first, second = sorted(places)
    with attacked(book[0]) as session:
        rows = entries(session, book[1])
        rows[first - 1]["position"], rows[second - 1]["position"] = second, first
        put(session, book[1], rows)
        assert finding(book, session) == (first, "swapped")


@FEW_EXAMPLES
@given(left=st.integers(0, LAST - 1), counted_too=st.booleans())
def test_a_tail_that_was_cut_off_is_found(book: tuple[TestHub, str], left: int, counted_too: bool) -> None:
    with attacked(book[0]) as session:
        rows = entries(session, book[1])
        put(session, book[1], rows[:left])
        if counted_too:
            move_end(session, book[1], rows[left - 1] if left else None)
        if counted_too and left > SIGNED:
            session.execute(text("DELETE FROM audit_entry WHERE detail > :kept"), {"kept": str(left - 1)})
            assert finding(book, session) == (left, "cut off"), "the hub did not seal that the chain ends there"
            noted = {book[1]: [(LAST, rows[-1]["hash"])]}
            assert finding(book, session, **noted) == (left + 1, "cut off")
        else:
            assert finding(book, session) == (left + 1, "cut off")


@FEW_EXAMPLES
@given(position=st.integers(1, SIGNED))
def test_a_whole_new_chain_that_keeps_the_signed_end_is_found(book: tuple[TestHub, str], position: int) -> None:
    with attacked(book[0]) as session:
        rows = entries(session, book[1])
        rows[position - 1]["content"] = rows[position - 1]["content"].replace("0", "1")
        made = relinked(rows)
        put(session, book[1], made)
        move_end(session, book[1], made[-1])
        assert finding(book, session)[1] in ("changed", "dropped")


def test_a_chain_without_any_of_its_signed_ends_is_found(book: tuple[TestHub, str]) -> None:
    """All ends are taken out, the rest is chained anew, and the hub's own chain is treated alike."""
    with attacked(book[0]) as session:
        for chain in (book[1], HUB_CHAIN):
            made = relinked(entries(session, chain), lambda row: row["kind"] != "signed")
            put(session, chain, made)
            move_end(session, chain, made[-1] if made else None)
        assert finding(book, session) == (1, "changed"), "nobody makes the hashes without the hub's key"


def test_a_chain_that_is_gone_with_its_end_and_its_rows_is_missed(book: tuple[TestHub, str]) -> None:
    with attacked(book[0]) as session:
        for table, column in (("journal_entry", "chain"), ("journal_end", "chain"), ("audit_entry", "chain")):
            session.execute(text(f"DELETE FROM {table} WHERE {column} = :chain"), {"chain": book[1]})
        assert finding(book, session) == (1, "cut off")


def test_a_chain_that_was_not_signed_for_long_is_found(hub: Factory) -> None:
    stage = hub(conversions=[])
    with stage.hub.store.writing() as session:
        note(session, stage.clock(), "maria", "call.show_personal", stage.one(Account).id)
    stage.clock.advance(days=1, hours=1)
    assert found(stage) is None, "one entry alone is signed with the next"
    for _ in range(2):
        with stage.hub.store.writing() as session:
            note(session, stage.clock(), "maria", "call.show_personal", stage.one(Account).id)
    stage.clock.advance(days=1, hours=1)
    told = found(stage)
    assert told is not None and (told.position, told.kind) == (1, "unsigned")


@pytest.mark.parametrize("kind", ["signed", "ended disclosure", "undone disclosure", "nonsense"])
def test_a_statement_that_the_hub_did_not_sign_is_found(book: tuple[TestHub, str], kind: str) -> None:
    with attacked(book[0]) as session:
        rows = entries(session, book[1])
        forged = {**rows[-1], "kind": kind, "content": '{"hash":"f","position":3,"rows":[],"signature":"00"}'}
        made = [*rows, relinked([*rows, forged])[-1]]
        put(session, book[1], made)
        move_end(session, book[1], made[-1])
        assert finding(book, session) == (LAST + 1, "changed")


@pytest.mark.parametrize("table", TABLES)
def test_any_changed_column_of_any_row_is_found(living: tuple[TestHub, str], table: str) -> None:
    evidence = EVIDENCE[table]
    columns = [name for name in evidence.columns if name not in {column.name for column in evidence.key}]
    with attacked(living[0]) as session:
        row = row_of(session, table)
        for name in columns:
            change_of_one = session.begin_nested()
            change(session, table, row, name)
            told = found(living[0], session)
            change_of_one.rollback()
            assert told is not None and told.kind == "changed", f"{table}.{name}"
            if not evidence.folded:
                assert row["id"] in told.reason and told.position > 0
        assert found(living[0], session) is None


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_was_dropped_added_or_put_in_anothers_place_is_found(
    living: tuple[TestHub, str], table: str
) -> None:
    key = next(column.name for column in EVIDENCE[table].key)
    target: Any = EVIDENCE[table].table.__table__  # type: ignore[attr-defined]
    with attacked(living[0]) as session:
        row = row_of(session, table)
        session.execute(target.delete().where(target.c[key] == row[key]))
        told = found(living[0], session)
        assert told is not None and told.kind == "dropped"
    with attacked(living[0]) as session:
        another = {name: new_id() for name in ("fingerprint", "point") if name in target.c}
        session.execute(target.insert(), {**row_of(session, table), key: new_id(), **another})
        told = found(living[0], session)
        assert told is not None and told.kind == "inserted" and table in told.reason
    with attacked(living[0]) as session:
        first, second, *_ = keys = list(
            dict.fromkeys(session.execute(select(target.c[key]).order_by(target.c[key])).scalars())
        )
        assert len(keys) > 1
        for old, new in ((first, "between"), (second, first), ("between", second)):
            session.execute(target.update().where(target.c[key] == old).values({key: new}))
        told = found(living[0], session)
        assert told is not None if table != "suppression" else True


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_was_emptied_is_found(living: tuple[TestHub, str], table: str) -> None:
    with attacked(living[0]) as session:
        session.execute(text(f"DELETE FROM {table}"))
        told = found(living[0], session)
        assert told is not None and told.kind == "dropped"


def test_a_row_that_is_named_twice_hides_no_other(hub: Factory) -> None:
    stage, chain = lived(hub())
    with attacked(stage) as session:
        rows = entries(session, chain)
        again = next(row for row in rows if row["kind"] == "disclosure")
        put(session, chain, [*rows, {**again, "position": rows[-1]["position"] + 1, "previous_hash": rows[-1]["hash"]}])
        told = found(stage, session)
        assert told is not None and told.position == rows[-1]["position"] + 1
    content = json.loads(again["content"])
    with stage.hub.store.writing() as session:
        append(session, chain, "disclosure", content, since=again["since"], at=again["at"])
    told = found(stage)
    assert told is not None and told.kind == "inserted" and "once more" in told.reason


@pytest.mark.parametrize("change", ["text = 'Yes.'", None])
def test_a_notice_that_is_not_what_the_person_was_shown_is_found(
    living: tuple[TestHub, str], change: str | None
) -> None:
    with attacked(living[0]) as session:
        session.execute(text(f"UPDATE consent_notice SET {change}" if change else "DELETE FROM consent_notice"))
        told = found(living[0], session)
        assert told is not None and "notice" in told.reason


def test_an_exchanged_sealed_detail_is_found_and_one_that_is_gone_is_not(living: tuple[TestHub, str]) -> None:
    with attacked(living[0]) as session:
        session.execute(text("DELETE FROM consent_detail"))
        assert found(living[0], session) is None
    with attacked(living[0]) as session:
        session.execute(text("UPDATE consent_detail SET sealed = :other"), {"other": b"x"})
        told = found(living[0], session)
        assert told is not None and "sealed detail" in told.reason


def row_of(session: Session, table: str) -> dict[str, Any]:
    target: Any = EVIDENCE[table].table.__table__  # type: ignore[attr-defined]
    return dict(session.execute(select(target).limit(1)).mappings().one())


def change(session: Session, table: str, row: dict[str, Any], name: str) -> None:
    target: Any = EVIDENCE[table].table.__table__  # type: ignore[attr-defined]
    value = row[name]
    if target.c[name].foreign_keys:
        (parent,) = (each.column.table.name for each in target.c[name].foreign_keys)
        others = f"SELECT id FROM {parent} WHERE id <> :id"
        other: Any = session.execute(text(others), {"id": value or ""}).scalars().first()
    elif isinstance(value, str):
        other = value[:-1] + ("x" if value[-1:] != "x" else "y")
    elif isinstance(value, list):
        other = [*value, "user.name"] if name != "opinions" else [{"verdict": "allow"}]
    elif isinstance(value, dict):
        other = {**value, "tampered": True}
    elif isinstance(value, int):
        other = value + 1
    elif value is None:
        kind = str(target.c[name].type)
        other = row[EVIDENCE[table].began] if "TIME" in kind else "x"
    else:
        other = value.replace(second=59, microsecond=1)
    where = [target.c[column.name] == row[column.name] for column in EVIDENCE[table].key]
    session.execute(target.update().where(*where).values({name: other}))
