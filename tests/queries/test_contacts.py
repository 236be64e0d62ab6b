"""The list of contacts: what each filter selects, and that paging shows each contact exactly once, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from contact_world import AGENTS, NUMBERS, Contact, World, lead_amount, outcome, worlds
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from testbed import TestHub

from hub.queries.contact.view import views_at
from hub.queries.lists.filters import CHOICES, ContactFilter, amount_of, filter_of, seconds_of
from hub.queries.lists.paging import ContactList

SHORT = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHICAGO = ZoneInfo("America/Chicago")
GROUPS = {"delivered": "delivered", "held": "held", "rejected": "rejected", "dead": "rejected", "ready": "waiting"}
PREDICATES: dict[str, Callable[[Contact, Any], bool]] = {
    "kind": lambda told, value: told.kind == value,
    "outcome": lambda told, value: (
        told.kind == "call"
        and (
            told.status == "failed" and (told.answered or told.voicemail)
            if value == "failed"
            else outcome(told) not in ("live", "answered")
            if value == "unanswered"
            else outcome(told) == value
        )
    ),
    "tracker": lambda told, value: told.kind != "form" and ("website", "shared")[told.tracker] == value,
    "source": lambda told, value: told.source == value,
    "medium": lambda told, value: value == "cpc",
    "campaign": lambda told, value: told.campaign == value,
    "keyword": lambda told, value: told.keyword == value,
    "landing_page": lambda told, value: (told.landing_page or "").partition("?")[0] == f"https://{value}",
    "first_time": lambda told, value: told.kind != "text" and told.first_time is (value == "yes"),
    "tag": lambda told, value: value in told.tags,
    "lead": lambda told, value: (
        bool(told.lead) if value == "any" else told.lead == (None if value == "none" else value)
    ),
    "value_from": lambda told, value: bool(told.lead) and (lead_amount(told) or -1) >= value,
    "value_to": lambda told, value: bool(told.lead) and lead_amount(told) is not None and told.amount <= value,
    "longer": lambda told, value: told.kind == "call" and (told.seconds or 0) >= value,
    "shorter": lambda told, value: told.kind == "call" and (told.seconds or 0) <= value,
    "recording": lambda told, value: (
        told.kind == "call"
        and {"stored": "yes", "refused": "refused", "ready": "waiting", None: "no"}[told.recording] == value
    ),
    "spam": lambda told, value: told.spam is (value == "yes"),
    "consent": lambda told, value: told.verdict == value,
    "sent": lambda told, value: (not told.sent) if value == "none" else value in {GROUPS[each] for each in told.sent},
    "agent": lambda told, value: told.kind == "call" and told.answered and told.agent == value,
    "weekday": lambda told, value: told.at.astimezone(CHICAGO).weekday() == value,
    "hours": lambda told, value: value[0] <= told.at.astimezone(CHICAGO).hour <= value[1],
    "q": lambda told, value: told.number == "+13125550142",
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(values) for name, values in CHOICES.items() if name != "missed"},
    "tracker": st.sampled_from(["website", "shared", "other"]),
    "source": st.sampled_from(["google", "bing", "other"]),
    "medium": st.sampled_from(["cpc", "print"]),
    "campaign": st.sampled_from(["spring", "50%_off"]),
    "keyword": st.just("burst pipe"),
    "landing_page": st.sampled_from(["lakeside.example.com/", "lakeside.example.com/drains"]),
    "longer": st.sampled_from([9, 15, 91]),
    "shorter": st.sampled_from([0, 9, 90]),
    "tag": st.sampled_from(["regular", "other"]),
    "value_from": st.sampled_from([Decimal(0), Decimal(240)]),
    "value_to": st.sampled_from([Decimal(40), Decimal(999)]),
    "agent": st.sampled_from(AGENTS),
    "weekday": st.integers(0, 6),
    "hours": st.sampled_from([(8, 8), (0, 23), (9, 17)]),
    "q": st.sampled_from(["(312) 555-0142", "+1 312 555 0142", "312.555.0142", "0142"]),
}
filters = st.dictionaries(st.sampled_from(sorted(VALUES)), st.none(), max_size=2).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
ENDS = datetime(2026, 12, 1, tzinfo=UTC)


def expected(world: World, wanted: dict[str, Any]) -> list[str]:
    """The ids that a filter selects, newest first."""
    found = [
        (told.at, row_id)
        for row_id, told in world.told.items()
        if all(PREDICATES[name](told, value) for name, value in wanted.items())
    ]
    return [row_id for _, row_id in sorted(found, reverse=True)]


def listed(world: World, wanted: ContactFilter, size: int, **limits: int) -> list[str]:
    """The ids of the list, read page by page."""
    ids: list[str] = []
    after = None
    with world.stage.hub.store.reading_as(world.owner.account_id) as session:
        contacts_of = ContactList(session, world.scope, world.company_ids, wanted, **limits)
        while True:
            page = contacts_of.page(after, size)
            ids += [key.id for key in page.items]
            after = page.next
            if after is None:
                return ids


def marked(lead: str) -> Contact:
    """A call of which nothing is known but that a user has marked it."""
    return Contact(
        kind="call", company=0, minute=0, number=None, answered=False, voicemail=False, status="completed", seconds=None,
        first_time=None, agent=AGENTS[0], tracker=0, source="google", campaign=None, keyword=None, landing_page=None, lead=lead,
        amount=None, tags=frozenset(), sent=(), recording=None, verdict=None, spam=False,
    )  # fmt: skip


@SHORT
@given(told=worlds, wanted=filters)
@example(told=[marked("new")], wanted={"lead": "any"})
def test_a_filter_selects_the_contacts_for_which_it_is_true(
    lite_stage: TestHub, told: list[Contact], wanted: dict[str, Any]
) -> None:
    check(lite_stage, told, wanted)


@settings(SHORT, max_examples=10)
@given(told=worlds, wanted=filters)
def test_a_filter_selects_the_same_on_postgresql(
    postgres_stage: TestHub, told: list[Contact], wanted: dict[str, Any]
) -> None:
    check(postgres_stage, told, wanted)


def check(stage: TestHub, told: list[Contact], wanted: dict[str, Any]) -> None:
    world = World(stage, told)
    try:
        asked = ContactFilter(**wanted, ends=ENDS, zone=CHICAGO)
        assert listed(world, asked, 50) == expected(world, wanted)
        with stage.hub.store.reading_as(world.owner.account_id) as session:
            count = ContactList(session, world.scope, world.company_ids, asked).count()
            assert (count.number, count.exact) == (len(expected(world, wanted)), True)
    finally:
        world.clear()


@SHORT
@given(told=worlds, size=st.integers(1, 5))
def test_paging_shows_each_contact_exactly_once_and_in_order(
    lite_stage: TestHub, told: list[Contact], size: int
) -> None:
    world = World(lite_stage, told)
    try:
        assert listed(world, ContactFilter(), size) == expected(world, {})
    finally:
        world.clear()


@SHORT
@given(told=worlds, size=st.integers(1, 4))
def test_newer_leads_back_to_the_pages_that_were_seen(lite_stage: TestHub, told: list[Contact], size: int) -> None:
    world = World(lite_stage, told)
    try:
        with lite_stage.hub.store.reading() as session:
            shown = ContactList(session, world.scope, world.company_ids, ContactFilter())
            pages = [shown.page(None, size)]
            while pages[-1].next:
                pages.append(shown.page(pages[-1].next, size))
            for before, after in pairwise(pages):
                back = shown.page(after.previous, size)
                assert back.items == before.items
            assert pages[0].previous is None
    finally:
        world.clear()


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*VALUES, "hour", "first", "last", "missed", "after"]), st.text(max_size=20)))
def test_no_query_string_is_an_error(query: dict[str, str]) -> None:
    filter_of(query, CHICAGO).active()


def test_durations_and_amounts_are_read_as_people_write_them() -> None:
    assert [seconds_of(each) for each in ("90", "1:30", "1:02:03", "x", "", None, "-1")] == [90, 90, 3723, *[None] * 4]
    assert [amount_of(each) for each in ("240", "$1,850.00", "1e9", "NaN", "")] == [
        240,
        Decimal("1850.00"),
        *[None] * 3,
    ]


def test_what_a_report_calls_a_source_is_source_and_medium() -> None:
    wanted = filter_of({"source": "google / cpc"}, CHICAGO)
    assert (wanted.source, wanted.medium) == ("google", "cpc")


def test_a_filter_that_selects_many_is_answered_by_time(lite_stage: TestHub) -> None:
    """Both ways of reading give the same list: by few ids, and by time."""
    world = World(lite_stage, _many(12))
    wanted = {"source": "google"}
    by_ids = listed(world, ContactFilter(**wanted), 5)
    assert listed(world, ContactFilter(**wanted), 5, max_narrowed=2) == by_ids == expected(world, wanted)


def test_a_count_says_when_there_are_more(lite_stage: TestHub) -> None:
    world = World(lite_stage, _many(12))
    with lite_stage.hub.store.reading() as session:
        wanted = ContactFilter(outcome="answered")
        count = ContactList(session, world.scope, world.company_ids, wanted, max_scanned=3).count()
    assert count.number <= 6 and not count.exact


def test_hours_are_those_of_the_zone_and_need_no_beginning(lite_stage: TestHub) -> None:
    world = World(lite_stage, _many(2))  # at 8:00 and 8:01 am in Chicago, on a Monday
    for hours, weekday, found in (((8, 8), None, 2), ((9, 23), None, 0), ((8, 8), 0, 2), (None, 1, 0)):
        wanted = ContactFilter(hours=hours, weekday=weekday, ends=ENDS, zone=CHICAGO)
        assert len(listed(world, wanted, 5)) == found


def test_rows_say_what_is_stored(stage: TestHub) -> None:
    world = World(stage, _many(2))
    with stage.hub.store.reading_as(world.owner.account_id) as session:
        keys = ContactList(session, world.scope, world.company_ids, ContactFilter()).keys(None, 10)
        rows = views_at(session, stage.hub.vault, keys, world.owner)
        for row in rows:
            told = world.told[row.id]
            assert (row.kind, row.source, row.lead_status, row.amount) == (
                told.kind,
                told.source,
                told.lead,
                lead_amount(told),
            )
            assert (row.number, set(row.tags), sum(row.sent.values())) == (told.number, told.tags, len(told.sent))


def _many(count: int) -> list[Contact]:
    return [
        Contact(
            kind="call",
            company=index % 2,
            minute=index,
            number=NUMBERS[index % 3],
            answered=True,
            voicemail=False,
            status="completed",
            seconds=90,
            first_time=True,
            agent=AGENTS[0],
            tracker=0,
            source="google",
            campaign="spring",
            keyword=None,
            landing_page=None,
            lead="new",
            amount=40,
            tags=frozenset({"regular"}),
            sent=("held", "delivered"),
            recording="stored",
            verdict="allow",
            spam=False,
        )
        for index in range(count)
    ]
