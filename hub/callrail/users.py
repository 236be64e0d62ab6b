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
    "marketer": "reporting",
    "receptionist": "agent",
    "agent": "agent",
    "privacy_officer": "reporting",
    "auditor": "reporting",
}
"""Role → the nearest one of CallRail's."""
MANAGER = "manager"
"""CallRail's role of an admin who sees only some companies."""


def names_of(user: User) -> tuple[str, str]:
    """The first and the last name, as they were given or as the name for sign-in has them."""
    if user.first_name or user.last_name:
        return user.first_name or "", user.last_name or ""
    first, *rest = [part.title() for part in re.split(r"[._-]+", user.name) if part] or [user.name]
    return first, " ".join(rest)


def user_record(
    user: User, companies: Sequence[Company], fields: Sequence[str], *, is_limited: bool, is_accepted: bool
) -> dict[str, object]:
    """A user with these fields, and the companies that the user sees."""
    first, last = names_of(user)
    values = {
        "id": wire_id(USER, user.id),
        "email": user.email,
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}".strip(),
        "role": MANAGER if user.role == "admin" and is_limited else ROLES[user.role],
        "accepted": is_accepted,
        "created_at": utc_time(user.made_at),
        "companies": [{"id": wire_id(COMPANY, each.id), "name": each.title} for each in companies],
    }
    return {name: values[name] for name in fields}
