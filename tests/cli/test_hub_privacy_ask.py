"""`hub privacy ask` and `hub privacy rules`: the decision, the rules that spoke, and the source of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.cli import check
from hub.cli.privacy.law_warnings import law_warnings
from hub.model import Call, ConsentDecision, Delivery, Person, TextMessage
from hub.queries.consent_question import PURPOSES

Refusal = Callable[[Result], str]
LAW = "jurisdictions: {plugin: jurisdictions}\n  signals: {plugin: signals}"
NOON = ("--at", "2026-12-02T12:00")


@pytest.fixture
def lawful(shop: Shop) -> Shop:
    """The shop with both consent plugins."""
    shop.configure(consent=LAW)
    return shop


def test_the_answer_names_each_rule_with_its_law_and_its_source(lawful: Shop) -> None:
    told = lawful.json("privacy", "ask", "--purpose", "ads", "--caller", CALLER, "--callee", "+13125550100")
    (answer,) = told["answers"]
    assert told["allowed"] and answer["recipient"] == "Adco Inc." and answer["person_places"] == ["US-IL"]
    law, word = answer["opinions"]
    assert (law["rule"], law["evidence"]["read_in"], law["verify_by"]) == (
        "jurisdictions.us.sharing", "auditsocials.com, nixondigital.io, foster.com", "2027-02-24",
    )  # fmt: skip
    assert word["rule"] == "signals.no_objection"
    shown = lawful.run("privacy", "ask", "--purpose", "ads", "--caller", CALLER).stdout
    assert "Cal. Civ. Code 1798.120" in shown and "2027-02-24" in shown and CALLER not in shown


@pytest.mark.parametrize(
    ("more", "verdict", "rule"),
    [
        (("--caller-place", "DE"), "needs", "jurisdictions.eea.consent"),
        (("--caller-place", "DE", "--said", "given"), "allow", "jurisdictions.eea.consent"),
        (("--callee-place", "CA-QC"), "needs", "jurisdictions.canada.quebec"),
        (("--caller-place", "US-CA", "--signal", "gpc"), "deny", "jurisdictions.signals.us_ca"),
        (("--signal", "dnt"), "deny", "signals.dnt"),
        (("--caller-place", "US-MD", "--age", "17", "--said", "given"), "deny", "jurisdictions.age.us_md_minors"),
        (("--age", "12", "--said", "given", "--by", "parent"), "allow", "jurisdictions.us.sharing"),
        (("--said", "withdrawn"), "deny", "jurisdictions.us.sharing"),
    ],
)
def test_what_is_supposed_of_the_person_counts(lawful: Shop, more: tuple[str, ...], verdict: str, rule: str) -> None:
    status = 0 if verdict == "allow" else 1
    told = lawful.json("privacy", "ask", "--purpose", "ads", "--caller", CALLER, *more, status=status)
    assert (told["answers"][0]["verdict"], told["answers"][0]["rule"]) == (verdict, rule)


def test_what_the_hub_knows_of_the_person_counts_and_nothing_is_kept_of_the_question(lawful: Shop) -> None:
    said = ("--state", "refused", "--use", "marketing.advertising", "--channel", "agent")
    assert lawful.run("consent", "record", "--company", "north", "--phone", CALLER, *said).exit_code == 0
    asked = ("privacy", "ask", "--purpose", "ads", "--company", "north")
    assert lawful.json(*asked, "--caller", CALLER, status=1)["answers"][0]["verdict"] == "deny"
    assert lawful.json(*asked, "--caller", "+13125550148")["allowed"]
    assert [lawful.rows(each) for each in (Call, TextMessage, ConsentDecision, Delivery)] == [[], [], [], []]
    assert len(lawful.rows(Person)) == 1


def test_a_recording_is_answered_with_what_must_be_done_before_it(lawful: Shop) -> None:
    asked = ("privacy", "ask", "--purpose", "recording", "--caller", CALLER, "--callee-place", "US-OH")
    (answer,) = lawful.json(*asked)["answers"]
    assert answer["duties"] == ["announce", "offer_refusal"]
    assert answer["opinions"][0]["rule"] == "jurisdictions.recording.us_il"
    assert "announce, offer_refusal" in lawful.run(*asked).stdout


def test_a_text_at_night_is_told_when_to_ask_again(lawful: Shop) -> None:
    asked = ("privacy", "ask", "--purpose", "marketing-text", "--caller", CALLER, "--said", "given")
    night = lawful.json(*asked, "--at", "2026-12-01T23:00-06:00", status=1)["answers"][0]
    assert (night["rule"], night["not_before"]) == ("jurisdictions.quiet_hours.us", "2026-12-02T16:00:00+00:00")
    assert lawful.json(*asked, "--at", "2026-12-02T12:00-06:00")["allowed"]
    silent = lawful.json("privacy", "ask", "--purpose", "text", "--caller", CALLER, *NOON, status=1)
    assert silent["answers"][0]["verdict"] == "needs"


def test_every_purpose_has_an_answer_or_a_reason_why_not(lawful: Shop) -> None:
    for purpose in PURPOSES:
        result = lawful.run("privacy", "ask", "--purpose", purpose, "--caller", CALLER, "--json")
        served = purpose not in ("crm", "transcription")
        assert result.exit_code in (0, 1) if served else "has no connector" in str(result.exception), purpose
    tracking = lawful.json("privacy", "ask", "--purpose", "tracking", "--caller-place", "FR", status=1)
    assert tracking["answers"][0]["rule"] == "jurisdictions.eea.tracking"
    anybody = lawful.json("privacy", "ask", "--purpose", "sales", "--caller-place", "GB", status=1)
    assert anybody["answers"][0]["recipient"] == "any other company"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--purpose", "fun"), "no purpose 'fun'"),
        (("--purpose", "ads", "--caller", "anonymous"), "not a phone number"),
        (("--purpose", "ads", "--caller-place", "Ohio"), "not a place"),
        (("--purpose", "ads", "--signal", "smoke"), "choose gpc or dnt"),
        (("--purpose", "ads", "--said", "perhaps"), "there are: given"),
        (("--purpose", "ads", "--at", "noon"), "is not a time"),
        (("--purpose", "ads", "--company", "nord"), "did you mean 'north'?"),
        (("--purpose", "ads", "--connector", "places"), "is not a recipient for ads"),
    ],
)
def test_a_question_that_makes_no_sense_says_what_is_wrong(
    lawful: Shop, refusal: Refusal, words: tuple[str, ...], said: str
) -> None:
    assert said in refusal(lawful.run("privacy", "ask", *words))


def test_the_rules_are_listed_by_topic_and_place_with_what_is_unconfirmed(lawful: Shop) -> None:
    everywhere = lawful.json("privacy", "rules")
    assert len(everywhere) > 100 and {"sharing", "recording", "retention"} <= {each["topic"] for each in everywhere}
    california = lawful.json("privacy", "rules", "--topic", "signals", "--place", "US-CA")
    assert "jurisdictions.signals.us_ca" in {each["id"] for each in california}
    assert not any("US-CO" in each["places"] for each in california)
    (deadline,) = [each for each in everywhere if each["id"] == "requests.uk.gdpr-12"]
    assert deadline["connector"] == "hub" and "1 month" in deadline["says"] and deadline["read_on"] == "2026-11-29"
    shown = lawful.run("privacy", "rules", "--topic", "age").stdout
    assert "unconfirmed" in shown and "COPPA" in shown


def test_check_warns_of_rules_that_must_be_read_again(lawful: Shop) -> None:
    def warnings(day: datetime) -> list[str]:
        lawful.clock.now = day
        with lawful.opened() as opened:
            return law_warnings(opened.hub)

    assert not any("must be read again" in each for each in warnings(datetime(2026, 12, 1, tzinfo=UTC)))
    late = next(each for each in warnings(datetime(2027, 2, 25, tzinfo=UTC)) if "must be read again" in each)
    assert "jurisdictions.us.sharing" in late and "…" in late
    assert not any("must be read again" in each for each in warnings(datetime(2027, 2, 24, tzinfo=UTC)))


def test_check_asks_whether_calls_to_a_clinic_are_about_health(lawful: Shop) -> None:
    file = lawful.folder / "config.yaml"
    text = file.read_text("utf-8")

    def asked(title: str) -> list[str]:
        file.write_text(text.replace("title: North", title, 1), "utf-8")
        return [each for each in lawful.json("check")["law"] if "seem to be about the callers' health" in each]

    assert asked("title: North") == asked("sensitive: health\n        title: North Dental") == []
    (told,) = asked("title: North Dental")
    assert "sensitive: health" in told


def test_check_list_and_documents_count_the_same_rules(lawful: Shop) -> None:
    rules = lawful.json("privacy", "rules")
    unconfirmed = sum(not each["confirmed"] for each in rules)
    counted = f"{unconfirmed} of {len(rules)} rules of law are unconfirmed"
    assert any(each.startswith(counted) for each in lawful.json("check")["law"])
    shown = lawful.run("privacy", "rules").stdout
    assert f"{len(rules)} rules, {unconfirmed} of them unconfirmed, 0 to be read again." in shown
    assert counted in (Path(__file__).parents[2] / "docs" / "law.md").read_text("utf-8")


def test_deadlines_of_requests_past_their_date_are_warnings_of_check_and_no_failure(lawful: Shop) -> None:
    lawful.clock.now = datetime(2027, 6, 1, tzinfo=UTC)
    with lawful.opened() as opened:
        warnings = law_warnings(opened.hub)
        findings = [*check._flow_findings(opened), *check._overdue_requests(opened)]
    assert any("rules of law must be read again" in each for each in warnings)
    assert findings == [], "only findings end the command with status 1"
