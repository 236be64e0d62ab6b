"""The page of config.yaml: drafts, problems at their lines, the diff, apply, conflicts, history and rolling back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from config_on_disk import ANOTHER_ACCOUNT, CONFIG, open_config_stage
from page_client import PageClient, seen, signed_in
from page_samples import HOSTILE
from testbed import TestHub

from hub.errors import ConfigError
from hub.model import ConfigDraft, ConfigProcess, ConfigVersion, Tracker
from hub.model.states import ConfigHow
from hub.reload import ConfigFile
from hub.testing import FrozenClock


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path) as opened:
        yield opened


def file_of(stage: TestHub) -> ConfigFile:
    assert stage.config_file is not None
    return stage.config_file


def send(browser: PageClient, deed: str, text: str, base: str) -> str:
    """Press a button of the editor; what the page then shows."""
    answer = browser.post("/config", {"deed": deed, "text": text.replace("\n", "\r\n"), "base": base})
    if answer.status_code == 422:
        return seen(answer.text)
    assert answer.status_code == 303, answer.text[:300]
    return browser.text(answer.headers["location"])


def test_a_draft_is_kept_compared_and_applied(stage: TestHub) -> None:
    owner, file = signed_in(stage), file_of(stage)
    stage.add(
        ConfigProcess(role="web", host="a", pid=1, version=1, started_at=stage.clock(), seen_at=stage.clock()),
        ConfigProcess(role="worker", host="a", pid=2, version=0, started_at=stage.clock(), seen_at=stage.clock()),
    )
    base = file.read()
    assert (
        "Nothing: the text is the running version." in (text := owner.text("/config"))
        and "1 of 2 on this version" in text
    )
    changed = base.text.replace("source: yellow_pages\n", "source: radio\n")
    text = send(owner, "keep", changed, base.sha)
    assert "your draft, kept 0 s ago" in text and "against the running version: 1 line changed" in text
    assert "− source: yellow_pages" not in text and "source: radio" in text
    assert "In words: accounts[agency].companies[lakeside].trackers[yellow_pages].source changed." in text
    assert "all 2 processes take it" in text
    assert file.path.read_text() == base.text and signed_in(stage, "admin").text("/config").count("radio") == 0
    text = send(owner, "apply", changed, base.sha)
    assert file.path.read_text() == changed and stage.one(Tracker, name="yellow_pages").source == "radio"
    assert "2 running" in text and "owner-agency in the browser" in text and not stage.rows(ConfigDraft)


def test_each_problem_is_told_at_its_line_and_nothing_is_applied(stage: TestHub) -> None:
    owner, file = signed_in(stage), file_of(stage)
    base = file.read()
    wrong = base.text.replace("            medium: print\n", f'            medum: "{HOSTILE.replace(chr(34), "")}"\n')
    line = next(number for number, each in enumerate(wrong.splitlines(), 1) if "medum" in each)
    text = send(owner, "apply", wrong, base.sha)
    assert f"Nothing was applied: look at line {line}." in text and f"Cannot be applied yet: line {line}." in text
    assert f"Line {line}" in text and "did you mean `medium`?" in text
    answer = owner.post("/config/check", {"text": wrong, "base": base.sha})
    (problem,) = answer.json()["problems"]
    assert problem["line"] == line and "medium" in problem["text"]
    assert "<script>alert" not in owner.get("/config").text and "<script>alert" not in answer.json()["review"]
    assert file.path.read_text() == base.text and len(stage.rows(ConfigVersion)) == 1
    assert "The draft is gone" in send(owner, "discard", wrong, base.sha) and not stage.rows(ConfigDraft)


def test_a_conflict_is_told_and_the_draft_compared_with_the_newer_version(stage: TestHub) -> None:
    owner, file = signed_in(stage), file_of(stage)
    base = file.read()
    mine = base.text.replace("source: yellow_pages\n", "source: radio\n")
    theirs = base.text.replace("campaign: spring", "campaign: summer")
    file.apply(file.propose(theirs), "somebody")
    text = send(owner, "apply", mine, base.sha)
    assert "was changed after you began" in text and "The configuration was changed after this draft was begun." in text
    assert file.path.read_text() == theirs
    text = send(owner, "rebase", mine, base.sha)
    assert "2 lines changed" in text
    send(owner, "apply", mine, file.read().sha)
    assert file.path.read_text() == mine


def test_history_shows_refused_texts_and_rolls_back(stage: TestHub) -> None:
    owner, file = signed_in(stage), file_of(stage)
    first = file.read()
    file.apply(file.propose(first.text.replace("source: yellow_pages\n", "source: radio\n")), "somebody")
    file.path.write_text(first.text + "nonsense: 1\n")
    with pytest.raises(ConfigError):
        file.take(ConfigHow.FILE)
    text = owner.text("/config")
    assert "Refused 1 problem Show" in text and "1 Nov 24, 3:00 pm a start" in text and "Differs from what runs" in text
    rows = stage.rows(ConfigVersion)
    assert "Why it was refused" in (refused := owner.text(f"/config/versions/{rows[2].id}"))
    assert "Nonsense" in refused or "nonsense" in refused
    assert owner.post(f"/config/versions/{rows[2].id}").status_code == 422
    file.path.write_text(str(rows[1].text))
    assert "Roll back to version 1?" in owner.text(f"/config/versions/{rows[0].id}")
    answer = owner.post(f"/config/versions/{rows[0].id}")
    assert answer.status_code == 303 and file.path.read_text() == first.text
    assert "3 running" in (text := owner.text("/config")) and "rolled back" in text and "back to version 1" in text
    assert owner.get("/config/versions/01a0").status_code == 404


def test_a_secret_in_clear_is_stored_nowhere(stage: TestHub) -> None:
    owner, file = signed_in(stage), file_of(stage)
    base = file.read()
    wrong = base.text.replace('"${env:HUB_KEY}"', '"hunter2hunter2"')
    assert wrong != base.text
    assert "Hub.secret_keys would change" in send(owner, "keep", wrong, base.sha)
    assert b"hunter2" not in (stage.one(ConfigDraft).sealed or b"")
    file.path.write_text(wrong)
    with pytest.raises(ConfigError):
        file.take(ConfigHow.FILE)
    assert stage.rows(ConfigVersion)[-1].text is None
    text = owner.text(f"/config/versions/{stage.rows(ConfigVersion)[-1].id}")
    assert "Its text is not kept, because a secret stands in it in clear." in text


def test_a_read_only_file_offers_the_diff(stage: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, file = signed_in(stage), file_of(stage)
    monkeypatch.setattr(os, "access", lambda *_: False)
    base = file.read()
    text = send(owner, "keep", base.text.replace("source: yellow_pages\n", "source: radio\n"), base.sha)
    assert "The file cannot be written here" in text and "Download the diff" in text and " Apply " not in text
    diff = owner.get("/config/draft.diff")
    assert "+            source: radio" in diff.text and diff.headers["content-disposition"].startswith("attachment")
    send(owner, "apply", base.text.replace("source: yellow_pages\n", "source: radio\n"), base.sha)
    assert file.path.read_text() == base.text


def test_a_setting_of_the_machine_is_not_the_users_to_change(stage: TestHub) -> None:
    owner, file = signed_in(stage), file_of(stage)
    base = file.read()
    text = send(owner, "apply", base.text.replace("hub:\n", "hub:\n  listen: 0.0.0.0:80\n"), base.sha)
    assert "Hub.listen would change; only someone who can edit config.yaml on the machine may do that." in text
    assert file.path.read_text() == base.text


def test_in_a_hub_of_several_accounts_nobody_sees_the_file(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with open_config_stage(sqlite_url, clock, tmp_path, CONFIG + ANOTHER_ACCOUNT) as stage:
        owner = signed_in(stage)
        text = owner.text("/config")
        assert "This hub serves several accounts" in text and "riverside" not in text.lower()
        (version,) = stage.rows(ConfigVersion)
        for path in ("/config/draft.diff", "/config/schema.json", f"/config/versions/{version.id}"):
            assert owner.get(path).status_code == 404
        for path in ("/config", "/config/check", f"/config/versions/{version.id}"):
            assert owner.post(path, {"text": "x", "deed": "keep", "base": ""}).status_code == 404
        assert not stage.rows(ConfigDraft)


def test_the_schema_names_the_plugins_settings(stage: TestHub) -> None:
    found = signed_in(stage).get("/config/schema.json").json()
    assert "connector.fake_network" in found["$defs"] or any(name.startswith("connector.") for name in found["$defs"])
    assert "trackers" in str(found)
