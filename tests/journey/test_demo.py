"""The demo: the same seed plays the same day, and its ledger adds up."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from stage import SHARED, Stage

from hub.demo.browser import find_chromium
from hub.demo.ledger import Check, shown_numbers
from hub.demo.scenario import day
from hub.demo.visitors import Showing
from hub.demo.website import website
from hub.opening import read_config

ROOT = Path(__file__).parents[2]


def test_the_same_seed_plays_the_same_day_and_another_seed_another() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    assert day(config, 40, seed=3) == day(config, 40, seed=3)
    assert day(config, 40, seed=3) != day(config, 40, seed=4)


def test_only_fictional_numbers_call() -> None:
    stories = day(read_config(ROOT / "config.yaml", sandbox=True), 300, seed=5)
    for caller in {story.caller for story in stories if story.caller}:
        assert caller[5:9] == "5550" or caller.startswith("+44207946"), caller


def play(folder: Path, *options: str, path: str | None = None) -> str:
    """Play a small day in a folder of its own, which must add up; what the demo printed."""
    shutil.copy(ROOT / "config.yaml", folder / "config.yaml")
    played = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--exit", *options],
        cwd=folder,
        env={**os.environ, "COLUMNS": "240", **({} if path is None else {"PATH": path})},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert played.returncode == 0, played.stdout[-4_000:] + played.stderr[-2_000:]
    assert "Everything adds up." in played.stdout and "Traceback" not in played.stdout + played.stderr
    return played.stdout


def test_a_day_without_a_browser_is_played_through_the_api_and_adds_up(tmp_path: Path) -> None:
    printed = play(tmp_path, "--calls", "20", "--seed", "7", path=str(tmp_path))
    assert "All visitors come through the tracking API: there is no Chromium here" in printed
    assert "each number that the API showed" in printed and "that a page showed" not in printed
    assert "withheld" in printed
    again = subprocess.run(
        [sys.executable, "-m", "hub.cli", "deliveries", "list", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert again.returncode == 0, again.stderr


def test_with_chromium_visitors_call_the_number_that_the_companys_page_shows_them(tmp_path: Path) -> None:
    if find_chromium() is None:
        reason = "There is no Chromium on this machine; install it with: sudo apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    printed = play(tmp_path, "--calls", "20", "--seed", "1")
    assert "opens the company's page in headless Chromium" in printed
    found = re.search(
        r"each number that a page showed .* (\d+) lent, \d+ for everybody, 0 of somebody else, 0 links", printed
    )
    assert found and int(found[1]) >= 3, printed[-4_000:]
    database = sqlite3.connect(tmp_path / "data" / "ringfence.db")
    forms = database.execute("SELECT form_id, page, fields FROM form_submission").fetchall()
    tied = database.execute(
        """SELECT count(*) FROM attribution JOIN visit ON visit.id = attribution.visit_id
        WHERE visit.landing_page LIKE 'http://%' AND visit.user_agent LIKE '%Chrome%'"""
    ).fetchone()[0]
    database.close()
    [(form_id, page, fields)] = forms
    assert form_id == "contact" and page.startswith("http://"), "the page's own script handed its form over"
    assert json.loads(fields)["message"] == "Please call me back, the kitchen sink is blocked."
    assert tied >= 3, "calls are known by the visits that the pages' scripts reported"


def test_each_companys_page_shows_its_own_number_and_carries_the_hubs_snippet() -> None:
    for company in read_config(ROOT / "config.yaml", sandbox=True).companies:
        [number] = company.website.swap
        page = website(company, "http://127.0.0.1:8080")
        assert f'href="tel:{number}"' in page and f"({number[2:5]}) 555-{number[-4:]}</a>" in page
        assert page.count(f"http://127.0.0.1:8080/t/{company.name}/ringfence") == 2 and page.count("integrity=") == 2


def test_a_number_that_was_lent_to_another_visit_does_not_add_up(hub: Callable[..., Stage]) -> None:
    stage = hub()
    one, other = stage.visit(), stage.visit()
    unrecorded = stage.visit(consent={"analytics": "denied"})
    right = [Showing("page", "lakeside", each.number, each.number, each.visit_id) for each in (one, other, unrecorded)]

    def check(*showings: Showing) -> Check:
        with stage.hub.store.reading() as session:
            [found] = shown_numbers(session, showings)
        return found

    assert check(*right).holds and check(*right).detail.startswith("2 lent, 1 for everybody, 0 of somebody else")
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
    assert refused.returncode == 2 and "is not a demo's database" in refused.stderr
