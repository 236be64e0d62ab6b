"""The website of an imported company lives on: its hosts are found in its contacts and written, and missed if they are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from import_stage import Ours, hub_to_fill
from recorded_callrail import LAKESIDE, RecordedCallRail, call
from test_callrail_account import account

from hub.config.edit import Change
from hub.errors import CannotDo
from hub.importing.callrail.rows import call_of, form_of
from hub.importing.structure import propose_structure, target_of, with_websites
from hub.importing.switch_over.plan import switch_plan, switch_steps, switch_text
from hub.importing.switch_over.steps import tick_step
from hub.importing.websites import FOREIGN, RARE, Websites, host_of, websites_of
from hub.model import AuditEntry
from hub.queries.numbers.pool_websites import pools_without_website
from hub.testing import FrozenClock

NOW = datetime(2026, 2, 1, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)


def visits(
    page: str, count: int = 1, company: str = LAKESIDE, at: str = "2026-01-05T11:27:48.119-05:00"
) -> Iterator[Any]:
    for number in range(count):
        yield from call_of(call(number, landing_page_url=page, company_id=company, start_time=at))


def test_the_hosts_of_recent_pages_are_proposed_for_each_company_and_services_are_not() -> None:
    records = [
        *visits("https://www.lakeside.example.com/?gclid=x", 60), *visits("http://shop.lakeside.example.com/a", 20),
        *visits("https://lakeside-offers.example.net/", 30), *visits("https://copy.example.org/", 1),
        *visits("https://www.google.com/maps", 9), *visits("https://l.facebook.com/x", 4),
        *visits("https://app.callrail.com/x", 2), *visits("https://translate.goog/", 1), *visits("http://192.0.2.7/", 9),
        *visits("http://localhost:3000/", 5), *visits("not a page"), *visits("https://[broken", 1),
        *visits("https://former.example.com/", 90, at="2025-06-05T11:27:48.119-05:00"),
        *visits("https://riverside.example.com/", 1, company="COM2"),
    ]  # fmt: skip
    found = websites_of(records, SINCE)
    assert found.domains == {
        LAKESIDE: ("lakeside.example.com", "lakeside-offers.example.net"), "COM2": ("riverside.example.com",),
    }  # fmt: skip
    assert found.left_out[RARE] == ["copy.example.org"]
    assert found.left_out[FOREIGN] == ["app.callrail.com", "google.com", "l.facebook.com", "translate.goog"]


def test_a_form_names_the_page_that_it_stands_on() -> None:
    form = {
        "id": "F",
        "company_id": LAKESIDE,
        "submitted_at": "2026-01-05T12:00:00Z",
        "form_url": "https://a.example.com/b",
    }
    assert websites_of(form_of(form), SINCE).domains == {LAKESIDE: ("a.example.com",)}


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "https://${file:secret.key}/", "https://a_b.example.com", "https://x"]
)
def test_what_is_no_host_is_no_website(address: str) -> None:
    assert host_of(address) == ""


@pytest.fixture
def ours(databases: Path, tmp_path: Path) -> Iterator[Ours]:
    with hub_to_fill(databases, tmp_path, FrozenClock(NOW)) as made:
        yield made


def config_of(ours: Ours) -> Any:
    file = ours.stage.config_file
    assert file is not None
    return file.check(file.read().text)


def test_a_company_that_is_here_without_domains_gets_them_and_one_with_domains_keeps_its_own(ours: Ours) -> None:
    source, file = account(RecordedCallRail()), ours.stage.config_file
    assert file is not None
    first = ours.bring_structure(source)
    assert first.plan.without_domains == [LAKESIDE]
    assert [each.name for each in pools_without_website(config_of(ours))] == ["lakeside_plumbing"]
    for host in ("lakeside.example.com", "other.example.com"):
        structure = with_websites(source.structure(), Websites({LAKESIDE: (host,)}))
        target = target_of(config_of(ours), source.title, None, "carrier")
        found = propose_structure(ours.stage.hub.store, file, structure, source.source, target)
        if found.proposal is not None:
            file.apply(found.proposal, "operator")
    (company,) = config_of(ours).companies
    assert company.domains == ("lakeside.example.com",)
    assert pools_without_website(config_of(ours)) == []


def test_the_plan_names_tag_moment_and_test_and_keeps_who_ticked_a_step_off(ours: Ours) -> None:
    source = account(RecordedCallRail(calls=[call(n) for n in range(3)]))
    ours.bring(source)
    stage, clock = ours.stage, ours.stage.clock

    def text() -> str:
        with stage.hub.store.reading() as session:
            return switch_text(switch_plan(session, config_of(ours), clock()))

    assert "Lakeside Plumbing has no `domains:`" in text() and "`domains/lakeside_plumbing`" in text()
    assert stage.config_file is not None
    place = ("accounts", "agency", "companies", "lakeside_plumbing", "domains")
    stage.config_file.apply_edit([Change(place, ["lakeside.example.com"])], "operator")
    assert "`hub snippet lakeside_plumbing` prints it" in text()
    assert "- [ ] `moment`:" in text() and "https://lakeside.example.com/?utm_source=switch" in text()
    with stage.hub.store.writing() as session:
        plan = switch_plan(session, config_of(ours), clock())
        for _ in range(2):
            tick_step(session, plan, "moment", clock(), "pat")
        with pytest.raises(CannotDo, match="its steps are imported, checked"):
            tick_step(session, plan, "nothing", clock(), "pat")
    assert "- [x] `moment` (done 2026-02-01 by pat):" in text()
    with stage.hub.store.writing() as session:
        tick_step(session, plan, "moment", clock(), "kim", undo=True)
    assert "- [ ] `moment`:" in text() and len(set(switch_steps(plan))) == len(switch_steps(plan))
    noted = [(each.actor, each.subject, each.detail) for each in stage.rows(AuditEntry, action="import.plan")]
    assert noted == [("pat", "moment", "done"), ("kim", "moment", "undone")]
