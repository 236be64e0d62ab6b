"""The phrases plugin: it finds exactly what its rules say, in any form of the words, and shows where."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.insights import LEAST_PRECISION, LEAST_RECALL, found, precision_and_recall
from hub.api import ConfigError, Conversation, Insight, Money, TranscriptPart
from hub.testing import InsightConformance, connect
from plugins.insight.phrases import Phrases
from plugins.insight.phrases.matching import GAP, MAX_GAP_WORDS, phrase_of, says, stem, words_of

BOOKED: dict[str, Any] = {"name": "booked", "say": ["book it", "you are booked"], "value": True}
WORDS = st.lists(st.sampled_from(["visit", "book", "price", "wednesday", "no", "yes", "roof"]), max_size=9)


class TestConformance(InsightConformance):
    connector_class = Phrases
    settings = {"rules": (BOOKED,)}


def read(*said: str, rules: list[dict[str, Any]], language: str = "en-US", **names: Any) -> Insight:
    """What is read in lines such as `caller: Book it.`"""
    lines = []
    for place, line in enumerate(said):
        who, _, text = line.partition(": ")
        lines.append(TranscriptPart(start=place, end=place + 1, text=text, channel=who))  # type: ignore[arg-type]
    names = {"outcomes": ("booked", "quote"), "signals": ("complaint",), **names}
    reader = connect(Phrases, rules=rules, own_rules_only=bool(rules))
    return reader.read_conversation(Conversation(lines=tuple(lines), language=language, **names))


@pytest.mark.parametrize(
    ("phrase", "said", "language"),
    [
        ("book visit", "We BOOKED visits!", "en"),
        ("schedule it", "I am scheduling it.", "en"),
        ("cancel", "She cancelled", "en"),
        ("try again", "He tries again", "en"),
        ("it's fine", "Its fine", "en"),
        ("book ... visit", "booking you in a visit", "en"),
        ("cost|price", "Our prices", "en"),
        ("agendar cita", "Agendamos citas", "es"),
        ("cuánto cuesta", "¿CUANTO CUESTAN?", "es"),
        ("mañana", "manana", "es"),
    ],
)
def test_a_phrase_is_found_in_any_form_of_its_words(phrase: str, said: str, language: str) -> None:
    assert says([stem(word, language) for word in words_of(said)], phrase_of(phrase, language))


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("book visit", "book a visit"),
        ("book ... visit", "book him and us another visit"),
        ("cost", "costume"),
        ("book visit", "visit book"),
        ("book", ""),
    ],
)
def test_other_words_are_not_the_phrase(phrase: str, said: str) -> None:
    assert not says([stem(word, "en") for word in words_of(said)], phrase_of(phrase, "en"))


@given(WORDS, WORDS, st.lists(st.sampled_from(["visit", "book", "price"]), min_size=1, max_size=3))
def test_a_phrase_is_found_wherever_it_stands(before: list[str], after: list[str], phrase: list[str]) -> None:
    line = [stem(word, "en") for word in (*before, *phrase, *after)]
    assert says(line, phrase_of(" ".join(phrase), "en"))


@given(WORDS, st.sampled_from(["visit", "book"]), st.sampled_from(["price", "roof"]))
def test_a_gap_is_as_many_words_as_it_may_be(line: list[str], first: str, last: str) -> None:
    stems = [stem(word, "en") for word in line]
    begin, end = stem(first, "en"), stem(last, "en")
    near = any(stems[at] == begin and end in stems[at + 1 : at + 2 + MAX_GAP_WORDS] for at in range(len(stems)))
    assert says(stems, phrase_of(f"{first} {GAP} {last}", "en")) is near


@given(st.text(max_size=60))
def test_no_text_breaks_the_matcher(text: str) -> None:
    says([stem(word, "en") for word in words_of(text)], phrase_of("book ... visit", "en"))
    try:
        phrase_of(text, "es")
    except ValueError as error:
        assert "is no phrase" in str(error)


def test_the_proof_is_the_lines_in_which_it_was_said() -> None:
    insight = read("business: Hello.", "caller: Please book it.", "business: You're welcome.", rules=[BOOKED])
    assert insight.outcome is not None and insight.outcome.lines == (2,)
    assert insight.summary == "Please book it." and insight.model == "phrases"


@pytest.mark.parametrize(("by", "found"), [("caller", True), ("business", False), ("anyone", True)])
def test_a_rule_looks_at_one_side_only(by: str, found: bool) -> None:
    assert (read("caller: Book it.", rules=[{**BOOKED, "by": by}]).outcome is not None) is found
    assert read("both: Book it.", rules=[{**BOOKED, "by": by}]).outcome is not None


def test_a_line_with_a_word_of_not_does_not_count_and_one_of_never_ends_it() -> None:
    no = {**BOOKED, "not": ["don't"], "never": ["cancel it"]}
    assert read("caller: Don't book it.", rules=[no]).outcome is None
    assert read("caller: Don't book it.", "caller: Oh well, book it.", rules=[no]).outcome is not None
    assert read("caller: Book it.", "caller: No, cancel it.", rules=[no]).outcome is None


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_near_is_so_many_lines_before_or_after(said: int, beside: int, within: int) -> None:
    lines = ["caller: Hm."] * 7
    lines[beside] = "business: Wednesday."
    lines[said] = "caller: Book it on Wednesday." if said == beside else "caller: Book it."
    outcome = read(*lines, rules=[{**BOOKED, "near": ["wednesday"], "within": within}]).outcome
    assert (outcome is not None) is (abs(said - beside) <= within)
    assert outcome is None or outcome.lines == tuple(sorted({said + 1, beside + 1}))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("It is $1,850 installed.", Money(Decimal("1850"), "USD")),
        ("That is 240.50 dollars.", Money(Decimal("240.50"), "USD")),
        ("Serían 90 dólares.", Money(Decimal("90"), "USD")),
        ("£75 to come out.", Money(Decimal("75"), "GBP")),
        ("It is eighteen hundred.", None),
    ],
)
def test_the_last_amount_before_the_proof_is_the_value(said: str, value: Money | None) -> None:
    insight = read("business: Not $5.", f"business: {said}", "caller: Book it.", "caller: I have $9.", rules=[BOOKED])
    assert insight.outcome is not None
    assert insight.outcome.value == (value or Money(Decimal("5"), "USD"))
    assert read("caller: Book it.", rules=[BOOKED]).outcome.value is None  # type: ignore[union-attr]


def test_the_surest_outcome_counts_and_of_equals_the_last_that_was_said() -> None:
    quote = {"name": "quote", "say": ["what does it cost"]}
    assert read("caller: Book it.", "caller: What does it cost?", rules=[BOOKED, quote]).outcome.name == "quote"  # type: ignore[union-attr]
    unsure = {**quote, "confidence": 0.5}
    assert read("caller: Book it.", "caller: What does it cost?", rules=[unsure, BOOKED]).outcome.name == "booked"  # type: ignore[union-attr]


def test_a_rule_of_another_language_or_of_no_name_of_the_company_says_nothing() -> None:
    assert read("caller: Book it.", rules=[{**BOOKED, "language": "es"}]).outcome is None
    assert read("caller: Book it.", rules=[BOOKED], outcomes=("quote",)).outcome is None
    complaint = {"name": "complaint", "say": ["rude"]}
    assert [each.name for each in read("caller: He was rude.", rules=[complaint]).signals] == ["complaint"]


@pytest.mark.parametrize(
    "wrong", [{"say": []}, {"say": ["..."]}, {"say": ["book ..."]}, {"by": "agent"}, {"said": "x"}]
)
def test_a_rule_that_can_find_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        connect(Phrases, rules=[{**BOOKED, **wrong}])


def test_the_rules_that_come_with_it_find_the_outcomes_of_sixty_calls() -> None:
    precision, recall = precision_and_recall(found())
    assert precision >= LEAST_PRECISION and recall >= LEAST_RECALL


def test_own_rules_may_stand_alone() -> None:
    said = "caller: Are you hiring?"
    names = {"outcomes": ("job_seeker",)}
    assert read(said, rules=[], **names).outcome is not None
    alone = connect(Phrases, rules=[BOOKED], own_rules_only=True)
    line = TranscriptPart(start=0, end=1, text="Are you hiring?", channel="caller")
    assert alone.read_conversation(Conversation(lines=(line,), outcomes=("job_seeker",))).outcome is None
