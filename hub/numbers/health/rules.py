"""The rules: what is wrong with numbers, from what the tables and the carriers say of them. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.contracts.values import Money
from hub.numbers.budget import NumberBudget, written
from hub.numbers.health.kinds import (
    ABSENT,
    DUPLICATE,
    ELSEWHERE,
    OVER_CAP,
    REST_OVER,
    RINGS,
    UNASSIGNED,
    UNUSED,
    WAITS,
)
from hub.numbers.ownership import Compared, PolicyStatus


@dataclass(frozen=True, kw_only=True)
class KnownNumber:
    """One number of a tracker that was not given back."""

    number: str
    account_id: str
    company_id: str
    tracker: str
    connector: str
    standing: PolicyStatus | None
    """As the carrier's list said last; None before it was asked."""
    price: Money | None = None
    """A month."""
    leads: bool = True
    """Whether its calls are led: its company is in config.yaml."""
    rests: bool = False
    rest_ends: datetime | None = None
    waits_for: str | None = None
    """The tracker that gets it after its rest."""
    unused_since: datetime | None = None
    """Since when nobody called, texted or was shown it, if that is for too long; the beginning if nobody ever did."""


@dataclass(frozen=True, kw_only=True)
class Ring:
    """Calls that came on a number without a tracker."""

    connector: str
    number: str
    calls: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What the numbers of an account, or of one of its companies, cost, and what they may."""

    account_id: str
    company_id: str | None
    budget: NumberBudget


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding. `facts` are plain values for JSON."""

    kind: str
    number: str = ""
    connector: str = ""
    account_id: str | None = None
    company_id: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def dedup_key(self) -> str:
        """The same for the same thing: its kind, what it concerns, and whose it is."""
        return "/".join((self.kind, self.number, self.connector, self.company_id or self.account_id or ""))


def judge(
    known: Sequence[KnownNumber],
    listed: Mapping[str, Sequence[Compared]],
    rings: Sequence[Ring],
    bills: Sequence[Bill],
    owners: Mapping[str, str],
    now: datetime,
) -> list[Found]:
    """All findings. `listed`: what each carrier that answered lists; `owners`: the account of each carrier that serves only
    one. Nothing is found twice."""
    ours = {each.number: each for each in known}
    at = {each.number: each for side in listed.values() for each in side if each.line is not None}
    found = [
        *(finding for each in known for finding in _of_number(each, at.get(each.number), now)),
        *_unassigned(ours, listed, owners),
        *_duplicates(ours, listed, owners),
        *_ringing(ours, rings, owners),
        *_over_cap(bills),
    ]
    return list({each.dedup_key: each for each in found}.values())


def _of_number(each: KnownNumber, seen: Compared | None, now: datetime) -> Iterator[Found]:
    def found(kind: str, **facts: object) -> Found:
        costs = {"price": written(each.price)} if each.price else {}
        return Found(
            kind=kind,
            number=each.number,
            connector=each.connector,
            account_id=each.account_id,
            company_id=each.company_id,
            facts={"tracker": each.tracker, **costs, **facts},
        )

    if each.standing == "elsewhere":
        yield found(ELSEWHERE, **({"points_to": list(seen.hosts)} if seen else {}))
    if each.standing == "not at the carrier":
        if not each.rests:
            yield found(ABSENT)
        return
    if each.rests and each.waits_for is not None:
        yield found(WAITS, waits_for=each.waits_for, until=f"{each.rest_ends:%Y-%m-%d}")
    elif each.rests and each.rest_ends is not None and each.rest_ends <= now:
        yield found(REST_OVER, since=f"{each.rest_ends:%Y-%m-%d}")
    elif not each.rests and each.unused_since is not None:
        yield found(UNUSED, since=f"{each.unused_since:%Y-%m-%d}")


def _unassigned(
    ours: Mapping[str, KnownNumber], listed: Mapping[str, Sequence[Compared]], owners: Mapping[str, str]
) -> Iterator[Found]:
    for connector, side in listed.items():
        for each in side:
            if each.owned is not None and each.line is None and each.number not in ours:
                price = each.owned.monthly_price
                facts: dict[str, object] = {"price": written(price)} if price else {}
                yield Found(
                    kind=UNASSIGNED,
                    number=each.number,
                    connector=connector,
                    account_id=owners.get(connector),
                    facts=facts | ({"label": each.owned.label} if each.owned.label else {}),
                )


def _duplicates(
    ours: Mapping[str, KnownNumber], listed: Mapping[str, Sequence[Compared]], owners: Mapping[str, str]
) -> Iterator[Found]:
    holders: dict[str, list[str]] = {}
    for connector, side in listed.items():
        for each in side:
            if each.owned is not None:
                holders.setdefault(each.number, []).append(connector)
    for number, connectors in holders.items():
        if len(connectors) > 1:
            mine = ours.get(number)
            accounts = {owners.get(each) for each in connectors}
            yield Found(
                kind=DUPLICATE,
                number=number,
                connector=mine.connector if mine else min(connectors),
                account_id=mine.account_id if mine else accounts.pop() if len(accounts) == 1 else None,
                company_id=mine.company_id if mine else None,
                facts={"connectors": sorted(connectors)} | ({"tracker": mine.tracker} if mine else {}),
            )


def _ringing(ours: Mapping[str, KnownNumber], rings: Sequence[Ring], owners: Mapping[str, str]) -> Iterator[Found]:
    for each in rings:
        if each.number not in ours or not ours[each.number].leads:
            yield Found(
                kind=RINGS,
                number=each.number,
                connector=each.connector,
                account_id=owners.get(each.connector),
                facts={"calls": each.calls, "last_at": each.last_at.isoformat()},
            )


def _over_cap(bills: Sequence[Bill]) -> Iterator[Found]:
    for bill in bills:
        cap = bill.budget.cap
        costs = bill.budget.costs.get(cap.currency) if cap else None
        if cap is not None and costs is not None and costs > cap.amount:
            yield Found(
                kind=OVER_CAP,
                account_id=bill.account_id,
                company_id=bill.company_id,
                facts={"costs": written(Money(costs, cap.currency)), "cap": written(cap)},
            )
