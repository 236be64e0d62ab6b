"""The audit log ends with its life, in order and signed: what is left still proves that nothing else was taken from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from stage import Stage

from hub.config.retention import RetentionSection
from hub.model import HUB_CHAIN, AuditEntry
from hub.privacy.audit_life import AT_ONCE, end_audit
from hub.privacy.retention import Holding, holdings
from hub.privacy.signing import sign_due
from hub.store.audit import BOOK, note
from hub.store.chain import Report, walk

Factory = Callable[..., Stage]
LIFE = timedelta(days=7 * 365)
OLD, YOUNG = 5, 3


@pytest.fixture
def archive(hub: Factory) -> Stage:
    """A hub with entries of seven years ago, and some of a year later; the ends signed each time."""
    stage = hub(conversions=[])
    for count in (OLD, YOUNG):
        with stage.hub.store.writing() as session:
            for number in range(count):
                note(session, stage.clock(), "root", "connectors.resume", f"twilio {number}")
        sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
        stage.clock.advance(days=365)
    stage.clock.advance(days=6 * 365 - 365)
    return stage


def end(stage: Stage, **lives: str) -> int:
    retention = RetentionSection.model_validate(lives)
    return end_audit(stage.hub.store, stage.hub.keyring, retention, stage.clock())


def walked(stage: Stage) -> Report:
    with stage.hub.store.reading() as session:
        return walk(session, BOOK, stage.hub.keyring, HUB_CHAIN)


def positions(stage: Stage) -> list[int]:
    with stage.hub.store.reading() as session:
        found = select(AuditEntry.position).where(AuditEntry.chain == HUB_CHAIN).order_by(col(AuditEntry.position))
        return list(session.exec(found))


def shown(stage: Stage) -> Holding:
    with stage.hub.store.reading() as session:
        found = holdings(session, RetentionSection(), stage.clock())
        return next(each for each in found if each.name == "audit log")


def test_entries_end_with_their_life_and_the_rest_is_sound(archive: Stage) -> None:
    archive.clock.advance(seconds=-1)
    assert end(archive) == 0 and len(positions(archive)) == OLD + YOUNG
    archive.clock.advance(seconds=1)
    assert (end(archive), end(archive)) == (OLD, 0)
    assert positions(archive) == [6, 7, 8]
    report = walked(archive)
    assert (report.sound, report.ended, report.records) == (True, OLD, OLD + YOUNG)
    assert (shown(archive).rows, shown(archive).past) == (YOUNG, 0)


def test_what_is_late_is_shown_until_it_has_ended(archive: Stage) -> None:
    archive.clock.advance(days=2)
    assert shown(archive).past == OLD
    end(archive)
    assert shown(archive).past == 0


def test_the_log_goes_on_where_all_of_it_has_ended(archive: Stage) -> None:
    archive.clock.advance(days=700)
    assert end(archive) == OLD + YOUNG and positions(archive) == []
    assert walked(archive).sound
    with archive.hub.store.writing() as session:
        note(session, archive.clock(), "root", "connectors.resume", "twilio")
    assert positions(archive) == [OLD + YOUNG + 1] and walked(archive).sound


def test_a_shorter_life_ends_what_is_stored_and_a_longer_one_brings_no_finding(archive: Stage) -> None:
    archive.clock.advance(days=-6 * 365)
    assert end(archive, audit_log="1y") == OLD
    assert end(archive) == 0 and walked(archive).sound


def test_an_older_entry_behind_a_younger_one_waits_for_it(archive: Stage) -> None:
    with archive.hub.store.writing() as session:
        note(session, archive.clock() - LIFE - timedelta(days=30), "root", "connectors.resume", "by a wrong clock")
    assert end(archive) == OLD and positions(archive)[-1] == OLD + YOUNG + 1
    assert walked(archive).sound


def test_many_end_in_several_transactions(archive: Stage) -> None:
    with archive.hub.store.writing() as session:
        for number in range(AT_ONCE):
            note(session, archive.clock(), "root", "connectors.resume", str(number))
    archive.clock.advance(days=3000)
    assert end(archive) == AT_ONCE + OLD + YOUNG and walked(archive).sound


@pytest.mark.parametrize("forged", ["position = 7", "signature = '00'", "hash = 'f'"])
def test_a_beginning_that_the_hub_did_not_sign_is_found(archive: Stage, forged: str) -> None:
    end(archive)
    with archive.hub.store.writing() as session:
        session.execute(text(f"UPDATE audit_start SET {forged}"))
    finding = walked(archive).finding
    assert finding is not None and (finding.kind, finding.position) == ("dropped", 1)


def test_without_its_signed_beginning_the_log_lacks_its_first_entries(archive: Stage) -> None:
    end(archive)
    with archive.hub.store.writing() as session:
        session.execute(text("DELETE FROM audit_start"))
    finding = walked(archive).finding
    assert finding is not None and (finding.kind, finding.position) == ("dropped", 1)


def test_the_database_lets_only_what_has_ended_go(archive: Stage) -> None:
    end(archive)
    with pytest.raises(DBAPIError, match="only added"), archive.hub.store.writing() as session:
        session.execute(text("DELETE FROM audit_entry"))
    assert positions(archive) == [6, 7, 8]
