"""Tags, notes and merged people: what users add, whose it is, and what nobody else gets to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desk import add, do, scope
from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, TestHub

from hub.errors import CannotDo, NotFound
from hub.marks.merges import merge_people, split_people
from hub.marks.notes import add_note, delete_note
from hub.marks.tags import MAX_TAGS, tag, tag_all, untag, untag_all
from hub.model import AuditEntry, Note, Person, PersonMerge, Tag, User
from hub.privacy.erasure import reach_of
from hub.store.encryption.encrypted_fields import notes_of

Factory = Callable[..., TestHub]


@pytest.fixture
def shop(hub: Factory) -> TestHub:
    return hub()


@pytest.fixture
def owner(shop: TestHub) -> User:
    return add(shop, "olivia", "owner")


def write(stage: TestHub, user: User, subject_id: str, text: str) -> Note:
    with stage.hub.store.writing() as session:
        return add_note(session, scope(session, user), stage.hub.vault, subject_id, text, stage.clock())


def names(stage: TestHub, subject_id: str) -> list[str]:
    return [row.name for row in stage.rows(Tag, subject_id=subject_id)]


def test_a_tag_is_put_on_and_taken_off_once_whatever_its_capitals(shop: TestHub, owner: User) -> None:
    first, second = shop.call_in().id, shop.call_in().id
    assert do(shop, owner, tag, first, "  New   Roof ")
    assert not do(shop, owner, tag, first, "new roof")
    assert do(shop, owner, tag_all, [first, second], "NEW ROOF") == {second}
    assert names(shop, first) == names(shop, second) == ["New Roof"]
    assert do(shop, owner, untag_all, [first, second], "new Roof") == {first, second}
    assert not do(shop, owner, untag, first, "new roof")
    assert [row.action for row in shop.rows(AuditEntry)] == ["tag.add", "tag.add", "tag.remove"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\x07b"])
def test_a_tag_needs_a_short_name(lite_hub: Factory, name: str) -> None:
    shop = lite_hub()
    user, call = add(shop, "olivia", "owner"), shop.call_in()
    with pytest.raises(CannotDo):
        do(shop, user, tag, call.id, name)


def test_a_call_does_not_collect_tags_without_end(lite_hub: Factory) -> None:
    shop = lite_hub()
    user, call = add(shop, "olivia", "owner"), shop.call_in()
    for number in range(MAX_TAGS):
        do(shop, user, tag, call.id, f"tag {number}")
    with pytest.raises(CannotDo, match="at most 50 tags"):
        do(shop, user, tag, call.id, "one more")


def test_a_note_is_sealed_and_deleted_by_its_writer_or_an_owner(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    rita, adam = add(shop, "rita", "receptionist"), add(shop, "adam", "agent")
    note = write(shop, rita, call.id, " Wants a quote\r\nby Friday ")
    stored = shop.one(Note)
    assert b"quote" not in (stored.sealed or b"") and stored.expires_at == call.expires_at
    with shop.hub.store.reading() as session:
        assert notes_of(shop.hub.vault, session, [stored]) == {note.id: "Wants a quote\nby Friday"}
    with pytest.raises(CannotDo, match="Only the user who wrote"):
        do(shop, adam, delete_note, note.id)
    do(shop, rita, delete_note, note.id)
    another = write(shop, rita, call.id, "Called back")
    do(shop, owner, delete_note, another.id)
    assert shop.rows(Note) == []
    noted = [(row.action, row.subject) for row in shop.rows(AuditEntry)]
    assert noted == [(f"note.{deed}", call.id) for deed in ("add", "delete", "add", "delete")]


def test_tags_and_notes_of_other_companies_are_not_found(shop: TestHub, owner: User) -> None:
    call = shop.call_in(NORTH_SHARED)
    limited = add(shop, "rita", "receptionist", ["lakeside"])
    note = write(shop, owner, call.id, "Theirs")
    for deed in (
        lambda: write(shop, limited, call.id, "Mine"),
        lambda: do(shop, limited, delete_note, note.id),
        lambda: do(shop, limited, tag, call.id, "mine"),
        lambda: do(shop, limited, untag, call.id, "mine"),
    ):
        with pytest.raises(NotFound):
            deed()


@pytest.mark.parametrize("text", ["", " \n", "x" * 5_001])
def test_a_note_says_something_and_ends(lite_hub: Factory, text: str) -> None:
    shop = lite_hub()
    user, call = add(shop, "olivia", "owner"), shop.call_in()
    with pytest.raises(CannotDo):
        write(shop, user, call.id, text)


def test_two_people_are_merged_and_split_with_a_reason(shop: TestHub, owner: User) -> None:
    one, other = (str(shop.call_in(caller=each).person_id) for each in (CALLER, OTHER_CALLER))
    merge = do(shop, owner, merge_people, one, other, " Said so\non the phone ")
    assert (merge.person_id, merge.other_id, merge.reason) == (one, other, "Said so on the phone")
    with pytest.raises(CannotDo, match="merged already"):
        do(shop, owner, merge_people, other, one, "Again")
    do(shop, owner, split_people, merge.id)
    assert shop.one(PersonMerge).undone_by == owner.id
    with pytest.raises(CannotDo, match="split already"):
        do(shop, owner, split_people, merge.id)
    do(shop, owner, merge_people, other, one, "After all")
    assert [row.action for row in shop.rows(AuditEntry)] == ["people.merge", "people.split", "people.merge"]


def test_only_people_of_one_company_whom_the_user_sees_are_merged(shop: TestHub, owner: User) -> None:
    one, north = str(shop.call_in().person_id), str(shop.call_in(NORTH_SHARED).person_id)
    agent, limited = add(shop, "adam", "agent"), add(shop, "rita", "receptionist", ["lakeside"])
    refused: list[tuple[User, str, str, str, type[Exception]]] = [
        (owner, one, north, "why", CannotDo),
        (owner, one, one, "why", CannotDo),
        (owner, one, north, " ", CannotDo),
        (owner, one, north, "x" * 201, CannotDo),
        (limited, one, north, "why", NotFound),
        (agent, one, north, "why", NotFound),
    ]
    for user, person, other, why, error in refused:
        with pytest.raises(error):
            do(shop, user, merge_people, person, other, why)
    assert shop.rows(PersonMerge) == []


def test_a_merge_does_not_widen_what_a_request_reaches(shop: TestHub, owner: User) -> None:
    mine, theirs = shop.call_in(), shop.call_in(caller=OTHER_CALLER)

    def reached() -> Any:
        with shop.hub.store.reading() as session:
            return reach_of(session, shop.hub.config, session.get_one(Person, mine.person_id))

    before = reached()
    do(shop, owner, merge_people, str(mine.person_id), str(theirs.person_id), "Same voice")
    assert reached() == before and theirs.id not in before.calls
