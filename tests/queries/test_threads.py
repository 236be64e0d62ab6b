"""Pages of threads: each thread once, in order, however few texts a page may read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed import NORTH_SHARED, SHARED, TestHub
from text_steps import queue, write_in

from hub.queries.lists import plan
from hub.queries.texts import paging
from hub.queries.texts.paging import ThreadKind, threads_page

Factory = Callable[..., TestHub]


def number(index: int) -> str:
    return f"+131255501{60 + index}"


def walked(stage: TestHub, limit: int, kind: ThreadKind = ThreadKind.ALL) -> list[str | None]:
    """The numbers of all threads, page by page."""
    companies = [each.id for each in stage.directory.companies.values()]
    found: list[str | None] = []
    after: str | None = None
    with stage.hub.store.reading() as session:
        for _ in range(50):
            page = threads_page(session, companies, kind, after, limit)
            found += [text.person_number for text in page.items]
            after = page.next
            if after is None:
                return found
    raise AssertionError("the pages have no end")


def fill(stage: TestHub) -> list[str]:
    """Ten people write, and then every second one again; the numbers, those who wrote last first."""
    for index in [*range(10), *range(0, 10, 2)]:
        write_in(stage, f"Text {index}", number(index), number=NORTH_SHARED if index % 3 else SHARED)
        stage.clock.advance(seconds=7)
    return [number(each) for each in (8, 6, 4, 2, 0, 9, 7, 5, 3, 1)]


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_each_thread_is_on_one_page_at_its_newest_text(hub: Factory, limit: int) -> None:
    stage = hub()
    wanted = fill(stage)
    assert walked(stage, limit) == wanted


@pytest.mark.parametrize("windows", [(1,), (4,), (2, 3)])
def test_pages_that_may_read_few_texts_miss_no_thread(
    hub: Factory, windows: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = hub()
    wanted = fill(stage)
    monkeypatch.setattr(paging, "WINDOWS", windows)
    assert walked(stage, 50) == wanted


def test_many_companies_are_read_by_time(hub: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = hub()
    wanted = fill(stage)
    monkeypatch.setattr(plan, "MAX_COMPANIES_APART", 1)
    assert walked(stage, 3) == wanted


def test_texts_of_one_moment_are_in_a_stable_order(hub: Factory) -> None:
    stage = hub()
    for index in range(5):
        write_in(stage, "At once", number(index))
    found = walked(stage, 2)
    assert sorted(map(str, found)) == [number(index) for index in range(5)]


def test_a_thread_waits_until_a_person_answers(hub: Factory) -> None:
    stage = hub()
    for index in range(4):
        write_in(stage, "Are you open?", number(index))
    stage.clock.advance(minutes=1)
    queue(stage, "Yes.", number(1))
    queue(stage, "We are closed.", number(2), purpose="auto_reply")
    write_in(stage, "STOP", number(3))
    assert sorted(map(str, walked(stage, 2, ThreadKind.WAITING))) == [number(0), number(2)]


def test_an_advertisement_or_a_refused_text_is_no_answer(hub: Factory) -> None:
    stage = hub()
    for index in range(2):
        write_in(stage, "Are you open?", number(index))
    stage.clock.advance(minutes=1)
    queue(stage, "Drains for 99 USD.", number(0), purpose="marketing")
    stage.send_texts()
    stage.carrier.text_script.append("rejected")
    queue(stage, "Yes.", number(1))
    stage.send_texts()
    assert sorted(map(str, walked(stage, 2, ThreadKind.WAITING))) == [number(0), number(1)]
