"""What the visit behind a contact says: the device, and the parameters of its landing page."""

from __future__ import annotations

from hub.model import Visit

TABLETS, PHONES = ("iPad", "Tablet"), ("Mobile", "iPhone", "Android")
"""What stands in a User-Agent; an Android tablet has no `Mobile`, but few are left, so Android counts as a phone."""


def device_type(visit: Visit | None) -> str | None:
    """`desktop`, `mobile` or `tablet`; None without a visit."""
    agent = (visit.user_agent or "") if visit else ""
    if not agent:
        return None
    if any(mark in agent for mark in TABLETS):
        return "tablet"
    return "mobile" if any(mark in agent for mark in PHONES) else "desktop"


def parameter(visit: Visit | None, name: str) -> str | None:
    """A parameter of the landing page, like `utm_source`."""
    value = visit.parameters.get(name) if visit else None
    return str(value) if value not in (None, "") else None
