"""What may be moved and named: by an owner who types the secrets, by the operator, from the operator's list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import ENVIRON, open_config_stage
from keyed_hub import EDITS, EVIL, KEYED, TEXT, apply, edited, file_of, tried
from page_client import seen, signed_in
from sqlalchemy import update
from testbed import TestHub

from hub.errors import ConfigError
from hub.model import AuditEntry, ConnectorToken, StoredSecret, WebhookEndpoint
from hub.model.states import ConfigHow
from hub.store.connectors import StoredTokens
from hub.testing import FrozenClock


@pytest.fixture
def stage(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(database_url, clock, tmp_path, TEXT, KEYED) as opened:
        yield opened


def test_an_owner_moves_a_connector_by_typing_its_secrets(stage: TestHub) -> None:
    owner, moved = signed_in(stage), edited(stage, *EDITS["base URL"])
    StoredTokens(stage.hub.store, stage.hub.keyring, stage.clock, "crm").save({"access_token": "old"})
    half = apply(owner, moved, **{"secret.crm.token": "typed-token"})
    assert half.status_code == 422 and not stage.rows(StoredSecret) and "typed-token" not in half.text
    done = apply(owner, moved, **{"secret.crm.token": "typed-token", "secret.crm.login.client_secret": "typed-secret"})
    assert done.status_code == 303, seen(done.text)
    text = file_of(stage).read().text
    assert "token: ${secret:crm.token}" in text and "typed-" not in text and "${env:CRM_KEY}" not in text
    settings: Any = file_of(stage).check(text).connectors["crm"].settings
    assert settings.token.get_secret_value() == "typed-token" and settings.base_url == EVIL
    assert settings.login.client_secret.get_secret_value() == "typed-secret"
    assert stage.rows(ConnectorToken) == [], "the sign-in does not go to the new address"
    (entry,) = stage.rows(AuditEntry, action="connectors.address")
    assert entry.detail == "crm: crm.example.com to evil.example.net" and "typed" not in str(stage.rows(AuditEntry))


def test_a_webhook_with_another_address_gets_another_signing_secret(stage: TestHub) -> None:
    hook = "        webhooks: [{name: erp, use: sales, url: 'https://hooks.example.com/a'}]\n"
    file, admin = file_of(stage), signed_in(stage, "admin")
    file.apply(file.propose(edited(stage, "        region: IL\n", "        region: IL\n" + hook)), "operator")
    with stage.hub.store.writing() as session:
        session.execute(update(WebhookEndpoint).values(secret_sealed=b"sealed", former_sealed=b"former"))
    assert apply(admin, edited(stage, "use: sales", "use: sales, regions: [US]")).status_code == 303
    assert {row.secret_sealed for row in stage.rows(WebhookEndpoint)} == {b"sealed"}
    assert apply(admin, edited(stage, "hooks.example.com", "evil.example.net")).status_code == 303
    assert {(row.secret_sealed, row.former_sealed) for row in stage.rows(WebhookEndpoint)} == {(None, None)}


def test_an_admin_types_a_new_secret_for_the_same_address(stage: TestHub) -> None:
    text = edited(
        stage,
        "    token: ${env:CRM_KEY}\n    login:\n      client_secret: ${env:CRM_KEY}\n",
        "    token: ${secret:x}\n",
    )
    file, admin = file_of(stage), signed_in(stage, "admin")
    answer = apply(admin, text.replace("    plugin: paper_crm\n", "    plugin: paper_crm\n    pipeline: other\n"))
    assert answer.status_code == 422 and "secret.crm.token" in answer.text
    typed = apply(admin, text, **{"secret.crm.token": "typed-by-an-admin"})
    assert typed.status_code == 303, "the address stays, so what is typed goes where the old one went"
    assert "${secret:crm.token}" in file.read().text


def test_the_operator_stays_free(stage: TestHub) -> None:
    file = file_of(stage)
    moved = edited(stage, *EDITS["base URL"])
    assert file.apply(file.propose(moved), "root").number == 2
    file.path.write_text(moved.replace("evil.example.net", "crm2.example.com"))
    assert file.take(ConfigHow.FILE) is not None and tried(stage) == []


@pytest.mark.parametrize("name", ["env:HUB_KEY", "file:data/secret.key", "file:config.yaml"])
def test_the_hubs_own_secrets_cannot_be_listed(stage: TestHub, name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        file_of(stage).check(edited(stage, '["env:LISTED_KEY"]', f'["env:LISTED_KEY", "{name}"]'))
    (problem,) = refused.value.problems
    assert f"{name} is a secret of the hub itself" in problem.text and problem.path == "hub.browser_references[1]"


def test_an_owner_names_what_the_operator_listed(stage: TestHub) -> None:
    listed = edited(stage, "    token: ${env:CRM_KEY}", "    token: ${env:LISTED_KEY}")
    assert apply(signed_in(stage, "admin"), listed).status_code == 422
    assert apply(signed_in(stage), listed).status_code == 303
    settings: Any = file_of(stage).check(file_of(stage).read().text).connectors["crm"].settings
    assert settings.token.get_secret_value() == ENVIRON["LISTED_KEY"]
