"""What a person owns is read with that person's stored yes alone: evidence first, then the token; and taken back for good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testbed import TestHub, make_config

from hub.api import AuthError, Caller, NotSupported, RetryLater
from hub.api.sandbox import Fault
from hub.config.models import ConnectorCommon, ConnectorEntry
from hub.hookspecs import EnrichmentHooks, OperationHooks
from hub.model import (
    HUB_CHAIN,
    AuditEntry,
    ConnectorToken,
    ConsentDetail,
    ConsentEntry,
    ConsentNotice,
    Disclosure,
    FactRow,
)
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import LiveDirectory
from hub.plugin_host.oauth_grant import Attempt
from hub.privacy.owner_consent import connect_owner, disconnect_owner
from hub.startup.assembly import assemble
from hub.store.journal.verify import verify
from hub.testing import FrozenClock, connect
from plugins.enrichment.google_contacts import GoogleContacts
from plugins.enrichment.google_contacts.sandbox import Sandbox

REDIRECT = "http://127.0.0.1:8765/ringfence"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def google(running: Sandbox, clock: FrozenClock) -> Sandbox:
    running.clock = clock
    running.forget()
    return running


@contextmanager
def opened(url: str, google: Sandbox, clock: FrozenClock) -> Iterator[TestHub]:
    entry = ConnectorEntry(
        name="contacts",
        common=ConnectorCommon(plugin="google_contacts"),
        connector_class=GoogleContacts,
        written={},
        checked=GoogleContacts.Settings(**google.settings()),
    )
    config = make_config(url)
    config = replace(config, connectors={**config.connectors, "contacts": entry})
    hub = assemble(config, clock)
    try:
        with hub.store.writing() as session:
            write_accounts(session, config, clock())
        yield TestHub(hub, LiveDirectory(hub.store), clock)
    finally:
        hub.close()


@pytest.fixture
def stage(sqlite_url: str, google: Sandbox, clock: FrozenClock) -> Iterator[TestHub]:
    with opened(sqlite_url, google, clock) as made:
        yield made


@pytest.fixture
def any_stage(database_url: str, google: Sandbox, clock: FrozenClock) -> Iterator[TestHub]:
    with opened(database_url, google, clock) as made:
        yield made


def browser(attempt: Attempt) -> str:
    """Where the owner's browser is sent by Google."""
    return httpx2.get(attempt.address, trust_env=False).headers["location"]


def say_yes(stage: TestHub, answer: Callable[[Attempt], str] = browser) -> None:
    connect_owner(stage.hub, "contacts", owner="Pat Doe", actor="pat", redirect_uri=REDIRECT, answer=answer)


def words(stage: TestHub) -> list[str]:
    return [word.state for word in stage.rows(ConsentEntry, channel="sign-in")]


def detail_of(stage: TestHub, word: ConsentEntry) -> str:
    sealed = stage.one(ConsentDetail, id=word.id).sealed
    assert sealed is not None and b"Pat" not in sealed
    with stage.hub.store.reading() as session:
        return (stage.hub.vault.open(session, sealed, f"consent_detail/{word.id}") or b"").decode()


def is_shut(stage: TestHub) -> bool:
    return not stage.hub.plugins.may_read("contacts") and stage.contacts.services.tokens.load() is None


def test_the_exact_text_is_stored_before_a_token_is_asked_for(
    any_stage: TestHub, google: Sandbox, clock: FrozenClock
) -> None:
    def look(attempt: Attempt) -> str:
        evidence = any_stage.one(ConsentEntry)
        notice = any_stage.one(ConsentNotice, hash=evidence.notice_hash)
        assert notice.text == any_stage.contacts.owner_sign_in().consent_text
        assert notice.hash == hashlib.sha256(notice.text.encode()).hexdigest()
        assert (evidence.state, detail_of(any_stage, evidence)) == ("given", "Pat Doe")
        assert (evidence.stated_at, evidence.recipients[1]) == (clock(), "Google LLC")
        assert evidence.categories == ["https://www.googleapis.com/auth/contacts.readonly"]
        assert google.grants.granted == 0 and any_stage.contacts.services.tokens.load() is None
        return browser(attempt)

    say_yes(any_stage, look)
    assert google.grants.granted == 1 and any_stage.hub.plugins.call("contacts", OperationHooks.check_connection).ok
    sealed = any_stage.one(ConnectorToken, connector="contacts").ciphertext
    assert google.grants.refresh_token.encode() not in sealed


