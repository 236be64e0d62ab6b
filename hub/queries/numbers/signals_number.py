"""Which companies should have a number of their own for browsers that send a privacy signal."""

from __future__ import annotations

from collections.abc import Iterator

from hub.config.models import CompanySection, Config


def companies_without_signals_number(config: Config) -> list[CompanySection]:
    """The companies with swapped numbers on their website and with advertisers, but without a tracker with `signals: true`.

    Their visitors who send Global Privacy Control see the number for everybody, and the hub cannot know whose call it is.
    """
    return [
        company
        for company in config.companies
        if company.website.swap
        and not any(tracker.signals for tracker in company.trackers)
        and any(config.connectors[name].serves(company.name) for name in _advertisers(config))
    ]


def _advertisers(config: Config) -> Iterator[str]:
    for rule in config.conversions:
        for name in rule.send_to:
            if name in config.connectors and config.connectors[name].connector_class.manifest.kind == "ads":
                yield name
