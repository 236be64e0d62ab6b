"""What a person who started a new hub does next."""

from __future__ import annotations

from hub.config.models import Config
from hub.runtime import webhook_url

MAX_COMPANIES = 3
"""So many companies are named; one with more has read the documentation."""


def next_steps(config: Config) -> list[str]:
    """Where carriers send their webhooks, the tag of each company's pages, and how to try it, as lines to print."""
    lines = ["", "Next:"]
    for entry in config.of_kind("carrier"):
        how = (
            "a stand-in: hub trigger call plays a call"
            if entry.in_sandbox
            else "hub numbers configure --all points your numbers there"
        )
        lines.append(f"  {entry.name} sends calls and texts to {webhook_url(config, entry.name)} ({how})")
    for company in config.companies[:MAX_COMPANIES]:
        lines.append(f"  the tag for the pages of {company.title}: hub snippet {company.name}")
    lines += [
        "  what came in: hub calls; as it happens: hub listen",
        "  is everything right? hub check",
    ]
    return lines