def test_no_hook_is_called_before_the_owners_yes_is_stored(stage: TestHub, google: Sandbox) -> None:
    stage.contacts.services.tokens.save(google.owner_token())
    stage.call_in()
    assert google.queries == [] and stage.rows(Disclosure, connector="contacts") == []
    assert stage.rows(FactRow, source="contacts") == []
    with pytest.raises(AuthError, match="run hub connectors connect contacts"):
        stage.hub.plugins.call("contacts", OperationHooks.check_connection)
    with pytest.raises(AuthError, match="consent of its owner"):
        stage.hub.plugins.submit_each(
            "contacts", EnrichmentHooks.enrich_caller, [(Caller(phone_number="+13125550142"),)]
        )


def test_with_the_yes_a_caller_is_looked_up_and_the_answer_is_not_kept(stage: TestHub, google: Sandbox) -> None:
    say_yes(stage)
    call = stage.call_in()
    assert "+13125550142" in google.queries
    assert stage.one(Disclosure, connector="contacts").subject_id == call.id
    assert stage.rows(FactRow, source="contacts") == []


def test_a_withdrawal_shuts_the_connector_revokes_at_google_and_deletes_the_token(
    any_stage: TestHub, google: Sandbox
) -> None:
    say_yes(any_stage)
    assert disconnect_owner(any_stage.hub, "contacts", actor="pat", reason="Enough.")
    assert google.grants.revoked and is_shut(any_stage) and any_stage.rows(ConnectorToken) == []
    given, withdrawn = any_stage.rows(ConsentEntry, channel="sign-in")
    assert (withdrawn.state, detail_of(any_stage, withdrawn)) == ("withdrawn", "Enough.")
    assert withdrawn.supersedes == given.id
    told = {entry.subject: entry for entry in any_stage.rows(AuditEntry) if entry.action.startswith("owner_consent.")}
    assert {told[each.id].action for each in (given, withdrawn)} == {"owner_consent.given", "owner_consent.withdrawn"}
    assert {(told[each.id].actor, told[each.id].detail) for each in (given, withdrawn)} == {("pat", "contacts")}
    reports = verify(any_stage.hub.store, any_stage.hub.keyring, any_stage.clock())
    assert all(report.sound for report in reports.values()) and reports[HUB_CHAIN].rows >= 4
    any_stage.call_in()
    assert google.queries == []
    assert not disconnect_owner(any_stage.hub, "contacts", actor="pat", reason="Again.")
    assert words(any_stage) == ["given", "withdrawn"]


def test_a_withdrawal_holds_though_google_does_not_answer_and_is_finished_later(
    stage: TestHub, google: Sandbox
) -> None:
    say_yes(stage)
    google.fail_next(Fault("status", 503))
    with pytest.raises(RetryLater, match="nothing is read anymore; run the command again"):
        disconnect_owner(stage.hub, "contacts", actor="pat", reason="Enough.")
    assert not stage.hub.plugins.may_read("contacts") and not google.grants.revoked
    assert disconnect_owner(stage.hub, "contacts", actor="pat", reason="Enough.")
    assert google.grants.revoked and is_shut(stage)


def test_a_permission_that_google_knows_as_revoked_is_simply_deleted_here(stage: TestHub, google: Sandbox) -> None:
    say_yes(stage)
    google.grants.revoke(google.grants.refresh_token)
    assert disconnect_owner(stage.hub, "contacts", actor="pat", reason="Enough.") and is_shut(stage)


def test_an_owner_who_says_no_at_google_leaves_nothing_open(stage: TestHub, google: Sandbox) -> None:
    google.grants.denies = True
    with pytest.raises(AuthError, match="was not allowed"):
        say_yes(stage)
    assert words(stage) == ["given", "withdrawn"] and is_shut(stage)


def test_an_owner_who_leaves_a_scope_out_leaves_nothing_open(stage: TestHub, google: Sandbox) -> None:
    google.grants.leaves_out = set(GoogleContacts.manifest.auth.scopes)
    with pytest.raises(AuthError, match="Not everything that is needed"):
        say_yes(stage)
    assert google.grants.revoked and is_shut(stage)


