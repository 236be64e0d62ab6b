"""What Salesforce holds before an exchange."""

from __future__ import annotations

from typing import Any

from hub.api.oauth import sign_assertion
from plugins.crm.salesforce.sandbox import USERNAME
from plugins.crm.salesforce.sandbox.sign_in import CLIENT_ID

SESSION = "00D5g000000001!of-the-recorded-exchange"


def session(salesforce: Any) -> dict[str, str]:
    """An open session, and nothing else."""
    salesforce.forget()
    salesforce.sessions.add(SESSION)
    return {"session": SESSION}


def assertion(salesforce: Any) -> dict[str, str]:
    """The assertion of the JWT bearer flow."""
    salesforce.forget()
    pem = salesforce.settings()["private_key"]
    signed = sign_assertion(
        pem, issuer=CLIENT_ID, subject=USERNAME, audience=salesforce.url, now=salesforce.clock(), seconds=120
    )
    return {"assertion": signed}


def contact(salesforce: Any) -> dict[str, str]:
    """A contact."""
    values = session(salesforce)
    return {**values, "contact": salesforce.add_contact("Jo Roe", "+13125550142", "jo@example.com")}


def deal(salesforce: Any) -> dict[str, str]:
    """A won opportunity of the contact, who has called."""
    values = contact(salesforce)
    salesforce.org.create("Task", {"WhoId": values["contact"], "CallObject": "call-1", "ActivityDate": "2026-11-24"})
    return {**values, "deal": salesforce.add_deal(values["contact"], "won", "1200.50", "USD")}


def logged_call(salesforce: Any) -> dict[str, str]:
    """A logged call of the contact."""
    values = contact(salesforce)
    call = {"WhoId": values["contact"], "CallObject": "call-1", "Description": "Logged by Ringfence"}
    return {**values, "task": salesforce.org.create("Task", call)}


def refused_call(salesforce: Any) -> dict[str, str]:
    """A validation rule of the org that refuses one call."""
    values = session(salesforce)
    salesforce.refuse("call-2")
    return values


def day_is_used_up(salesforce: Any) -> dict[str, str]:
    """No request of the day is left."""
    values = session(salesforce)
    salesforce.daily_limit = 0
    return values
