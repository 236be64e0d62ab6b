"""The fields of a form: who is named there, and what is dropped before it is stored."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testbed import CALLER, OTHER_CALLER

from hub.platform.scrubbing import MASKED_CARD as MASKED
from hub.platform.scrubbing import without_cards
from hub.visits.form_fields import MAX_FIELDS, contact_of, is_secret, kept_fields


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"phone": "(312) 555-0142"}, (CALLER, None, None)),
        ({"your-tel": "312.555.0142", "E-Mail": " Pat@Example.COM "}, (CALLER, "pat@example.com", None)),
        ({"phone": "n/a", "mobile": CALLER}, (CALLER, None, None)),
        ({"First Name": "Pat", "last_name": "Doe"}, (None, None, "Pat Doe")),
        ({"name": "Zoë O'Neill-Å"}, (None, None, "Zoë O'Neill-Å")),
        ({"name": "http://spam.example.com", "email": "no address", "phone": "12"}, (None, None, None)),
        ({"telephone_extension": CALLER, "company_email_policy": "a@example.com"}, (None, None, None)),
        ({"name": CALLER}, (None, None, None)),
    ],
)
def test_a_contact_is_found_by_exact_names_and_right_shapes(
    fields: dict[str, str], found: tuple[str | None, str | None, str | None]
) -> None:
    contact = contact_of(fields, "US")
    assert (contact.phone_number, contact.email, contact.name) == found


def test_numbers_are_read_as_the_companys_country_writes_them_and_what_the_page_names_goes_first() -> None:
    assert contact_of({"tel": "020 7946 0958"}, "GB").phone_number == "+442079460958"
    assert contact_of({"tel": CALLER, "email": "a@example.com"}, "US", phone=OTHER_CALLER).phone_number == OTHER_CALLER
    assert contact_of({"tel": CALLER}, "US", phone="nonsense").phone_number == CALLER


@pytest.mark.parametrize(
    "name",
    ["password", "user_password", "userPassword", "PASSWORT", "contraseña", "cc-number", "card number", "CardNumber",
     "cvv", "cvc2", "creditCard[number]", "security code", "PIN", "iban", "csrf_token", "ssn", "mot de passe"],
)  # fmt: skip
def test_fields_of_secrets_are_dropped(name: str) -> None:
    assert is_secret(name) and kept_fields({name: "x", "message": "hi"}) == {"message": "hi"}


@pytest.mark.parametrize(
    "name", ["phone", "company", "shipping", "opinion", "passenger", "postcard", "discard", "spinach"]
)
def test_fields_that_only_look_like_secrets_are_kept(name: str) -> None:
    assert kept_fields({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("4111111111111111", MASKED),
        ("my card is 4111 1111 1111 1111, 12/27", f"my card is {MASKED}, 12/27"),
        ("4111-1111-1111-1111 12 123", f"{MASKED} 12 123"),
        ("378282246310005 and 5500 0055 5555 5559", f"{MASKED} and {MASKED}"),
        ("４１１１１１１１１１１１１１１１", MASKED),
        ("4111111111111112", "4111111111111112"),
        ("call +4912345678901234", "call +4912345678901234"),
        ("(312) 555-0142", "(312) 555-0142"),
    ],
)
def test_card_numbers_are_masked_and_nothing_else(written: str, kept: str) -> None:
    assert without_cards(written) == kept


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=200), max_size=150))
def test_whatever_comes_is_kept_within_its_caps_and_can_be_stored(fields: dict[str, str]) -> None:
    kept = kept_fields(fields)
    assert len(kept) <= MAX_FIELDS
    assert "\x00" not in json.dumps(kept, ensure_ascii=False)
    json.dumps(kept, ensure_ascii=False).encode()
    contact_of(fields, "US")
