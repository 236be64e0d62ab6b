"""Users in CallRail's shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hub.callrail.dates import utc_time
from hub.callrail.ids import COMPANY, USER, wire_id
from hub.model import Company, User

ROLES: Mapping[str, str] = {
    "owner": "admin",
    "admin": "admin",
    "marketer": "manager",
    "receptionist": "manager",
    "agent": "agent",
    "privacy_officer": "reporting",
    "auditor": "reporting",
}
"""Role → the nearest one of CallRail's."""


def user_record(user: User, companies: Sequence[Company], fields: Sequence[str]) -> dict[str, object]:
    """A user with these fields, and the companies that the user sees. The name is made of the user's name for sign-in."""
    first, *rest = [part.title() for part in re.split(r"[._-]+", user.name) if part] or [user.name]
    values = {
        "id": wire_id(USER, user.id),
        "email": user.email,
        "first_name": first,
        "last_name": " ".join(rest),
        "name": " ".join((first, *rest)),
        "role": ROLES.get(user.role, "reporting"),
        "accepted": user.disabled_at is None,
        "created_at": utc_time(user.made_at),
        "companies": [{"id": wire_id(COMPANY, each.id), "name": each.title} for each in companies],
    }
    return {name: values[name] for name in fields}
