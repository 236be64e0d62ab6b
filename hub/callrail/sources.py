"""Names of sources: what CallRail displays (`Google Ads`), and the slug of its webhooks (`google_paid`)."""

from __future__ import annotations

from hub.contracts.titles import source_title

PAID = frozenset({"cpc", "ppc", "paid", "paidsearch", "paid_search", "paid_social", "display", "cpm"})
LOCAL = frozenset({"google_business_profile", "google_my_business", "gmb"})
DIRECT = ("direct", "none", "(none)", "(direct)", "")


def source_name(source: str | None, medium: str | None) -> str | None:
    """`Google Ads`, `Google Organic`, `Direct`, `Yellow Pages`; None before a contact has a source."""
    if source is None:
        return None
    kind, brand = (medium or "").casefold(), source_title(source)
    if source.casefold() in DIRECT or (source.casefold() == "website" and kind in DIRECT):
        return "Direct"
    if source.casefold() in LOCAL:
        return "Google My Business"
    if kind in PAID:
        return "Google Ads" if source.casefold() == "google" else f"{brand} Paid"
    return f"{brand} Organic" if kind == "organic" else brand


def source_slug(source: str | None, medium: str | None) -> str:
    """`google_paid`, `google_organic`, `direct`, `yellow_pages`; empty without a source."""
    name = source_name(source, medium)
    if name is None:
        return ""
    if name == "Google Ads":
        return "google_paid"
    return "_".join("".join(char if char.isalnum() else " " for char in name.casefold()).split())
