"""The consent ledger: records are added, chained and signed, by many processes at once, and the database keeps them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from ledger_book import RECORDS, fill, walk
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from stage import Stage

from hub.model import ConsentDetail, ConsentEntry, ConsentNotice, LedgerHead, Person
from hub.privacy.ledger import GENESIS, sign_heads
from hub.store.schema import migrate

Factory = Callable[..., Stage]


def test_a_record_names_who_what_how_and_what_it_takes_the_place_of(hub: Factory) -> None:
    stage = hub()
    company_id = fill(stage, 2)
    first, second = stage.rows(ConsentEntry)
    assert (first.position, first.previous_hash, first.supersedes) == (1, GENESIS, None)
    assert (second.position, second.previous_hash, second.supersedes) == (2, first.hash, first.id)
    notice = stage.one(ConsentNotice, hash=first.notice_hash)
    assert notice.text == "May we call you? Version 1."
    report = walk(stage, company_id)
    assert report.sound and (report.records, report.head) == (2, second.hash)


def test_an_erased_person_leaves_the_chain_whole_and_their_words_unreadable(hub: Factory) -> None:
    stage = hub()
    company_id = fill(stage)
    detail = stage.rows(ConsentDetail)[0]
    assert detail.sealed is not None and b"ticket" not in detail.sealed
    with stage.hub.store.writing() as session:
        stage.hub.vault.destroy(session, company_id, stage.one(Person).phone_number, "")
        assert stage.hub.vault.open(session, detail.sealed, f"consent_detail/{detail.id}") is None
    assert walk(stage, company_id).sound
    with stage.hub.store.writing() as session:
        session.execute(text("DELETE FROM consent_detail"))
    assert walk(stage, company_id).sound, "details end in their time, the chain stays"


@pytest.mark.parametrize("made", ["declared", "migrated"])
@pytest.mark.parametrize("table", ["consent_record", "consent_notice", "ledger_head"])
def test_the_database_refuses_to_change_or_delete_a_row(hub: Factory, table: str, made: str) -> None:
    stage = hub()
    if made == "migrated":
        migrate(stage.hub.store)
    fill(stage, 1, signed=1)
    for statement in (f"UPDATE {table} SET hash = hash", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="only added"), stage.hub.store.writing() as session:
            session.execute(text(statement))
    assert len(stage.rows(LedgerHead)) == 1 and len(stage.rows(ConsentEntry)) == 1


def test_many_writers_at_once_make_one_chain(hub: Factory) -> None:
    stages = [hub() for _ in range(4)]
    company_id = fill(stages[0], 1)
    person = stages[0].one(Person)

    def say(stage: Stage, name: int) -> None:
        for number in range(8):
            stage.say(person, "given", "marketing", evidence=f"writer {name} {number}")

    threads = [threading.Thread(target=say, args=(stage, name)) for name, stage in enumerate(stages)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = stages[0].rows(ConsentEntry)
    assert sorted(row.position for row in rows) == list(range(1, 34))
    assert len({row.previous_hash for row in rows}) == 33, "no two records follow the same one"
    assert walk(stages[0], company_id).sound


def test_the_same_word_with_the_same_evidence_is_written_once(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    for _ in range(2):
        stage.say(stage.one(Person), "refused", "marketing", evidence="form 7")
    assert len(stage.rows(ConsentEntry)) == 1


def test_an_end_is_signed_once_and_again_when_the_chain_has_grown(hub: Factory) -> None:
    stage = hub()
    company_id = fill(stage, RECORDS, signed=4)
    with stage.hub.store.writing() as session:
        assert [head.position for head in sign_heads(session, stage.hub.keyring, stage.clock())] == [RECORDS]
        assert sign_heads(session, stage.hub.keyring, stage.clock()) == []
    report = walk(stage, company_id)
    assert report.sound and report.signed_to == RECORDS
