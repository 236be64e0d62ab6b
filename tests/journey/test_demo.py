"""The demo: the same seed plays the same day, and its ledger adds up."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from demo_timelines import misplaced, wrong_entries
from played_demo import shared_demo
from testbed import SHARED, TestHub

from hub.contracts.sandbox import CostSandbox
from hub.model import Call
from hub.plugin_host.sandboxes import start_sandboxes
from hub.proof.cli.demo import unplayed_lines
from hub.proof.demo.advertising import advertise
from hub.proof.demo.browser import find_chromium
from hub.proof.demo.check import Check
from hub.proof.demo.history import parts
from hub.proof.demo.ledger import shown_numbers
from hub.proof.demo.line.played_day import always_open
from hub.proof.demo.scenario import CALL_BACKS, Story, weeks
from hub.proof.demo.tables import CAMPAIGNS, DAYS, FIRST_STORIES, HOURS, THREADS
from hub.proof.demo.texting import conversations
from hub.proof.demo.visitors import Showing
from hub.proof.demo.website import website
from hub.queries.timeline.entries import Entry, Stage
from hub.startup.opening import open_beside
from hub.startup.reading import read_config
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.twilio import Twilio

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 30, 21, 15, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")


def test_the_same_seed_plays_the_same_weeks_and_another_seed_others() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    assert weeks(config, 40, 3, NOW) == weeks(config, 40, 3, NOW)
    assert weeks(config, 40, 3, NOW) != weeks(config, 40, 4, NOW)


def test_the_weeks_are_those_of_a_business_that_works_by_day_and_runs_campaigns_for_a_while() -> None:
    stories = weeks(read_config(ROOT / "config.yaml", sandbox=True), 600, 1, NOW)
    local = [story.at.astimezone(CHICAGO) for story in stories]
    assert local == sorted(local) and NOW - timedelta(days=DAYS) < local[0] and local[-1] < NOW - timedelta(minutes=6)
    assert {at.hour for at in local} <= {*HOURS, *(hour - 1 for hour in HOURS)}
    by_day = Counter(at.weekday() for at in local)
    assert by_day[0] > 2 * by_day[6] and by_day[2] > 2 * by_day[6], "Sundays are quiet"
    for campaign in CAMPAIGNS:
        begun, ended = ((NOW - timedelta(days=DAYS - day)).date() for day in (campaign.begins, campaign.ends))
        ran = [
            story.at.date() for story in stories if f"+{campaign.name.replace(' ', '+')}" in (story.landing_page or "")
        ]
        assert ran and begun - timedelta(days=1) <= min(ran) and max(ran) <= ended, campaign
    assert 10 <= sum(story.mark is not None for story in stories) <= 15


def test_the_last_hours_are_played_first_and_whoever_is_played_with_all_that_they_did_before() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    stories = weeks(config, 600, 1, NOW)
    talks = conversations(config, stories, 1, NOW)
    played = list(parts(stories, talks, NOW))
    assert [part.index for part in played] == [0, 1, 2, 3]
    assert sorted(index for part in played for index, _ in part.stories) == list(range(len(stories)))
    assert sum(len(part.talks) for part in played) == len(talks)
    first = played[0]
    assert [story for _, story in first.stories][-FIRST_STORIES:] == stories[-FIRST_STORIES:]
    assert len(first.stories) < 4 * FIRST_STORIES, "somebody waits for the link"
    assert [talk.kind for talk in first.talks] == ["waiting"]
    seen: set[str] = set()
    for part in played:
        callers = {story.caller for _, story in part.stories if story.caller}
        assert not callers & seen, "the first call of each is played first"
        seen |= callers


def test_nobody_has_two_names_and_whoever_was_missed_calls_again_or_waits() -> None:
    stories = weeks(read_config(ROOT / "config.yaml", sandbox=True), 600, 1, NOW)
    names: dict[str, set[str]] = {}
    for story in stories:
        names.setdefault(story.caller or "", set()).add(story.caller_name)
    assert all(len(each) == 1 for each in names.values())
    missed = [story for story in stories if story.outcome != "answered" and story.caller]

    def spoke_later(story: Story) -> bool:
        return (story.called_back or (None, ""))[1] == "answered" or any(
            each.caller == story.caller and each.at > story.at and each.outcome == "answered" for each in stories
        )

    assert 0.6 < sum(map(spoke_later, missed)) / len(missed) < 1
    called_back = Counter(story.called_back[1] for story in missed if story.called_back)
    assert set(called_back) == set(CALL_BACKS) and called_back["answered"] > len(missed) / 4


def test_ads_cost_nothing_on_a_day_that_has_begun_for_some_companies_alone() -> None:
    """Costs are pulled up to the day that it is for all: at 12:30 am in Detroit it is the day before in Chicago."""
    config, late = read_config(ROOT / "config.yaml", sandbox=True), datetime(2026, 12, 1, 5, 30, tzinfo=UTC)
    page = "https://northgate-drains.example.com/?utm_campaign=Northgate+Brand&gclid=Cj0K"
    story = Story(at=late, company="northgate", landing_page=page, caller="+13135550142", caller_name="Ada Brook")
    classes = {"google": config.connectors["google"].connector_class}
    with start_sandboxes(classes, lambda: late) as sandboxes:
        advertise(config, sandboxes, [story], 1)
        google = sandboxes.of("google")
        assert isinstance(google, CostSandbox) and [cost.day for cost in google.spent()] == [date(2026, 11, 30)]


def test_only_fictional_numbers_call() -> None:
    stories = weeks(read_config(ROOT / "config.yaml", sandbox=True), 300, 5, NOW)
    for caller in {story.caller for story in stories if story.caller}:
        assert caller[5:9] == "5550" or caller.startswith("+44207946"), caller


def test_the_demos_businesses_are_open_at_any_hour_of_any_day() -> None:
    text, config = (ROOT / "config.yaml").read_text(encoding="utf-8"), read_config(ROOT / "config.yaml", sandbox=True)
    opened = always_open(text, config)
    assert 'hours: {mon-sun: "0:00-24:00"}' in opened and "holidays:" not in opened
    assert len(opened.splitlines()) == len(text.splitlines()) - 1, "nothing else is changed"


def test_visitors_who_saw_no_number_are_told_with_the_reason() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    lakeside, northgate = config.companies
    bare = replace(
        config,
        accounts=tuple(
            account.model_copy(
                update={"companies": (lakeside, northgate.model_copy(update={"trackers": northgate.trackers[:0]}))}
            )
            for account in config.accounts[:1]
        ),
    )
    assert unplayed_lines(bare, 40, 40, {}) == []
    assert unplayed_lines(bare, 40, 27, {"northgate": 12, "lakeside": 1}) == [
        "Only 27 of 40 calls were played.",
        f"1 visitor of {lakeside.title} saw no tracking number and did not call: no number was free.",
        f"12 visitors of {northgate.title} saw no tracking number and did not call: it has no session tracker and no "
        "`default: true` number.",
    ]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_played_weeks_add_up_with_calls_recordings_and_texts_by_both_carriers(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """One play for all that the weeks have, for it takes long; through the companies' pages where there is a browser."""
    browser = find_chromium() is not None
    if not browser and os.environ.get("CI"):
        pytest.fail("There is no Chromium on this machine; install it with: sudo apt-get install chromium")
    played, printed = shared_demo(tmp_path_factory.getbasetemp())
    tmp_path = shutil.copytree(played, tmp_path / "day")
    assert "each number that the API showed" in printed and "withheld" in printed
    database = sqlite3.connect(tmp_path / "data" / "ringfence.db")
    try:
        (example,) = re.findall(r"hub call (\S+)$", printed, re.M)
        assert database.execute("SELECT count(*) FROM call WHERE id = ?", (example,)).fetchone() == (1,)
        _both_carriers_had_calls(database, tmp_path / "data" / "ringfence.db-recordings", printed)
        _texts_went_and_were_held(database)
        _six_networks_heard_of_it(database)
        _nothing_is_out_of_order(tmp_path)
        _a_hub_after_a_killed_demo_gets_other_calls(database)
        if browser:
            _visitors_called_what_the_page_showed(database, printed)
        else:
            assert "All visitors come through the tracking API: Chromium or Playwright" in printed
    finally:
        database.close()
    again = [sys.executable, "-m", "hub.cli", "deliveries", "list", "--json"]
    listed = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert listed.returncode == 0, listed.stderr


