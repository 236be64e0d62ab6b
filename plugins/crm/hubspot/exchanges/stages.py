"""What HubSpot holds before an exchange."""

from __future__ import annotations

from typing import Any

PROPERTY = {"name": "ringfence_call_id", "hasUniqueValue": True, "groupName": "ringfence"}


def empty(hubspot: Any) -> dict[str, str]:
    """Nothing."""
    hubspot.forget()
    return {}


def contact(hubspot: Any) -> dict[str, str]:
    """A contact, and the property that holds our call's id."""
    hubspot.forget()
    hubspot.account.tables["calls"].own["ringfence_call_id"] = PROPERTY
    return {"contact": hubspot.add_contact("Ada Example", "(312) 555-0142", "ada@example.com")}


def refused_call(hubspot: Any) -> dict[str, str]:
    """One call that cannot be saved."""
    values = contact(hubspot)
    hubspot.refuse("call-2")
    return values


def called_contact(hubspot: Any) -> dict[str, str]:
    """A contact who has called."""
    values = contact(hubspot)
    numbers = {"hs_call_from_number": "+13125550142", "hs_call_to_number": "+13125550100"}
    values["call"] = hubspot.add("calls", ringfence_call_id="call-1", hs_timestamp="1764000000000", **numbers)
    return values


def deal(hubspot: Any) -> dict[str, str]:
    """A won deal of a contact, with the call that began it."""
    values = contact(hubspot)
    values["deal"] = hubspot.add_deal(values["contact"], "won", "1200.50", "USD")
    values["call"] = hubspot.add("calls", ringfence_call_id="call-1", hs_timestamp="2026-11-24T14:00:00.000Z")
    hubspot.link("calls", values["call"], "deals", values["deal"], 206)
    return values


def limit_reached(hubspot: Any) -> dict[str, str]:
    """No request is left of the ten seconds."""
    hubspot.forget()
    hubspot.burst = 0
    return {}


def without_scope(hubspot: Any) -> dict[str, str]:
    """The app may not read deals."""
    hubspot.forget()
    hubspot.account.scopes.remove("crm.objects.deals.read")
    return {}


def installed(hubspot: Any) -> dict[str, str]:
    """The app was installed by OAuth."""
    hubspot.forget()
    return {name: str(value) for name, value in hubspot.oauth_settings().items()}
