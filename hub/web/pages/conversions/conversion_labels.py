"""How pages say what leaves the hub, why something is refused, and what somebody can do about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from hub.contracts.manifest import Manifest
from hub.contracts.regions import REGIONS
from hub.flow.consent import StoredDecision
from hub.model.conversions import UPLOAD
from hub.queries.conversions.dry_run import NOWHERE, DryRunItem
from hub.queries.conversions.totals import ReasonCount
from hub.queries.deliveries.advice import release_of

FIELDS: Mapping[str, str] = {
    "click_ids": "click id",
    "clicked_at": "time of the click",
    "cookies": "cookies",
    "phone_number": "caller's number",
    "email": "email address",
    "country": "country",
    "landing_page": "landing page",
    "user_agent": "browser",
    "call_started_at": "start of the call",
    "occurred_at": "time",
    "value": "value",
}
"""Fields of a conversion as people call them, in the order in which a page lists them."""
REGION_NAMES = {
    (country, code): name.removesuffix(" State")
    for country, regions in REGIONS.items()
    for name, code in reversed(regions.items())
}

NOES = ("refused", "objected", "withdrawn")
PERSON_SAID_NO = "The person said no."


class Remedy(NamedTuple):
    """What somebody can do about a reason, and the path of the page on which they do it."""

    text: str
    path: str | None = None


def place_name(place: tuple[str | None, str | None]) -> str:
    """Illinois; the code of the country if the region is not known."""
    country, region = place
    return REGION_NAMES.get((country or "", region or ""), country or "")


def in_words(fields: Collection[str]) -> str:
    """Fields in words: click id, time, value."""
    return ", ".join(word for name, word in FIELDS.items() if name in fields)


def leaves(fields: Collection[str], manifest: Manifest) -> str:
    """What leaves the hub; what leaves it only as a hash is named so."""
    hashed = hashed_fields(manifest)
    return ", ".join(f"{word} (hash)" if name in hashed else word for name, word in FIELDS.items() if name in fields)


def hashed_fields(manifest: Manifest) -> set[str]:
    """The fields of which a network gets only a hash."""
    flow = manifest.flow(UPLOAD)
    return {share.field for share in flow.shares if share.transform_name != "plain"} if flow else set()


def sayer(item: DryRunItem, recipient: str) -> tuple[str, str]:
    """Who refuses an item: the rule of the consent plugin, the provider, or the conversion rule; with a second line."""
    refusal = item.refusal
    assert refusal is not None
    if refusal.says == "consent":
        ruling = item.ruling.decision if item.ruling else None
        name = next((name for name, opinion in ruling.opinions if opinion == ruling.ruling), None) if ruling else None
        return refusal.code, f"connector {name}" if name else "the hub's own rule"
    if refusal.says == "rule":
        return item.rule, "the rule's destinations"
    if refusal.says == "company":
        return "conversions_from", "of the company in config.yaml"
    return recipient, "its age limit" if refusal.says == "limit" else refusal.code


def consent_words(ruling: StoredDecision) -> str:
    """Under which consent: the law's sentence, and what the person has said about it."""
    said = _word_of(ruling)
    reason = ruling.decision.ruling.reason
    if said in NOES:
        return f"{PERSON_SAID_NO} {reason}"
    if said == "given":
        return f"The person said yes. {reason}"
    return f"{reason} No objection is known." if said and ruling.allowed else reason


def headline(item: DryRunItem) -> tuple[str, str]:
    """Why an item is refused, in short, and the law's sentence if the person's own word is what counts."""
    assert item.refusal is not None
    if item.refusal.says == "consent" and item.ruling and _word_of(item.ruling) in NOES:
        return PERSON_SAID_NO, item.refusal.reason
    return item.refusal.reason, ""


def _word_of(ruling: StoredDecision) -> str | None:
    """What the person has said, by the opinion that decides: silent, given, refused, withdrawn or objected."""
    return ruling.decision.ruling.evidence.get("person")


def short_reason(item: DryRunItem) -> str:
    """The second line of a result: needs a yes, not allowed, too old, the provider's reason."""
    refusal = item.refusal
    if refusal is None:
        return ""
    if refusal.says == "consent":
        return "needs a yes" if item.ruling and item.ruling.decision.verdict == "needs" else "not allowed"
    return {"limit": "too old", "rule": "no destination", "company": "sent before"}.get(refusal.says, refusal.reason)


def remedy(reason: ReasonCount, recipient: str) -> Remedy:
    """What somebody can do about a reason."""
    refusal, item = reason.refusal, reason.example
    if refusal.says == "rule" or refusal.code == NOWHERE:
        return Remedy("Add a destination that serves the company", "/conversions/rule")
    if refusal.says == "company":
        return Remedy("Nothing: the service before this hub has sent it")
    if refusal.says == "limit":
        return Remedy(f"Nothing: {recipient} takes a conversion for a limited time")
    if refusal.says == "provider":
        return Remedy(f"{recipient} takes it only if this is mended")
    if item.ruling is None:
        return Remedy("Ask again later")
    decision = item.ruling.row
    evidence = [each.get("evidence") or {} for each in decision.opinions]
    said = any(each.get("person") in NOES or each.get("record") for each in evidence)
    if said or refusal.code.startswith("signals."):
        return Remedy("Nothing: it is the person's choice. Only a later yes of their own changes it")
    if decision.verdict == "needs":
        return Remedy("Ask for consent, on the website for example; the person's own yes releases it")
    return Remedy(release_of(decision))
