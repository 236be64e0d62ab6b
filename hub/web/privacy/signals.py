"""Whether a company follows browsers' signals. The consent plugins decide, so that the page says what really happens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from hub.contracts.consent import ConsentQuestion, Place, Signal
from hub.contracts.manifest import Recipient
from hub.model import Company
from hub.runtime import Hub

USE = "marketing.advertising.third_party.targeted"
ASK_AGAIN = timedelta(minutes=5)


class SignalPolicy:
    """Asked one time in five minutes for each company and signal."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[tuple[str, str], tuple[datetime, bool]] = {}

    def signal(self, company: Company, kind: Literal["gpc", "dnt"]) -> bool:
        """Whether a visitor who sends this signal, and has said nothing else, is kept from advertisers."""
        now = self._hub.clock()
        asked_at, known = self._known.get((company.id, kind), (None, False))
        if asked_at is not None and asked_at <= now < asked_at + ASK_AGAIN:
            return known
        question = ConsentQuestion(
            use=USE,
            categories=frozenset({"user.advertising.click_id"}),
            recipient=Recipient(name="an advertiser", role="independent_controller"),
            recipient_regions=("US",),
            at=now,
            person_places=(Place(country="US", region="CA", basis="declared"),),
            business_places=(Place(country=company.country, region=company.region, basis="business"),),
            signals=(Signal(kind=kind, at=now, evidence="a browser's signal"),),
            records=(),
        )
        (decision,) = self._hub.plugins.judge([question])
        self._known[company.id, kind] = (now, not decision.allowed)
        return not decision.allowed
