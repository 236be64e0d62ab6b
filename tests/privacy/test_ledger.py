"""The consent ledger: records are added by many processes at once, each in the journal, and nothing in it is changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text
from testbed import CALLER, TestHub

from hub.contracts.consent import State
from hub.model import ConsentDetail, ConsentEntry, ConsentNotice, JournalEntry, Person
from hub.privacy.ledger import ConsentStatement, append, keep_notice
from hub.store.journal.verify import verify

Factory = Callable[..., TestHub]
WORDS: tuple[State, ...] = ("given", "refused", "withdrawn", "objected")


def fill(stage: TestHub, records: int) -> Person:
    """Records of one person at Lakeside."""
    stage.call_in()
    person = stage.one(Person, phone_number=CALLER)
    for number in range(1, records + 1):
        with stage.hub.store.writing() as session:
            notice = keep_notice(session, f"May we call you? Version {number % 2}.", "en", stage.clock())
            word = ConsentStatement(
                company_id=person.company_id,
                person_id=person.id,
                state=WORDS[number % len(WORDS)],
                use="marketing",
                channel="agent",
                detail=f"ticket {number}",
                notice_hash=notice,
                language="en",
                stated_at=stage.clock() + timedelta(minutes=number),
            )
            append(session, [word], stage.clock(), stage.hub.vault)
    return person


def sound(stage: TestHub) -> bool:
    return all(report.sound for report in verify(stage.hub.store, stage.hub.keyring, stage.clock()).values())


def test_a_record_names_who_what_how_and_what_it_takes_the_place_of(hub: Factory) -> None:
    stage = hub()
    fill(stage, 2)
    first, second = stage.rows(ConsentEntry)
    assert (first.supersedes, second.supersedes) == (None, first.id)
    notice = stage.one(ConsentNotice, hash=first.notice_hash)
    assert notice.text == "May we call you? Version 1."
    named = [row.content for row in stage.rows(JournalEntry, kind="consent_record")]
    assert [first.id in named[0], second.id in named[1]] == [True, True] and sound(stage)


def test_an_erased_person_leaves_the_journal_whole_and_their_words_unreadable(hub: Factory) -> None:
    stage = hub()
    person = fill(stage, 3)
    detail = stage.rows(ConsentDetail)[0]
    assert detail.sealed is not None and b"ticket" not in detail.sealed
    with stage.hub.store.writing() as session:
        stage.hub.vault.destroy(session, person.company_id, person.phone_number, "")
        assert stage.hub.vault.open(session, detail.sealed, f"consent_detail/{detail.id}") is None
    assert sound(stage)
    with stage.hub.store.writing() as session:
        session.execute(text("DELETE FROM consent_detail"))
    assert sound(stage), "details end in their time, the journal stays"


def test_words_of_many_writers_at_once_supersede_each_other_in_one_line(hub: Factory) -> None:
    stages = [hub() for _ in range(4)]
    person = fill(stages[0], 1)

    def say(stage: TestHub, name: int) -> None:
        for number in range(8):
            stage.say(person, "given", "marketing", evidence=f"writer {name} {number}")

    threads = [threading.Thread(target=say, args=(stage, name)) for name, stage in enumerate(stages)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = stages[0].rows(ConsentEntry)
    assert len(rows) == 33 and len({row.supersedes for row in rows}) == 33, "no two take the place of the same one"
    assert sound(stages[0])


def test_the_same_word_with_the_same_evidence_is_written_once(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    for _ in range(2):
        stage.say(stage.one(Person), "refused", "marketing", evidence="form 7")
    assert len(stage.rows(ConsentEntry)) == 1 and sound(stage)
