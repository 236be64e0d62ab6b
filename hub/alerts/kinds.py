"""The kinds of alerts and the channels: their words, who may have them, and what can be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from hub.access.permissions import Action
from hub.access.scope import AccessScope, scope_of
from hub.model import User


class Channel(StrEnum):
    """A way out of the hub; the list in the page is always there."""

    EMAIL = "email"
    TEXT = "text"
    WEBHOOK = "webhook"
    SLACK = "slack"
    TEAMS = "teams"
    PUSH = "push"


OTHER_SYSTEMS = frozenset({Channel.WEBHOOK, Channel.SLACK, Channel.TEAMS})
"""Channels into a system that other people read too. They are part of the set-up, and never name a caller: nobody declared
who reads there and for what use, so consent cannot be asked."""


CHANNEL_NAMES: Mapping[str, str] = {
    Channel.EMAIL: "Email",
    Channel.TEXT: "Text",
    Channel.WEBHOOK: "Webhook",
    Channel.SLACK: "Slack",
    Channel.TEAMS: "Teams",
    Channel.PUSH: "Notification",
}


@dataclass(frozen=True)
class Threshold:
    """A number that a kind of alert can be set to."""

    label: str
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class AlertKind:
    """One kind: its name, what it says in one sentence, and the action that a user must be permitted."""

    key: str
    label: str
    explains: str
    action: Action
    threshold: Threshold | None = None


KINDS: tuple[AlertKind, ...] = (
    AlertKind("missed_call", "Missed call", "Nobody picked up, and half a minute has passed.", "calls"),
    AlertKind("voicemail", "Voicemail", "A caller left a message.", "calls"),
    AlertKind("first_time_caller", "First-time caller", "The number has not called this company before.", "calls"),
    AlertKind("text", "Text received", "A person wrote; the words STOP, START and HELP are left out.", "texts"),
    AlertKind("lead", "Lead", "Somebody else marked a call, text or form as qualified or booked.", "marks"),
    AlertKind("signal", "Signal in a call", "Something was said in a call that the company wants to hear of.", "transcripts"),
    AlertKind("connector_failing", "Connector failing",
              "It needs new credentials or a newer version of its provider's API, its provider does not answer, or its plugin "
              "ended too often.", "setup"),
    AlertKind("hub_trouble", "Hub in trouble",
              "Something stops the hub itself, such as a full disk, or a part of it fails again and again.", "setup"),
    AlertKind("consent_silent", "Consent plugin silent", "It does not answer, so nothing is sent that needs consent.",
              "setup"),
    AlertKind("quarantined", "Item in quarantine", "The hub died three times of it, and leaves it alone until you look.",
              "setup"),
    AlertKind("nothing_delivered", "Nothing delivered", "Something was due to a destination, and it took nothing.",
              "deliveries", Threshold("Hours", 24, 1, 168)),
    AlertKind("volume_drop", "Fewer calls than usual", "Far fewer than at the same hours of former weeks.", "reports"),
    AlertKind("volume_spike", "More calls than usual", "Far more than at the same hours of former weeks.", "reports"),
    AlertKind("number_health", "Number in trouble",
              "It rings for nobody, points elsewhere, is not at the carrier, or costs without use.", "setup"),
    AlertKind("webhook_set_aside", "Webhook not taken", "An address of yours takes nothing, or events were given up.",
              "setup"),
    AlertKind("pool_overflow", "Pool overflow", "Visitors found no free number in a pool on one day.", "setup",
              Threshold("Visitors", 5, 1, 10_000)),
)  # fmt: skip
"""In the order in which pages list them."""
BY_KEY: Mapping[str, AlertKind] = {kind.key: kind for kind in KINDS}
DIGESTS: Mapping[str, str] = {"daily": "Every day", "weekly": "Every Monday", "monthly": "On the first of the month"}
DIGEST, REPORT, TEST = "digest", "report", "test"
"""Kinds of rows that are no kind of alert: a summary of a period, a report to somebody without an account, and what the test
button sends."""
WHOLE_ACCOUNT = "whole_account"
"""The fact of what concerns all companies of an account: only users of all of them hear of it."""
URGENT = frozenset({"missed_call", "voicemail", "text", "connector_failing", "hub_trouble", "consent_silent"})


def kinds_for(session: Session, user: User, company_id: str) -> list[AlertKind]:
    """The kinds that a user may have for a company."""
    return [kind for kind in KINDS if reaches(scope_of(session, user, kind.action), company_id, kind)]


def reaches(scope: AccessScope | None, company_id: str, kind: AlertKind) -> bool:
    """Whether somebody with this scope may hear of a kind at a company at all. Who sees only the calls that they answered
    can have no alert about calls that nobody answered."""
    if scope is None or (scope.companies is not None and company_id not in scope.companies):
        return False
    return scope.reach == "account" or kind.key in ("first_time_caller", "lead", "signal")


def may_use(session: Session, user: User, company_id: str, channel: str) -> bool:
    """Whether a user may have alerts by a channel."""
    scope = scope_of(session, user, "setup" if channel in OTHER_SYSTEMS else "calls")
    return scope is not None and (scope.companies is None or company_id in scope.companies)


def threshold_of(kind: str, chosen: int | None) -> int:
    """The threshold of a rule: as chosen within the limits, or the kind's default; 0 if the kind has none."""
    limits = BY_KEY[kind].threshold
    return 0 if limits is None else min(max(chosen or limits.default, limits.least), limits.most)
