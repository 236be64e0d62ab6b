"""Every place on both sides of a call, for every purpose, against a table that was written by hand from the reference.

`oracle.tsv` is not made from the plugin's tables, and says the same in other words. For each place: how a call is recorded
(`one`: one side may; `told`; `all`; `yes`; `+choice`: a line that is not recorded), whether a purpose is the business's `own`,
open until an opt-`out` or closed until an opt-`in`, since when the browser's signal counts, from which age a child's own yes
does, until which age ads need one, until which there are none, and the hours of marketing texts. `US`, `CA` and `AU` without a
region, and `unknown`, stand for what is not known of a person.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hub.api import Recipient
from hub.api.privacy import ConsentQuestion, ConsentRecord, Opinion, Place, Signal
from hub.testing import connect
from plugins.consent.jurisdictions import Jurisdictions

NOW = datetime(2026, 12, 2, 18, 0, tzinfo=UTC)
NETWORK = Recipient(name="An Ad Network", role="independent_controller")
PROCESSOR = Recipient(name="A Processor", role="processor")
HERE = Recipient(name="this hub", role="none")
PURPOSES = {
    "ads": ("marketing.advertising.third_party.targeted", NETWORK),
    "own_analysis": ("analytics.reporting.ad_performance", PROCESSOR),
    "own_crm": ("sales", PROCESSOR),
    "other_company": ("essential.service", NETWORK),
    "marketing_text": ("marketing.communications.sms", PROCESSOR),
    "tracking": ("web.tracking", HERE),
}
ORDER = ("own", "out", "in")
ANSWERS = {
    "own": {None: "allow", "given": "allow", "refused": "allow"},
    "out": {None: "allow", "given": "allow", "refused": "deny"},
    "in": {None: "needs", "given": "allow", "refused": "deny"},
}
DUTIES = {
    "one": {"announce"},
    "told": {"announce"},
    "told+choice": {"announce", "offer_refusal"},
    "all": {"announce", "offer_refusal"},
    "yes": {"announce", "ask_yes"},
    "yes+choice": {"announce", "ask_yes", "offer_refusal"},
}
with (Path(__file__).parent / "oracle.tsv").open(encoding="utf-8", newline="") as file:
    ORACLE = {row["place"]: row for row in csv.DictReader(file, delimiter="\t")}
NOON_EVERYWHERE = ("Etc/GMT+6",)
"""Noon there at NOW, whatever the place: what the hours do is a test of its own."""
PLUGIN = connect(Jurisdictions, marketing_hours={"mon-sun": "00:00-23:59"})
"""One that leaves the hours to the law."""


def places(code: str, basis: str = "declared") -> tuple[Place, ...]:
    if code == "unknown":
        return ()
    country, _, region = code.partition("-")
    return (Place(country=country, region=region or None, basis=basis, time_zones=NOON_EVERYWHERE),)


CALLERS = {code: places(code) for code in ORACLE}
BUSINESSES = {code: places(code, "business") for code in ORACLE if code != "unknown"}


def judge(caller: str, business: str, use: str, recipient: Recipient, **more: Any) -> Opinion:
    question = ConsentQuestion(
        use=use,
        categories=frozenset({"user.contact.phone_number"}),
        recipient=recipient,
        recipient_regions=("US",),
        person_places=CALLERS[caller],
        business_places=BUSINESSES[business],
        **{"at": NOW, **more},
    )
    opinion: Opinion = PLUGIN.judge(question)
    return opinion


def said(state: str | None, use: str, channel: str = "web") -> tuple[ConsentRecord, ...]:
    if state is None:
        return ()
    at = NOW - timedelta(hours=1)
    return (ConsentRecord(state=state, use=use, channel=channel, at=at, evidence="id"),)  # type: ignore[arg-type]


def test_the_oracle_names_every_jurisdiction() -> None:
    codes = set(ORACLE)
    assert len([code for code in codes if code.startswith("US-")]) == 51
    assert len([code for code in codes if code.startswith("CA-")]) == 13
    assert len([code for code in codes if code.startswith("AU-")]) == 8
    assert {"AS", "GU", "MP", "PR", "VI", "GB", "CH", "NZ", "IS", "LI", "NO", "unknown"} <= codes
    known = {place for rule in PLUGIN.list_rules() for place in rule.places if rule.topic != "requests"}
    spelled_twice = {f"US-{code}" for code in ("AS", "GU", "MP", "PR", "VI")}
    assert known - {"anywhere"} - spelled_twice <= codes, "a place of the plugin's that the oracle does not judge"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_on_both_sides_the_stricter_law_decides(purpose: str) -> None:
    use, recipient = PURPOSES[purpose]
    wrong = []
    for caller, business in product(CALLERS, BUSINESSES):
        mode = max(ORACLE[caller][purpose], ORACLE[business][purpose], key=ORDER.index)
        found = judge(caller, business, use, recipient).verdict
        if found != ANSWERS[mode][None] and not _closed(purpose, caller):
            wrong.append((caller, business, mode, found))
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_yes_opens_and_a_no_closes_what_the_law_lets_the_person_decide(purpose: str) -> None:
    use, recipient = PURPOSES[purpose]
    wrong = []
    for (caller, row), state in product(ORACLE.items(), ("given", "refused")):
        for business in (caller if caller in BUSINESSES else "US-OH", "US-OH", "CA-QC"):
            mode = max(row[purpose], ORACLE[business][purpose], key=ORDER.index)
            word = said(state, "marketing.communications" if purpose == "marketing_text" else use)
            found = judge(caller, business, use, recipient, records=word).verdict
            if found != ANSWERS[mode][state] and not _closed(purpose, caller):
                wrong.append((caller, business, state, found))
    assert not wrong, wrong[:5]


def _closed(purpose: str, caller: str) -> bool:
    """Whether the hours at noon of NOW, a Wednesday, are no hours there: of unknown places they are tested elsewhere."""
    return purpose == "marketing_text" and caller == "unknown"


def test_every_call_between_two_places_is_recorded_by_the_duties_of_both() -> None:
    wrong = []
    for caller, business in product(CALLERS, BUSINESSES):
        duties = DUTIES[ORACLE[caller]["recording"]] | DUTIES[ORACLE[business]["recording"]]
        opinion = judge(caller, business, "telephony.recording", PROCESSOR)
        if opinion.verdict != "allow" or opinion.duties != duties:
            wrong.append((caller, business, sorted(opinion.duties)))
    assert not wrong, wrong[:5]
    for caller in CALLERS:
        no = said("refused", "telephony.recording")
        assert judge(caller, "US-OH", "telephony.recording", PROCESSOR, records=no).verdict == "deny"


def test_the_browsers_signal_is_a_no_where_and_since_the_law_of_a_side_says_so() -> None:
    use, recipient = PURPOSES["ads"]
    signal = (Signal(kind="gpc", at=datetime(2022, 1, 1, tzinfo=UTC), evidence="id"),)
    for caller, business in product(CALLERS, ("US-OH", "US-CA", "DE")):
        since = sorted(filter(None, (ORACLE[caller]["gpc_since"], ORACLE[business]["gpc_since"])))
        for day in {*since, "2022-06-01", "2026-12-01"}:
            at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
            honored = bool(since) and day >= since[0]
            mode = max(ORACLE[caller]["ads"], ORACLE[business]["ads"], key=ORDER.index)
            found = judge(caller, business, use, recipient, signals=signal, at=at).verdict
            assert found == ("deny" if honored else ANSWERS[mode][None]), (caller, business, day)


@pytest.mark.parametrize("age", range(11, 20))
def test_a_childs_data_is_used_as_the_law_of_either_side_says(age: int) -> None:
    use, recipient = PURPOSES["ads"]
    for caller, business in product(CALLERS, ("US-OH", "US-MD", "DE", "GB")):
        rows = (ORACLE[caller], ORACLE[business])
        silent = max((row["ads"] for row in rows), key=ORDER.index)
        never = any(age < int(row["no_ads_until"] or 0) for row in rows)
        parent = any(age < int(row["own_yes_from"]) for row in rows)
        own = any(int(row["own_yes_from"]) <= age < int(row["teen_yes_until"] or 0) for row in rows)
        expected = {
            None: "deny" if never else "needs" if parent or own else ANSWERS[silent][None],
            "web": "deny" if never else "needs" if parent else "allow",
            "parent": "deny" if never else "allow",
        }
        for channel, verdict in expected.items():
            word = said("given" if channel else None, use, channel or "web")
            assert judge(caller, business, use, recipient, records=word, age=age).verdict == verdict, (caller, business)


def test_marketing_texts_come_in_the_hours_of_the_persons_place_alone() -> None:
    use, recipient = PURPOSES["marketing_text"]
    monday, word = datetime(2026, 11, 30, tzinfo=UTC), said("given", "marketing.communications")
    word = (ConsentRecord(state="given", use=word[0].use, channel="form", at=monday - timedelta(1), evidence="id"),)
    for code, row in ORACLE.items():
        for day, hour in product((2, 5, 6), range(24)) if code != "unknown" else ():
            local = monday + timedelta(days=day, hours=hour, minutes=30)
            opens = _opens(row[{5: "saturday", 6: "sunday"}.get(day, "weekday")], hour)
            opinion = judge(code, "US-RI", use, recipient, records=word, at=local + timedelta(hours=6))
            assert (opinion.verdict == "allow") is opens, (code, day, hour, opinion.rule_id)
            assert opens or opinion.not_before is not None


def _opens(hours: str, hour: int) -> bool:
    if hours == "none":
        return False
    first, _, last = hours.partition("-")
    return int(first) <= hour < int(last)
