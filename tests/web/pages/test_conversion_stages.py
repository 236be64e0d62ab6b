"""The page that says what the stages of a CRM mean, which edits the CRM's settings in config.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import config_on_disk
import pytest
from config_on_disk import ANOTHER_ACCOUNT, CONFIG, open_config_stage
from fake_connectors import FakeCrm, Settings
from page_client import signed_in
from testbed import TestHub

from hub.model import OutcomeRow
from hub.testing import FrozenClock

PATH = "/conversions/stages"
HOSTILE = "<img src=x>"


class StagedSettings(Settings):
    """A CRM's stages and their meaning."""

    stages: dict[str, Literal["qualified", "won", "lost"]] = {"signed": "won"}


class StagedCrm(FakeCrm):
    """A CRM whose settings say what its stages mean."""

    Settings = StagedSettings


@pytest.fixture(autouse=True)
def staged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(config_on_disk.PLUGINS, "crm", StagedCrm)


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path) as opened:
        for number, name in enumerate(["visit planned", "visit planned", HOSTILE, "won", "signed"]):
            deal(opened, number, name)
        deal(opened, 9, "forgotten", days=200)
        yield opened


def deal(stage: TestHub, number: int, name: str, days: int = 1) -> None:
    at = stage.clock() - timedelta(days=days)
    stage.add(OutcomeRow(connector="crm", external_id=f"d{number}", stage=name, occurred_at=at, changed_at=at))


def answers(*meanings: str) -> dict[str, str]:
    """The form of three stages, in the order of the page."""
    names = ("visit planned", HOSTILE, "signed")
    return {
        "connector": "crm",
        **{f"stage.{place}": name for place, name in enumerate(names)},
        **{f"meaning.{place}": meaning for place, meaning in enumerate(meanings)},
    }


def test_stages_that_mean_nothing_are_shown_with_their_deals(stage: TestHub) -> None:
    browser = signed_in(stage, "marketer")
    text = browser.text(PATH)
    assert "2 stages mean nothing yet" in text and "visit planned 2 Nothing" in text and "signed – Won" in text
    assert "forgotten" not in text and HOSTILE not in browser.get(PATH).text
    assert "2 stages mean nothing to the rules yet: visit planned," in browser.text("/conversions")


def test_a_meaning_is_written_into_the_settings_beside_those_that_hold_already(stage: TestHub, tmp_path: Path) -> None:
    answer = signed_in(stage).post(PATH, answers("qualified", "", "won"))
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    config = stage.config_file.check((tmp_path / "config.yaml").read_text())
    assert config.connectors["crm"].settings.stages == {"signed": "won", "visit planned": "qualified"}


def test_a_meaning_is_taken_away(stage: TestHub, tmp_path: Path) -> None:
    assert signed_in(stage).post(PATH, answers("", "", "")).status_code == 303
    config = stage.config_file.check((tmp_path / "config.yaml").read_text())
    assert config.connectors["crm"].settings.stages == {}


def test_nothing_is_written_if_nothing_changed_or_the_stages_did(stage: TestHub, tmp_path: Path) -> None:
    before = (tmp_path / "config.yaml").read_text()
    browser = signed_in(stage)
    assert browser.post(PATH, answers("", "", "won")).status_code == 303
    deal(stage, 20, "a new one")
    deal(stage, 21, "a new one")
    deal(stage, 22, "a new one")
    assert browser.post(PATH, answers("qualified", "", "won")).status_code == 422
    assert browser.post(PATH, {"connector": "network"}).status_code == 404
    assert signed_in(stage, "marketer").post(PATH, answers("won", "", "won")).status_code == 403
    assert (tmp_path / "config.yaml").read_text() == before


def test_a_stage_that_a_rule_names_needs_no_meaning(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    text = CONFIG.replace("when: {{event: call}}", "when: {{event: outcome, stage: visit planned}}")
    with open_config_stage(sqlite_url, clock, tmp_path, text) as stage:
        deal(stage, 1, "visit planned")
        text = signed_in(stage).text(PATH)
        assert "Named by the rule “every call”" in text and "nothing yet" not in text
        assert "mean nothing" not in signed_in(stage).text("/conversions")


def test_a_crm_of_several_accounts_is_shown_to_none_of_them(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with open_config_stage(sqlite_url, clock, tmp_path, CONFIG + ANOTHER_ACCOUNT) as stage:
        deal(stage, 1, "visit planned")
        assert "No CRM with stages" in signed_in(stage).text(PATH)
        assert signed_in(stage).post(PATH, {"connector": "crm"}).status_code == 404
