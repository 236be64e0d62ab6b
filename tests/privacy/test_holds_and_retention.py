"""What a legal hold names is kept past retention, and shown as held, until the hold is lifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from seeds import seed
from testbed import CALLER, OTHER_CALLER, TestHub

from hub.model import (
    Alert,
    AlertDelivery,
    AlertEvent,
    AlertPhone,
    AuditEntry,
    Call,
    CallStep,
    ConfigDraft,
    ConfigVersion,
    InboxWebhook,
    LegalHold,
    PageView,
    Person,
    PolicyAcceptance,
    PoolOverflow,
    PrivacyRequest,
    PushSubscription,
    Recording,
    ReportSubscription,
    User,
    Visit,
    WebhookEvent,
)
from hub.privacy.holds import NOBODY, OnHold, on_hold
from hub.privacy.retention import Holding, holdings, sweep
from hub.privacy.retention_rules import RETENTION_RULES
from hub.privacy_requests.people import set_hold
from hub.privacy_requests.steps import open_request
from hub.recordings.keep import end_expired

ABOUT_OTHERS = {
    *(AuditEntry, PoolOverflow, PolicyAcceptance, User),
    *(Alert, AlertDelivery, AlertEvent, AlertPhone, PushSubscription, ConfigVersion, ConfigDraft),
    WebhookEvent,
    ReportSubscription,
}
"""Counts, what the company's own people are told, what they write, and whom they send reports to: no caller's hold speaks
on them. An event of a webhook holds only the id of its call, text or form; what it says is built when it is sent."""


@pytest.fixture
def court(hub: Callable[..., TestHub]) -> Iterator[TestHub]:
    """Two people have called from an ad, each with a recording and an answered request; the first is on hold."""
    stage = hub(conversions=[])
    for caller in (CALLER, OTHER_CALLER):
        call = stage.call_in(stage.visit().number or "", caller=caller)
        with stage.hub.store.writing() as session:
            seed(session, Recording, stage.clock(), call_id=call.id, state="stored", path=None,
                 expires_at=stage.clock() + timedelta(days=90))  # fmt: skip
            seed(session, CallStep, stage.clock(), connector=call.connector, carrier_call_id=call.carrier_call_id,
                 expires_at=stage.clock() + timedelta(days=761))  # fmt: skip
            body = f'{{"from": "{caller}"}}'.encode()
            seed(session, InboxWebhook, stage.clock(), body=body, expires_at=stage.clock() + timedelta(days=7))
    with stage.hub.store.writing() as session:
        company = stage.directory.companies["lakeside"]
        for caller in (CALLER, OTHER_CALLER):
            open_request(session, stage.hub, company, "access", actor="officer", channel="letter", phone=caller)
        set_hold(session, stage.hub, company.id, CALLER, None, "Case 17", "officer")
    yield stage


def kept(stage: TestHub) -> OnHold:
    with stage.hub.store.reading() as session:
        return on_hold(session, stage.hub.config, stage.clock(), stage.hub.vault)


def shown(stage: TestHub) -> dict[str, Holding]:
    with stage.hub.store.reading() as session:
        held = on_hold(session, stage.hub.config, stage.clock())
        return {each.name: each for each in holdings(session, stage.hub.config.retention, stage.clock(), held)}


def test_what_is_on_hold_outlives_its_life_until_the_hold_is_lifted(court: TestHub) -> None:
    store, clock, retention = court.hub.store, court.clock, court.hub.config.retention
    for _ in range(3):
        clock.advance(days=1_000)
        sweep(store, clock(), retention, kept(court), court.hub.keyring)
        end_expired(court.hub)
    assert [call.caller_number for call in court.rows(Call)] == [CALLER, None]
    assert [person.phone_number for person in court.rows(Person)] == [CALLER, None]
    assert [row.phone_number for row in court.rows(PrivacyRequest)] == [CALLER, None]
    assert sorted(row.state for row in court.rows(Recording)) == ["gone", "stored"]
    held = court.one(Recording, state="stored")
    assert court.one(Call, id=held.call_id).caller_number == CALLER
    assert [row.landing_page is None for row in court.rows(Visit)] == [False]
    assert len(court.rows(CallStep)) == 1 and len(court.rows(PageView)) == 1
    bodies = [row.body for row in court.rows(InboxWebhook) if row.body]
    assert any(CALLER.encode() in body for body in bodies) and not any(OTHER_CALLER.encode() in body for body in bodies)
    told = shown(court)
    assert {name for name, each in told.items() if each.past} == set(), "held is not late"
    assert {"calls", "people", "recordings", "visits", "webhooks", "call steps", "requests of people"} <= {
        name for name, each in told.items() if each.held
    }
    with store.writing() as session:
        hold = court.one(LegalHold)
        hold.lifted_at = clock()
        session.add(hold)
    assert kept(court) == NOBODY and shown(court)["calls"].past == 1
    sweep(store, clock(), retention, kept(court), court.hub.keyring)
    end_expired(court.hub)
    assert {call.caller_number for call in court.rows(Call)} == {None}
    assert {person.phone_number for person in court.rows(Person)} == {None}
    assert {row.state for row in court.rows(Recording)} == {"gone"}
    assert not any(each.past or each.held for each in shown(court).values())


def test_a_hold_by_address_keeps_what_came_by_the_persons_number(court: TestHub) -> None:
    with court.hub.store.writing() as session:
        person = next(each for each in court.rows(Person) if each.phone_number == OTHER_CALLER)
        person.email = "pat@example.com"
        session.add(person)
        set_hold(session, court.hub, person.company_id, None, "pat@example.com", "Case 18", "officer")
    court.clock.advance(days=1_000)
    sweep(court.hub.store, court.clock(), court.hub.config.retention, kept(court), court.hub.keyring)
    assert [call.caller_number for call in court.rows(Call)] == [CALLER, OTHER_CALLER]


def test_a_hold_on_the_whole_company_keeps_everybody_there_and_nobody_elsewhere(court: TestHub) -> None:
    elsewhere = court.call_in(court.visit("northgate").number or "", caller=CALLER)
    with court.hub.store.writing() as session:
        hold = session.get_one(LegalHold, court.one(LegalHold).id)
        hold.lifted_at = court.clock()
        company = court.directory.companies["lakeside"]
        set_hold(session, court.hub, company.id, None, None, "Case 19", "officer")
    court.clock.advance(days=1_000)
    late = shown(court)
    assert late["calls"].held == 2 and late["calls"].past == 1, "held is not late"
    assert {name for name in ("recordings", "visits", "call steps") if late[name].held != 2} == set()
    sweep(court.hub.store, court.clock(), court.hub.config.retention, kept(court), court.hub.keyring)
    end_expired(court.hub)
    numbers = {call.id == elsewhere.id: call.caller_number for call in court.rows(Call)}
    assert numbers[True] is None and numbers[False] is not None
    assert {row.state for row in court.rows(Recording)} == {"stored"}
    assert sorted(each.phone_number or "" for each in court.rows(Person)) == ["", CALLER, OTHER_CALLER]


@pytest.mark.parametrize("held", [{"fingerprints": frozenset({"0" * 64})}, {"companies": frozenset({"one"})}])
def test_every_table_with_a_life_is_reached_by_a_hold_or_is_about_others(held: dict[str, frozenset[str]]) -> None:
    somebody = OnHold(**held)
    unreached = {
        life.table for life in RETENTION_RULES if str(somebody.covers(life.table)) == str(NOBODY.covers(life.table))
    }
    assert unreached == ABOUT_OTHERS
