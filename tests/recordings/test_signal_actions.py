"""A signal that was read in a call tags it, alerts who wants to hear of it, and is a filter and a report."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from page_client import signed_in
from recorder import PaperEars, PaperEyes, Recorder, tell_of
from sqlmodel import Session, select
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.access.scope import AccessScope, scope_of, scope_of_operator
from hub.access.users import add_user
from hub.alerts.alert_list import list_alerts
from hub.alerts.digests import digest_values
from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.alerts.spread import spread
from hub.api import Claim, Insight
from hub.api.privacy import Opinion
from hub.marks.tags import tag
from hub.model import Account, Alert, Call, Company, SignalRow, Tag, User
from hub.privacy.retention import sweep
from hub.queries.lists.filters import ContactFilter
from hub.queries.lists.paging import ContactList
from hub.queries.reports.tables import TableRequest, read_table
from hub.recordings.end import end_recording
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due

SUES = Insight(
    model="m",
    outcome=Claim(name="booked", confidence=0.9, lines=(2,)),
    signals=(Claim(name="will_sue", confidence=0.8, lines=(1,)),),
)
ACTIONS = [{"name": "will_sue", "confidence": 0.7, "tag": "Legal", "alert": True}]
Factory = Callable[..., TestHub]


@pytest.fixture
def acting_hub(hub: Callable[..., TestHub]) -> Factory:
    """A factory of hubs that act on what is read in transcripts."""

    def opened(actions: list[dict[str, Any]] | None = None, **company: Any) -> TestHub:
        accounts = copy.deepcopy(ACCOUNTS)
        insights = {"read_by": "eyes", "signals": ["will_sue"], "actions": ACTIONS if actions is None else actions}
        accounts[0]["companies"][0].update(insights=insights, **company)  # type: ignore[index]
        return hub(
            connectors={**CONNECTORS, "carrier": Recorder, "ears": PaperEars, "eyes": PaperEyes},
            recordings={"storage": "memory://acted", "transcribe": "ears"},
            accounts=accounts,
        )

    return opened


def have_read(stage: TestHub, insight: Insight = SUES, number: int = 1, call_id: str = "CA1") -> None:
    """Record a call, transcribe it, read it."""
    stage.eyes.script.append(insight)
    tell_of(stage, f"RE{number}", call_id=call_id)
    stage.flow()
    fetch_due(stage.hub)
    while transcribe_due(stage.hub, stage.directory):
        pass
    stage.flow()


def listener(stage: TestHub, name: str = "maria", role: str = "owner") -> User:
    """A user who wants to hear of signals."""
    with stage.hub.store.writing() as session:
        user = add_user(session, session.exec(select(Account)).one(), name, role, stage.clock())
        wanted = AlertSettings({"signal": WantedKind()}, time_zone="UTC")
        save_settings(session, user, session.exec(select(Company).where(Company.name == "lakeside")).one(), wanted,
                      stage.clock())  # fmt: skip
    return user


def heard(stage: TestHub, user: User) -> list[tuple[str, ...]]:
    """The lines of the user's alerts."""
    spread(stage.hub)
    with stage.hub.store.reading() as session:
        company = stage.one(Company, name="lakeside").id
        page = list_alerts(session, stage.hub, scope_of_user(session, user), [company], None)
        return [each.message.lines for each in page.items if each.message]


def scope_of_user(session: Session, user: User) -> AccessScope:
    """What the user may see of calls."""
    scope = scope_of(session, user, "calls")
    assert scope is not None
    return scope


def listed(stage: TestHub, **wanted: Any) -> list[str]:
    """The ids of the calls that a filter selects, however many it may read first."""
    found = set()
    with stage.hub.store.reading() as session:
        for narrowed in (5_000, 0):
            contacts = ContactList(session, scope_of_operator(), None, ContactFilter(**wanted), max_narrowed=narrowed)
            found.add(tuple(key.id for key in contacts.page(None, 10).items))
            assert contacts.count().number == len(contacts.page(None, 10).items)
    (ids,) = found
    return list(ids)


def test_a_signal_tags_its_call_until_the_transcript_ends(acting_hub: Factory) -> None:
    stage = acting_hub()
    have_read(stage)
    row = stage.one(Tag)
    assert (row.name, row.subject_id, row.made_by) == ("Legal", stage.one(Call).id, "eyes")
    stage.clock.advance(days=181)
    sweep(stage.hub.store, stage.clock())
    assert stage.rows(Tag) == [] and stage.rows(SignalRow) == []


