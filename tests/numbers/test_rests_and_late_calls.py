"""Numbers that leave a pool rest, and who calls one late still reaches the business and counts for the ad that showed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from testbed import ACCOUNTS, CALLER, POOL, PRINT_AD, SHARED, YELLOW_PAGES, TestHub, company, make_config

from hub.answering.answer import Answerer
from hub.config.sections.numbers import NumbersSection
from hub.contracts.answers import AnswerPoint
from hub.errors import CannotDo
from hub.model import Attribution, AuditEntry, Call, Tracker, TrackingNumber
from hub.numbers.accounts import write_accounts
from hub.numbers.directory_copy import DirectoryCopy
from hub.numbers.rest.late_calls import LATE_CALLS
from hub.numbers.rest.rest_actions import end_rest, put_back
from hub.numbers.rest.rules import MOVE_REST, REST, must_rest, rest_ends
from hub.store.encryption.keyring import Keyring

Factory = Callable[..., TestHub]
LEAVING = POOL[2]
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def write(stage: TestHub, *companies: dict[str, Any]) -> None:
    """Change config.yaml."""
    config = make_config("sqlite://", accounts=[{**ACCOUNTS[0], "companies": list(companies)}])
    stage.hub = replace(stage.hub, config=replace(stage.hub.config, accounts=config.accounts))
    with stage.hub.store.writing() as session:
        write_accounts(session, stage.hub.config, stage.clock())
    stage.live.refresh()


def lakeside(*pool: str, print_numbers: tuple[str, ...] = (YELLOW_PAGES,)) -> dict[str, Any]:
    return company("lakeside", pool, SHARED, {**PRINT_AD, "numbers": print_numbers})


def tracker_of(stage: TestHub, number: str) -> str:
    return stage.one(Tracker, id=stage.one(TrackingNumber, number=number).tracker_id).name


def lend_all(stage: TestHub) -> str:
    """A visitor for each number of the pool; the visit that holds the leaving one."""
    shown = [stage.visit() for _ in POOL]
    return next(each.visit_id for each in shown if each.number == LEAVING)


def cause_of(stage: TestHub, call: Call) -> Attribution:
    return stage.one(Attribution, subject_id=call.id)


@given(
    lent=st.booleans(),
    called=st.booleans(),
    moved=st.booleans(),
    ended=st.none() | st.integers(0, 200),
)
@settings(max_examples=30, deadline=None)
def test_a_rest_ends_when_the_owner_said_or_by_its_reason_and_nobody_waits_for_a_number_that_nobody_knows(
    lent: bool, called: bool, moved: bool, ended: int | None
) -> None:
    row = TrackingNumber(tracker_id="t", number=LEAVING, retired_at=NOON, rest_reason="moved" if moved else "removed")
    row.rest_until = None if ended is None else NOON + timedelta(days=ended)
    ends = rest_ends(row, NOON if called else None, lent=lent, now=NOON + timedelta(days=3))
    if ended is not None:
        assert ends == NOON + timedelta(days=ended)
    elif lent or called:
        assert ends == NOON + (MOVE_REST if moved else REST)
    else:
        assert ends == NOON


def test_only_a_number_that_leaves_a_pool_or_comes_to_one_rests_in_between() -> None:
    pool, source = ("lakeside", "session"), ("lakeside", "source")
    assert must_rest(pool, source) and must_rest(source, pool) and must_rest(pool, ("northgate", "session"))
    assert not must_rest(pool, pool) and not must_rest(source, ("northgate", "source"))


def test_a_number_that_moves_from_a_pool_to_an_ad_rests_first_and_is_lent_to_nobody(lite_hub: Factory) -> None:
    stage = lite_hub()
    visit = lend_all(stage)
    write(stage, lakeside(*POOL[:2], print_numbers=(YELLOW_PAGES, LEAVING)))
    row = stage.one(TrackingNumber, number=LEAVING)
    assert (row.retired_at, row.rest_reason, tracker_of(stage, LEAVING)) == (stage.clock(), "moved", "website")
    assert LEAVING not in stage.directory.lines
    stage.clock.advance(hours=5)
    assert LEAVING not in {stage.visit().number for _ in range(3)}
    late = stage.call_in(LEAVING)
    cause = cause_of(stage, late)
    assert (cause.rule, cause.visit_id) == ("lease.cooling", visit)
    assert f"left tracker website on {row.retired_at:%Y-%m-%d}; for 90 days a call on it counts" in cause.trace[0]
    with pytest.raises(CannotDo, match="another tracker"):
        put_back(stage.hub, LEAVING, "owner")
    stage.clock.advance(days=MOVE_REST.days)
    write(stage, lakeside(*POOL[:2], print_numbers=(YELLOW_PAGES, LEAVING)))
    assert (tracker_of(stage, LEAVING), stage.one(TrackingNumber, number=LEAVING).retired_at) == ("yellow_pages", None)
    assert cause_of(stage, stage.call_in(LEAVING)).rule == "number.source"


def test_the_owner_ends_a_rest_with_an_audited_deed_and_the_next_tracker_gets_the_number(lite_hub: Factory) -> None:
    stage = lite_hub()
    lend_all(stage)
    write(stage, lakeside(*POOL[:2], print_numbers=(YELLOW_PAGES, LEAVING)))
    end_rest(stage.hub, LEAVING, "owner")
    assert tracker_of(stage, LEAVING) == "yellow_pages"
    (deed,) = [each for each in stage.rows(AuditEntry) if each.action == "numbers.end_rest"]
    assert (deed.subject, deed.actor) == (LEAVING, "owner") and "would have rested until" in deed.detail
    with pytest.raises(CannotDo, match="does not rest"):
        end_rest(stage.hub, LEAVING, "owner")


def test_a_number_that_nobody_ever_knew_moves_at_once_and_so_does_one_between_pools_or_ads(lite_hub: Factory) -> None:
    stage = lite_hub()
    write(stage, lakeside(*POOL[:2], print_numbers=(YELLOW_PAGES, LEAVING)))
    assert tracker_of(stage, LEAVING) == "yellow_pages"
    stage.visit(), stage.call_in(YELLOW_PAGES)
    renamed = lakeside(*POOL[:2], print_numbers=())
    renamed["trackers"][0]["name"] = "site"
    renamed["trackers"].append({**PRINT_AD, "name": "flyer", "numbers": [YELLOW_PAGES]})
    write(stage, renamed)
    assert (tracker_of(stage, POOL[0]), tracker_of(stage, YELLOW_PAGES)) == ("site", "flyer")


def test_a_late_call_counts_less_each_day_then_for_the_tracker_alone_and_for_nobody_once_the_number_is_long_gone(
    lite_hub: Factory,
) -> None:
    stage = lite_hub()
    visit = lend_all(stage)
    write(stage, lakeside(*POOL[:2]))
    found = []
    for days in (1, 20, 60):
        stage.clock.advance(days=days)
        found.append(cause_of(stage, stage.call_in(LEAVING, f"+131255501{days:02}")))
    assert [each.visit_id for each in found] == [visit] * 3
    assert 0.8 > found[0].confidence > found[1].confidence > found[2].confidence > 0.2
    assert found[0].click_ids and not found[2].click_ids, "an unsure visit gives no click ids"
    stage.clock.advance(days=10)
    gone = cause_of(stage, stage.call_in(LEAVING, "+13125550199"))
    assert (gone.visit_id, gone.rule) == (None, "tracker.unknown") and "counts for the tracker" in gone.trace[0]
    row = stage.one(TrackingNumber, number=LEAVING)
    row.released_at = stage.clock()
    stage.add(row)
    stage.live.refresh()
    assert stage.call_in(LEAVING).company_id is not None, "given back, and still ours"
    stage.clock.advance(days=LATE_CALLS.days + 1)
    assert stage.call_in(LEAVING, process=False).company_id is None


def test_resting_numbers_are_answered_by_their_last_flow_also_without_a_database(
    lite_hub: Factory, tmp_path: Any
) -> None:
    stage = lite_hub()
    stage.call_in(YELLOW_PAGES)
    write(stage, company("lakeside", POOL, SHARED))
    copy = DirectoryCopy(tmp_path / "copy", "sqlite://", Keyring([]))
    assert copy.keep(stage.directory, stage.hub.store)
    copied = copy.directory()
    assert copied is not None
    for directory in (stage.directory, copied):
        line = directory.line(YELLOW_PAGES, stage.clock())
        assert (line.tracker.name, line.flow.forward) == ("yellow_pages", "+13125550190")


def test_an_unknown_number_rings_the_phone_for_such_calls_if_there_is_one_and_its_calls_have_no_company(
    lite_hub: Factory,
) -> None:
    stage = lite_hub()
    ringing = AnswerPoint(moment="ringing", tracking_number="+13125550177")
    assert "+13125550195" not in Answerer(stage.hub, stage.live).without_line("carrier", ringing).body
    numbers = TypeAdapter(NumbersSection).validate_python({"forward_unassigned": "+13125550195"})
    hub = replace(stage.hub, config=replace(stage.hub.config, numbers=numbers))
    answerer = Answerer(hub, stage.live)
    assert not answerer.knows("carrier", ringing)
    assert "+13125550195" in answerer.without_line("carrier", ringing).body
    assert "+13125550195" in answerer.static_document("carrier", ringing).body, "also on the fallback path"
    after = answerer.without_line("carrier", replace(ringing, moment="dial_ended"))
    assert after == answerer.acknowledgement("carrier"), "nothing follows"
    assert stage.call_in("+13125550177", CALLER, process=False).company_id is None
