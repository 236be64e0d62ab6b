"""Searches find numbers however they are typed, and no text can break out of one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.testing import FrozenClock
from plugins.crm.salesforce.sandbox.queries import sosl
from plugins.crm.salesforce.sandbox.records import Org, Refused
from plugins.crm.salesforce.sandbox.search import words_of
from plugins.crm.salesforce.sosl import MAX_SEARCH_CHARACTERS, escaped, phone_searches, phrase, spellings

RESERVED = "?&|!{}[]()^~*:\\\"'+-"
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(RESERVED), max_size=40)
SEPARATED = st.sampled_from(["", " ", "-", ".", "/", ") ", " - "])


def test_each_reserved_character_is_escaped() -> None:
    assert escaped(RESERVED) == "".join(f"\\{character}" for character in RESERVED)
    assert escaped("plain 312") == "plain 312"


@given(TEXT)
def test_escaping_can_be_undone_and_leaves_nothing_reserved(text: str) -> None:
    written = escaped(text)
    assert re.sub(r"\\(.)", r"\1", written, flags=re.DOTALL) == text
    bare = re.sub(r"\\.", "", written, flags=re.DOTALL)
    assert not set(bare) & set(RESERVED)


@given(TEXT)
def test_no_text_breaks_out_of_its_search(text: str) -> None:
    org = Org(FrozenClock())
    name = f"zz {text} zz"[:121]
    held = org.create("Account", {"Name": name})
    org.create("Account", {"Name": "Somebody Else"})
    try:
        found = sosl(org, f"FIND {{{phrase(name)}}} IN NAME FIELDS RETURNING Account(Id)")
    except Refused as refused:
        pytest.fail(f"{refused.code}: {refused.message}")
    assert [row["Id"] for row in found] == [held]
    assert words_of(name)


@given(
    st.from_regex(r"[2-9]\d\d", fullmatch=True),
    st.from_regex(r"01\d\d", fullmatch=True),
    st.sampled_from(["", "1", "+1", "+1 ", "1-", "001 ", "("]),
    SEPARATED,
    SEPARATED,
)
def test_a_number_is_found_in_any_spelling(area: str, line: str, prefix: str, first: str, second: str) -> None:
    from plugins.crm.salesforce.translate import numbers

    typed = f"{prefix}{area}{first}555{second}{line}"
    record = {"Phone": typed}
    number = f"+1{area}555{line}"
    if numbers(record, "Contact", "US") != (number,):
        return
    org = Org(FrozenClock())
    held = org.create("Contact", {"LastName": "Roe", "Phone": typed})
    [search] = phone_searches([number], "Contact(Id)")
    assert [row["Id"] for row in sosl(org, search)] == [held]


def test_numbers_of_other_countries_are_searched_as_written_there() -> None:
    assert spellings("+442079460958") == ("442079460958", "2079460958", "02079460958", '"020 7946 0958"')
    assert spellings("+13125550142") == ("13125550142", "3125550142", '"312 555 0142"')


def test_many_numbers_are_searched_in_pieces_that_keep_their_operators() -> None:
    wanted = [f"+1{200 + n}5550{100 + n % 100}" for n in range(400)]
    searches = list(phone_searches([*wanted, *wanted], "Contact(Id)"))
    assert len(searches) == len(set(searches)) < 10
    for search in searches:
        assert len(search[search.index("{") : search.index("}")]) <= MAX_SEARCH_CHARACTERS
    assert all(any(f"{{{n[1:]} OR" in s or f" OR {n[1:]} OR" in s for s in searches) for n in wanted)
    assert list(phone_searches([], "Contact(Id)")) == []


@pytest.mark.parametrize(
    "search",
    [
        "FIND {",
        "FIND {}",
        "FIND {a}",
        "FIND {Jo-Ann}",
        "FIND {(jo OR} IN ALL FIELDS",
        "FIND {jo) OR (roe}",
        "FIND {Jo'x}",
        "FIND {jo} IN FAX FIELDS",
        "FIND {jo} RETURNING Contact(Id",
        "FIND {jo} RETURNING Contact(Id) LIMIT many",
        "SELECT Id FROM Contact",
    ],
)
def test_the_stand_in_refuses_what_is_no_sosl(search: str) -> None:
    with pytest.raises(Refused) as caught:
        sosl(Org(FrozenClock()), search)
    assert caught.value.code == "MALFORMED_SEARCH"


def test_the_stand_in_knows_operators_wildcards_and_groups() -> None:
    org = Org(FrozenClock())
    jo = org.create("Contact", {"FirstName": "Jo", "LastName": "Roe", "Email": "jo@example.com"})
    al = org.create("Contact", {"FirstName": "Al", "LastName": "Roeder", "Phone": "(312) 555-0142"})

    def found(search: str) -> list[str]:
        return [row["Id"] for row in sosl(org, search)]

    assert found("FIND {roe}") == [jo]
    assert found("FIND {roe*}") == [jo, al]
    assert found("FIND {jo AND roe} RETURNING Contact(Id)") == [jo]
    assert found("FIND {jo roe}") == [jo]
    assert found("FIND {(jo OR al) AND NOT roe} RETURNING Contact") == [al]
    assert found('FIND {"roe jo"}') == []
    assert found("FIND {3125550142} IN PHONE FIELDS RETURNING Contact(Id)") == [al]
    assert found("FIND {3125550142} IN NAME FIELDS RETURNING Contact(Id)") == []
    assert found(
        'FIND {"312 555 0142"} IN PHONE FIELDS RETURNING Lead(Id), Contact(Id, Name WHERE Name != null) LIMIT 1'
    ) == [al]
