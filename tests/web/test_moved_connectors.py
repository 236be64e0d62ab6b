"""A connector at another address of its provider: what the owner types, what works then, and where a sign-in does not go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_client import PageClient, seen, signed_in
from provider_stage import Providers, agree, environment, open_provider_stage, running_providers
from testbed import TestHub

from hub.config.edit import Change
from hub.model import AuditEntry, ConnectorToken, StoredSecret
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.store.connectors import pause
from hub.testing import FrozenClock
from plugins.crm.hubspot.sandbox import Sandbox as HubSpot


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    with running_providers() as running:
        yield running


@pytest.fixture
def stage(
    providers: Providers, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestHub]:
    for name, value in environment(providers).items():
        monkeypatch.setenv(name, value)
    with open_provider_stage(providers, tmp_path, clock) as made:
        yield made


def text_of(stage: TestHub) -> str:
    assert stage.config_file is not None
    return stage.config_file.read().text


def apply(browser: PageClient, text: str, **typed: str) -> Any:
    assert browser.stage.config_file is not None
    base = browser.stage.config_file.read().sha
    return browser.post("/config", {"deed": "apply", "text": text, "base": base, **typed})


def sign_in(browser: PageClient, connector: str) -> Any:
    """Sign in at the provider for a connector of config.yaml."""
    go = browser.get(f"/connectors/{connector}/sign-in/go").headers["location"]
    back = agree(go)
    return browser.get(back[back.index("/connectors/oauth") :])


def test_a_moved_connector_works_with_what_its_owner_typed(
    stage: TestHub, providers: Providers, clock: FrozenClock
) -> None:
    owner = signed_in(stage)
    assert sign_in(owner, "hubspot").status_code == 303 and len(stage.rows(ConnectorToken)) == 1
    with HubSpot(clock) as moved:
        text = (
            text_of(stage)
            .replace(providers.hubspot.url, moved.url)
            .replace(providers.hubspot.client_id, moved.client_id)
        )
        refused = apply(owner, text)
        assert refused.status_code == 422 and "Type the client secret again" in seen(refused.text)
        done = apply(owner, text, **{"secret.hubspot.client_secret": moved.client_secret})
        assert done.status_code == 303, seen(done.text)
        assert stage.rows(ConnectorToken) == [], "the old sign-in is not sent to the new address"
        assert stage.config_file is not None
        with open_hub(read_config(stage.config_file.path), clock) as opened:
            again = TestHub(opened.hub, opened.directory, clock, stage.config_file)
            owner = signed_in(again)
            assert "nobody has signed in yet" in owner.text("/connectors")
            assert sign_in(owner, "hubspot").status_code == 303
            tested = owner.post("/connectors/hubspot/test")
            assert tested.status_code == 200 and moved.url.partition("//")[2] not in str(again.rows(StoredSecret))
            assert (
                opened.hub.plugins.connectors["hubspot"].settings.client_secret.get_secret_value()
                == moved.client_secret
            )
    (entry,) = stage.rows(AuditEntry, action="connectors.address")
    old, new = (each.partition("//")[2] for each in (providers.hubspot.url, moved.url))
    assert entry.detail == f"hubspot: {old} to {new}"


def test_a_sign_in_goes_to_no_connector_that_would_send_it_elsewhere(stage: TestHub, providers: Providers) -> None:
    """An admin could add a connector with the same client and an address of their own, and wait for the owner to sign in."""
    assert stage.config_file is not None
    file = stage.config_file
    place = ("connectors", "google_north", "ads_url")
    file.apply(file.propose([Change(place, "https://evil.example.net")]), "operator")
    with open_hub(read_config(file.path), stage.clock) as opened:
        again = TestHub(opened.hub, opened.directory, stage.clock, file)
        for name in ("google", "google_north"):
            pause(
                again.hub.store,
                name,
                "Google rejects the sign-in (invalid_grant); reconnect this account.",
                stage.clock(),
            )
        assert sign_in(signed_in(again), "google").status_code == 303
        assert [row.connector for row in again.rows(ConnectorToken) if row.ciphertext] == ["google"]


def test_a_listed_reference_is_an_owners_with_a_recent_sign_in(stage: TestHub) -> None:
    typed = {"name": "hubspot_two", "set.access_token": "${env:LISTED_KEY}"}
    refused = signed_in(stage, "admin").post("/connectors/new/hubspot", typed)
    assert refused.status_code == 422 and "Only an owner may write ${env:LISTED_KEY}" in seen(refused.text)
    owner = signed_in(stage)
    stage.clock.advance(minutes=31)
    assert "Sign in again first" in seen(owner.post("/connectors/new/hubspot", typed).text)
    unlisted = signed_in(stage).post("/connectors/new/hubspot", {**typed, "set.access_token": "${env:GOOGLE_SECRET}"})
    assert "ask the operator to list it" in seen(unlisted.text)
    assert signed_in(stage).post("/connectors/new/hubspot", typed).status_code == 303
    assert "access_token: ${env:LISTED_KEY}" in text_of(stage)


def test_the_draft_of_a_sign_in_holds_no_reference_to_the_machine(stage: TestHub) -> None:
    owner = signed_in(stage)
    typed = {"name": "mine", "set.client_id": "x", "set.client_secret": "${env:GOOGLE_SECRET}"}
    begun = owner.post("/connectors/new/hubspot", typed)
    if begun.status_code == 303:
        address = owner.get(f"{begun.headers['location']}/go").headers["location"]
        assert environment_value(stage) not in address
    assert "mine" not in text_of(stage)


def environment_value(stage: TestHub) -> str:
    return str(stage.hub.config.connectors["google"].settings.credentials.client_secret.get_secret_value())  # type: ignore[attr-defined]
