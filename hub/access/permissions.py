"""The single table of role permissions. Anything that is not listed here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Action = Literal[
    "account", "calls", "people", "recordings", "transcripts", "voicemail", "texts", "bodies", "reports",
    "deliveries", "marks", "contact", "end_recording", "replay", "share",
    "setup", "configure", "status",
    "requests", "exports", "consent", "audit", "users",
]  # fmt: skip
"""What a user does. First what is only read: `recordings` and `transcripts` are of conversations, `voicemail` is the messages
of callers and their transcripts; then what changes something: `marks` are lead status, value, tags, notes and
merged people, `contact` is texting and calling back, `end_recording` deletes what a caller does not want recorded, `share` is
links to reports; then how the hub is set up: `setup` sees connectors, numbers, flows and conversion rules, `configure` changes
them, `status` sees queues, jobs and processes; then the duties of owners and officers."""
Listening = Literal["recordings", "transcripts"]
"""What is done with one recording: it is heard, or its transcript is read."""
Role = Literal["owner", "admin", "marketer", "receptionist", "agent", "privacy_officer", "auditor"]
Reach = Literal["account", "own"]
"""`account`: everything in the account; `own`: data of calls that the user answered."""

ACTIONS: tuple[Action, ...] = get_args(Action)
ROLES: tuple[Role, ...] = get_args(Role)
_ALL: Reach = "account"
_OWN: Reach = "own"

_DAILY: tuple[Action, ...] = (
    "account", "calls", "people", "recordings", "transcripts", "voicemail", "texts", "bodies", "reports",
    "deliveries", "marks", "contact", "end_recording", "replay", "share",
)  # fmt: skip

TABLE: Mapping[str, Mapping[str, Reach]] = {
    "owner": dict.fromkeys(ACTIONS, _ALL),
    # Runs the account from day to day. Who answers people's requests, and who watches the watchers, are others.
    "admin": dict.fromkeys((*_DAILY, "setup", "configure", "status", "consent"), _ALL),
    "marketer": dict.fromkeys(
        ("account", "calls", "people", "texts", "reports", "deliveries", "marks", "replay", "share", "setup"), _ALL
    ),
    # Answers calls and texts at the front desk, and calls back who left a message; neither conversations nor what the ads
    # bring are their business.
    "receptionist": dict.fromkeys(
        ("account", "calls", "people", "voicemail", "texts", "bodies", "marks", "contact", "end_recording"), _ALL
    ),
    "agent": dict.fromkeys(("calls", "recordings", "transcripts", "voicemail", "marks", "end_recording"), _OWN),
    "privacy_officer": dict.fromkeys(("account", "people", "requests", "exports", "consent"), _ALL),
    "auditor": {"audit": _ALL},
}
"""Role → action → how far. `texts` are texts without what stands in them, which is `bodies`; `account` is the names of the
account's companies. Source: security.md 2.3, RBAC."""


WHOLE_ACCOUNT: frozenset[str] = frozenset({"audit", "users", "configure", "status"})
"""Actions on data that belongs to no single company: a user who is limited to companies may not do them."""


def reach(role: str, action: str) -> Reach | None:
    """How far a role may do something; None if it may not, or if the action is not declared."""
    return TABLE.get(role, {}).get(action)


def right_to(listening: Listening, kind: str) -> Action:
    """The action that decides whether a user may hear a recording of a `kind` (`Recording.kind`), or read its transcript.
    Who may do it with conversations may do it with messages: a route for both asks for `voicemail` first."""
    return "voicemail" if kind == "voicemail" else listening
