"""What a policy version introduces is refused until the account accepts it; no consent plugin loosens that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_steps import ADS, PolicyOfficer
from testbed import SHARED, TestHub

from hub.answering.call_context import AnswerRequest, call_contexts
from hub.answering.recording_consent import ask_to_record
from hub.api.carriers import AnswerPoint
from hub.api.privacy import Opinion
from hub.contracts.categories import USES
from hub.model import ConsentDecision, PolicyVersion
from hub.privacy.policies.document import PolicyChange, PolicyRefused

Factory = Callable[..., TestHub]


def test_what_a_version_introduces_is_refused_by_the_core_until_the_account_accepts(hub: Factory) -> None:
    office = PolicyOfficer(hub())
    stage = office.stage
    office.publish(office.draft("1"))
    stage.call_in(caller="+13125550150")
    assert stage.one(ConsentDecision, connector="network").verdict == "allow"
    version = office.draft("2", introduces=[{"use": "marketing.advertising"}])
    stage.call_in(caller="+13125550151")
    assert {each.verdict for each in stage.rows(ConsentDecision, connector="network")} == {"allow"}, (
        "a draft binds nobody"
    )

    office.announce(version)
    call = stage.call_in(caller="+13125550152")
    decision = stage.one(ConsentDecision, connector="network", subject_id=call.id)
    assert (decision.verdict, decision.rule_id) == ("deny", "policy.not_accepted")
    assert [(each["connector"], each["verdict"]) for each in decision.opinions] == [("hub", "deny"), ("law", "allow")]
    assert decision.opinions[0]["evidence"]["policy_version"] == version.id
    assert stage.one(ConsentDecision, connector="crm", subject_id=call.id).verdict == "allow"

    office.accept(version)
    call = stage.call_in(caller="+13125550153")
    assert stage.one(ConsentDecision, connector="network", subject_id=call.id).rule_id == "policy.not_in_force"
    stage.clock.now = stage.one(PolicyVersion, id=version.id).effective_at
    office.publish(version)
    call = stage.call_in(caller="+13125550154")
    assert stage.one(ConsentDecision, connector="network", subject_id=call.id).verdict == "allow"


def test_what_was_decided_before_is_refused_when_it_is_to_leave(office: PolicyOfficer) -> None:
    stage = office.stage
    stage.call_in()
    assert stage.delivery().state == "ready"
    office.announce(office.draft("2", introduces=[{"use": ADS}]))
    stage.deliver()
    assert (stage.delivery().state, stage.delivery().code) == ("held", "policy.not_accepted")
    assert stage.network.uploaded == []


def test_a_plugins_own_no_stays_and_the_policy_is_named_first(office: PolicyOfficer) -> None:
    stage = office.stage
    stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="law.no", reason="No.")
    office.announce(office.draft("1", introduces=[{"recipient": stage.network.manifest.recipient.name}]))
    call = stage.call_in()
    decision = stage.one(ConsentDecision, connector="network", subject_id=call.id)
    assert decision.rule_id == "policy.not_accepted"
    assert [each["rule"] for each in decision.opinions] == ["policy.not_accepted", "law.no"]


def test_a_yes_to_a_later_version_is_a_yes_to_what_the_earlier_ones_introduced(office: PolicyOfficer) -> None:
    stage = office.stage
    office.publish(office.draft("1", introduces=[{"use": ADS}]))
    later = office.in_force("2")
    call = stage.call_in()
    assert stage.one(ConsentDecision, connector="network", subject_id=call.id).rule_id == "policy.not_accepted"
    office.accept(later)
    call = stage.call_in()
    assert stage.one(ConsentDecision, connector="network", subject_id=call.id).verdict == "allow"


def test_a_yes_lapses_after_seven_years_and_can_be_given_again(office: PolicyOfficer) -> None:
    version = office.draft("1", introduces=[{"use": ADS}])
    office.publish(version)
    office.accept(version)
    with pytest.raises(PolicyRefused, match="accepted The privacy statement 1 on 2026-03-02"):
        office.accept(version)
    office.stage.clock.advance(days=7 * 365)
    call = office.stage.call_in()
    assert office.stage.one(ConsentDecision, connector="network", subject_id=call.id).rule_id == "policy.not_accepted"
    office.accept(version)


@given(use=st.sampled_from(sorted(USES)), other=st.sampled_from(sorted(USES)), cut=st.integers(1, 4))
def test_a_use_stands_for_itself_and_what_is_below_it(use: str, other: str, cut: int) -> None:
    parent = ".".join(use.split(".")[:cut])
    novelty = PolicyChange(use=parent)
    assert novelty.covers(use, "Anyone", frozenset())
    assert novelty.covers(other, "Anyone", frozenset()) == (
        other.split(".")[: len(parent.split("."))] == parent.split(".")
    )


def test_all_that_a_novelty_names_must_be_met() -> None:
    novelty = PolicyChange(use="marketing", recipient="Adco Inc.", category="user.contact")
    asked = ("marketing.communications.sms", "ADCO INC.", frozenset({"user.contact.email"}))
    assert novelty.covers(*asked)
    assert not novelty.covers("sales", *asked[1:])
    assert not novelty.covers(asked[0], "Other Ltd.", asked[2])
    assert not novelty.covers(*asked[:2], frozenset({"user.contactless"}))


def test_a_call_is_not_recorded_under_terms_that_were_not_accepted(office: PolicyOfficer) -> None:
    stage = office.stage

    def asks() -> tuple[bool, str]:
        line, now = stage.directory.lines[SHARED], stage.clock()
        point = AnswerPoint(call_id="CA1", tracking_number=SHARED, caller_number="+13125550150", moment="ringing")
        asked = [AnswerRequest(connector="carrier", point=point, line=line, flow=line.flow, version=line.version)]
        with stage.hub.store.reading() as session:
            known = call_contexts(session, asked, now, "https://calls.example.com")
            ((permission, decision),) = ask_to_record(stage.hub, session, list(zip(asked, known, strict=True)), now)
        return permission.allowed, decision["rule_id"]

    assert asks()[0]
    version = office.draft("1", introduces=[{"category": "user.telephony"}])
    office.publish(version)
    assert asks() == (False, "policy.not_accepted")
    office.accept(version)
    assert asks()[0]
