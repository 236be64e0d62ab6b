"""How long an import takes: its requests, at the pace that CallRail asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.importing.callrail.account import CallRailAccount
from hub.importing.callrail.client import NotPermitted
from hub.importing.imported_recordings import Wanted
from hub.importing.run import CALLS, PLAN_REFUSES, RECORDINGS
from hub.importing.steps import position_of
from hub.model import ImportStep
from hub.platform.formats import waiting
from hub.store.engine import Store


@dataclass(frozen=True)
class Forecast:
    """The entries of each list, None for one that the key may not read, and what it takes to read what is left of them."""

    totals: dict[str, int | None]
    requests: int
    seconds: float
    per_hour: int
    with_recordings: bool

    @property
    def sentence(self) -> str:
        """For people."""
        pace = f"at most {self.per_hour:,} an hour" if self.per_hour else "without a limit"
        text = f"It takes up to {self.requests:,} requests to CallRail, {pace}: "
        text += f"about {waiting(timedelta(seconds=self.seconds))}" if self.seconds >= 1 else "no time to speak of"
        return f"{text}, and one request more for each recording." if self.with_recordings else f"{text}."


def forecast(
    store: Store, account: CallRailAccount, wanted: Sequence[str], recordings: Wanted, *, from_start: bool
) -> Forecast:
    """Ask how long the lists of `wanted` are; one request for each. `from_start` counts what was asked so far too, for
    companies, trackers, settings and websites: the run that brings everything over asks the same first."""
    totals: dict[str, int | None] = {}
    requests = account.client.pace.asked + len(wanted) if from_start else 0
    listed = [(each, each) for each in wanted] + ([(RECORDINGS, CALLS)] if recordings != Wanted.NONE else [])
    for resource, name in listed:
        try:
            total = totals[name] if name in totals else account.total(name)
        except NotPermitted:
            total = None
        if resource == name:
            totals[name] = total
        if total is not None:
            with store.reading() as session:
                step = session.get(ImportStep, (account.source, resource))
                requests += account.requests(name, total, position_of(step, account.options))
    pace = account.client.pace
    return Forecast(totals, requests, pace.seconds(requests), pace.per_hour, recordings != Wanted.NONE)


def refused_lists(totals: dict[str, int | None]) -> dict[str, list[str]]:
    """The problem of lists that the key may not read."""
    refused = [name for name, total in totals.items() if total is None]
    return {PLAN_REFUSES: refused} if refused else {}
