"""Which data HubSpot gets, why, and within which limits."""

from __future__ import annotations

from datetime import date

from hub.api import ApiVersion, Auth, DataFlow, Deletion, Limits, Manifest, Recipient, Share, Webhooks
from hub.api.oauth import Scope

ASKS = (
    Scope(
        name="crm.objects.contacts.read",
        title="Read contacts",
        purpose="Say who is calling, and find the contact that a call is logged on",
    ),
    Scope(
        name="crm.objects.contacts.write",
        title="Create and change contacts",
        purpose="Log finished calls on their contact, and correct or erase a person on request",
    ),
    Scope(name="crm.objects.deals.read", title="Read deals", purpose="Learn which calls became customers"),
    Scope(
        name="crm.schemas.contacts.write",
        title="Change properties",
        purpose="Create the one property that holds our call's id, so that no call is logged twice",
    ),
)

MANIFEST = Manifest(
    name="hubspot",
    kind="crm",
    version="0.1.0",
    title="HubSpot",
    summary="HubSpot CRM: who is calling, calls on their contact, deals as outcomes.",
    recipient=Recipient(name="HubSpot, Inc.", role="processor", privacy_url="https://legal.hubspot.com/privacy-policy"),
    regions=("US", "DE", "CA", "AU"),
    hosts=("api.hubapi.com",),
    network_library="hubspot-api-client",
    flows=(
        DataFlow(hook="enrich_caller", use="essential.service.operations", shares=(Share(field="phone_number"),)),
        DataFlow(
            hook="log_calls",
            use="sales",
            shares=tuple(
                Share(field=name) for name in ("caller_number", "caller_name", "landing_page", "recording_url")
            ),
        ),
        DataFlow(
            hook="export_person",
            use="essential.legal_obligation",
            shares=(Share(field="phone_numbers"), Share(field="emails")),
        ),
        DataFlow(
            hook="erase_person",
            use="essential.legal_obligation",
            shares=(Share(field="phone_numbers"), Share(field="emails")),
        ),
        DataFlow(
            hook="correct_person",
            use="essential.legal_obligation",
            shares=tuple(
                Share(field=name) for name in ("phone_numbers", "emails", "new_name", "new_email", "new_phone_number")
            ),
        ),
    ),
    retention="as long as the customer keeps the contact or the call in HubSpot",
    deletion=Deletion(
        supported=True,
        note="contacts are purged for good within 30 days; deleted calls stay in the account's recycle bin for 90 days",
    ),
    auth=Auth(
        keys_url="https://app.hubspot.com/private-apps",
        kind="oauth2",
        scopes=tuple(scope.name for scope in ASKS),
        asks=ASKS,
        first=("access_token",),
        note="HubSpot asks for all of them together; without one of them it does not connect.",
    ),
    limits=Limits(batch_size=100, requests_per_minute=600),
    versions=(
        ApiVersion(name="2025-09", setting="api_version", ends=date(2027, 3, 1), is_published=False),
        ApiVersion(name="v3", setting="api_version", ends=date(2027, 9, 1)),
        ApiVersion(name="2026-03", setting="api_version", ends=date(2027, 9, 1), is_published=False),
        ApiVersion(name="2026-09", setting="api_version", ends=date(2028, 3, 1), is_published=False),
    ),
    # HubSpot sends up to 100 notices in one webhook.
    webhooks=Webhooks(max_bytes=131_072, signature_header="x-hubspot-signature-v3"),
)
