"""What a process remembers of visitors while the database is away has an end, however long the outage is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from testbed import TestHub

from hub.visits.record import Departure
from hub.visits.visit_request import NumberShown, ParsedVisit, VisitRequest, parse_visit
from hub.visits.without_database import ShownNumbers


def test_visits_that_began_and_ended_in_an_outage_are_forgotten_oldest_first(
    lite_hub: Callable[..., TestHub],
) -> None:
    stage = lite_hub()
    directory = stage.live.current()
    company = directory.companies["lakeside"]
    shown = ShownNumbers(most=3)

    def visit(visit_id: str | None = None) -> ParsedVisit:
        request = VisitRequest(landing_page="https://lakeside.example/", referrer=None, visit_id=visit_id)
        return parse_visit(directory, company, request)

    for number in range(5):
        shown.note_spooled(visit(), NumberShown(None, visit_id=f"visit-{number}"))
        shown.note_spooled(Departure(company, f"visit-{number}"), None)
    late = [visit(f"visit-{number}") for number in range(5)]
    kept = [shown.named(each).new_visit_id == each.visit_id for each in late]
    assert kept == [False, False, True, True, True]
    shown.note_recorded(replace(late[4], new_visit_id="visit-4"), NumberShown(None, visit_id="visit-4"))
    assert shown.named(late[4]).new_visit_id != "visit-4", "the database has it now"
