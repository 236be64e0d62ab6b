"""Who waits for a call back: missed callers with whom nobody has spoken since, who waits longest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, TestHub

from hub.access.scope import AccessScope, scope_of
from hub.access.users import add_user
from hub.model import Account, Call, Lead, OutgoingCall, UserCompany
from hub.queries.missed_calls import MISSED_WITHIN, MissedCaller, waiting_callers

Factory = Callable[..., TestHub]


def receptionist(stage: TestHub, *companies: str) -> AccessScope:
    """A receptionist, limited to `companies` if any are named."""
    with stage.hub.store.writing() as session:
        account = session.get_one(Account, stage.directory.companies["lakeside"].account_id)
        user = add_user(session, account, "anna", "receptionist", stage.clock(), phone_numbers=("+13125550191",))
        for name in companies:
            session.add(UserCompany(user_id=user.id, company_id=stage.directory.companies[name].id))
        session.flush()
        scope = scope_of(session, user, "calls")
    assert scope is not None
    return scope


def waiting(stage: TestHub, scope: AccessScope, **more: Any) -> list[MissedCaller]:
    """The list; the count agrees with it."""
    with stage.hub.store.reading() as session:
        found, total = waiting_callers(session, scope, stage.hub.vault, stage.clock(), **more)
        assert total == len(found) if "limit" not in more else total >= len(found)
        return found


def called_back(stage: TestHub, call: Call, scope: AccessScope, *, spoke: bool) -> OutgoingCall:
    """A call back to the caller that is over now."""
    now = stage.clock()
    return OutgoingCall(
        connector="carrier",
        company_id=call.company_id,
        user_id=scope.user.id,
        tracking_number=call.tracking_number,
        person_number=call.caller_number,
        status="completed" if spoke else "failed",
        state="done",
        made_at=now,
        due_at=now,
        answered_at=now if spoke else None,
        ended_at=now,
    )


def test_missed_callers_are_listed_once_each_who_waits_longest_first(hub: Factory) -> None:
    stage = hub()
    scope = receptionist(stage)
    first = stage.call_in(answered=False)
    stage.clock.advance(minutes=10)
    stage.call_in(caller=OTHER_CALLER, answered=False)
    stage.clock.advance(minutes=10)
    latest = stage.call_in(answered=False)
    stage.call_in(caller=None, answered=False)
    stage.clock.advance(minutes=10)
    one, two = waiting(stage, scope)
    assert (one.caller_number, one.call_id, one.missed) == (CALLER, latest.id, 2)
    assert (one.first_missed_at, one.last_missed_at) == (first.started_at, latest.started_at)
    assert one.waits == timedelta(minutes=30)
    assert (two.caller_number, two.missed) == (OTHER_CALLER, 1)
    assert [each.caller_number for each in waiting(stage, scope, limit=1)] == [CALLER]


def test_who_was_spoken_with_since_waits_no_longer(hub: Factory) -> None:
    stage = hub()
    scope = receptionist(stage)
    stage.call_in(answered=False)
    missed = stage.call_in(caller=OTHER_CALLER, answered=False)
    stage.clock.advance(minutes=10)
    stage.call_in()
    stage.add(called_back(stage, missed, scope, spoke=False))
    assert [each.caller_number for each in waiting(stage, scope)] == [OTHER_CALLER], "nobody picked up"
    stage.add(called_back(stage, missed, scope, spoke=True))
    assert waiting(stage, scope) == []
    stage.clock.advance(minutes=10)
    stage.call_in(answered=False)
    (again,) = waiting(stage, scope)
    assert again.missed == 1, "only calls since the last conversation count"


def test_a_call_that_rings_or_lies_long_back_or_is_settled_is_not_on_the_list(hub: Factory) -> None:
    stage = hub()
    scope = receptionist(stage)
    stage.call_in(answered=False)
    stage.clock.advance(seconds=MISSED_WITHIN.total_seconds() + 1)
    assert waiting(stage, scope) == []
    missed = stage.call_in(answered=False)
    assert len(waiting(stage, scope)) == 1
    lead: dict[str, Any] = {"subject_id": missed.id, "company_id": missed.company_id, "marked_at": stage.clock()}
    stage.add(Lead(**lead, status="not_a_lead", marked_by=scope.user.id))
    assert waiting(stage, scope) == []


def test_a_user_sees_the_missed_callers_of_their_companies_only(hub: Factory) -> None:
    stage = hub()
    stage.call_in(number=NORTH_SHARED, answered=False)
    mine = stage.call_in(answered=False)
    scope = receptionist(stage, "lakeside")
    assert [each.call_id for each in waiting(stage, scope)] == [mine.id]
    assert waiting(stage, scope, companies=[stage.directory.companies["northgate"].id]) == []


def test_a_conversation_with_one_company_does_not_count_for_another(hub: Factory) -> None:
    stage = hub()
    scope = receptionist(stage)
    missed = stage.call_in(answered=False)
    stage.clock.advance(minutes=1)
    stage.call_in(number=NORTH_SHARED)
    assert [each.call_id for each in waiting(stage, scope)] == [missed.id]
