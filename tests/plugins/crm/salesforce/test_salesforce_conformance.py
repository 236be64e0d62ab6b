"""The conformance suite of CRMs, with each of the two ways to sign in."""

from __future__ import annotations

from typing import Any

from hub.testing import CrmConformance
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import Sandbox


class TestSalesforce(CrmConformance):
    connector_class = Salesforce


class WithRefreshTokens(Sandbox):
    """The stand-in, handing out refresh tokens instead of a key."""

    def settings(self) -> dict[str, Any]:
        return self.refresh_token_settings() | {"erasure": "people"}


class TestSalesforceByRefreshToken(CrmConformance):
    connector_class = Salesforce
    sandbox_class = WithRefreshTokens
