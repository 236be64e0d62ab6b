"""Find a phone number with Salesforce's search language, in any format that a person may have typed.

Source of the rules: Salesforce, "SOQL and SOSL Reference", FIND clause. Search splits text at spaces and punctuation,
and also finds phone fields by their bare digits. So each number is searched by its digits, with and without the
country code, and as a phrase in its national format. Results are compared as E.164 before they are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import phonenumbers

RESERVED = re.compile(r"""([?&|!{}\[\]()^~*:\\"'+-])""")
MAX_SEARCH_CHARACTERS = 3600
"""Most characters of one search; above 4,000 Salesforce drops the logical operators."""
MAX_SEARCH_ROWS = 2000


def escaped(text: str) -> str:
    """`text` as a literal inside FIND {…}: each reserved character gets a backslash."""
    return RESERVED.sub(r"\\\1", text)


def phrase(text: str) -> str:
    """`text` as one phrase in quotation marks, so that its words match only next to each other."""
    return f'"{escaped(text)}"'


@lru_cache(maxsize=4096)
def spellings(number: str) -> tuple[str, ...]:
    """The search terms for one E.164 number."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    digits = (
        number.lstrip("+"),
        phonenumbers.national_significant_number(parsed),
        re.sub(r"\D", "", national),
    )
    words = " ".join(re.findall(r"\d+", national))
    return tuple(dict.fromkeys([*digits, *([phrase(words)] if " " in words else [])]))


def phone_searches(numbers: Iterable[str], returning: str) -> Iterator[str]:
    """SOSL statements that together find all of `numbers` (E.164), each short enough that its operators work."""
    for terms in _batches([" OR ".join(spellings(number)) for number in dict.fromkeys(numbers)]):
        yield f"FIND {{{terms}}} IN PHONE FIELDS RETURNING {returning} LIMIT {MAX_SEARCH_ROWS}"


def _batches(groups: Sequence[str]) -> Iterator[str]:
    batch = ""
    for group in groups:
        joined = f"{batch} OR {group}" if batch else group
        if len(joined) > MAX_SEARCH_CHARACTERS:
            yield batch
            joined = group
        batch = joined
    if batch:
        yield batch