def test_a_signal_that_is_not_sure_enough_does_nothing(acting_hub: Factory) -> None:
    stage = acting_hub([{**ACTIONS[0], "confidence": 0.95}])
    user = listener(stage)
    have_read(stage)
    assert stage.rows(Tag) == [] and heard(stage, user) == []


def test_a_refusal_takes_the_tag_of_a_signal_and_leaves_those_of_users(acting_hub: Factory) -> None:
    stage = acting_hub()
    have_read(stage)
    with stage.hub.store.writing() as session:
        tag(session, scope_of_operator(), stage.one(Call).id, "VIP", stage.clock())
    end_recording(stage.hub, stage.one(Call), "operator")
    assert [row.name for row in stage.rows(Tag)] == ["VIP"]


def test_who_may_read_transcripts_hears_of_a_signal_once(acting_hub: Factory) -> None:
    stage = acting_hub()
    owner, desk = listener(stage), listener(stage, "rita", "receptionist")
    have_read(stage)
    (lines,) = heard(stage, owner)
    assert lines[-1] == "Read in it: will sue" and heard(stage, desk) == []
    assert heard(stage, owner) == [lines]
    assert "will_sue" not in str([row.model_dump() for row in stage.rows(Alert)]), "what was read ends with the call"


@pytest.mark.parametrize("company", [{}, {"sensitive": "health"}], ids=["plumber", "clinic"])
def test_a_digest_says_what_callers_wanted_unless_they_are_patients(acting_hub: Factory, company: Any) -> None:
    stage = acting_hub(**company)
    stage.law.rule = lambda question: Opinion(verdict="allow", rule_id="x", reason="They agreed.")
    have_read(stage)
    day = str(stage.clock().date())
    with stage.hub.store.reading() as session:
        facts = {"name": "daily", "first": day, "last": day}
        values = digest_values(session, stage.hub, scope_of_operator(), stage.one(Company, name="lakeside"), facts)
    assert values["wanted"] == ([] if company else [("Booked", 1), ("Will sue", 1)])


def test_an_alert_says_nothing_of_what_callers_of_a_clinic_said(acting_hub: Factory) -> None:
    stage = acting_hub(sensitive="health")
    stage.law.rule = lambda question: Opinion(verdict="allow", rule_id="x", reason="They agreed.")
    owner = listener(stage)
    have_read(stage)
    (lines,) = heard(stage, owner)
    assert "sue" not in " ".join(lines)


def test_a_signal_is_a_filter_and_a_line_of_a_report(acting_hub: Factory) -> None:
    stage = acting_hub()
    have_read(stage)
    have_read(stage, Insight(model="m", outcome=Claim(name="quote", confidence=0.9, lines=(1,))), 2, "CA2")
    sues = next(row.subject_id for row in stage.rows(SignalRow) if row.name == "will_sue")
    assert listed(stage, signal="will_sue") == [sues] and listed(stage, signal="spam") == []
    assert len(listed(stage, signal="quote")) == 1 and listed(stage, signal="quote") != [sues]
    today = stage.clock().date()
    with stage.hub.store.reading() as session:
        companies = [stage.one(Company, name="lakeside")]
        rows = read_table(
            "signals", TableRequest(session, scope_of_operator(), companies, (today, today), stage.clock())
        )
    assert [(row["signal"], row["is_outcome"], row["calls"]) for row in rows] == [
        ("booked", True, 1), ("quote", True, 1), ("will_sue", False, 1),
    ]  # fmt: skip


def test_the_list_offers_signals_to_those_who_may_read_transcripts(acting_hub: Factory) -> None:
    stage = acting_hub()
    have_read(stage)
    call = stage.one(Call).id
    owner, desk = signed_in(stage), signed_in(stage, "receptionist")
    assert '<option value="will_sue">Will sue</option>' in owner.get("/calls").text
    assert call in owner.get("/calls?signal=will_sue&period=all").text
    assert call not in owner.get("/calls?signal=quote&period=all").text
    assert "will_sue" not in desk.get("/calls").text and call in desk.get("/calls?signal=quote&period=all").text
    report = owner.get("/reports/signal?period=all").text
    assert "Will sue" in report and "signal=will_sue" in report and "All 2 signals" not in report
