"""Which companies have numbers for a website, and no website on which they could be shown."""

from __future__ import annotations

from collections.abc import Collection

from hub.config.models import CompanySection, Config


def pools_without_website(config: Config, companies: Collection[str] | None = None) -> list[CompanySection]:
    """The companies, of those named if some are, that have a pool or numbers to swap and no `domains:`: the hub answers no
    page of them, so that each shows its own number and no call has a visit."""
    return [
        each
        for each in config.companies
        if (companies is None or each.name in companies)
        and any(tracker.type == "session" for tracker in each.trackers)
        and not each.domains
        and not each.website.linked_domains
    ]
