"""How pages name roles, ways to sign in, and the reach of a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.access.permissions import ROLES
from hub.access.sign_in.credentials import WaysIn

ROLE_WORDS: Mapping[str, tuple[str, str]] = {
    "owner": ("Owner", "everything, users and the audit log included"),
    "admin": ("Admin", "runs the account from day to day; no users, no privacy requests"),
    "marketer": ("Marketer", "calls, reports and conversions; no recordings, not what texts say"),
    "receptionist": (
        "Receptionist",
        "calls, voicemail and texts at the front desk; no recorded conversations, no reports",
    ),
    "agent": ("Agent", "only calls that they answered"),
    "privacy_officer": ("Privacy officer", "people's requests, consent, the journal"),
    "auditor": ("Auditor", "the audit log only"),
}
"""Role → its name, and what it may do in short."""


def roles() -> list[tuple[str, str, str]]:
    """Every role with its words."""
    return [(role, *ROLE_WORDS[role]) for role in ROLES]


def role_name(role: str) -> str:
    """Privacy officer, for privacy_officer."""
    return ROLE_WORDS[role][0] if role in ROLE_WORDS else role


def ways_in_words(ways: WaysIn) -> str:
    """2 passkeys, password and app."""
    parts = [
        *([f"{ways.passkeys} passkey{'s' if ways.passkeys > 1 else ''}"] if ways.passkeys else []),
        *(["password and app"] if ways.password else []),
        *(["OpenID provider"] if ways.identities else []),
    ]
    return ", ".join(parts)


def reach(companies: Sequence[str], titles: Mapping[str, str]) -> str:
    """The companies that a user sees."""
    return ", ".join(titles.get(each, each) for each in companies) if companies else "All companies"