def _a_hub_after_a_killed_demo_gets_other_calls(database: sqlite3.Connection) -> None:
    played = {found for (found,) in database.execute("SELECT carrier_call_id FROM call")}
    carriers = {"twilio": Twilio, "telnyx": Telnyx}
    with start_sandboxes(carriers) as fresh:
        ids = {fresh.of(name).new_call_id() for name in carriers for _ in range(3 * len(played))}
    assert played and not played & ids


def _both_carriers_had_calls(database: sqlite3.Connection, storage: Path, printed: str) -> None:
    calls = dict(database.execute("SELECT connector, count(*) FROM call GROUP BY connector"))
    assert set(calls) == {"twilio", "telnyx"} and sum(calls.values()) == 24, calls
    table = printed[printed.index("Calls, recordings and texts by carrier") :]
    names = re.search(r"^ +(twilio|telnyx) +(twilio|telnyx) *$", table, re.MULTILINE)
    figures = re.search(r"^ calls +(\d+) +(\d+) *$", table, re.MULTILINE)
    assert names and figures, table[:2_000]
    assert dict(zip(names.groups(), map(int, figures.groups()), strict=True)) == calls
    kept = dict(database.execute("SELECT connector, count(*) FROM recording WHERE state = 'stored' GROUP BY connector"))
    late = _late_calls(database)
    assert kept, late
    assert _calls_to_record(database) - late <= _recorded_calls(database), late
    files = [file.read_bytes() for file in storage.rglob("*.sealed")]
    assert len(files) == sum(kept.values()) and not any(b"RIFF" in file for file in files), "they lie encrypted"
    notices = database.execute(
        "SELECT count(DISTINCT choice) FROM recording_notice WHERE choice IS NOT NULL"
    ).fetchone()
    assert late or notices[0] >= 2, "some were only told, some chose"


