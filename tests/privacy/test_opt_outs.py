"""An opt-out lasts: of a proven person until their own deliberate act, and without proof for sale, sharing and advertising."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kept_forms import keep_form
from recorder import PaperEars, PaperEyes
from testbed import CALLER, CONNECTORS, NORTH_SHARED, OTHER_CALLER, TestHub, make_config

from hub.api import Connector, PluginSettings
from hub.contracts.consent import ConsentQuestion, Opinion, strictest
from hub.contracts.manifest import Recipient
from hub.model import (
    AuditEntry,
    Company,
    ConsentDecision,
    ConsentEntry,
    ConsentNotice,
    Delivery,
    JournalEntry,
    OptOut,
    Person,
    PrivacyRequest,
)
from hub.model.opt_outs import OptOutScope
from hub.privacy.opt_outs import hold_to_opt_outs, limits_apply, opt_out, question_opt_out, reinstate_opt_out
from hub.privacy_requests.collect import collect
from hub.privacy_requests.reminders import close_unconfirmed
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import RequestRefused, open_request, verify
from hub.store.journal.verify import verify as verify_journal
from hub.visits.forms import SentForm
from hub.web.privacy.opt_outs import offers_limits
from plugins.agent.scripted import Scripted
from plugins.consent.signals import Signals

GRANTED = {"ads": "granted", "ad_user_data": "granted"}
NUMBERS = itertools.count(100)
REASON = "Thirty numbers in an hour from a competitor's office"
Factory = Callable[..., TestHub]


@pytest.fixture
def desk(hub: Factory) -> TestHub:
    """A hub that asks the real plugin of people's own words."""
    return hub(connectors={**CONNECTORS, "signals": Signals})


def ask(stage: TestHub, kind: str, phone: str = CALLER, evidence: str | None = None) -> str:
    """A proven request of the person."""
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(session, stage.hub, company, kind, actor="officer", channel="letter", phone=phone)
        verify(session, request, "officer", "officer", stage.clock())
        request.evidence = evidence
    return request.id


def opt_out_of(
    stage: TestHub,
    number: str | None = CALLER,
    visitor: str | None = None,
    network: str | None = "198.51.100.0/24",
    scopes: Collection[OptOutScope] = ("sharing",),
) -> None:
    with stage.hub.store.writing() as session:
        opt_out(
            session,
            stage.hub.vault,
            stage.directory.companies["lakeside"].id,
            number=number,
            visitor_id=visitor,
            network=network,
            scopes=scopes,
            now=stage.clock(),
        )


def sent(stage: TestHub) -> int:
    """How many conversions the ad network has."""
    stage.deliver()
    return len(stage.rows(Delivery, connector="network", state="delivered"))


def send_form(stage: TestHub, **more: Any) -> None:
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key=f"form-{stage.clock()}", **more))
    stage.flow()


def test_no_banner_and_no_form_undoes_an_objection_and_the_persons_own_second_step_does(desk: TestHub) -> None:
    run(desk.hub, ask(desk, "objection"), "officer")
    desk.clock.advance(hours=1)
    desk.call_in(desk.visit(consent=GRANTED).number)
    desk.clock.advance(hours=1)
    send_form(desk, phone=CALLER, visit_id=desk.visit(consent=GRANTED).visit_id, consent=GRANTED)
    assert sent(desk) == 0
    request_id = ask(desk, "opt_in")
    with pytest.raises(RequestRefused, match="confirm"):
        run(desk.hub, request_id, "officer")
    desk.call_in(desk.visit(consent=GRANTED).number)
    assert sent(desk) == 0, "to have asked is not to have confirmed"
    done = run(
        desk.hub, ask(desk, "opt_in", evidence="asked by phone on 3 May, confirmed by letter of 5 May"), "officer"
    )
    assert done.state == "done"
    desk.clock.advance(hours=1)
    desk.call_in(desk.visit(consent=GRANTED).number)
    assert sent(desk) == 1
    yes = desk.one(ConsentEntry, channel="request", state="given")
    assert (yes.use, yes.evidence, yes.scope) == ("marketing", done.id, "person")
    assert "You can opt out again" in desk.one(ConsentNotice, hash=yes.notice_hash).text


def test_an_opt_in_that_its_person_does_not_confirm_within_a_week_closes_by_itself(desk: TestHub) -> None:
    waiting, noted = ask(desk, "opt_in"), ask(desk, "opt_in", evidence="both steps seen")
    desk.clock.advance(days=6)
    close_unconfirmed(desk.hub)
    assert desk.one(PrivacyRequest, id=waiting).state == "verified"
    desk.clock.advance(days=1)
    close_unconfirmed(desk.hub)
    assert desk.one(PrivacyRequest, id=waiting).state == "refused"
    assert desk.one(PrivacyRequest, id=noted).state == "verified", "that one is the officer's to do"
    assert desk.rows(ConsentEntry) == []


def test_a_refusal_that_an_agent_wrote_down_outlasts_pages_too(desk: TestHub) -> None:
    desk.call_in()
    desk.say(desk.one(Person), "refused", "marketing.advertising", "agent")
    desk.clock.advance(hours=1)
    desk.call_in(desk.visit(consent=GRANTED).number)
    assert sent(desk) == 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["objection", "opt_in", "call", "form", "number"]), min_size=1, max_size=6))
