"""What users added, as pages, lists and the timeline show it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from desk import add, do, mark, scope
from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, TestHub

from hub.api import Money
from hub.errors import NotFound
from hub.marks.merges import merge_people, split_people
from hub.marks.notes import add_note
from hub.marks.tags import tag
from hub.model import Call, User
from hub.queries.marks import Marks, MergedPeople, marks_in_list, marks_of, merged_people
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline

Factory = Callable[..., TestHub]
WORTH = Money(Decimal(240), "USD")


@pytest.fixture
def shop(hub: Factory) -> TestHub:
    return hub()


@pytest.fixture
def rita(shop: TestHub) -> User:
    return add(shop, "rita", "receptionist", ["lakeside"])


@pytest.fixture
def call(shop: TestHub, rita: User) -> Call:
    """A call with a mark, two tags and a note of rita's."""
    call = shop.call_in()
    mark(shop, rita, call.id, "new")
    mark(shop, rita, call.id, "qualified", WORTH)
    for name in ("roof", "Gutter"):
        do(shop, rita, tag, call.id, name)
    with shop.hub.store.writing() as session:
        add_note(session, scope(session, rita), shop.hub.vault, call.id, "Wants a quote", shop.clock())
    return call


def shown(stage: TestHub, user: User, subject_id: str) -> Marks:
    with stage.hub.store.reading() as session:
        return marks_of(session, scope(session, user), stage.hub.vault, subject_id)


def test_one_call_shows_its_lead_tags_notes_and_history(shop: TestHub, rita: User, call: Call) -> None:
    marks = shown(shop, rita, call.id)
    assert marks.lead is not None and (marks.lead.status, marks.lead.value, marks.lead.by) == (
        "qualified",
        WORTH,
        "rita",
    )
    assert marks.tags == ("Gutter", "roof")
    assert [(each.text, each.by, each.may_delete) for each in marks.notes] == [("Wants a quote", "rita", True)]
    assert [each.status for each in marks.history] == ["new", "qualified"]
    boss, marketer = add(shop, "olivia", "owner"), add(shop, "max", "marketer")
    assert shown(shop, boss, call.id).notes[0].may_delete
    assert not shown(shop, marketer, call.id).notes[0].may_delete
    with pytest.raises(NotFound):
        shown(shop, add(shop, "nora", "receptionist", ["northgate"]), call.id)


def test_a_list_shows_leads_tags_and_the_number_of_notes_of_visible_companies(
    shop: TestHub, rita: User, call: Call
) -> None:
    plain, north = shop.call_in(), shop.call_in(NORTH_SHARED)
    boss = add(shop, "olivia", "owner")
    do(shop, boss, tag, north.id, "Theirs")
    ids = [call.id, plain.id, north.id]
    with shop.hub.store.reading() as session:
        found = marks_in_list(session, scope(session, rita), ids)
    lead = found[call.id].lead
    assert lead is not None and lead.value == WORTH
    assert (found[call.id].tags, found[call.id].notes) == (("Gutter", "roof"), 1)
    assert found[plain.id] == found[north.id]
    assert (found[north.id].lead, found[north.id].tags, found[north.id].notes) == (None, (), 0)


def test_merged_people_are_shown_together_also_through_a_third(shop: TestHub, rita: User) -> None:
    one, two, three = (str(shop.call_in(caller=each).person_id) for each in (CALLER, OTHER_CALLER, "+13125550144"))
    do(shop, rita, merge_people, one, two, "Same voice")
    last = do(shop, rita, merge_people, two, three, "Same name")

    def merged(person_id: str) -> MergedPeople:
        with shop.hub.store.reading() as session:
            return merged_people(session, scope(session, rita), person_id)

    assert merged(one).people == tuple(sorted((two, three)))
    assert [(each.reason, each.by) for each in merged(one).merges] == [("Same voice", "rita"), ("Same name", "rita")]
    do(shop, rita, split_people, last.id)
    assert merged(one).people == (two,) and merged(three) == MergedPeople()


def test_the_timeline_shows_who_marked_what_and_masks_words(shop: TestHub, rita: User, call: Call) -> None:
    def told(mask: Mask) -> list[str]:
        with shop.hub.store.reading() as session:
            subject = session.get_one(Call, call.id)
            entries = timeline(session, subject, mask, shop.hub.vault, shop.hub.config.connector_title)
        assert all(entry.details == ("by rita",) for entry in entries if entry.stage == "mark")
        return [entry.text for entry in entries if entry.stage == "mark"]

    assert told(Mask()) == ["lead: new", "lead: qualified, 240 USD", "tag: •••", "tag: •••", "note: •••"]
    assert told(Mask(off=True))[2:] == ["tag: roof", "tag: Gutter", "note: Wants a quote"]
