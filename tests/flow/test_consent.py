"""Consent: all are asked, the strictest wins, silence means no; every decision and every disclosure is written down."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_connectors import FakeIndex, FakeLaw, allow
from hypothesis import given
from hypothesis import strategies as st
from testbed import CALLER, CONNECTORS, NORTH_SHARED, POOL, SHARED, TestHub

from hub.api import DataFlow, Fact, Recipient, Share
from hub.api.privacy import ConsentQuestion, Opinion
from hub.contracts.consent import STRICTNESS, strictest
from hub.delivery.sync import next_retry
from hub.model import ConsentDecision, Delivery, Disclosure, FactRow, Person
from hub.queries.silent_consent import silent_consent

Factory = Callable[..., TestHub]
opinions = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.builds(Opinion, verdict=st.sampled_from(sorted(STRICTNESS)), rule_id=st.just("r"), reason=st.just("why")),
    ),
    max_size=6,
)


class SecondLaw(FakeLaw):
    """Another regime."""

    manifest = FakeLaw.manifest.model_copy(update={"name": "second_law"})


TWO_LAWS = {**CONNECTORS, "second": SecondLaw}


def verdict(word: str, rule: str = "rule") -> Callable[[ConsentQuestion], Opinion]:
    return lambda question: Opinion(verdict=word, rule_id=rule, reason=f"It says {word}.")  # type: ignore[arg-type]


@given(heard=opinions)
def test_the_strictest_opinion_wins_and_none_at_all_is_a_no(heard: list[tuple[str, Opinion]]) -> None:
    decision = strictest(heard)
    worst = max((STRICTNESS[opinion.verdict] for _, opinion in heard), default=STRICTNESS["deny"])
    assert STRICTNESS[decision.verdict] == worst
    assert decision.allowed == bool(heard and all(opinion.verdict == "allow" for _, opinion in heard))
    assert decision.opinions == tuple(heard)
    assert not heard or decision.ruling in [opinion for _, opinion in heard]
    assert strictest([*heard, ("d", Opinion(verdict="deny", rule_id="r", reason="no"))]).verdict == "deny"


@pytest.mark.parametrize(
    ("one", "other", "state"),
    [
        ("allow", "allow", "ready"),
        ("allow", "needs", "held"),
        ("allow", "deny", "held"),
        ("needs", "deny", "held"),
        ("deny", "allow", "held"),
    ],
)
def test_of_two_regimes_the_stricter_one_decides(lite_hub: Factory, one: str, other: str, state: str) -> None:
    stage = lite_hub(connectors=TWO_LAWS)
    stage.law.rule, stage.second.rule = verdict(one, "one"), verdict(other, "other")
    call = stage.call_in()
    assert stage.one(Delivery, connector="network").state == state
    decision = stage.one(ConsentDecision, subject_id=call.id, connector="network")
    assert [each["connector"] for each in decision.opinions] == ["law", "second"]
    assert STRICTNESS[decision.verdict] == max(STRICTNESS[one], STRICTNESS[other])  # type: ignore[index]


SILENCE: dict[str, Callable[[ConsentQuestion], Any]] = {
    "silence": lambda question: None,
    "a crash": lambda question: 1 / 0,
    "nonsense": lambda question: "yes",
    "an unknown verdict": verdict("perhaps"),
}


@pytest.mark.parametrize("answer", SILENCE.values(), ids=list(SILENCE))
def test_anything_but_a_clear_yes_is_a_no(lite_hub: Factory, answer: Callable[[ConsentQuestion], Any]) -> None:
    stage = lite_hub(connectors=TWO_LAWS)
    stage.second.rule = answer
    stage.call_in()
    row = stage.one(Delivery, connector="network")
    assert (row.state, row.code) == ("ready", "hub.no-answer")
    assert "second" in (row.reason or "") and "no answer means no" in (row.reason or "")
    stage.clock.advance(hours=1)
    assert stage.deliver() == {"ready": 1} and stage.network.batches == []
    assert silent_consent(stage.hub) == ["second"]


def test_what_a_silent_regime_held_up_is_sent_by_itself_when_it_answers_and_a_real_no_stays(lite_hub: Factory) -> None:
    stage = lite_hub(connectors=TWO_LAWS)
    stage.second.rule = SILENCE["a crash"]
    stage.call_in()
    waits = []
    for _ in range(3):
        stage.clock.advance(minutes=20)
        assert stage.deliver() == {"ready": 1}
        waits.append(stage.one(Delivery, connector="network").due_at - stage.clock())
    assert waits == sorted(waits) and waits[-1] == timedelta(minutes=10)
    decisions = len(stage.rows(ConsentDecision))
    assert next_retry(stage.hub, "network") == stage.one(Delivery, connector="network").due_at
    stage.second.rule = verdict("allow")
    stage.clock.advance(minutes=10)
    assert stage.deliver() == {"delivered": 1} and silent_consent(stage.hub) == []
    row = stage.one(Delivery, connector="network")
    assert (row.state, row.code, row.attempts) == ("delivered", None, 1)
    assert len(stage.rows(ConsentDecision)) == decisions + 1
    stage.second.rule = verdict("deny")
    stage.call_in()
    stage.clock.advance(days=1)
    assert stage.deliver() == {}
    assert Counter(each.state for each in stage.rows(Delivery, connector="network")) == {"delivered": 1, "held": 1}


@pytest.mark.usefixtures("own_deadlines")
def test_a_regime_that_hangs_is_a_no_and_the_call_goes_on(lite_hub: Factory) -> None:
    stage = lite_hub(connectors=TWO_LAWS)
    released = threading.Event()
    stage.second.rule = lambda question: released.wait(20)
    call = stage.call_in()
    released.set()
    assert call.state == "done"
    assert stage.one(Delivery, connector="network").code == "hub.no-answer"


def test_without_a_consent_plugin_nothing_leaves(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={name: each for name, each in CONNECTORS.items() if name != "law"})
    stage.call_in()
    row = stage.one(Delivery, connector="network")
    assert (row.state, row.code) == ("held", "hub.silence")
    assert stage.deliver() == {} and stage.network.batches == []


def test_the_question_tells_the_recipient_the_use_and_every_declared_category(lite_hub: Factory) -> None:
    stage = lite_hub()
    shown = stage.visit(gpc_later=True, consent={"ads": "granted"}, country="CA")
    stage.call_in(shown.number)
    [asked] = [each for each in stage.law.questions if each.recipient.name == "Paper Network"]
    assert asked.use == "marketing.advertising.third_party.targeted" and asked.at == stage.clock()
    assert asked.categories == {
        "user.advertising.click_id",
        "user.contact.phone_number",
        "user.telephony.call_metadata",
    }
    assert asked.recipient_regions == ("US",)
    assert {(place.country, place.region, place.basis) for place in asked.person_places} == {
        ("US", "IL", "caller_number"),
        ("CA", None, "declared"),
    }
    assert [(place.country, place.region) for place in asked.business_places] == [("US", "IL")]
    assert [signal.kind for signal in asked.signals] == ["gpc"]
    record = asked.latest_record()
    assert record is not None and (record.state, record.channel) == ("given", "web")


def test_a_signal_on_an_earlier_visit_of_the_person_still_counts(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in(stage.visit(gpc_later=True).number)
    stage.clock.advance(days=2)
    stage.call_in(stage.visit().number)
    assert [signal.kind for signal in stage.law.questions[-1].signals] == ["gpc"]


def test_the_objection_of_any_visitor_who_may_be_the_caller_counts_and_the_yes_of_none(lite_hub: Factory) -> None:
    stage = lite_hub()
    for _ in POOL:
        stage.visit()
    stage.visit(gpc_later=True, consent={"ads": "granted"})
    stage.visit(consent={"ads": "denied"})
    stage.call_in(SHARED)
    asked = [each for each in stage.law.questions if each.recipient.name == "Paper Network"][-1]
    assert [signal.kind for signal in asked.signals] == ["gpc"]
    assert [record.state for record in asked.records] == ["refused"]
    stage.deliver()
    asked_again = stage.law.questions[-1]
    assert (asked_again.signals, asked_again.records) == (asked.signals, asked.records)


def test_what_a_person_said_to_one_company_is_not_told_to_another(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    stage.say(stage.one(Person), "refused", "marketing")
    stage.call_in(NORTH_SHARED)
    assert stage.law.questions[-1].records == ()
    stage.clock.advance(minutes=1)
    stage.call_in()
    assert len(stage.law.questions[-1].records) == 1


def test_every_decision_is_stored_with_all_opinions_and_ends_some_day(hub: Factory) -> None:
    stage = hub(connectors=TWO_LAWS)
    stage.second.rule = lambda question: Opinion(
        verdict="needs", rule_id="second.7", reason="Ask first.", evidence={"place": "CA"}
    )
    call = stage.call_in()
    row = stage.one(ConsentDecision, subject_id=call.id, connector="network")
    assert (row.moment, row.verdict, row.rule_id, row.reason) == ("decide", "needs", "second.7", "Ask first.")
    assert row.opinions[1] == {
        "connector": "second",
        "verdict": "needs",
        "rule": "second.7",
        "reason": "Ask first.",
        "evidence": {"place": "CA"},
    }
    assert row.expires_at > stage.clock() + timedelta(days=5 * 365), "five years of proof, at least"
    assert stage.one(Delivery, connector="network").decision_id == row.id


# Enrichers


class Bureau(FakeIndex):
    """An enricher at another company."""

    manifest = FakeIndex.manifest.model_copy(
        update={
            "name": "bureau",
            "recipient": Recipient(name="Bureau", role="independent_controller"),
            "hosts": ("bureau.example.com",),
            "flows": (DataFlow(hook="enrich_caller", use="sales", shares=(Share(field="phone_number"),)),),
        }
    )


def test_another_company_is_told_a_number_only_after_consent(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "bureau": Bureau})
    told: list[Any] = []
    stage.bureau.script = [lambda caller: told.append(caller) or [], lambda caller: told.append(caller) or []]
    stage.law.rule = lambda question: verdict("deny")(question) if question.use == "sales" else allow(question)
    stage.call_in()
    assert told == [] and stage.rows(Disclosure, connector="bureau") == []
    stage.law.rule = allow
    call = stage.call_in(caller="+13125550144")
    assert [caller.phone_number for caller in told] == ["+13125550144"]
    disclosed = stage.one(Disclosure, connector="bureau")
    assert (disclosed.subject_id, disclosed.recipient, disclosed.use) == (call.id, "Bureau", "sales")
    assert disclosed.categories == ["user.contact.phone_number"]


def test_places_from_offline_enrichers_are_known_before_another_company_is_asked_about(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={"bureau": Bureau, **CONNECTORS})
    stage.call_in()
    asked = next(question for question in stage.law.questions if question.use == "sales")
    assert [place.country for place in asked.person_places] == ["US"]


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    "answer",
    [ValueError("a bug"), lambda _: None, lambda _: [{"name": "country"}], lambda _: "US"],
    ids=["crash", "nothing", "nonsense", "text"],
)
def test_an_enricher_that_fails_is_noted_and_harms_nothing(hub: Factory, answer: Any) -> None:
    stage = hub()
    stage.index.script = [answer]
    call = stage.call_in()
    assert call.state == "done" and stage.one(Delivery, connector="network").state == "ready"
    fact = stage.one(FactRow, subject_id=call.id)
    assert fact.name == "enricher failed" and fact.source == "index" and "index" in (fact.value or "")
    assert CALLER not in (fact.value or "")


def test_facts_are_kept_with_their_source_and_end_with_their_life(hub: Factory) -> None:
    stage = hub()
    stage.index.facts = [
        Fact(name="line", value="mobile\0", category="user.telephony.line_type", lifetime=timedelta(days=30)),
        Fact(name="country", value="US", category="user.contact.address.country", confidence=0.9),
    ]
    call = stage.call_in()
    line, country = stage.one(FactRow, name="line"), stage.one(FactRow, name="country")
    assert (line.value, line.source, line.category) == ("mobile", "index", "user.telephony.line_type")
    assert line.expires_at == stage.clock() + timedelta(days=30)
    assert country.confidence == 0.9 and country.expires_at == call.expires_at


def test_a_caller_is_enriched_once_a_call(lite_hub: Factory) -> None:
    stage = lite_hub()
    call = stage.call_in()
    with stage.hub.store.writing() as session:
        again = session.get(type(call), call.id)
        assert again is not None
        again.state = "ready"
        session.add(again)
    stage.index.script = [ValueError("must not be asked again")]
    stage.flow()
    assert stage.rows(FactRow, name="enricher failed") == []


def test_a_hidden_caller_is_not_enriched(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.index.script = [ValueError("must not be asked")]
    call = stage.call_in(caller=None)
    assert call.person_id is None and stage.rows(FactRow) == []
