"""Compares our numbers with the carrier's: who owns them and where their webhooks point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.contracts.numbers import NumberSetup, OwnedNumber
from hub.contracts.values import Money
from hub.errors import RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import Tracker, TrackingNumber
from hub.numbers.directory import Directory, Line
from hub.runtime import Hub, webhook_url

MAX_NUMBERS_NAMED = 5
"""Maximum count of numbers named in one warning."""

PolicyStatus = Literal["well", "elsewhere", "not at the carrier", "not in config.yaml"]


@dataclass(frozen=True)
class Compared:
    """One number: our line, the carrier's record, and how they compare."""

    number: str
    line: Line | None
    owned: OwnedNumber | None
    standing: PolicyStatus
    hosts: tuple[str, ...] = ()
    """Targets of webhooks that do not point at this hub; `nowhere` if one is not set."""

    @property
    def tracker(self) -> str | None:
        """`company/tracker` of the number, if it is ours."""
        return f"{self.line.company.name}/{self.line.tracker.name}" if self.line else None


@dataclass(frozen=True)
class Side:
    """One carrier connector with its numbers; `trouble` if it did not answer."""

    connector: str
    numbers: tuple[Compared, ...]
    trouble: str | None = None

    def warnings(self) -> list[str]:
        """Problems that keep calls to our numbers from reaching this hub, one sentence each."""
        if self.trouble is not None:
            return [f"{self.connector}: {self.trouble}"]
        found = [
            f"{each.number} ({each.tracker}) points to {', '.join(each.hosts)}; "
            f"hub numbers configure {each.number} points it here."
            for each in self.numbers
            if each.standing == "elsewhere"
        ]
        absent = [
            each.number
            for each in self.numbers
            if each.standing == "not at the carrier" and each.line and each.line.number.retired_at is None
        ]
        if absent:
            named = ", ".join(absent[:MAX_NUMBERS_NAMED]) + (" …" if len(absent) > MAX_NUMBERS_NAMED else "")
            found.append(f"{len(absent)} of our numbers are not in the account of {self.connector}: {named}")
        return found


def setup_of(config: Config, connector: str, number: str, label: str = "") -> NumberSetup:
    """The webhook URLs for a number: below the connector's own URL, with the paths that every carrier plugin
    handles."""
    below = webhook_url(config, connector)
    return NumberSetup(
        number=number,
        voice_url=f"{below}/voice",
        fallback_url=f"{below}/fallback",
        status_url=f"{below}/status",
        message_url=f"{below}/message",
        message_fallback_url=f"{below}/message_fallback",
        label=label,
    )


def compare(hub: Hub, directory: Directory, connectors: Iterable[str]) -> list[Side]:
    """Each carrier's numbers beside ours; a carrier that does not answer is reported, not raised."""
    return [_side(hub, directory, connector) for connector in connectors]


def points_here(setup: NumberSetup, owned: OwnedNumber) -> bool:
    """Whether all webhooks of a number are as `setup` says."""
    return not _elsewhere(setup, owned)


def keep_bought(session: Session, tracker_id: str, number: str, price: Money | None, now: datetime) -> None:
    """Record that a number was bought for a tracker; a number that was released earlier becomes active again."""
    row = session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first() or TrackingNumber(
        tracker_id=tracker_id, number=number
    )
    row.tracker_id, row.bought, row.retired_at, row.released_at = tracker_id, True, None, None
    row.came_at, row.rest_reason, row.rest_until = now, None, None
    row.monthly_price, row.price_currency = (price.amount, price.currency) if price else (None, None)
    row.standing, row.checked_at = None, now
    session.add(row)


def carrier_of(session: Session, number: str) -> str | None:
    """The carrier connector of a number that is or was ours."""
    return session.exec(
        select(Tracker.carrier)
        .join(TrackingNumber, col(TrackingNumber.tracker_id) == Tracker.id)
        .where(TrackingNumber.number == number)
    ).first()


def _side(hub: Hub, directory: Directory, connector: str) -> Side:
    held = {number: line for number, line in directory.resting.items() if line.number.released_at is None}
    ours = {number: line for number, line in {**held, **directory.lines}.items() if line.tracker.carrier == connector}
    try:
        owned = {each.number: each for each in hub.plugins.call(connector, NumberHooks.list_numbers)}
    except RingfenceError as error:
        return Side(connector, (), str(error))
    return Side(
        connector,
        tuple(
            _compared(hub.config, connector, number, ours.get(number), owned.get(number))
            for number in sorted(ours.keys() | owned.keys())
        ),
    )


def _compared(config: Config, connector: str, number: str, line: Line | None, owned: OwnedNumber | None) -> Compared:
    if owned is None:
        return Compared(number, line, None, "not at the carrier")
    hosts = _elsewhere(setup_of(config, connector, number), owned)
    if line is None:
        return Compared(number, None, owned, "not in config.yaml", hosts)
    return Compared(number, line, owned, "elsewhere" if hosts else "well", hosts)


def _elsewhere(setup: NumberSetup, owned: OwnedNumber) -> tuple[str, ...]:
    pairs: Sequence[tuple[str, str | None]] = (
        (setup.voice_url, owned.voice_url),
        (setup.fallback_url, owned.fallback_url),
        (setup.status_url, owned.status_url),
        (setup.message_url, owned.message_url),
    )
    hosts = [_host(found) for wanted, found in pairs if found != wanted]
    if owned.message_fallback_url not in (None, setup.message_fallback_url):
        hosts.append(f"{_host(owned.message_fallback_url)} (texts' fallback)")
    return tuple(dict.fromkeys(hosts))


def _host(url: str | None) -> str:
    if not url:
        return "nowhere"
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or '?'}{parts.path}"
    except ValueError:
        return "an invalid address"
