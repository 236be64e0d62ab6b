"""What `hub listen` reads, on both databases: each row once, of the companies asked for; and the list of visits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from contact_world import Contact, World
from testbed import TestHub

from hub.access.scope import scope_of_operator
from hub.model import Visit
from hub.platform.clock import utc_now
from hub.queries.activity.event_tail import KINDS, EventTail
from hub.queries.activity.visits import VisitFilter, list_visits

CALL = Contact(
    kind="call", company=0, minute=0, number="+13125550142", answered=True, voicemail=False, status="completed", seconds=90,
    first_time=True, agent="+13125550190", tracker=0, source="google", campaign="spring", keyword=None, landing_page=None,
    lead=None, amount=None, tags=frozenset(), sent=("ready",), recording=None, verdict=None, spam=False,
)  # fmt: skip


def test_each_new_row_of_the_companies_is_given_once(stage: TestHub) -> None:
    world = World(stage, [])
    tail = EventTail(scope_of_operator(), world.company_ids[:1], KINDS, utc_now() - timedelta(seconds=1))
    told = [CALL, replace(CALL, kind="form"), replace(CALL, kind="text"), replace(CALL, company=1)]
    World(stage, told)
    with stage.hub.store.reading() as session:
        found = tail.look(session, utc_now())
        again = tail.look(session, utc_now())
    assert sorted(each.kind for each in found if each.kind != "delivery") == ["call", "form", "text"] and again == []
    assert {each.company_id for each in found} == set(world.company_ids[:1])


def test_visits_are_found_by_source_words_and_page_by_page(stage: TestHub) -> None:
    world = World(stage, [])
    with stage.hub.store.writing() as session:
        for index, page in enumerate(("/drains", "/heaters", "/drains/roots")):
            at = stage.clock() + timedelta(minutes=index)
            session.add(
                Visit(
                    company_id=world.company_ids[0], started_at=at, landing_page=f"https://lakeside.example.com{page}",
                    source="google", medium="cpc" if index else "organic", rule="test", click_ids={"gclid": "x"},
                )
            )  # fmt: skip

    def pages(after: str | None = None, limit: int = 10, **wanted: str) -> tuple[list[str | None], str | None]:
        with stage.hub.store.reading() as session:
            ids = world.company_ids
            page = list_visits(session, world.scope, ids, VisitFilter(**wanted), after=after, limit=limit)  # type: ignore[arg-type]
            return [(each.landing_page or "").rpartition("example.com")[2] for each in page.items], page.next

    assert pages()[0] == ["/drains/roots", "/heaters", "/drains"] and pages(q="DRAINS")[0] == [
        "/drains/roots",
        "/drains",
    ]
    assert pages(medium="organic")[0] == ["/drains"] and pages(source="bing")[0] == []
    first, following = pages(limit=2)
    assert first + pages(following)[0] == pages()[0] and pages(following)[1] is None