def test_an_answer_that_comes_after_ten_minutes_is_refused(stage: TestHub, clock: FrozenClock) -> None:
    def linger(attempt: Attempt) -> str:
        address = browser(attempt)
        clock.advance(minutes=10, seconds=1)
        return address

    with pytest.raises(AuthError, match="longer than ten minutes"):
        say_yes(stage, linger)
    assert is_shut(stage)


@pytest.mark.parametrize(
    "forge",
    [
        lambda address: address.replace("state=", "state=x"),
        lambda address: address.replace("8765", "8766"),
        lambda address: address.replace("/ringfence", "/ringfence/"),
        lambda address: address.replace("http://127.0.0.1", "http://localhost"),
        lambda address: f"{address}&state=again",
        lambda address: "https://attacker.example.com/",
    ],
    ids=["another state", "another port", "another path", "another host", "two states", "another site"],
)
def test_only_the_exact_redirect_with_its_state_is_an_answer(
    stage: TestHub, google: Sandbox, forge: Callable[[str], str]
) -> None:
    with pytest.raises(AuthError, match="does not belong to the sign-in"):
        say_yes(stage, lambda attempt: forge(browser(attempt)))
    assert google.grants.granted == 0 and is_shut(stage)


def test_an_answer_counts_once(google: Sandbox, clock: FrozenClock) -> None:
    contacts = connect(GoogleContacts, google, clock=clock)
    attempt = Attempt(contacts.owner_sign_in(), REDIRECT, clock())
    address = browser(attempt)
    assert attempt.redeem(address, clock()).startswith("4/")
    with pytest.raises(AuthError, match="already completed"):
        attempt.redeem(address, clock())


def test_a_code_is_worth_nothing_without_the_verifier_of_its_own_attempt(stage: TestHub, google: Sandbox) -> None:
    other = Attempt(stage.contacts.owner_sign_in(), REDIRECT, stage.clock())

    def stolen(attempt: Attempt) -> str:
        code = other.redeem(browser(other), stage.clock())
        mine = browser(attempt)
        return mine.replace(httpx2.URL(mine).params["code"].replace("/", "%2F"), code.replace("/", "%2F"))

    with pytest.raises(AuthError, match="rejects the sign-in"):
        say_yes(stage, stolen)
    assert google.grants.granted == 0 and is_shut(stage)


def test_an_old_yes_does_not_cover_what_a_later_plugin_asks_for(stage: TestHub) -> None:
    say_yes(stage)
    assert stage.hub.plugins.may_read("contacts")
    more = GoogleContacts.manifest.auth.model_copy(update={"scopes": ("contacts.readonly", "contacts.other.readonly")})
    stage.contacts.manifest = GoogleContacts.manifest.model_copy(update={"auth": more})
    assert not stage.hub.plugins.may_read("contacts")


def test_a_yes_that_was_said_to_a_stand_in_opens_nothing_at_google(stage: TestHub) -> None:
    say_yes(stage)
    real = stage.contacts.settings.model_copy(update={"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth"})
    stage.contacts.settings = real
    assert not stage.hub.plugins.may_read("contacts")


def test_one_owner_at_a_time_and_a_second_sign_in_needs_the_first_taken_back(stage: TestHub) -> None:
    say_yes(stage)
    with pytest.raises(NotSupported, match="disconnect it first"):
        say_yes(stage)
    assert words(stage) == ["given"] and stage.hub.plugins.may_read("contacts")
    disconnect_owner(stage.hub, "contacts", actor="pat", reason="Enough.")
    say_yes(stage)
    assert words(stage) == ["given", "withdrawn", "given"] and stage.hub.plugins.may_read("contacts")


def test_a_connector_that_nobody_owns_has_nothing_to_connect(stage: TestHub) -> None:
    with pytest.raises(NotSupported, match="credentials are in"):
        connect_owner(stage.hub, "crm", owner="Pat", actor="pat", redirect_uri=REDIRECT, answer=browser)


SIGN_IN = GoogleContacts.Settings(client_id="client", client_secret="secret")


@given(address=st.text() | st.from_regex(r"\Ahttp://127\.0\.0\.1:8765/ringfence\?(code|state|error)=.{0,9}\Z"))
@settings(max_examples=40)
def test_nothing_that_anybody_makes_up_answers_a_sign_in(address: str) -> None:
    clock = FrozenClock()
    attempt = Attempt(connect(GoogleContacts, None, **SIGN_IN.model_dump()).owner_sign_in(), REDIRECT, clock())
    with pytest.raises(AuthError):
        attempt.redeem(address, clock())
