"""Spam converts nothing; tags that an account defines; threads of texts that were put aside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import add, do, scope
from sqlmodel import select
from testbed import CALLER, SHARED, TestHub

from hub.api.carriers import MessageEvent
from hub.errors import CannotDo, NotFound
from hub.marks.spam import mark_spam
from hub.marks.tag_definitions import change_tag, define_tag, remove_tag_definition, tag_definitions
from hub.marks.tags import tag
from hub.model import AuditEntry, Company, ConversionRow, Delivery, SpamMark, Tag, TextMessage, ThreadArchive
from hub.queries.marks import marks_of
from hub.texts.threads import archive_thread

Factory = Callable[..., TestHub]
EVERY_CALL = {"name": "call", "when": {"event": "call"}, "send_to": {"network": {"action": 9}}}


def test_a_call_that_is_marked_as_spam_is_taken_back_and_counts_again_after_it(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[EVERY_CALL])
    owner, call = add(stage, "olivia", "owner"), stage.call_in()
    assert not stage.one(ConversionRow).retracted
    assert do(stage, owner, mark_spam, call.id, True)
    stage.flow()
    assert stage.one(ConversionRow).retracted, "the conversion of a spam call stays"
    assert not do(stage, owner, mark_spam, call.id, True)
    assert stage.one(SpamMark).marked_by == owner.id
    assert do(stage, owner, mark_spam, call.id, False)
    stage.flow()
    assert not stage.one(ConversionRow).retracted
    with stage.hub.store.reading() as session:
        history = marks_of(session, scope(session, owner), stage.hub.vault, call.id).history
    assert [each.status for each in history] == ["spam", "not_spam"]
    assert [each.action for each in stage.rows(AuditEntry) if each.action.startswith("spam")] == [
        "spam.mark",
        "spam.remove",
    ]


def test_other_calls_of_a_rule_are_not_looked_at_again_because_one_is_spam(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[EVERY_CALL])
    owner = add(stage, "olivia", "owner")
    spam, fine = stage.call_in(), stage.call_in(caller="+13125550143")
    do(stage, owner, mark_spam, spam.id, True)
    stage.flow()
    assert {row.subject_id: row.retracted for row in stage.rows(ConversionRow)} == {spam.id: True, fine.id: False}
    kinds = sorted((row.subject_id, row.kind) for row in stage.rows(Delivery, hook="upload_conversions"))
    assert (fine.id, "retract") not in kinds


def test_a_defined_tag_gives_its_spelling_and_its_color_and_a_disabled_one_is_not_put_on(lite_hub: Factory) -> None:
    stage = lite_hub()
    owner, call = add(stage, "olivia", "owner"), stage.call_in()
    row = do(stage, owner, lambda s, of, now: define_tag(s, of, "Root Canal", now, color="green2"))
    assert do(stage, owner, tag, call.id, "root canal")
    assert stage.one(Tag).name == "Root Canal"
    with pytest.raises(CannotDo, match="already"):
        do(stage, owner, lambda s, of, now: define_tag(s, of, "ROOT canal", now))
    with pytest.raises(CannotDo, match="Color is not included in the list"):
        do(stage, owner, lambda s, of, now: define_tag(s, of, "other", now, color="teal"))
    do(stage, owner, lambda s, of, now: change_tag(s, of, row.id, now, name="Endo", color="red1", enabled=False))
    assert stage.one(Tag).name == "Endo"
    other = stage.call_in(caller="+13125550143")
    with pytest.raises(CannotDo, match="disabled"):
        do(stage, owner, tag, other.id, "endo")
    do(stage, owner, lambda s, of, now: remove_tag_definition(s, of, row.id, now))
    assert do(stage, owner, tag, other.id, "endo")
    with stage.hub.store.reading() as session:
        assert tag_definitions(session, scope(session, owner)) == []


def test_a_tag_that_nobody_defined_is_defined_by_no_call(lite_hub: Factory) -> None:
    stage = lite_hub()
    owner, call = add(stage, "olivia", "owner"), stage.call_in()
    do(stage, owner, tag, call.id, "Pat Doe")
    with stage.hub.store.reading() as session:
        assert tag_definitions(session, scope(session, owner)) == []


def test_a_user_of_one_company_does_not_see_the_tags_of_another(lite_hub: Factory) -> None:
    stage = lite_hub()
    owner = add(stage, "olivia", "owner")
    limited = add(stage, "leo", "receptionist", ["lakeside"])
    with stage.hub.store.reading() as session:
        ids = {row.name: row.id for row in session.exec(select(Company))}
    other = next(each for name, each in ids.items() if name != "lakeside")
    row = do(stage, owner, lambda s, of, now: define_tag(s, of, "theirs", now, company_id=other))
    with stage.hub.store.reading() as session:
        assert tag_definitions(session, scope(session, limited)) == []
    with pytest.raises(NotFound):
        do(stage, limited, lambda s, of, now: change_tag(s, of, row.id, now, name="mine"))


def test_an_archived_thread_comes_back_with_its_next_text(lite_hub: Factory) -> None:
    stage = lite_hub()
    owner = add(stage, "olivia", "owner")
    stage.tell(_text("SM1", stage))
    stage.flow()
    first = stage.one(TextMessage)
    assert do(stage, owner, archive_thread, first.id)
    assert not do(stage, owner, archive_thread, first.id)
    assert [row.text_id for row in stage.rows(ThreadArchive)] == [first.id]
    stage.clock.advance(minutes=5)
    stage.tell(_text("SM2", stage))
    newest = max(stage.rows(TextMessage), key=lambda row: row.at)
    assert newest.id not in {row.text_id for row in stage.rows(ThreadArchive)}


def _text(key: str, stage: TestHub) -> MessageEvent:
    return MessageEvent(message_id=key, at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body="Hello")
