"""How pages say what a connector does, how it is connected, whether it works, and what leaves the hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from hub.contracts.manifest import Manifest, Scope
from hub.contracts.titles import readable
from hub.hookspecs import PrivacyHooks
from hub.platform.id_words import words_of
from hub.privacy.datamap.flows import Flow
from hub.queries.connectors.connector_list import ConnectorSummary
from hub.queries.connectors.repairs import Repair

KINDS = {
    "carrier": "carrier",
    "crm": "CRM",
    "ads": "ad network",
    "enrichment": "facts about callers",
    "consent": "consent",
    "transcription": "transcription",
    "insight": "what calls were about",
    "agent": "assistants in calls",
}
CREDENTIALS = {
    "none": "No account",
    "api_key": "API key",
    "basic": "Account and token",
    "oauth2": "Access of an app",
    "jwt_bearer": "Signed key",
}
REPAIR_WORDS = {
    "stopped": ("bad", "Stopped"),
    "down": ("bad", "Away"),
    "soon": ("warn", "Soon"),
    "incomplete": ("warn", "Incomplete"),
}
"""Kind of a repair → the kind of mark, and its word."""
DUTIES = frozenset(vars(PrivacyHooks))
"""Hooks that answer a person's request; what they send is known to the recipient already."""


class Health(NamedTuple):
    """The kind of mark, its word, and a few words more."""

    kind: str
    word: str
    why: str = ""


def health(summary: ConnectorSummary) -> Health:
    """Whether a connector works."""
    if summary.update_waits:
        return Health("held", "Held", "an update of its plugin asks for more")
    if summary.is_stopped:
        return Health("bad", "Stopped", "the provider refuses our credentials")
    if summary.is_unsigned:
        return Health("bad", "Stopped", "nobody has signed in yet")
    if summary.paused_at is not None:
        return Health("held", "Paused", f"by {summary.paused_by}")
    if summary.troubled_since is not None:
        return Health("bad", "Away", "the last sync failed")
    if summary.next_try_seconds is not None:
        return Health("bad", "Away", f"next try in {max(1, round(summary.next_try_seconds))} s")
    if summary.quota is not None and summary.quota.is_near:
        return Health("warn", "Near its limit")
    if summary.last_at is None and summary.manifest.kind in ("carrier", "crm", "ads"):
        return Health("", "Waiting", "nothing has come from it yet")
    return Health("good", "Works")


def is_granted(scope: Scope, token: Mapping[str, Any]) -> bool:
    """Whether the person granted a scope at the sign-in; a provider that does not say what it granted, granted all."""
    granted = token.get("scope") or ()
    return not granted or set(scope.name.split()) <= set(granted)


def how_to_connect(manifest: Manifest) -> str:
    """What a person needs to connect a plugin."""
    if manifest.auth.asks:
        return f"Sign in at {provider_of(manifest)}"
    return CREDENTIALS[manifest.auth.kind]


def provider_of(manifest: Manifest) -> str:
    """The provider's short name: Google, HubSpot."""
    return manifest.recipient.name.removesuffix(".").removesuffix(" Inc").removesuffix(" LLC").rstrip(",")


def what_leaves(manifest: Manifest) -> str:
    """The personal data that a plugin sends, in a few words."""
    if manifest.recipient.role == "none":
        return "nothing"
    names: dict[str, None] = {}
    for flow in manifest.flows:
        if flow.hook not in DUTIES:
            for share in flow.shares:
                names[_field(share.field, share.transform_name)] = None
    return ", ".join(names) or "no personal data"


def data_map(flows: list[Flow]) -> list[tuple[str, str, str, str]]:
    """The connector's part of the data map: what it is for, the data, how it is written, the lawful use."""
    rows: dict[tuple[str, str, str], dict[str, None]] = {}
    for flow in flows:
        hashed = flow.transform.startswith("sha256")
        written = "as it is" if flow.transform == "plain" else "hashed" if hashed else words_of(flow.transform)
        data = _field(flow.field, "plain")
        rows.setdefault((words_of(flow.hook), data, written), {})[readable(flow.use)] = None
    return [(*key, ", ".join(uses)) for key, uses in rows.items()]


def account_words(summary: ConnectorSummary, settings: Any) -> list[tuple[str, str]]:
    """The settings that say which account it is, without secrets: name and value."""
    values = settings.model_dump(exclude_unset=True) if isinstance(settings, BaseModel) else dict(settings)
    plain = {
        name: str(value)
        for name, value in values.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and value and ":" not in str(value)
    }
    return [(words_of(name).replace(" id", " ID"), value) for name, value in plain.items()]


def repair_state(repair: Repair) -> tuple[str, str]:
    """The kind of mark and the word of a repair."""
    return REPAIR_WORDS[repair.kind]


def _field(name: str, transform: str) -> str:
    words = {
        "pin": "PIN",
        "caller_number": "phone number",
        "recipient_number": "phone number",
        "person_number": "phone number",
        "user_number": "number of a user",
        "caller_name": "name",
        "click_ids": "click id",
        "clicked_at": "time of the click",
        "cookies": "cookies, if the visitor allows it",
        "email": "email address",
        "body": "what texts say",
        "media_urls": "pictures",
        "audio": "recording",
        "lines": "what was said",
        "recording_url": "link to the recording",
    }.get(name, words_of(name))
    return words if transform == "plain" else f"{words} (hashed)"
