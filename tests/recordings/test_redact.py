"""Card, account and social security numbers leave a transcript however they are said; ordinary numbers stay."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.transcripts import TranscriptPart
from hub.recordings.redact import Silence, redact

SPOKEN = Path(__file__).with_name("spoken")
LABELS = {"card": "card number", "ssn": "social security number", "account": "account number", "code": "security code"}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CARD = "4242 4242 4242 4242"


def corpus(name: str) -> list[dict[str, str]]:
    """The lines of a corpus, which were written down before the rules."""
    with (SPOKEN / name).open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def said(*lines: tuple[str, str]) -> list[TranscriptPart]:
    """Parts of five seconds each: who, and what."""
    return [
        TranscriptPart(start=5.0 * number, end=5.0 * number + 4, text=text, channel=channel)  # type: ignore[arg-type]
        for number, (channel, text) in enumerate(lines)
    ]


def test_two_hundred_spoken_secret_numbers_of_two_languages_are_all_taken_out() -> None:
    missed = []
    for row in corpus("secret_numbers.tsv"):
        (part,) = redact(said(("caller", row["said"])), f"{row['language']}-US").parts
        if f"[{LABELS[row['kind']]} removed]" not in (part.text or "") or re.search(r"\d\d", part.text or ""):
            missed.append((row["said"], part.text))
    assert missed == []


def test_phones_prices_addresses_and_times_stay_as_they_were_said() -> None:
    wrong = [
        row["said"]
        for row in corpus("ordinary_numbers.tsv")
        if redact(said(("caller", row["said"])), f"{row['language']}-US").count
    ]
    assert wrong == []


def test_a_number_is_known_by_the_other_speakers_question() -> None:
    found = redact(said(("business", "And the security code?"), ("caller", "Seven eight one.")), "en-US")
    assert found.parts[1].text == "[security code removed]."
    assert found.silences == (Silence(5.0, 9.0, "caller"),)


def test_a_number_that_goes_on_after_an_okay_is_one_number() -> None:
    parts = said(
        ("business", "The card number, please."),
        ("caller", "It is 4242 4242"),
        ("business", "Okay."),
        ("caller", "4242 4242 and that is it."),
    )
    found = redact(parts, "en-US")
    assert [part.text for part in found.parts] == [
        "The card number, please.", "It is [card number removed]", "Okay.", "and that is it.",
    ]  # fmt: skip
    assert found.count == 1 and [each.start for each in found.silences] == [5.0, 15.0]


def test_a_misheard_digit_does_not_save_a_card() -> None:
    assert redact(said(("caller", "4242 4242 4242 4243")), "en-US").count == 1
    assert redact(said(("caller", "my card is 4242 4242 42")), "en-US").count == 1


def test_a_phone_number_beside_an_account_stays() -> None:
    parts = said(("caller", "About my account, call me at 312 555 0134"))
    assert redact(parts, "en-US").parts == tuple(parts)


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("en-US", "My diabetes and my insulin.", "My [health word removed] and my [health word removed]."),
        ("es-US", "Estoy embarazada y tengo ansiedad.", "Estoy [health word removed] y tengo [health word removed]."),
    ],
)  # fmt: skip
def test_words_about_health_leave_the_transcripts_of_a_sensitive_company_alone(
    language: str, text: str, left: str
) -> None:
    parts = said(("caller", text))
    assert redact(parts, language, health=True).parts[0].text == left
    assert redact(parts, language).parts == tuple(parts)


def test_a_word_about_health_silences_the_moment_around_it_and_not_the_whole_part() -> None:
    text = "I am calling because of my asthma and would like to come in on Monday."
    (silence,) = redact(said(("caller", text)), "en-US", health=True).silences
    assert 0 < silence.start < 2 < silence.end < 4


@given(
    digits=st.text("0123456789", min_size=15, max_size=15),
    words=st.booleans(),
    cuts=st.lists(st.integers(1, 15), max_size=4),
)
def test_no_digit_of_a_card_stays_however_it_is_cut(digits: str, words: bool, cuts: list[int]) -> None:
    number = digits + next(last for last in "0123456789" if _is_valid(digits + last))
    pieces, before = [], 0
    for cut in [*sorted(set(cuts)), 16]:
        pieces.append(number[before:cut])
        before = cut
    spoken = [" ".join(DIGITS[int(each)] for each in piece) if words else piece for piece in pieces]
    lines = [("caller", text) for text in spoken if text]
    found = redact(said(*lines), "en-US")
    left = " ".join(part.text or "" for part in found.parts)
    assert not re.search(r"\d", left) and not set(left.split()) & set(DIGITS), left
    assert {each.start for each in found.silences} == {part.start for part in said(*lines)}


@given(st.lists(st.tuples(st.sampled_from(["caller", "business", "both"]), st.text(max_size=60)), max_size=6))
def test_any_text_is_taken_and_a_second_time_changes_nothing(lines: list[tuple[str, str]]) -> None:
    once = redact(said(*lines), "en-US", health=True)
    again = redact(once.parts, "en-US", health=True)
    assert again.parts == once.parts or again.count < once.count


def _is_valid(number: str) -> bool:
    """The check of payment cards as ISO/IEC 7812-1 describes it, annex B."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    return total % 10 == 0
