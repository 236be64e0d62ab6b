"""Personal data ends with its life, in every table and on both databases, and what did not end is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from seeds import CANARY, seed
from sqlmodel import select
from testbed import CALLER, KEY, OTHER_CALLER, TestHub

from hub.config.retention import RetentionSection, default_life
from hub.model import (
    Attribution,
    Call,
    Delivery,
    FactRow,
    FormSubmission,
    InboxWebhook,
    Note,
    PageView,
    Person,
    PersonMerge,
    Recording,
    RecordingPeaks,
    Tag,
    TextMessage,
    Visit,
)
from hub.privacy import retention
from hub.privacy.retention import Holding, holdings, sweep
from hub.privacy.retention_rules import RETENTION_RULES, RetentionRule
from hub.recordings.keep import end_expired
from hub.store import Store
from hub.store.encryption.keyring import Keyring

Factory = Callable[..., TestHub]
START = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SUBJECTS = {"calls": Call, "texts": TextMessage, "forms": FormSubmission}
SWEPT = [life for life in RETENTION_RULES if life.name not in ("recordings", "people", "audit log")]


@pytest.fixture
def lite_store(sqlite_url: str) -> Iterator[Store]:
    """On SQLite alone: for what does not depend on the database."""
    opened = Store(sqlite_url, lambda: Keyring([KEY]))
    yield opened
    opened.close()


def born(store: Store, life: RetentionRule, kept: RetentionSection = RetentionSection()) -> datetime:
    """A row whose life began at START; when it ends."""
    until = START if life.counts_from_start else START + default_life(life.kind)
    more: dict[str, Any] = {"state": "dead", "reason": CANARY} if life.table is Delivery else {}
    on = SUBJECTS.get(life.name.rpartition(" ")[2]) if life.table in (Note, Tag) else None
    with store.writing() as session:
        if on is not None:
            more = {"subject_id": seed(session, on, START).id}
        seed(session, life.table, START, **{life.until: until}, **more)
        session.commit()
    return START + kept.life(life.kind)


def content(store: Store, life: RetentionRule) -> str:
    with store.reading() as session:
        rows = [dict(row) for row in session.execute(select(life.table.__table__)).mappings()]  # type: ignore[attr-defined]
    names = set(life.categories()) or set(rows[0] if rows else ()) - {life.until}
    return " ".join(str(row[name]) for row in rows for name in sorted(names) if row[name] not in (None, {}, []))


def past(store: Store, life: RetentionRule, now: datetime, kept: RetentionSection | None = None) -> int:
    with store.reading() as session:
        found = holdings(session, kept or RetentionSection(), now)
        return next(each.past for each in found if each.name == life.name)


def only(monkeypatch: pytest.MonkeyPatch, *lives: RetentionRule) -> None:
    """The others of the fifty rules have nothing to end from now on."""
    monkeypatch.setattr(retention, "RETENTION_RULES", lives)


@pytest.mark.parametrize("life", SWEPT, ids=lambda life: life.name)
def test_it_ends_with_its_life_and_not_before(
    store: Store, life: RetentionRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = born(store, life)
    assert sweep(store, ends - SECOND)[life.name] == 0, "by none of the rules"
    held = content(store, life)
    only(monkeypatch, life)
    assert held and past(store, life, ends + timedelta(hours=24) - SECOND) == 0
    assert past(store, life, ends + timedelta(hours=25)) == 1, "nobody swept it"
    assert sweep(store, ends)[life.name] == 1
    assert past(store, life, ends + timedelta(days=400)) == 0
    assert CANARY not in content(store, life)
    assert sweep(store, ends)[life.name] == 0, "what is over is not swept again"


@pytest.mark.parametrize("life", SWEPT, ids=lambda life: life.name)
def test_a_shorter_life_ends_what_is_stored_already(
    lite_store: Store, life: RetentionRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter = RetentionSection.model_validate({life.kind: "10d"})
    ends = born(lite_store, life, shorter)
    only(monkeypatch, *(each for each in RETENTION_RULES if each.kind == life.kind))
    assert sweep(lite_store, ends - SECOND, shorter)[life.name] == 0
    only(monkeypatch, life)
    assert past(lite_store, life, ends + timedelta(hours=25), shorter) == 1
    assert sweep(lite_store, ends, shorter)[life.name] == 1
    assert past(lite_store, life, ends + timedelta(days=400), shorter) == 0


def test_a_longer_life_with_a_reason_keeps_what_is_stored_already(store: Store) -> None:
    calls = next(life for life in RETENTION_RULES if life.table is Call)
    longer = RetentionSection.model_validate(
        {"call_metadata": {"keep": "36mo", "reason": "warranty claims run for 3 years"}}
    )
    ends = born(store, calls, longer)
    assert sweep(store, ends - SECOND, longer)["calls"] == 0
    assert sweep(store, ends, longer)["calls"] == 1


def test_a_fact_that_ends_early_still_ends_early_under_a_shorter_life(store: Store) -> None:
    shorter = RetentionSection.model_validate({"caller_facts": "100d"})
    with store.writing() as session:
        seed(session, FactRow, START, expires_at=START + timedelta(days=30))
        session.commit()
    assert sweep(store, START + timedelta(days=30) - SECOND, shorter)["facts"] == 0
    assert sweep(store, START + timedelta(days=30), shorter)["facts"] == 1


def test_a_click_id_ends_after_90_days_while_its_visit_and_call_stay(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    call = stage.call_in(shown.number or "")
    stage.clock.advance(days=90)
    sweep(stage.hub.store, stage.clock())
    visit, cause = stage.visit_of(shown), stage.one(Attribution, subject_id=call.id)
    assert (visit.click_ids, visit.clicked_at, cause.click_ids, cause.clicked_at) == ({}, {}, {}, None)
    assert visit.landing_page and cause.source == "google" and cause.visit_id == visit.id
    stage.clock.advance(days=306)
    sweep(stage.hub.store, stage.clock())
    assert stage.visit_of(shown).landing_page is None and stage.rows(PageView) == []
    assert stage.one(Call).caller_number == call.caller_number


def test_a_visitor_whose_visit_has_ended_begins_another(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    stage.clock.advance(days=400)
    sweep(stage.hub.store, stage.clock())
    again = stage.visit(visit_id=shown.visit_id)
    assert again.visit_id != shown.visit_id
    assert [visit.id for visit in stage.rows(Visit)] == [again.visit_id], (
        "nothing came of the first, so its row is gone"
    )


def test_a_person_is_known_as_long_as_one_of_their_calls_is(hub: Factory) -> None:
    stage = hub(conversions=[])
    stage.call_in()
    stage.clock.advance(days=400)
    stage.call_in()
    stage.clock.advance(days=362)
    assert sweep(stage.hub.store, stage.clock())["people"] == 0
    assert stage.one(Person).phone_number is not None
    assert [call.caller_number is None for call in stage.rows(Call)] == [True, False]
    stage.clock.advance(days=400)
    assert sweep(stage.hub.store, stage.clock())["people"] == 1
    assert stage.one(Person).phone_number is None and {call.person_id for call in stage.rows(Call)} == {None}


def test_whoever_calls_again_after_their_life_is_a_new_person(hub: Factory) -> None:
    stage = hub(conversions=[])
    stage.call_in()
    stage.clock.advance(days=762)
    sweep(stage.hub.store, stage.clock())
    assert stage.call_in().first_time_caller and len(stage.rows(Person)) == 2


def test_many_rows_end_in_several_transactions(lite_store: Store) -> None:
    rows = [
        InboxWebhook(connector="phone", event_key=str(n), received_at=START, due_at=START, body=b"x", expires_at=START)
        for n in range(1_100)
    ]
    with lite_store.writing() as session:
        session.add_all(rows)
    assert sweep(lite_store, START)["webhooks"] == 1_100


def test_what_a_late_write_leaves_in_an_emptied_row_is_shown(store: Store) -> None:
    calls = next(life for life in RETENTION_RULES if life.name == "calls")
    sweep(store, born(store, calls))
    with store.writing() as session:
        row = session.exec(select(Call)).one()
        row.sealed_name = b"Somebody"
        session.add(row)
    assert past(store, calls, START) == 1


def test_each_table_and_category_is_told_with_its_life(store: Store) -> None:
    longer = RetentionSection.model_validate({"click_ids": {"keep": "120d", "reason": "a network asks for 120 days"}})
    with store.reading() as session:
        found: list[Holding] = list(holdings(session, longer, START))
    clicks = [each for each in found if each.kind == "click_ids"]
    assert {each.table for each in clicks} == {"visit", "attribution"}
    assert {(each.life.days, each.reason) for each in clicks} == {(120, "a network asks for 120 days")}
    assert {each.category for each in found if each.table == "person"} == {
        "user.contact.phone_number", "user.contact.email", "user.name",
    }  # fmt: skip


def test_a_merge_ends_with_the_first_of_its_people(hub: Factory) -> None:
    stage = hub()
    calls = [stage.call_in(caller=caller) for caller in (CALLER, OTHER_CALLER)]
    one, other = (str(call.person_id) for call in calls)
    stage.add(PersonMerge(company_id=calls[0].company_id, person_id=one, other_id=other, reason="Same voice",
                          made_at=stage.clock(), made_by="x", expires_at=stage.clock() + timedelta(days=761)))  # fmt: skip
    stage.clock.advance(days=700)
    stage.call_in(caller=CALLER)
    sweep(stage.hub.store, stage.clock())
    assert stage.one(PersonMerge).reason == "Same voice"
    stage.clock.advance(days=70)
    sweep(stage.hub.store, stage.clock())
    assert stage.rows(PersonMerge) == [] and stage.one(Person, id=one).phone_number == CALLER


def test_a_waveform_ends_with_its_audio(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    with stage.hub.store.writing() as session:
        recording = seed(
            session,
            Recording,
            stage.clock(),
            call_id=call.id,
            state="stored",
            path=None,
            expires_at=stage.clock() + timedelta(days=90),
        )
        session.add(RecordingPeaks(recording_id=recording.id, channels=1, peaks=b"1"))
    stage.clock.advance(days=89)
    assert end_expired(stage.hub) == 0 and len(stage.rows(RecordingPeaks)) == 1
    stage.clock.advance(days=2)
    assert end_expired(stage.hub) == 1 and stage.rows(RecordingPeaks) == []
