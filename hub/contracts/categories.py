"""The vocabulary of personal data: fideslang's names, and the few that a call-tracking hub must add.

Source of the names: the default taxonomy of fideslang 3.1.
"""

from __future__ import annotations

OWN_CATEGORIES = frozenset(
    {
        "user.advertising.click_id",
        "user.telephony.call_metadata",
        "user.telephony.carrier",
        "user.telephony.line_type",
        "user.telephony.message_body",
        "user.telephony.recording",
        "user.telephony.voicemail",
    }
)
"""Names that fideslang lacks."""

CATEGORIES = OWN_CATEGORIES | frozenset(
    {
        "user.behavior.browsing_history",
        "user.behavior.purchase_history",
        "user.behavior.search_history",
        "user.contact.address.city",
        "user.contact.address.country",
        "user.contact.address.postal_code",
        "user.contact.address.state",
        "user.contact.email",
        "user.contact.organization",
        "user.contact.phone_number",
        "user.content.private",
        "user.demographic.age_range",
        "user.device.cookie_id",
        "user.device.device_id",
        "user.device.ip_address",
        "user.health_and_medical",
        "user.job_title",
        "user.location.imprecise",
        "user.name",
        "user.privacy_preferences",
        "user.telemetry",
        "user.unique_id",
        "user.unique_id.pseudonymous",
    }
)
"""Every data category that a table, a fact or a manifest may name."""
HEALTH = "user.health_and_medical"
"""The fact of a call to a dentist or clinic is health data: the person looks for care. Part of each consent question
about a company with `sensitive: health` (RCW 19.373.010: data that identifies a consumer's past, present or future health).
"""

OWN_USES = frozenset({"essential.service.call_back", "telephony.recording", "web.tracking"})
"""Purposes that fideslang lacks: to call a person back, to record a call at all, and to store or read anything on a visitor's
device (ePrivacy Directive, Art. 5(3)). Separate laws govern each of them."""

USES = OWN_USES | frozenset(
    {
        "analytics.reporting.ad_performance",
        "essential.legal_obligation",
        "essential.service",
        "essential.service.operations",
        "essential.service.operations.support",
        "essential.service.notifications.sms",
        "functional.service",
        "functional.service.improve",
        "marketing.advertising.first_party.targeted",
        "marketing.advertising.third_party.targeted",
        "marketing.communications.sms",
        "personalize",
        "sales",
    }
)
"""Every purpose that a manifest or a consent question may name."""
