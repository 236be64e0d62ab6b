"""`webhooks:` of a company: what is refused, and what CallRail's API writes there."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from testbed import ACCOUNTS

from hub.config.models import CompanySection
from hub.config.sections.webhooks import WebhookSection
from hub.errors import CannotDo
from hub.model.states import WebhookType
from hub.webhooks_out.integrations import addresses_by_type, changes_for

USE = "essential.service.operations"
FIRST, SECOND = "https://hooks.example.com/calls", "https://other.example.com/a?key=1"


def company(*webhooks: dict[str, Any]) -> CompanySection:
    companies: Any = ACCOUNTS[0]["companies"]
    return CompanySection.model_validate({**companies[0], "webhooks": list(webhooks)})


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com/", "https://user:pass@hooks.example.com/", "https://hooks.example.com:22/", "file:///etc/x",
     "gopher://hooks.example.com", "https://", "https://hooks.example.com/a b", "https://hööks.example.com/"],
)  # fmt: skip
def test_an_address_that_nobody_should_send_to_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        WebhookSection(name="crm", url=url, use=USE)


def test_only_a_private_address_may_do_without_tls() -> None:
    assert WebhookSection(name="crm", url="http://127.0.0.1:8123/x", use=USE, allow_private=True).host == "127.0.0.1"
    with pytest.raises(ValidationError, match="https://"):
        WebhookSection(name="crm", url="http://127.0.0.1:8123/x", use=USE)


@pytest.mark.parametrize("use", ["essential.service.call_back", "telephony.recording", "essential.everything"])
def test_an_address_has_no_use_of_a_carrier_to_be_excepted_by(use: str) -> None:
    with pytest.raises(ValidationError, match="not a use of a webhook"):
        WebhookSection(name="crm", url=FIRST, use=use, role="independent_controller")


def test_two_webhooks_of_a_company_have_two_names() -> None:
    with pytest.raises(ValidationError, match="two webhooks are called crm"):
        company({"name": "crm", "url": FIRST, "use": USE}, {"name": "crm", "url": SECOND, "use": USE})


def test_callrails_integration_shows_and_changes_the_endpoints_in_its_form() -> None:
    section = company({"name": "crm", "url": FIRST, "format": "callrail", "use": USE, "events": ["post_call"]})
    assert addresses_by_type(section)[WebhookType.POST_CALL] == [FIRST]
    assert addresses_by_type(section)[WebhookType.PRE_CALL] == []
    wanted = {WebhookType.PRE_CALL: [SECOND], WebhookType.POST_CALL: [SECOND, FIRST]}
    (new,) = changes_for("agency", section, wanted)
    assert new.path == ("accounts", "agency", "companies", "lakeside", "webhooks", "callrail")
    assert new.value == {
        "name": "callrail", "url": SECOND, "format": "callrail", "use": USE, "events": ["pre_call", "post_call"],
    }  # fmt: skip
    (gone,) = changes_for("agency", section, {})
    assert (gone.path[-2:], gone.value) == (("crm", "enabled"), False)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "https://127.1/", "https://[::ffff:10.0.0.1]/", "https://localhost/"]
)
def test_an_address_inside_the_network_is_refused_in_config_yaml_and_by_callrails_integration(url: str) -> None:
    with pytest.raises(ValidationError, match=r"https://|public addresses only"):
        WebhookSection(name="crm", url=url, use=USE)
    with pytest.raises(CannotDo, match=r"https://|public addresses only"):
        changes_for("agency", company(), {WebhookType.FORM: [url]})
