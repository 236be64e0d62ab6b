"""config.yaml is read, edited and applied through one door: the file, the version and the audit entry together."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from config_on_disk import config_file_at, open_config_stage
from sqlmodel import select
from testbed import TestHub

from hub.access.users import add_user
from hub.config.edit import Change
from hub.errors import CannotDo, ConfigError, NotFound
from hub.model import Account, AuditEntry, ConfigVersion, Tracker, User
from hub.model.states import ConfigHow, ConfigState
from hub.reload import ConfigConflict, ConfigFile
from hub.reload.versions import end_texts, history, problems_of
from hub.testing import FrozenClock

YELLOW = ("accounts", "agency", "companies", "lakeside", "trackers", "yellow_pages")
Stages = Callable[..., TestHub]


def user_of(stage: TestHub, account: str = "agency") -> User:
    with stage.hub.store.writing() as session:
        row = session.exec(select(Account).where(Account.name == account)).one()
        return add_user(session, row, f"owner-{account}", "owner", stage.clock())


def file_of(stage: TestHub) -> ConfigFile:
    assert stage.config_file is not None
    return stage.config_file


def test_an_applied_edit_is_in_the_file_the_tables_the_versions_and_the_audit_log(
    database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with open_config_stage(database_url, clock, tmp_path) as stage:
        file, owner = file_of(stage), user_of(stage)
        before = file.path.read_text()
        proposal = file.propose([Change((*YELLOW, "source"), "radio")])
        assert not proposal.problems and not proposal.restart_needed
        assert proposal.diff.count("\n-") == 1 and "+            source: radio" in proposal.diff
        row = file.apply(proposal, owner)
        assert file.path.read_text() == before.replace("source: yellow_pages\n", "source: radio\n")
        assert (row.number, row.how, row.user_id) == (2, ConfigHow.PAGE, owner.id)
        assert row.note == "accounts[agency].companies[lakeside].trackers[yellow_pages].source changed"
        assert stage.one(Tracker, name="yellow_pages").source == "radio"
        entry = stage.one(AuditEntry, action="config.apply", actor=owner.id)
        assert entry.detail == f"version 2: {row.note}"
        assert entry.chain == owner.account_id


def test_an_edit_of_an_older_text_is_refused_as_a_conflict(stage_of: Stages) -> None:
    file = file_of(stage_of())
    mine = file.propose([Change((*YELLOW, "source"), "radio")])
    theirs = file.propose([Change((*YELLOW, "source"), "tv")])
    file.apply(theirs, None, ConfigHow.COMMAND)
    with pytest.raises(ConfigConflict, match="changed in the meantime"):
        file.apply(mine, None)
    assert "source: tv" in file.path.read_text()


def test_an_edit_is_refused_as_a_conflict_when_someone_has_saved_the_file_since(stage_of: Stages) -> None:
    file = file_of(stage_of())
    mine = file.propose([Change((*YELLOW, "source"), "radio")])
    file.path.write_text(file.path.read_text().replace("spring", "autumn"))
    with pytest.raises(ConfigConflict):
        file.apply(mine, None)
    assert "autumn" in file.path.read_text()


def test_an_edit_with_problems_is_shown_with_its_lines_and_never_applied(stage_of: Stages) -> None:
    file = file_of(stage_of())
    before = file.path.read_text()
    proposal = file.propose([Change((*YELLOW, "carrier"), "nobody")])
    (problem,) = proposal.problems
    assert before.splitlines()[problem.line - 1].strip() == "carrier: carrier"  # type: ignore[operator]
    with pytest.raises(ConfigError):
        file.apply(proposal, None)
    assert file.path.read_text() == before


def test_a_saved_file_with_problems_is_noted_once_and_the_version_before_it_stays(stage_of: Stages) -> None:
    stage = stage_of()
    file = file_of(stage)
    file.path.write_text(file.path.read_text().replace("carrier: carrier", "carrier: nobody", 1))
    for _ in range(2):
        with pytest.raises(ConfigError):
            file.take(ConfigHow.FILE)
    refused = stage.one(ConfigVersion, state=ConfigState.REFUSED)
    assert refused.number is None and "nobody" in problems_of(refused)[0].text
    assert file.newest_number() == 1


def test_a_saved_file_is_taken_once(stage_of: Stages) -> None:
    stage = stage_of()
    file = file_of(stage)
    file.path.write_text(file.path.read_text().replace("campaign: spring", "campaign: autumn"))
    row = file.take(ConfigHow.FILE)
    assert row is not None and row.number == 2 and row.user_id is None
    assert file.take(ConfigHow.FILE) is None
    assert stage.one(Tracker, name="yellow_pages").campaign == "autumn"


def test_an_earlier_version_is_applied_again_as_a_new_one(stage_of: Stages) -> None:
    stage = stage_of()
    file = file_of(stage)
    first = file.path.read_text()
    file.apply(file.propose([Change((*YELLOW, "source"), "radio")]), None)
    row = file.roll_back(1, None)
    assert file.path.read_text() == first
    assert (row.number, row.how) == (3, ConfigHow.ROLL_BACK)
    assert row.note.startswith("back to version 1: accounts[agency]")
    with stage.hub.store.reading() as session:
        assert [each.number for each in history(session)] == [3, 2, 1]


def test_versions_keep_their_texts_up_to_a_size_and_the_running_one_always(stage_of: Stages) -> None:
    stage = stage_of()
    file = file_of(stage)
    for campaign in ("one", "two", "three"):
        file.apply(file.propose([Change((*YELLOW, "campaign"), campaign)]), "root")
    file.path.write_text("x" * 100_000)
    with pytest.raises(ConfigError):
        file.take(ConfigHow.FILE)
    with stage.hub.store.writing() as session:
        end_texts(session, most=1_000)
    kept = [(row.number, row.text is not None) for row in stage.rows(ConfigVersion)]
    assert sorted(number for number, is_kept in kept if is_kept) == [file.newest_number()], "the version that runs"
    with pytest.raises(NotFound, match="is not kept"):
        file.text_of(1)


def test_a_removed_tracker_retires_with_the_version_that_removes_it(stage_of: Stages) -> None:
    from hub.config.edit import REMOVED

    stage = stage_of()
    file = file_of(stage)
    file.apply(file.propose([Change(YELLOW, REMOVED)]), None)
    assert stage.one(Tracker, name="yellow_pages").retired_at is not None


def test_the_file_keeps_its_mode_and_a_link_to_it_stays_a_link(stage_of: Stages) -> None:
    file = file_of(stage_of())
    file.path.chmod(0o640)
    real = file.path.with_name("real.yaml")
    file.path.rename(real)
    file.path.symlink_to(real)
    file.apply(file.propose([Change((*YELLOW, "source"), "radio")]), None)
    assert file.path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "source: radio" in real.read_text()
    assert sorted(each.name for each in real.parent.iterdir() if each.suffix != ".db") == ["config.yaml", "real.yaml"]


def test_a_read_only_file_gives_its_diff_and_is_not_written(stage_of: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    file = file_of(stage_of())
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert not file.read().writable
    proposal = file.propose([Change((*YELLOW, "source"), "radio")])
    assert "+            source: radio" in proposal.diff
    with pytest.raises(CannotDo, match="read-only here"):
        file.apply(proposal, None)


def test_the_listening_address_is_applied_at_the_next_start_and_said_so(stage_of: Stages) -> None:
    file = file_of(stage_of())
    assert file.propose([Change(("hub", "listen"), "127.0.0.1:9090")]).restart_needed == ("hub.listen",)


def test_an_old_copy_of_the_file_on_another_machine_is_passed_over(stage_of: Stages, tmp_path: Path) -> None:
    stage = stage_of()
    file = file_of(stage)
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    (copy / "config.yaml").write_text(file.path.read_text())
    file.apply(file.propose([Change((*YELLOW, "source"), "radio")]), None)
    other = config_file_at(copy / "config.yaml", stage.hub.store, stage.clock)
    assert "source: radio" in other.read().text
    other.apply(other.propose([Change((*YELLOW, "medium"), "air")]), None)
    assert "source: radio" in other.path.read_text() and "medium: air" in other.path.read_text()
