"""Who gets people's data: the connectors, the endpoints of webhooks, and the mailboxes that get voicemail, each as an entry
with a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from hub.config.mail import MailSection
from hub.config.models import CompanySection, Config, ConnectorCommon, ConnectorEntry
from hub.config.sections.webhooks import WebhookSection
from hub.contracts.connector import Connector
from hub.contracts.manifest import Deletion, Recipient
from hub.contracts.values import personal_fields
from hub.contracts.webhook_data import CallNews, manifest_of

PREFIX = "webhook/"
MAIL, MAIL_USE = "mail", "essential.service.operations"
"""The name under which the mailboxes of users are known, and what voicemail is used for there."""
KEPT_BACK = frozenset(personal_fields(CallNews)) - {"recording", "transcript"}


def recipients_of(config: Config) -> Mapping[str, ConnectorEntry]:
    """Every connector by its name, every enabled endpoint by `webhook/company/name`, and the users' mailboxes."""
    mail = [_mail(config.mail)] if config.mail and config.mail.messages else []
    return {**config.connectors, **{entry.name: entry for entry in (*_endpoints(config), *mail)}}


def recipient_name(company: str, endpoint: str) -> str:
    """The name under which the data map and the record of disclosures know an endpoint."""
    return f"{PREFIX}{company}/{endpoint}"[:64]


def endpoint_entry(company: str, section: WebhookSection) -> ConnectorEntry:
    """One endpoint as a recipient."""
    return _entry(company, section)


def _endpoints(config: Config) -> Iterator[ConnectorEntry]:
    companies: tuple[CompanySection, ...] = config.companies
    return (_entry(company.name, each) for company in companies for each in company.webhooks if each.enabled)


@lru_cache(maxsize=16)
def _mail(section: MailSection) -> ConnectorEntry:
    """The users' mailboxes, which get the sound and the transcript of voicemail."""
    to = section.messages
    assert to is not None
    host = section.server[1]
    manifest = manifest_of(
        Recipient(name=to.recipient, role=to.role), to.regions, host, MAIL_USE, frozenset({"post_call"}), KEPT_BACK
    ).model_copy(
        update={
            "title": "Voicemail by email",
            "summary": "The sound and the transcript of voicemail, for users who want it in their mailbox.",
            "retention": "until the user deletes the email; it says by when",
            "deletion": Deletion(
                supported=False,
                note="The hub cannot delete an email that it has sent. Ask the users to delete those that have a message of "
                "this person; the audit log says who got one.",
            ),
        }
    )
    return ConnectorEntry(
        name=MAIL,
        common=ConnectorCommon(plugin=manifest.name, transfer=to.transfer),
        connector_class=type("Mailboxes", (Connector,), {"manifest": manifest}),
        written={},
    )


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