@example(["number", "opt_in", "number", "call"])
def test_in_any_order_nothing_is_sent_between_a_no_and_the_persons_own_yes(desk: TestHub, deeds: list[str]) -> None:
    number = f"+1312555{next(NUMBERS):04}"
    out, before = False, len(desk.rows(Delivery, connector="network", state="delivered"))
    for deed in deeds:
        desk.clock.advance(hours=1)
        if deed in ("objection", "opt_in"):
            run(desk.hub, ask(desk, deed, number, evidence="both steps seen"), "officer")
            out = deed == "objection"
        elif deed == "number":
            opt_out_of(desk, number, network=number)
            out = True
        elif deed == "call":
            desk.call_in(desk.visit(consent=GRANTED).number, number)
        else:
            send_form(desk, phone=number, visit_id=desk.visit(consent=GRANTED).visit_id, consent=GRANTED)
        now = sent(desk)
        assert not out or now == before, deeds
        before = now


def test_an_opt_out_without_proof_stops_sale_sharing_and_ads_of_calls_and_forms_and_says_so(desk: TestHub) -> None:
    opt_out_of(desk)
    desk.call_in(desk.visit(consent=GRANTED).number)
    send_form(desk, phone=CALLER, consent=GRANTED)
    assert sent(desk) == 0
    row = desk.one(OptOut)
    decisions = [each for each in desk.rows(ConsentDecision, connector="network") if each.verdict == "deny"]
    assert {each.rule_id for each in decisions} == {"person.opted_out"}
    (opinion,) = [each for each in decisions[0].opinions if each["connector"] == "hub"]
    assert opinion["evidence"]["proof"] == "unproven" and opinion["evidence"]["opt_out"] == row.id
    assert {each.verdict for each in desk.rows(ConsentDecision, connector="crm")} == {"allow"}, "the own CRM goes on"
    desk.call_in(desk.visit().number, OTHER_CALLER)
    assert sent(desk) == 1, "another number is another's"


def test_it_counts_for_what_was_queued_before_and_at_this_company_alone(desk: TestHub) -> None:
    desk.call_in(desk.visit().number)
    desk.call_in(NORTH_SHARED)
    opt_out_of(desk)
    desk.deliver()
    states = [each.state for each in desk.rows(Delivery, connector="network")]
    assert sorted(states) == ["delivered", "held"]


def test_a_browser_that_opted_out_stays_so_on_later_visits_whoever_calls_from_it(desk: TestHub) -> None:
    first = desk.visit(visitor_id="browser-1")
    opt_out_of(desk, None, "browser-1")
    desk.call_in(first.number)
    assert sent(desk) == 0, "the visit of before the opt-out"
    desk.clock.advance(days=30)
    later = desk.visit(visitor_id="browser-1")
    assert later.opted_out and later.visit_id is None and later.lease_until is None
    other = desk.visit(visitor_id="browser-2")
    assert not other.opted_out and other.visit_id


def test_a_visit_under_way_gives_its_number_back_when_its_browser_opts_out(desk: TestHub) -> None:
    shown = desk.visit(visitor_id="browser-1")
    opt_out_of(desk, None, "browser-1")
    again = desk.visit(visitor_id="browser-1", visit_id=shown.visit_id)
    assert again.opted_out and again.lease_until is None


def test_a_questioned_opt_out_keeps_its_reason_is_not_counted_and_is_not_renewed_from_its_network(
    desk: TestHub,
) -> None:
    opt_out_of(desk)
    with desk.hub.store.writing() as session:
        question_opt_out(session, session.get_one(OptOut, desk.one(OptOut).id), REASON, "officer", desk.clock())
    opt_out_of(desk)
    row = desk.one(OptOut)
    assert (row.state, row.reason, row.questioned_by) == ("questioned", REASON, "officer")
    (entry,) = [each for each in desk.rows(AuditEntry) if each.action == "privacy.opt_out.question"]
    assert (entry.subject, entry.detail) == (row.id, REASON)
    desk.call_in(desk.visit().number)
    assert sent(desk) == 1
    opt_out_of(desk, network="203.0.113.0/24")
    desk.call_in(desk.visit().number)
    assert sent(desk) == 1, "the person themselves, from their own network"


def test_a_repeated_opt_out_counts_from_its_own_time_and_is_in_the_journal_again(desk: TestHub) -> None:
    opt_out_of(desk)
    first = desk.one(OptOut)
    desk.clock.advance(hours=1)
    run(desk.hub, ask(desk, "opt_in", evidence="both steps seen"), "officer")
    desk.clock.advance(hours=1)
    opt_out_of(desk)
    again = desk.one(OptOut)
    assert (again.id, again.at, again.state) == (first.id, desk.clock(), "in_force")
    entries = [each for each in desk.rows(JournalEntry, kind="opt_out") if first.id in each.content]
    assert [each.at for each in entries] == [first.at, again.at]
    assert all(report.sound for report in verify_journal(desk.hub.store, desk.hub.keyring, desk.clock()).values())
    opt_out_of(desk, network="203.0.113.0/24", scopes=("sensitive",))
    assert desk.one(OptOut, id=first.id).at == again.at, "another network and another scope are opt-outs of their own"


