"""The short way for North American numbers gives what the numbering plans give."""

from __future__ import annotations

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.phones import phone_number


@given(st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
@settings(max_examples=50)
def test_a_north_american_number_is_read_as_the_numbering_plan_reads_it(number: str) -> None:
    parsed = phonenumbers.parse(number, "US")
    assert phonenumbers.is_possible_number(parsed)
    assert phone_number(number) == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@given(st.from_regex(r"\+1[0-9]{1,12}\n?", fullmatch=True))
@settings(max_examples=50)
def test_nothing_else_under_its_calling_code_goes_the_short_way(number: str) -> None:
    read = phone_number(number)
    assert read is None or len(read) == len("+13125550121")
