"""Who gets people's data: the connectors, and the endpoints of webhooks, each as an entry with a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from hub.config.models import CompanySection, Config, ConnectorCommon, ConnectorEntry
from hub.config.sections.webhooks import WebhookSection
from hub.contracts.connector import Connector
from hub.contracts.manifest import Recipient
from hub.contracts.webhook_data import manifest_of

PREFIX = "webhook/"


def recipients_of(config: Config) -> Mapping[str, ConnectorEntry]:
    """Every connector by its name, and every enabled endpoint by `webhook/company/name`."""
    return {**config.connectors, **{entry.name: entry for entry in _endpoints(config)}}


def recipient_name(company: str, endpoint: str) -> str:
    """The name under which the data map and the record of disclosures know an endpoint."""
    return f"{PREFIX}{company}/{endpoint}"[:64]


def endpoint_entry(company: str, section: WebhookSection) -> ConnectorEntry:
    """One endpoint as a recipient."""
    return _entry(company, section)


def _endpoints(config: Config) -> Iterator[ConnectorEntry]:
    companies: tuple[CompanySection, ...] = config.companies
    return (_entry(company.name, each) for company in companies for each in company.webhooks if each.enabled)


@lru_cache(maxsize=256)
def _entry(company: str, section: WebhookSection) -> ConnectorEntry:
    manifest = manifest_of(
        Recipient(name=section.recipient_name, role=section.role, postal_address=section.postal_address),
        section.regions,
        section.host,
        section.use,
        frozenset(event.value for event in section.events),
        frozenset(section.withhold),
    )
    return ConnectorEntry(
        name=recipient_name(company, section.name),
        common=ConnectorCommon(plugin=manifest.name, companies=(company,), transfer=section.transfer),
        connector_class=type("Webhook", (Connector,), {"manifest": manifest}),
        written={},
    )