def test_an_opt_out_that_is_reinstated_counts_from_the_last_time_that_it_was_sent(desk: TestHub) -> None:
    opt_out_of(desk)
    with desk.hub.store.writing() as session:
        question_opt_out(session, session.get_one(OptOut, desk.one(OptOut).id), REASON, "officer", desk.clock())
    desk.clock.advance(hours=1)
    run(desk.hub, ask(desk, "opt_in", evidence="both steps seen"), "officer")
    desk.clock.advance(hours=1)
    opt_out_of(desk)
    with desk.hub.store.writing() as session:
        reinstate_opt_out(
            session, session.get_one(OptOut, desk.one(OptOut).id), "An honest one", "officer", desk.clock()
        )
    desk.call_in(desk.visit(consent=GRANTED).number)
    assert sent(desk) == 0


def test_a_no_on_a_page_counts_from_the_last_page_and_outlasts_a_yes_that_came_after_the_visit_began(
    desk: TestHub,
) -> None:
    desk.call_in()
    shown = desk.visit(consent=GRANTED)
    desk.call_in(shown.number)
    before = sent(desk)
    desk.clock.advance(minutes=1)
    run(desk.hub, ask(desk, "opt_in", evidence="both steps seen"), "officer")
    desk.clock.advance(minutes=1)
    desk.visit(visit_id=shown.visit_id, consent={"ads": "denied", "ad_user_data": "denied"})
    desk.call_in(shown.number)
    assert sent(desk) == before, "the denial is the newest word"


def test_a_number_and_a_network_stand_nowhere_in_clear(desk: TestHub) -> None:
    opt_out_of(desk)
    opt_out_of(desk, None, "browser-1", None)
    told = str([each.model_dump() for each in desk.rows(OptOut)])
    assert CALLER not in told and "198.51.100" not in told and "browser-1" not in told


def test_a_limit_of_sensitive_data_keeps_what_was_said_from_more_than_the_service() -> None:
    said = ("user.telephony.recording", "user.contact.phone_number")
    assert limits_apply([("processor", "functional.service", said)])
    expected = ("essential.service", "sales", "telephony.recording")
    assert not limits_apply([("processor", use, said) for use in expected])
    assert limits_apply([("independent_controller", "essential.service", said)])
    assert not limits_apply([("independent_controller", "essential.legal_obligation", said)])
    assert not limits_apply([("processor", "functional.service", ("user.contact.phone_number",))])


@pytest.mark.parametrize(("plugin", "offered"), [(Scripted, False), (PaperEars, True), (PaperEyes, True)])
def test_the_limit_is_offered_if_what_was_said_is_used_for_more_than_the_answer(
    plugin: type[Connector], offered: bool
) -> None:
    """Also on this machine: the law limits use, not only disclosure (Cal. Civ. Code 1798.121(a)). An assistant answers the
    caller who speaks with it, which is the service itself (11 CCR 7027(m)(1))."""
    without_rules = type("Plugin", (plugin,), {"Settings": PluginSettings})
    assert offers_limits(make_config("sqlite://", connectors={"plugin": without_rules}), "lakeside") is offered


@pytest.mark.parametrize(
    ("use", "denied"), [("functional.service", True), ("essential.service", False), ("sales", False)]
)
def test_a_limit_is_asked_of_every_decision_on_what_was_said(desk: TestHub, use: str, denied: bool) -> None:
    opt_out_of(desk, scopes=("sensitive",))
    here = Recipient(name="this machine", role="none")
    question = ConsentQuestion(
        use=use,
        categories=frozenset({"user.telephony.recording"}),
        recipient=here,
        recipient_regions=(),
        at=desk.clock(),
    )
    yes = Opinion(verdict="allow", rule_id="paper", reason="Why not.")
    (held,) = hold_to_opt_outs([desk.rows(OptOut)], [question], [strictest([("paper", yes)])])
    assert (held.verdict == "deny") == denied


def test_a_person_who_asks_reads_of_their_opt_outs_and_of_a_doubt_about_them(desk: TestHub) -> None:
    opt_out_of(desk)
    with desk.hub.store.writing() as session:
        question_opt_out(session, session.get_one(OptOut, desk.one(OptOut).id), REASON, "officer", desk.clock())
    request_id = ask(desk, "access")
    with desk.hub.store.reading() as session:
        answer = collect(session, desk.hub, session.get_one(PrivacyRequest, request_id))
    (told,) = answer.sections["opt-outs without proof"]
    assert (told["scope"], told["state"], told["reason"]) == ("sharing", "questioned", REASON)
    assert "network" not in told and "result" not in answer.about


def test_who_never_called_can_opt_out_before(desk: TestHub) -> None:
    opt_out_of(desk, OTHER_CALLER)
    assert desk.rows(PrivacyRequest) == []
    desk.call_in(desk.visit().number, OTHER_CALLER)
    assert sent(desk) == 0
