"""The google_contacts plugin: who is calling, from one person's address book."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import AuthError, Caller, RetryLater
from hub.api.sandbox import Fault
from hub.testing import EnrichmentConformance, FrozenClock, connect
from plugins.enrichment.google_contacts import GoogleContacts
from plugins.enrichment.google_contacts.sandbox import Sandbox
from plugins.enrichment.google_contacts.translate import facts, spellings

PAT = "+13125550142"


class TestConformance(EnrichmentConformance):
    connector_class = GoogleContacts


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(FrozenClock()) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def google(running: Sandbox) -> Sandbox:
    running.clock = FrozenClock()
    running.forget()
    return running


@pytest.fixture
def contacts(google: Sandbox) -> GoogleContacts:
    return connect(GoogleContacts, google, clock=google.clock)


def known(contacts: GoogleContacts, number: str = PAT) -> dict[str, str]:
    return {fact.name: fact.value for fact in contacts.enrich_caller(Caller(phone_number=number))}


def test_a_contact_tells_name_and_organization_however_its_number_is_written(
    google: Sandbox, contacts: GoogleContacts
) -> None:
    assert known(contacts) == {"caller_name": "Pat Doe", "organization": "Example Bakery"}
    google.contacts.clear()
    for number in ("+13125550142", "+1 312-555-0142", "3125550142"):
        google.contacts.clear()
        google.add_contact("Kim Doe", number)
        google.clock.advance(minutes=10)  # type: ignore[attr-defined]
        assert known(contacts) == {"caller_name": "Kim Doe"}, number


def test_a_search_is_warmed_up_first_and_again_after_ten_minutes(google: Sandbox, contacts: GoogleContacts) -> None:
    known(contacts)
    assert google.queries[0] == "" and google.queries.count("") == 1
    google.add_contact("Kim Doe", "+13125550143")
    assert known(contacts, "+13125550143") == {}
    google.clock.advance(minutes=10)  # type: ignore[attr-defined]
    assert known(contacts, "+13125550143") == {"caller_name": "Kim Doe"} and google.queries.count("") == 2


def test_another_number_that_begins_alike_tells_nothing(google: Sandbox, contacts: GoogleContacts) -> None:
    google.contacts.clear()
    google.add_contact("Kim Doe", "+1312555014299")
    assert known(contacts) == {}


def test_an_access_token_is_renewed_in_time_and_when_google_refuses_it(
    google: Sandbox, contacts: GoogleContacts
) -> None:
    known(contacts), known(contacts)
    assert google.grants.granted == 1
    google.clock.advance(minutes=59, seconds=30)  # type: ignore[attr-defined]
    known(contacts)
    assert google.grants.granted == 2
    google.grants.expire()
    assert known(contacts) and google.grants.granted == 3


def test_a_permission_that_the_owner_took_back_at_google_asks_to_sign_in_again(
    google: Sandbox, contacts: GoogleContacts
) -> None:
    google.grants.revoke(google.grants.refresh_token)
    with pytest.raises(AuthError, match="sign in again"):
        known(contacts)


def test_without_a_sign_in_google_is_not_asked(google: Sandbox, contacts: GoogleContacts) -> None:
    contacts.services.tokens.token = None  # type: ignore[attr-defined]
    with pytest.raises(AuthError, match="not signed in"):
        known(contacts)
    assert google.queries == []


def test_a_refused_api_says_what_to_do_and_a_spent_quota_waits(google: Sandbox, contacts: GoogleContacts) -> None:
    known(contacts)
    google.fail_next(Fault("status", 403))
    with pytest.raises(AuthError, match="enable the People API"):
        known(contacts)
    google.fail_next(Fault("status", 429, retry_after=30))
    with pytest.raises(RetryLater) as refused:
        known(contacts)
    assert refused.value.after == 30


def test_the_text_says_what_is_read_why_and_how_it_is_taken_back(google: Sandbox) -> None:
    contacts = connect(GoogleContacts, google, name="address_book", purpose="to greet our customers by name.")
    asked = contacts.owner_sign_in()
    for words in (
        "its name, its phone numbers and its organizations",
        "Why: to greet our customers by name.\n",
        "hub connectors disconnect address_book",
        "https://myaccount.google.com/permissions",
        "Google LLC receives the phone number",
    ):
        assert words in asked.consent_text
    assert asked.scopes == GoogleContacts.manifest.auth.scopes


def test_a_number_is_looked_for_as_people_write_it() -> None:
    assert spellings(PAT) == [PAT, "+1 312-555-0142", "(312) 555-0142", "3125550142"]


people: Any = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["names", "phoneNumbers", "value", "canonicalForm", "metadata"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["names", "phoneNumbers", "organizations"]), people), max_size=2))
@settings(max_examples=40)
def test_whatever_google_answers_becomes_facts_or_nothing(told: list[dict[str, Any]]) -> None:
    assert all(fact.value for fact in facts(told, PAT))
