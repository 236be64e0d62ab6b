"""The signals plugin: the person's last word, their browser's signals, and nothing personal in the answer."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import Recipient
from hub.api.privacy import ConsentQuestion, ConsentRecord, Signal
from hub.contracts.categories import USES
from hub.testing import ConsentConformance, connect
from plugins.consent.signals import Signals

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ADS = "marketing.advertising.third_party.targeted"
NETWORK = Recipient(name="An Ad Network", role="independent_controller")
CRM = Recipient(name="A CRM", role="processor")
VISIT = "visit:019ab0c4-7f00-7c3e-8d2a-0123456789ab"


class TestConformance(ConsentConformance):
    connector_class = Signals


def ask(use: str = ADS, recipient: Recipient = NETWORK, **more: Any) -> ConsentQuestion:
    return ConsentQuestion(
        use=use,
        categories=frozenset({"user.contact.phone_number"}),
        recipient=recipient,
        recipient_regions=("US",),
        at=NOW,
        **more,
    )


def seen(kind: str = "gpc", days_ago: float = 2) -> Signal:
    return Signal(kind=kind, at=NOW - timedelta(days=days_ago), evidence=VISIT)


def said(state: str, use: str = ADS, days_ago: float = 1, evidence: str = VISIT, **more: Any) -> ConsentRecord:
    told = {"channel": "web", "evidence": evidence, **more}
    return ConsentRecord(state=state, use=use, at=NOW - timedelta(days=days_ago), **told)


def judge(question: ConsentQuestion, **settings: Any) -> tuple[str, str]:
    opinion = connect(Signals, **settings).judge(question)
    return opinion.verdict, opinion.rule_id


def test_silence_is_no_objection() -> None:
    assert judge(ask()) == ("allow", "signals.no_objection")


def test_an_objection_to_marketing_stops_sale_and_sharing_as_a_signal_does() -> None:
    objection = said("objected", "marketing")
    for use in ("sales", "functional.service", "analytics.reporting.ad_performance", "personalize"):
        assert judge(ask(use, records=(objection,))) == ("deny", "signals.objected")
        assert judge(ask(use, CRM, records=(objection,)))[0] == "allow", "a processor is no party to share with"
        assert judge(ask(use, records=(objection, said("given", use, days_ago=0, channel="agent"))))[0] == "allow"
        assert judge(ask(use, records=(objection, said("given", use, days_ago=3, channel="agent"))))[0] == "deny"
        for channel in ("web", "form"):
            page = said("given", use, days_ago=0, channel=channel)
            assert judge(ask(use, records=(objection, page)))[0] == "deny", "no page lifts it"
    everything = said("given", "marketing", days_ago=0, channel="agent")
    assert judge(ask("sales", records=(objection, everything)))[0] == "allow"
    elsewhere = dataclasses.replace(everything, recipients=frozenset({"Another Inc."}))
    assert judge(ask("sales", records=(objection, elsewhere)))[0] == "deny"
    lapsed = dataclasses.replace(everything, expires_at=NOW - timedelta(hours=1))
    assert judge(ask("sales", records=(objection, lapsed)))[0] == "deny"
    assert judge(ask("essential.service", records=(objection,)))[0] == "deny", "a third party names its use as it likes"
    assert judge(ask("essential.legal_obligation", records=(objection,)))[0] == "allow"
    assert judge(ask("sales", records=(said("objected", "marketing.advertising"),)))[0] == "allow"


@pytest.mark.parametrize("kind", ["gpc", "dnt"])
def test_a_privacy_signal_stops_advertising_whoever_receives_the_data(kind: str) -> None:
    for recipient in (NETWORK, CRM):
        assert judge(ask(recipient=recipient, signals=(seen(kind),))) == ("deny", f"signals.{kind}")


def test_a_privacy_signal_stops_sharing_with_a_recipient_that_decides_for_itself() -> None:
    assert judge(ask("functional.service", NETWORK, signals=(seen(),))) == ("deny", "signals.gpc")
    assert judge(ask("sales", NETWORK, signals=(seen(),))) == ("deny", "signals.gpc")
    assert judge(ask("essential.service.operations", NETWORK, signals=(seen(),))) == ("deny", "signals.gpc")


@pytest.mark.parametrize("use", ["essential.service.operations", "functional.service", "sales"])
def test_a_privacy_signal_leaves_the_customers_own_crm_alone(use: str) -> None:
    assert judge(ask(use, CRM, signals=(seen(),))) == ("allow", "signals.no_objection")


def test_what_a_law_demands_goes_on_under_a_privacy_signal() -> None:
    assert judge(ask("essential.legal_obligation", NETWORK, signals=(seen(),)))[0] == "allow"


def test_do_not_track_can_be_turned_off_and_global_privacy_control_cannot() -> None:
    assert judge(ask(signals=(seen("dnt"),)), honor_dnt=False) == ("allow", "signals.no_objection")
    assert judge(ask(signals=(seen("dnt"), seen("gpc"))), honor_dnt=False) == ("deny", "signals.gpc")


@pytest.mark.parametrize("state", ["refused", "withdrawn"])
def test_an_explicit_no_stops_the_use_even_in_the_customers_own_crm(state: str) -> None:
    question = ask("essential.service.operations", CRM, records=(said(state, "essential"),))
    assert judge(question) == ("deny", f"signals.{state}")


def test_a_no_to_another_use_says_nothing_on_this_one() -> None:
    assert judge(ask(records=(said("refused", "marketing.communications"),)))[0] == "allow"
    assert judge(ask(records=(said("refused", "marketing.advertising.third"),)))[0] == "allow"


def test_the_last_word_counts() -> None:
    no_then_yes = (said("refused", days_ago=9), said("given", days_ago=1))
    yes_then_no = (said("given", days_ago=9), said("withdrawn", days_ago=1))
    assert judge(ask(records=no_then_yes)) == ("allow", "signals.given")
    assert judge(ask(records=yes_then_no)) == ("deny", "signals.withdrawn")


def test_a_later_yes_does_not_outweigh_a_signal_by_default() -> None:
    assert judge(ask(signals=(seen(),), records=(said("given"),))) == ("deny", "signals.gpc")


def test_a_later_specific_yes_outweighs_a_signal_where_the_customer_set_it_so() -> None:
    def verdict(signal: Signal, record: ConsentRecord) -> tuple[str, str]:
        return judge(ask(signals=(signal,), records=(record,)), later_consent_overrides_signal=True)

    assert verdict(seen(days_ago=2), said("given", days_ago=1)) == ("allow", "signals.later_consent")
    assert verdict(seen(days_ago=1), said("given", days_ago=2))[0] == "deny"
    assert verdict(seen(days_ago=1), said("given", days_ago=1))[0] == "deny"
    assert verdict(seen(days_ago=2), said("given", "marketing", days_ago=1))[0] == "deny"


def test_a_signal_seen_again_after_the_yes_is_a_new_objection() -> None:
    question = ask(signals=(seen(days_ago=3), seen("dnt", days_ago=1)), records=(said("given", days_ago=2),))
    assert judge(question, later_consent_overrides_signal=True) == ("deny", "signals.dnt")


def test_the_evidence_names_the_row_and_never_repeats_free_text() -> None:
    connector = connect(Signals)
    by_id = connector.judge(ask(signals=(seen(),)))
    assert by_id.evidence["signal_id"] == VISIT
    for text in ("+13125550142", "alice@example.com", "user agent Mozilla/5.0", "198.51.100.7", "visit:13125550142"):
        opinion = connector.judge(ask(records=(said("refused", evidence=text),)))
        assert text not in f"{opinion.reason} {opinion.evidence}"


def test_check_says_what_is_honoured() -> None:
    assert "Do Not Track too" in connect(Signals).check_connection().detail
    assert "not Do Not Track" in connect(Signals, honor_dnt=False).check_connection().detail


moments = st.integers(0, 50).map(lambda hours: NOW - timedelta(hours=hours))
some_signals = st.builds(Signal, kind=st.sampled_from(["gpc", "dnt"]), at=moments, evidence=st.text(max_size=20))
some_records = st.builds(
    ConsentRecord,
    state=st.sampled_from(["given", "refused", "withdrawn"]),
    use=st.sampled_from(sorted({*USES, "marketing", "marketing.advertising", "essential", "functional"})),
    channel=st.just("web"),
    at=moments,
    evidence=st.text(max_size=20),
)
questions = st.builds(
    ConsentQuestion,
    use=st.sampled_from(sorted(USES)),
    categories=st.just(frozenset({"user.contact.phone_number"})),
    recipient=st.sampled_from([NETWORK, CRM, Recipient(name="here", role="none")]),
    recipient_regions=st.just(("US",)),
    at=st.just(NOW),
    signals=st.lists(some_signals, max_size=4).map(tuple),
    records=st.lists(some_records, max_size=4).map(tuple),
)
settings = st.fixed_dictionaries({"honor_dnt": st.booleans(), "later_consent_overrides_signal": st.booleans()})


@given(questions, settings)
def test_the_same_question_has_the_same_answer(question: ConsentQuestion, chosen: dict[str, bool]) -> None:
    assert connect(Signals, **chosen).judge(question) == connect(Signals, **chosen).judge(question)


@given(questions, some_signals, settings)
def test_one_more_signal_never_permits_more(question: ConsentQuestion, signal: Signal, chosen: dict[str, bool]) -> None:
    more = dataclasses.replace(question, signals=(*question.signals, signal))
    if connect(Signals, **chosen).judge(question).verdict == "deny":
        assert connect(Signals, **chosen).judge(more).verdict == "deny"


@given(questions, settings)
def test_by_default_no_consent_turns_a_signal_into_a_yes(question: ConsentQuestion, chosen: dict[str, bool]) -> None:
    silent = dataclasses.replace(question, records=())
    if connect(Signals, honor_dnt=chosen["honor_dnt"]).judge(silent).verdict == "deny":
        assert connect(Signals, honor_dnt=chosen["honor_dnt"]).judge(question).verdict == "deny"
