"""Whether a call may be recorded, and what is said before: every US jurisdiction on both sides, against a list of our own."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import Recipient, hookimpl
from hub.api.privacy import ConsentQuestion, ConsentRecord, Opinion, Place, Signal
from hub.testing import ConsentConformance, connect
from plugins.consent.jurisdictions import Jurisdictions
from plugins.consent.jurisdictions.recording import RecordingRule, recording_rules
from plugins.consent.signals import Signals

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
CARRIER = Recipient(name="A Carrier", role="processor")
TOLD = frozenset({"announce"})
FREE = frozenset({"announce", "offer_refusal"})
ASKED = frozenset({"announce", "ask_yes"})

# Written down by hand from the reporters' and lawyers' lists, by name and not by code, apart from the table under test.
ALL_PARTIES = """California, Connecticut, Delaware, Florida, Illinois, Maryland, Massachusetts, Michigan, Montana, Nevada,
New Hampshire, Pennsylvania, Washington"""
ONE_PARTY = """Alabama, Alaska, Arizona, Arkansas, Colorado, District of Columbia, Georgia, Hawaii, Idaho, Indiana, Iowa,
Kansas, Kentucky, Louisiana, Maine, Minnesota, Mississippi, Missouri, Nebraska, New Jersey, New Mexico, New
York, North Carolina, North Dakota, Ohio, Oklahoma, Oregon, Rhode Island, South Carolina, South Dakota,
Tennessee, Texas, Utah, Vermont, Virginia, West Virginia, Wisconsin, Wyoming"""
CODED = """Alabama AL, Alaska AK, Arizona AZ, Arkansas AR, California CA, Colorado CO, Connecticut CT, Delaware DE, District of
Columbia DC, Florida FL, Georgia GA, Hawaii HI, Idaho ID, Illinois IL, Indiana IN, Iowa IA, Kansas KS, Kentucky KY,
Louisiana LA, Maine ME, Maryland MD, Massachusetts MA, Michigan MI, Minnesota MN, Mississippi MS, Missouri MO, Montana
MT, Nebraska NE, Nevada NV, New Hampshire NH, New Jersey NJ, New Mexico NM, New York NY, North Carolina NC, North
Dakota ND, Ohio OH, Oklahoma OK, Oregon OR, Pennsylvania PA, Rhode Island RI, South Carolina SC, South Dakota SD,
Tennessee TN, Texas TX, Utah UT, Vermont VT, Virginia VA, Washington WA, West Virginia WV, Wisconsin WI, Wyoming WY"""
CODES = dict(" ".join(pair.split()).rsplit(" ", 1) for pair in CODED.split(","))
ORACLE = {CODES[" ".join(name.split())]: FREE for name in ALL_PARTIES.split(",")} | {
    CODES[" ".join(name.split())]: TOLD for name in ONE_PARTY.split(",")
}


def at(*codes: str | None) -> tuple[Place, ...]:
    parts = [(code or "").partition("-") for code in codes]
    return tuple(Place(country=country or None, region=region or None) for country, _, region in parts)


def ask(person: tuple[Place, ...], business: tuple[Place, ...] = (), **more: Any) -> ConsentQuestion:
    return ConsentQuestion(
        use="telephony.recording",
        categories=frozenset({"user.telephony.recording"}),
        recipient=CARRIER,
        recipient_regions=("US",),
        at=NOW,
        person_places=person,
        business_places=business,
        **more,
    )


def judge(question: ConsentQuestion, *trades_in: str) -> Opinion:
    return connect(Jurisdictions, trades_in=trades_in).judge(question)


def said(state: str, use: str = "telephony.recording") -> ConsentRecord:
    return ConsentRecord(state=state, use=use, channel="ivr", at=NOW - timedelta(days=1), evidence="id")  # type: ignore[arg-type]


def test_the_list_names_every_state_and_the_capital_once() -> None:
    assert len(CODES) == len(ORACLE) == 51


def test_every_us_jurisdiction_on_both_sides_has_the_stricter_duties_of_the_two() -> None:
    connector = connect(Jurisdictions)
    wrong = []
    for caller, business in itertools.product(ORACLE, repeat=2):
        opinion = connector.judge(ask(at(f"US-{caller}"), at(f"US-{business}")))
        if (opinion.verdict, opinion.duties) != ("allow", ORACLE[caller] | ORACLE[business]):
            wrong.append((caller, business, opinion.duties))
    assert wrong == []


@pytest.mark.parametrize("code", sorted(ORACLE))
def test_every_us_jurisdiction_has_a_row_of_its_own_with_its_statute(code: str) -> None:
    opinion = judge(ask(at(f"US-{code}")))
    assert opinion.rule_id == f"jurisdictions.recording.us_{code.lower()}"
    assert len(opinion.evidence["cite"]) > 8 and "source" in opinion.evidence


@pytest.mark.parametrize(
    ("place", "duties", "rule"),
    [
        ("US", FREE, "us_ca"),
        ("PR", FREE, "us_territories"),
        ("CA-ON", FREE, "canada"),
        ("CA-QC", ASKED, "canada_quebec"),
        ("CA", FREE | ASKED, "canada_quebec"),
        ("DE", ASKED, "eea"),
        ("NO", ASKED, "eea"),
        ("CH", ASKED, "switzerland"),
        ("GB", TOLD, "uk"),
        ("NZ", TOLD, "new_zealand"),
        ("AU-VIC", TOLD, "australia"),
        ("AU-NSW", FREE, "australia_strict"),
        ("AU", FREE, "australia_strict"),
        ("US-ZZ", FREE, "us_ca"),
    ],
)
def test_each_place_has_its_duties(place: str, duties: frozenset[str], rule: str) -> None:
    opinion = judge(ask(at(place)))
    assert (opinion.verdict, opinion.duties) == ("allow", duties)
    assert opinion.rule_id == f"jurisdictions.recording.{rule}"


@pytest.mark.parametrize("nowhere", [(), at(None), at("BR"), at("XX")])
def test_an_unknown_place_is_judged_by_the_strictest_law_of_where_the_business_trades(
    nowhere: tuple[Place, ...],
) -> None:
    assert "ask_yes" in judge(ask(nowhere)).duties
    assert judge(ask(nowhere), "US-OH").duties == TOLD
    assert judge(ask(nowhere), "US").duties == FREE
    assert "ask_yes" in judge(ask(nowhere), "US", "CA-QC").duties


def test_the_strictest_candidate_place_decides_and_the_duties_add_up() -> None:
    opinion = judge(ask(at("US-OH", "US-CA", "DE")))
    assert opinion.duties == {"announce", "offer_refusal", "ask_yes"} and opinion.rule_id.endswith(".eea")


def test_who_does_not_want_to_be_recorded_is_not() -> None:
    for state, use in itertools.product(("refused", "withdrawn"), ("telephony.recording", "telephony")):
        opinion = judge(ask(at("US-OH"), records=(said(state, use),)))
        assert (opinion.verdict, opinion.rule_id) == ("deny", "jurisdictions.recording.refused")
    assert judge(ask(at("US-OH"), records=(said("refused", "marketing"),))).verdict == "allow"


def test_a_yes_on_record_takes_no_duty_away() -> None:
    for place in ("US-OH", "US-CA", "DE"):
        assert judge(ask(at(place), records=(said("given"),))).duties == judge(ask(at(place))).duties


@pytest.mark.parametrize(
    ("place", "due"),
    [("US-CA", True), ("US-OH", False), ("CA-QC", True), ("CA-ON", False), ("FR", True), ("GB", False)],
)
def test_where_all_must_agree_they_are_told_of_an_outside_service_that_transcribes(place: str, due: bool) -> None:
    asked = ask(at(place), transcribed_by="Ears Inc.")
    assert ("announce_transcription" in judge(asked).duties) is due
    assert "announce_transcription" in judge(dataclasses.replace(asked, business_places=at("US-IL"))).duties
    assert "announce_transcription" not in judge(dataclasses.replace(asked, transcribed_by=None)).duties


def test_a_row_from_memory_says_so() -> None:
    assert judge(ask(at("US-OH"))).evidence["source"] == "confirmed, read on 2026-11-24"
    assert judge(ask(at("PR"))).evidence["source"] == "unconfirmed"


def test_every_row_is_of_its_own_and_has_its_date() -> None:
    rules = recording_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    named = [place for rule in rules for place in rule.places]
    assert len(named) == len(set(named)), "no place has two rows"
    assert all(isinstance(rule, RecordingRule) and rule.cite for rule in rules)


def test_an_objection_to_ads_is_none_to_a_recording() -> None:
    signal = Signal(kind="gpc", at=NOW, evidence="visit")
    for role in ("processor", "independent_controller"):
        asked = dataclasses.replace(
            ask(at("US-CA"), signals=(signal,)),
            recipient=Recipient(name="A Carrier", role=role),  # type: ignore[arg-type]
        )
        assert connect(Signals).judge(asked).verdict == "allow"
        refused = dataclasses.replace(asked, records=(said("refused"),))
        assert connect(Signals).judge(refused).verdict == "deny"


class Forgetful(Jurisdictions):
    """Looks at the last place alone."""

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        return super().judge(dataclasses.replace(question, person_places=question.person_places[-1:]))


class Talkative(Jurisdictions):
    """Sees duties in every use."""

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        return dataclasses.replace(super().judge(question), duties=TOLD)


@pytest.mark.parametrize("broken", [Forgetful, Talkative])
def test_the_suite_notices_a_plugin_whose_duties_are_wrong(broken: type[Jurisdictions]) -> None:
    suite = type("Tried", (ConsentConformance,), {"connector_class": broken})()
    with pytest.raises(AssertionError, match="dut"):
        suite.test_one_more_place_never_takes_a_duty_of_a_recording_away(connect(broken))


some_places = st.lists(
    st.builds(
        Place,
        country=st.sampled_from([None, "US", "CA", "DE", "GB", "AU", "us", "ZZ"]),
        region=st.sampled_from([None, "CA", "QC", "ON", "OH", "NSW", "qc"]),
    ),
    max_size=3,
).map(tuple)
traded = st.lists(st.sampled_from(["US", "US-OH", "CA-QC", "GB", "BR"]), max_size=2, unique=True).map(tuple)


@settings(max_examples=100, deadline=None)
@given(some_places, some_places, st.sampled_from([None, "US", "DE", "GB", "CA-QC", "US-OH", "ZZ"]), traded)
def test_one_more_place_on_either_side_takes_no_duty_away(
    person: tuple[Place, ...], business: tuple[Place, ...], more: str | None, trades_in: tuple[str, ...]
) -> None:
    known = person or at("US-OH")
    before = judge(ask(known, business), *trades_in)
    assert before.duties >= TOLD
    assert before.duties <= judge(ask((*known, *at(more)), business), *trades_in).duties
    assert before.duties <= judge(ask(known, (*business, *at(more))), *trades_in).duties
    assert before == judge(ask(known[::-1], business[::-1]), *trades_in)
