"""The single table of role permissions. Anything that is not listed here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Action = Literal[
    "account", "calls", "recordings", "transcripts", "texts", "bodies", "reports", "requests", "exports", "consent", "audit"
]  # fmt: skip
Role = Literal["owner", "admin", "marketer", "agent", "privacy_officer", "auditor"]
Reach = Literal["account", "own"]
"""`account`: everything in the account; `own`: data of calls that the user answered."""

ACTIONS: tuple[Action, ...] = get_args(Action)
ROLES: tuple[Role, ...] = get_args(Role)
_ALL: Reach = "account"
_OWN: Reach = "own"

TABLE: Mapping[str, Mapping[str, Reach]] = {
    "owner": dict.fromkeys(ACTIONS, _ALL),
    # Runs the account from day to day. Who answers people's requests, and who watches the watchers, are others.
    "admin": dict.fromkeys(
        ("account", "calls", "recordings", "transcripts", "texts", "bodies", "reports", "consent"), _ALL
    ),
    "marketer": dict.fromkeys(("account", "calls", "texts", "reports"), _ALL),
    "agent": dict.fromkeys(("calls", "recordings", "transcripts"), _OWN),
    "privacy_officer": dict.fromkeys(("account", "requests", "exports", "consent"), _ALL),
    "auditor": {"audit": _ALL},
}
"""Role → action → how far. `texts` are texts without what stands in them, which is `bodies`; `account` is the names of the
account's companies. Source: security.md 2.3, RBAC."""


def reach(role: str, action: str) -> Reach | None:
    """How far a role may do something; None if it may not, or if the action is not declared."""
    return TABLE.get(role, {}).get(action)