def _six_networks_heard_of_it(database: sqlite3.Connection) -> None:
    sent = dict(
        database.execute(
            "SELECT connector, count(*) FROM delivery WHERE hook = 'upload_conversions' AND attempts > 0 GROUP BY connector"
        )
    )
    assert {"google", "meta", "microsoft", "tiktok", "linkedin", "analytics"} <= set(sent), sent


def _nothing_is_out_of_order(folder: Path) -> None:
    """In no timeline of a call, text or form is an entry in the wrong place, or in the future."""
    with (
        chdir(folder),
        open_beside(read_config(Path("config.demo.yaml"), sandbox=True)) as hub,
        hub.store.reading() as session,
    ):
        assert list(misplaced(session, hub.vault, datetime.now(UTC))) == []


def test_an_entry_that_is_out_of_order_or_in_the_future_is_named() -> None:
    call = Call(connector="carrier", carrier_call_id="CA1", started_at=NOW, ended_at=NOW + timedelta(minutes=2))

    def at(seconds: int, stage: Stage, text: str, **data: object) -> Entry:
        return Entry(NOW + timedelta(seconds=seconds), stage, text, data=dict(data))

    told = [
        at(0, "receive", "ringing"),
        at(8, "answer", "dial: nobody picked up"),
        at(120, "receive", "completed"),
        at(130, "deliver", "meta: conversion is queued", step="made", delivery="1"),
        at(140, "deliver", "meta: conversion ended", step="state", delivery="1"),
    ]
    later = NOW + timedelta(hours=1)
    assert list(wrong_entries(call, told, later)) == []
    for wrong in (
        at(-5, "answer", "dial: rings"),
        at(100, "deliver", "meta: conversion is queued"),
        at(150, "receive", "not answered"),
        at(150, "answer", "voicemail: takes a message"),
        at(150, "deliver", "meta: conversion, try 1", step="try", delivery="1"),
        at(3_700, "mark", "lead: booked"),
    ):
        [said] = wrong_entries(call, sorted([*told, wrong], key=lambda entry: entry.at), later)
        assert said.startswith(repr(wrong.text)), said


