"""One company's public data map: recipients, data, purposes, regions, retention and recent changes.

It contains nothing about the business itself: no counts, no names of connectors, no hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from hub.config.models import Config
from hub.config.retention import kinds
from hub.contracts.third_parties import is_advertising, is_third_party
from hub.contracts.titles import readable
from hub.model import RecipientVersion
from hub.privacy.datamap.flows import Flow, by_party, declared, said
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.datamap.versions import FIELD_LABELS, Notice, notices

PRIVATE_LABELS = tuple(f"{FIELD_LABELS[key]}: " for key in ("hosts", "plugin"))


@dataclass(frozen=True)
class Given:
    """One category of data that a recipient gets."""

    category: str
    uses: tuple[str, ...]
    hashed: bool
    """Whether it leaves only as a hash."""


@dataclass(frozen=True)
class Receiver:
    """One recipient in one role, by its legal name."""

    name: str
    on_behalf: bool
    """A processor of the company. If False, the recipient decides itself what it does with the data."""
    third_party: bool
    """What it gets is a sale or sharing, so people can opt out of it."""
    regions: tuple[str, ...]
    transfers: tuple[str, ...]
    """By which mechanisms data may go there (hub.contracts.transfers); an empty one if none is stated."""
    kept: tuple[str, ...]
    """How long it keeps the data, in the recipient's own words."""
    deletes: bool
    rehearsed: bool
    """A stand-in answers in its place, so the recipient gets nothing."""
    given: tuple[Given, ...]


@dataclass(frozen=True)
class PublicMap:
    """The content of the whole page."""

    receivers: tuple[Receiver, ...]
    lives: tuple[tuple[str, timedelta], ...]
    """How long the hub itself stores each kind of data (`retention:` in config.yaml)."""
    changes: tuple[Notice, ...]
    """Changes of recipients, without details about the business itself."""

    def has_other_role(self, receiver: Receiver) -> bool:
        """Whether the same legal person gets something in another role too."""
        return any(each.name == receiver.name and each.on_behalf != receiver.on_behalf for each in self.receivers)

    def categories(self) -> tuple[str, ...]:
        """Every category that any recipient gets."""
        return tuple(sorted({given.category for receiver in self.receivers for given in receiver.given}))


def public_map(config: Config, company: str, rows: Sequence[RecipientVersion]) -> PublicMap:
    """The declared flows of the connectors that serve `company`, and their changes among `rows`, newest first.

    It needs no database query, because data that no manifest declares is never sent.
    """
    serving = {name: entry for name, entry in recipients_of(config).items() if entry.serves(company)}
    rehearsed = {name for name, entry in serving.items() if entry.common.sandbox}
    return PublicMap(
        receivers=tuple(
            _receiver(*party, flows, all(flow.connector in rehearsed for flow in flows))
            for party, flows in by_party(declared(serving)).items()
        ),
        lives=tuple((kind, config.retention.life(kind)) for kind in kinds()),
        changes=tuple(
            replace(
                each,
                connector="",
                details=tuple(detail for detail in each.details if not detail.startswith(PRIVATE_LABELS)),
            )
            for each in notices(rows)
            if each.connector in serving
        ),
    )


def _receiver(name: str, role: str, flows: Sequence[Flow], rehearsed: bool) -> Receiver:
    given = []
    for category in sorted(said(flows, "category"), key=readable):
        mine = [flow for flow in flows if flow.category == category]
        given.append(Given(category, said(mine, "use"), all(flow.transform != "plain" for flow in mine)))
    return Receiver(
        name=name,
        on_behalf=role == "processor",
        third_party=any(is_third_party(role, flow.use) for flow in flows),
        regions=said(flows, "regions"),
        transfers=said(flows, "transfer"),
        kept=said(flows, "kept"),
        deletes=all(flow.deletable for flow in flows),
        rehearsed=rehearsed,
        given=tuple(given),
    )


def ad_choices(config: Config, company: str) -> list[tuple[str, str]] | None:
    """The ad networks that get data of a company's callers and let people choose their ads, each with that address; None if
    no recipient gets data for advertising, so that there is nothing to choose.
    """
    serving = {name: entry for name, entry in recipients_of(config).items() if entry.serves(company)}
    flows = [flow for flow in declared(serving) if flow.leaves and is_advertising(flow.use)]
    return sorted({(flow.recipient, flow.opt_out_url) for flow in flows if flow.opt_out_url}) if flows else None
