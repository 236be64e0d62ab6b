"""No list, record, total or filter of the CallRail API shows another account, or a company that the user may not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from callrail_stage import IN_AMERICA, CallRailHub, Unlimited, callrail_hub
from sqlmodel import select
from testbed import NORTH_SHARED, SHARED, TestHub, company

from hub.access.companies import limit_to_companies
from hub.callrail.ids import wire_id
from hub.model import Call, Company, FormSubmission, Person, Recording, TextMessage, Tracker, User
from hub.web.callrail import create_callrail_api
from hub.web.callrail.application import RESOURCES

RIVAL = "+13145550120"
RIVALS = {"name": "rival", "title": "Rival", "companies": [company("southside", ("+13145550100",), RIVAL)]}
PREFIXES: dict[type[Any], str] = {
    Call: "CAL", TextMessage: "SMT", FormSubmission: "FRM", Person: "PER", Tracker: "TRK", Company: "COM",
}  # fmt: skip
PATHS = {"CAL": "calls", "SMT": "text-messages", "FRM": "form_submissions", "PER": "leads", "TRK": "trackers",
         "COM": "companies"}  # fmt: skip


@pytest.fixture(scope="module")
def three(databases: Path) -> Iterator[CallRailHub]:
    """Lakeside and northgate of one account, southside of another, each with a call, a text and a form."""
    with callrail_hub(databases, accounts=[*IN_AMERICA, RIVALS]) as hub:
        fill(hub.stage)
        yield hub


def fill(stage: TestHub) -> None:
    for number in (SHARED, NORTH_SHARED, RIVAL):
        call = stage.call_in(number=number, caller=f"+1{number[2:5]}5550155")
        now, ends = stage.clock(), stage.clock() + timedelta(days=90)
        stage.add(
            Recording(connector="carrier", carrier_recording_id=number, call_id=call.id, recorded_at=now, due_at=now,
                      state="stored", path=number, stored_at=now, expires_at=ends),
            TextMessage(connector="carrier", company_id=call.company_id, tracking_number=number,
                        person_number=call.caller_number, at=now, due_at=now, state="done", expires_at=ends),
            FormSubmission(company_id=call.company_id, submission_key=number, phone_number=call.caller_number,
                           submitted_at=now, due_at=now, state="done", expires_at=ends),
        )  # fmt: skip


def ids_of(stage: TestHub, name: str) -> list[str]:
    """Every id on the wire of a company's rows."""
    owner = stage.one(Company, name=name)
    rows = [
        (prefix, row.id)
        for table, prefix in PREFIXES.items()
        for row in stage.rows(table)
        if (row.id if table is Company else row.company_id) == owner.id
    ]
    assert {prefix for prefix, _ in rows} == set(PATHS)
    return [wire_id(prefix, row_id) for prefix, row_id in rows]


def told(hub: CallRailHub, foreign: list[str], role: str = "owner") -> str:
    """Everything that is answered to a user who asks for all lists, and for what is foreign by its ids."""
    south = foreign[-1]
    lists = [f"{each.path}.json?date_range=all_time&per_page={size}" for each in RESOURCES for size in (1, 250)]
    lists += [
        f"{each.path}.json?date_range=all_time&company_id={south}" for each in RESOURCES if each.path != "companies"
    ]
    lists += [f"calls.json?tracker_id={each}" for each in foreign if each.startswith("TRK")]
    lists += ["calls.json?search=5550155&relative_pagination=true", "leads.json?search=5550155"]
    lists += [f"{path}/summary.json?group_by=company" for path in ("calls", "forms")]
    answers = [hub.get(path, role) for path in lists]
    assert {each.status_code for each in answers} <= {200, 403, 404}, [each.text for each in answers]
    alone = [f"{PATHS[each[:3]]}/{each}" for each in foreign]
    alone += [f"{path}/{part}" for path in alone for part in ("recording", "page_views", "timeline")]
    for path in alone:
        assert hub.get(f"{path}.json", role).status_code in (403, 404), path
    return "".join(each.text for each in answers)


def test_another_account_is_nowhere(three: CallRailHub) -> None:
    foreign = ids_of(three.stage, "southside")
    text = told(three, foreign)
    assert not any(each in text for each in (*foreign, RIVAL, "Southside", "+13145550155"))
    assert all(each in text for each in ids_of(three.stage, "lakeside") if not each.startswith("PER"))


def test_a_user_who_is_limited_to_a_company_sees_nothing_of_the_others(three: CallRailHub) -> None:
    with three.stage.hub.store.writing() as session:
        limit_to_companies(session, session.exec(select(User).where(User.name == "admin")).one(), ["lakeside"])
    for name, number in (("northgate", NORTH_SHARED), ("southside", RIVAL)):
        foreign = ids_of(three.stage, name)
        text = told(three, foreign, "admin")
        assert not any(each in text for each in (*foreign, number, name.title()))
    assert three.read("calls.json", "admin")["total_records"] == 1


@pytest.mark.postgresql
def test_without_the_hubs_own_filters_postgresql_alone_lets_nothing_of_another_account_out(
    databases: Path, postgres_url: str
) -> None:
    unfiltered: Callable[..., Any] = lambda query, table, user: query  # noqa: E731 - it stands for the hub's filter
    with callrail_hub(databases, postgres_url, accounts=[*IN_AMERICA, RIVALS]) as hub:
        fill(hub.stage)
        hub.api = create_callrail_api(hub.stage.hub, unfiltered, Unlimited())
        foreign = ids_of(hub.stage, "southside")
        text = told(hub, foreign)
        assert not any(each in text for each in (*foreign, RIVAL, "Southside", "+13145550155"))
        assert hub.read("calls.json")["total_records"] == 2