def _late_calls(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Calls that the carrier forwarded because an answer took more than a second, as on a machine that is busy with other
    tests. They ring, and are not recorded."""
    return set(database.execute("SELECT connector, carrier_call_id FROM call_step WHERE step = 'forward'"))


def _calls_to_record(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Calls of the last days that somebody answered at a phone that was rung with recording; older sound is deleted."""
    return set(
        database.execute(
            """SELECT call.connector, call.carrier_call_id FROM call_step JOIN call USING (connector, carrier_call_id)
            WHERE call_step.result LIKE 'rings %, recorded' AND call.status = 'completed' AND call.answered_at IS NOT NULL
            AND call.started_at > datetime('now', '-13 days')"""
        )
    )


def _recorded_calls(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Calls whose recording is stored."""
    return set(
        database.execute(
            """SELECT call.connector, call.carrier_call_id FROM recording JOIN call ON call.id = recording.call_id
            WHERE recording.state = 'stored'"""
        )
    )


def _texts_went_and_were_held(database: sqlite3.Connection) -> None:
    rows = database.execute("SELECT direction, purpose, status, code FROM text_message").fetchall()
    written = sum(by == "in" for lines in THREADS.values() for by, *_ in lines)
    assert sum(direction == "in" for direction, *_ in rows) == written
    out = {(purpose, status, code) for direction, purpose, status, code in rows if direction == "out"}
    assert ("marketing", "refused", "jurisdictions.us.texts") in out, "nobody had said yes to advertisements"
    assert ("service", "refused", "stopped") in out, "nothing goes after STOP"
    assert any(purpose == "reply" and status in ("delivered", "failed") for purpose, status, _ in out), out
    pictures = database.execute(
        "SELECT t.direction, text_media.state FROM text_media JOIN text_message t ON t.id = text_id"
    )
    assert sorted(pictures) == [("in", "done"), ("out", "done")]


def _visitors_called_what_the_page_showed(database: sqlite3.Connection, printed: str) -> None:
    assert "opens the company's page in headless Chromium" in printed
    found = re.search(
        r"each number that a page showed .* (\d+) assigned, \d+ shared, 0 of somebody else, 0 links", printed
    )
    assert found and int(found[1]) >= 2, printed[-4_000:]
    forms = database.execute("SELECT form_id, page, sealed_fields FROM form_submission").fetchall()
    for form_id, page, answers in forms:
        assert form_id == "contact" and page.startswith("http://"), "the page's own script handed its form over"
        assert answers and b"kitchen sink" not in answers, "what was written is sealed"
    tied = database.execute(
        """SELECT count(*) FROM attribution JOIN visit ON visit.id = attribution.visit_id
        WHERE visit.landing_page LIKE 'http://%' AND visit.user_agent LIKE '%Chrome%'"""
    ).fetchone()[0]
    assert tied >= 2, "calls are known by the visits that the pages' scripts reported"


def test_without_a_browser_on_the_path_there_is_none_for_the_visitors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None


def test_the_same_seed_writes_the_same_texts_and_every_kind_of_them() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    stories = weeks(config, 20, 3, NOW)
    written = conversations(config, stories, 3, NOW)
    assert written == conversations(config, stories, 3, NOW)
    assert {each.kind for each in written} == set(THREADS) and written[-1].kind == "waiting"
    assert all(each.at + line.after < NOW for each in written for line in each.lines)
    assert {each.carrier for each in written} == {"twilio", "telnyx"}
    assert all(each.person[5:9] == "5550" or each.person.startswith("+44207946") for each in written)


def test_what_people_press_is_what_the_called_flow_asks_for() -> None:
    stories = weeks(read_config(ROOT / "config.yaml", sandbox=True), 300, 5, NOW)
    assert {len(story.keys) for story in stories if story.company == "lakeside" and not story.form} == {1}
    menus = {story.keys[:-1] for story in stories if story.company == "northgate" and not story.form}
    assert {menu for menu in menus if None not in menu} == {(), ("1",), ("2",), ("", "")}
    assert any(menu[:1] == (None,) for menu in menus), "some hang up in the menu"


def test_each_companys_page_shows_its_own_number_and_carries_the_hubs_snippet() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    for company in config.companies:
        [number] = company.website.swap
        page = website(config, company, "http://127.0.0.1:8080")
        assert f'href="tel:{number}"' in page and f"({number[2:5]}) 555-{number[-4:]}</a>" in page
        assert page.count(f"http://127.0.0.1:8080/t/{company.name}/ringfence") == 2 and page.count("integrity=") == 2


def test_a_number_that_was_lent_to_another_visit_does_not_add_up(hub: Callable[..., TestHub]) -> None:
    stage = hub()
    one, other = stage.visit(), stage.visit()
    unrecorded = stage.visit(consent={"analytics": "denied"})
    right = [Showing("page", "lakeside", each.number, each.number, each.visit_id) for each in (one, other, unrecorded)]

    def check(*showings: Showing) -> Check:
        with stage.hub.store.reading() as session:
            [found] = shown_numbers(session, showings)
        return found

    assert check(*right).holds and check(*right).detail.startswith("2 assigned, 1 shared, 0 of somebody else")
    wrong = (
        replace(right[0], number=other.number, linked=other.number),
        replace(right[0], visit_id=None),
        replace(right[0], number=SHARED, linked=SHARED),
        replace(right[0], linked=SHARED),
        replace(right[2], company="northgate"),
        replace(right[2], number="+13125550190", linked="+13125550190"),
    )
    for each in wrong:
        assert not check(each).holds, each


@pytest.mark.soak
def test_the_demo_never_touches_a_database_that_is_not_its_own(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.yaml", tmp_path / "config.yaml")
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "ringfence.db") as connection:
        connection.execute("CREATE TABLE inbox (id TEXT)")
        connection.execute("INSERT INTO inbox VALUES ('a real webhook')")
    refused = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--exit", "--calls", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 2 and "is not a demo database" in refused.stderr
