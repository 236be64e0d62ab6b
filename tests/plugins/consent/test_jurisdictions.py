"""The jurisdictions plugin: the strictest law of all places that count, as rows of data."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.api import ConfigError, Recipient
from hub.api.privacy import ConsentQuestion, ConsentRecord, Opinion, Place, RuleTopic, Signal
from hub.contracts.categories import USES
from hub.contracts.consent import STRICTNESS
from hub.contracts.rules import reread_by
from hub.testing import ConsentConformance, connect
from plugins.consent.jurisdictions import Jurisdictions
from plugins.consent.jurisdictions.listing import every_rule
from plugins.consent.jurisdictions.quiet_hours import hours_table
from plugins.consent.jurisdictions.rows import rows_of
from plugins.consent.jurisdictions.rules import rule_set
from plugins.consent.jurisdictions.settings import JurisdictionSettings

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ADS = "marketing.advertising.third_party.targeted"
NETWORK = Recipient(name="An Ad Network", role="independent_controller")
PLACE = re.compile(r"[A-Z]{2}(-[A-Z]{2,3})?")
CRM = Recipient(name="A CRM", role="processor")


class TestConformance(ConsentConformance):
    connector_class = Jurisdictions


def at(*codes: str | None) -> tuple[Place, ...]:
    parts = [(code or "").partition("-") for code in codes]
    return tuple(Place(country=country or None, region=region or None) for country, _, region in parts)


def said(state: str = "given", use: str = ADS, days_ago: float = 1, channel: str = "web") -> ConsentRecord:
    return ConsentRecord(state=state, use=use, channel=channel, at=NOW - timedelta(days=days_ago), evidence="id")


def ask(person: tuple[Place, ...], use: str = ADS, recipient: Recipient = NETWORK, **more: Any) -> ConsentQuestion:
    return ConsentQuestion(
        use=use,
        categories=frozenset({"user.contact.phone_number"}),
        recipient=recipient,
        recipient_regions=("US",),
        at=NOW,
        person_places=person,
        **more,
    )


def test_all_tables_are_read_before_the_first_question_because_a_caller_waits_for_the_answer() -> None:
    tables = (every_rule, hours_table, rows_of, rule_set)
    for table in tables:
        table.cache_clear()
    connector = connect(Jurisdictions)
    read = [table.cache_info().misses for table in tables]
    seen = Signal(kind="gpc", at=NOW, evidence="id")
    for use in (ADS, "telephony.recording", "marketing.communications"):
        connector.judge(ask(at("US-CA"), use, age=12, signals=(seen,)))
    assert [table.cache_info().misses for table in tables] == read


def judge(question: ConsentQuestion, **settings: Any) -> tuple[str, str]:
    opinion = connect(Jurisdictions, **settings).judge(question)
    return opinion.verdict, opinion.rule_id.removeprefix("jurisdictions.")


@pytest.mark.parametrize(
    ("place", "verdict", "rule"),
    [
        ("US", "allow", "us.sharing"),
        ("US-CA", "allow", "us.sharing"),
        ("PR", "allow", "us.sharing"),
        ("CA-ON", "needs", "canada.marketing"),
        ("CA-QC", "needs", "canada.quebec"),
        ("DE", "needs", "eea.consent"),
        ("NO", "needs", "eea.consent"),
        ("IS", "needs", "eea.consent"),
        ("RE", "needs", "eea.consent"),
        ("GB", "needs", "uk.consent"),
        ("CH", "needs", "switzerland.consent"),
    ],
)
def test_each_place_has_its_law_on_ads(place: str, verdict: str, rule: str) -> None:
    assert judge(ask(at(place))) == (verdict, rule)


@pytest.mark.parametrize("place", ["US", "CA-QC", "DE", "GB", "CH", "AU", None])
def test_the_customers_own_crm_is_allowed_everywhere_with_its_basis(place: str | None) -> None:
    for use in ("essential.service.operations", "functional.service", "sales"):
        opinion = connect(Jurisdictions).judge(ask(at(place), use, CRM))
        assert (opinion.verdict, opinion.rule_id) == ("allow", "jurisdictions.own_operation")
        assert "GDPR" in opinion.evidence["cite"]


@pytest.mark.parametrize("place", ["CA-ON", "FR", "GB", "CH"])
def test_another_controller_needs_a_yes_even_for_an_essential_use(place: str) -> None:
    assert judge(ask(at(place), "essential.service"))[0] == "needs"


def test_marketing_texts_need_a_yes_in_the_us_too() -> None:
    assert judge(ask(at("US"), "marketing.communications.sms", CRM)) == ("needs", "us.texts")


def test_only_a_yes_that_covers_the_use_opens_the_way() -> None:
    canada = at("CA-ON")
    assert judge(ask(canada, records=(said(),)))[0] == "allow"
    assert judge(ask(canada, records=(said(use="marketing"),)))[0] == "allow"
    assert judge(ask(canada, records=(said(use="marketing.communications"),)))[0] == "needs"
    assert judge(ask(canada, records=(said(days_ago=2), said("withdrawn"))))[0] == "deny"


def test_an_expired_yes_is_no_yes() -> None:
    expired = dataclasses.replace(said(), expires_at=NOW)
    assert judge(ask(at("FR"), records=(expired,)))[0] == "needs"


def test_where_the_law_lets_a_person_object_an_objection_is_a_no() -> None:
    assert judge(ask(at("US"), records=(said("refused"),))) == ("deny", "us.sharing")


def test_the_strictest_candidate_place_decides() -> None:
    assert judge(ask(at("US-IL", "CA-QC"))) == judge(ask(at("CA-QC", "US-IL"))) == ("needs", "canada.quebec")


def test_the_law_of_the_business_counts_too() -> None:
    assert judge(ask(at("US"), business_places=at("FR"))) == ("needs", "eea.consent")


def test_where_only_the_country_is_known_the_person_may_be_in_its_strictest_region() -> None:
    assert judge(ask(at("CA"), "personalize", CRM)) == ("needs", "canada.quebec")
    assert judge(ask(at("CA-ON"), "personalize", CRM)) == ("allow", "canada.own_analysis")


@pytest.mark.parametrize("place", ["UK", "XX", "US-ZZ", "us", "England"])
def test_a_place_of_trade_that_no_table_knows_is_refused(place: str) -> None:
    with pytest.raises(ValidationError, match="trades_in"):
        JurisdictionSettings.model_validate({"trades_in": [place]})


@pytest.mark.parametrize("nowhere", [(), at(None), at("BR"), at("XX"), at("UK")])
def test_an_unknown_place_is_judged_by_the_strictest_law_of_where_the_business_trades(
    nowhere: tuple[Place, ...],
) -> None:
    assert judge(ask(nowhere))[0] == "needs"
    assert judge(ask(nowhere), trades_in=["US"]) == ("allow", "us.sharing")
    assert judge(ask(nowhere), trades_in=["US", "CA-ON"]) == ("needs", "canada.marketing")
    assert judge(ask(nowhere), trades_in=["US", "AU"])[0] == "needs"


def test_a_known_place_beside_an_unknown_one_does_not_soften_it() -> None:
    assert judge(ask(at("US", None)))[0] == "needs"


def test_a_use_without_any_rule_needs_a_yes() -> None:
    question = ask(at("US"), "something.else")
    assert judge(question) == ("needs", "no_rule")
    assert judge(dataclasses.replace(question, records=(said(use="something"),))) == ("allow", "no_rule")


def test_a_place_is_written_in_any_case() -> None:
    assert judge(ask(at("ca-qc"))) == ("needs", "canada.quebec")


def test_trading_in_a_place_that_is_no_code_is_refused() -> None:
    with pytest.raises(ConfigError, match="trades_in"):
        connect(Jurisdictions, trades_in=["Canada"])


def test_an_unconfirmed_row_says_so_in_its_evidence() -> None:
    assert connect(Jurisdictions).judge(ask(at("US"))).evidence["source"] == "confirmed, read on 2026-11-24"
    kept = connect(Jurisdictions).judge(ask(at("PR"), "telephony.recording"))
    assert kept.evidence["source"] == "unconfirmed"


def test_every_row_has_its_own_id_a_sentence_and_uses_that_exist() -> None:
    rules = rule_set().rules
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.reason.endswith(".") and rule.cite and (rule.src or not rule.read)
        assert all(any(use == own or use.startswith(own + ".") for use in USES) for own in rule.uses), rule.id


def test_every_known_use_has_a_rule_in_every_place_with_rules() -> None:
    for place in ("US", "CA-ON", "CA-QC", "FR", "GB", "CH"):
        for use in USES:
            for recipient in (CRM, NETWORK):
                assert judge(ask(at(place), use, recipient))[1] != "no_rule", (place, use)


def test_every_row_of_every_table_is_listed_once_with_its_source() -> None:
    rules = connect(Jurisdictions).list_rules()
    ids = [rule.id for rule in rules]
    assert len(set(ids)) == len(ids) and all(rule.cite and rule.says for rule in rules)
    assert all(rule.sources for rule in rules if rule.confirmed), "a confirmed rule names where it was read"
    assert not any(source == "mem" or re.fullmatch(r"S\d+", source) for rule in rules for source in rule.sources)
    assert {rule.topic for rule in rules} == set(get_args(RuleTopic))
    assert all(place == "anywhere" or PLACE.fullmatch(place) for rule in rules for place in rule.places)


def test_a_row_must_be_read_again_three_months_after_it_was_read() -> None:
    rules = [rule for rule in connect(Jurisdictions).list_rules() if rule.read_on]
    assert all(rule.verify_by == reread_by(rule.read_on) for rule in rules)
    overdue = {rule.id for rule in rules if rule.overdue(date(2027, 2, 25))}
    assert "jurisdictions.us.sharing" in overdue and "jurisdictions.age.us_ct_minors" not in overdue
    assert not any(rule.overdue(date(2027, 2, 24)) for rule in rules)
    assert reread_by(date(2026, 11, 30)) == date(2027, 2, 28)


def test_no_row_was_read_in_the_future_and_few_are_unconfirmed() -> None:
    rules = connect(Jurisdictions).list_rules()
    assert all(rule.read_on is None or rule.read_on <= rule_set().ruleset for rule in rules)
    assert sum(not rule.confirmed for rule in rules) < 20
    assert not any(rule.verify_by for rule in rules if not rule.read_on)


@pytest.mark.parametrize(
    ("place", "signal_at", "expected"),
    [
        ("US-CA", NOW, ("deny", "signals.us_ca")),
        ("US-TX", NOW, ("deny", "signals.us_tx")),
        ("US", NOW, ("deny", "signals.us_ca")),
        ("US-FL", NOW, ("allow", "us.sharing")),
        ("DE", NOW, ("needs", "eea.consent")),
    ],
)
def test_a_law_that_honours_the_browsers_signal_makes_it_a_no(
    place: str, signal_at: datetime, expected: tuple[str, str]
) -> None:
    signal = Signal(kind="gpc", at=signal_at, evidence="id")
    assert judge(ask(at(place), signals=(signal,))) == expected
    assert judge(ask(at(place), signals=(replace(signal, kind="dnt"),)))[1] == judge(ask(at(place)))[1]


def test_a_signal_counts_from_the_day_of_the_law_and_until_a_later_express_yes() -> None:
    signal = Signal(kind="gpc", at=NOW - timedelta(days=2), evidence="id")
    oregon = ask(at("US-OR"), signals=(signal,))
    assert judge(replace(oregon, at=datetime(2025, 12, 31, tzinfo=UTC)))[0] == "allow"
    assert judge(replace(oregon, at=datetime(2026, 1, 1, tzinfo=UTC)))[0] == "deny"
    assert judge(replace(oregon, records=(said(days_ago=1),)))[0] == "allow"
    assert judge(replace(oregon, records=(said(days_ago=3),)))[0] == "deny"
    assert judge(replace(oregon, records=(said(use="marketing", days_ago=1),)))[0] == "deny"
    assert judge(ask(at("US-OR"), "essential.service", CRM, signals=(signal,)))[0] == "allow"


@pytest.mark.parametrize(
    ("place", "age", "record", "expected"),
    [
        ("US-IL", 12, None, ("needs", "age.under_thirteen")),
        ("US-IL", 12, said(), ("needs", "age.under_thirteen")),
        ("US-IL", 12, said(channel="parent"), ("allow", "us.sharing")),
        ("US-IL", 13, None, ("allow", "us.sharing")),
        ("US-CA", 15, None, ("needs", "age.us_ca_teens")),
        ("US-CA", 15, said(), ("allow", "us.sharing")),
        ("US-CA", 16, None, ("allow", "us.sharing")),
        ("US-MD", 17, said(), ("deny", "age.us_md_minors")),
        ("US-MD", 18, None, ("allow", "us.sharing")),
        ("US-CT", 13, said(), ("deny", "age.us_ct_minors")),
        ("US-CT", 17, said(channel="parent"), ("deny", "age.us_ct_minors")),
        ("US-CT", 18, None, ("allow", "us.sharing")),
        ("US-OR", 15, said(), ("deny", "age.us_or_teens")),
        ("US-OR", 16, None, ("allow", "us.sharing")),
        ("US-CO", 17, None, ("needs", "age.us_co_minors")),
        ("US-CO", 17, said(), ("allow", "us.sharing")),
        ("US-CO", 18, None, ("allow", "us.sharing")),
        ("US-NY", 17, None, ("needs", "age.us_ny_minors")),
        ("US-NY", 13, said(), ("allow", "us.sharing")),
        ("US-NY", 18, None, ("allow", "us.sharing")),
        ("DE", 15, said(), ("needs", "age.gdpr_sixteen")),
        ("DE", 16, said(), ("allow", "eea.consent")),
        ("SE", 13, said(), ("allow", "eea.consent")),
        ("US-MT", 17, None, ("needs", "age.us_mt_minors")),
        ("US", 17, said(), ("deny", "age.us_ct_minors")),
    ],
)
def test_the_law_on_children_counts_where_the_age_is_known(
    place: str, age: int, record: ConsentRecord | None, expected: tuple[str, str]
) -> None:
    assert judge(ask(at(place), age=age, records=(record,) if record else ())) == expected


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("US-CT", date(2026, 7, 1)),
        ("US-OR", date(2026, 1, 1)),
        ("US-CO", date(2025, 10, 1)),
        ("US-NY", date(2025, 6, 20)),
        ("US-MT", date(2025, 10, 1)),
    ],
)
def test_a_law_on_minors_counts_from_its_day(place: str, day: date) -> None:
    asked = replace(ask(at(place), age=14), at=datetime.combine(day, datetime.min.time(), UTC))
    assert judge(asked)[0] in ("deny", "needs")
    assert judge(replace(asked, at=asked.at - timedelta(seconds=1)))[0] == "allow"


@pytest.mark.parametrize(
    ("place", "verdict"), [("US-CT", "deny"), ("US-OR", "deny"), ("US-MD", "deny"), ("US-CO", "needs")]
)
def test_a_minors_data_is_not_sold_for_other_uses_either(place: str, verdict: str) -> None:
    """Their laws name sale beside targeted ads (Conn. Gen. Stat. 42-520, ORS 646A.578)."""
    assert judge(ask(at(place), "functional.service", NETWORK, age=14))[0] == verdict
    assert judge(ask(at(place), "functional.service", CRM, age=14))[0] == "allow"


@pytest.mark.parametrize(
    ("place", "verdict"), [("US-CA", "allow"), ("PR", "allow"), ("CA-ON", "needs"), ("FR", "needs"), ("AU", "needs")]
)
def test_a_page_may_remember_a_visitor_unasked_in_the_united_states_alone(place: str, verdict: str) -> None:
    here = Recipient(name="this hub", role="none")
    assert judge(ask(at(place), "web.tracking", here))[0] == verdict
    refused = said("refused", "web.tracking")
    assert judge(ask(at(place), "web.tracking", here, records=(refused,)))[0] == "deny"


places = st.builds(
    Place,
    country=st.sampled_from([None, "US", "CA", "DE", "GB", "CH", "AU", "us", "??", ""]),
    region=st.sampled_from([None, "CA", "QC", "ON", "IL", ""]),
    basis=st.sampled_from(["caller_number", "web_session", "crm"]),
)
some_records = st.builds(
    ConsentRecord,
    state=st.sampled_from(["given", "refused", "withdrawn"]),
    use=st.sampled_from(sorted({*USES, "marketing", "essential"})),
    channel=st.just("web"),
    at=st.integers(0, 99).map(lambda hours: NOW - timedelta(hours=hours)),
    evidence=st.just("id"),
)
questions = st.builds(
    ConsentQuestion,
    use=st.sampled_from(sorted(USES)),
    categories=st.just(frozenset({"user.contact.phone_number"})),
    recipient=st.sampled_from([NETWORK, CRM, Recipient(name="here", role="none")]),
    recipient_regions=st.just(("US",)),
    at=st.just(NOW),
    person_places=st.lists(places, max_size=4).map(tuple),
    business_places=st.lists(places, max_size=2).map(tuple),
    records=st.lists(some_records, max_size=3).map(tuple),
)
traded = st.lists(st.sampled_from(["US", "CA", "CA-ON", "FR", "AU"]), max_size=3, unique=True).map(tuple)


def opinion(question: ConsentQuestion, trades_in: tuple[str, ...]) -> Opinion:
    return connect(Jurisdictions, trades_in=trades_in).judge(question)


@given(questions, traded)
def test_the_same_question_has_the_same_answer(question: ConsentQuestion, trades_in: tuple[str, ...]) -> None:
    turned = dataclasses.replace(question, person_places=question.person_places[::-1])
    assert opinion(question, trades_in) == opinion(question, trades_in) == opinion(turned, trades_in)


@given(questions, places, traded)
def test_one_more_candidate_place_never_makes_it_less_strict(
    question: ConsentQuestion, place: Place, trades_in: tuple[str, ...]
) -> None:
    known = dataclasses.replace(question, person_places=question.person_places or (place,))
    more = dataclasses.replace(known, person_places=(*known.person_places, place))
    abroad = dataclasses.replace(known, business_places=(*known.business_places, place))
    strict = STRICTNESS[opinion(known, trades_in).verdict]
    assert strict <= STRICTNESS[opinion(more, trades_in).verdict]
    assert strict <= STRICTNESS[opinion(abroad, trades_in).verdict]


@given(questions, traded)
def test_without_the_persons_yes_nothing_more_is_permitted(
    question: ConsentQuestion, trades_in: tuple[str, ...]
) -> None:
    without = dataclasses.replace(question, records=tuple(r for r in question.records if r.state != "given"))
    said = opinion(question, trades_in)
    too_early = said.rule_id.startswith("jurisdictions.quiet_hours")  # a yes to a text, at the wrong hour
    assert too_early or STRICTNESS[said.verdict] <= STRICTNESS[opinion(without, trades_in).verdict]


@given(questions, traded)
def test_needs_becomes_allow_only_by_a_yes(question: ConsentQuestion, trades_in: tuple[str, ...]) -> None:
    silent = opinion(dataclasses.replace(question, records=()), trades_in)
    word = question.latest_record()
    if silent.verdict == "needs" and opinion(question, trades_in).verdict == "allow":
        assert word is not None and word.state == "given"
