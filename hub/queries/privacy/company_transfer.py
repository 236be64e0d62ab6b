"""The plan for the transfer of a company to another account: what moves, what stays or ends, and what blocks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import Account, Company, PortOrderRow, Tracker
from hub.model.company_ends import CompanyEndState
from hub.model.ports import FINAL_PORT_STATUSES
from hub.queries.privacy.company_end import counts_of, current_end
from hub.reload.company_changes import section_of, sections_naming
from hub.runtime import Hub

STAYS = (
    "Entries of the block list for the whole account, and tags that it offers for all its companies, stay with {old}.",
    "What was recorded until now stays in the audit trail of {old}; from then on it is in that of {new}.",
    "Alerts, alert settings and unfinished call flows of the users of {old} end for this company; its report links are "
    "revoked.",
    "Users of {old} no longer see the company; users of {new} see it. Users are not moved.",
    "Webhooks and connectors keep their addresses and credentials: change in config.yaml what is not the buyer's.",
    "The privacy statement of {new} applies to the company; what it has not accepted yet waits.",
)


@dataclass(frozen=True)
class TransferPlan:
    """Everything that a transfer will do."""

    name: str
    title: str
    old: str
    """The account that the company is in."""
    new: str
    there: bool
    """Whether the company is in the new account already."""
    counts: dict[str, int]
    """Rows by what they are, in words; all move."""
    sections: tuple[str, ...]
    connectors: tuple[str, ...]
    """Connectors that only this company uses; they go along."""
    stays: tuple[str, ...]
    blockers: tuple[str, ...]


def plan_company_transfer(session: Session, hub: Hub, company: Company, to: str) -> TransferPlan:
    """The plan, as things are now. `session` must be the hub's own."""
    old = session.get_one(Account, company.account_id).name
    return TransferPlan(
        name=company.name,
        title=company.title,
        old=old,
        new=to,
        there=old == to,
        counts=counts_of(session, company.id),
        sections=tuple(sections_naming(hub.config, company.name)),
        connectors=tuple(hub.config.own_connectors(company.name)),
        stays=tuple(each.format(old=old, new=to) for each in STAYS),
        blockers=() if old == to else tuple(_blockers(session, hub.config, company, to)),
    )


def _blockers(session: Session, config: Config, company: Company, to: str) -> Iterator[str]:
    buyer = next((each for each in config.accounts if each.name == to), None)
    if buyer is None:
        yield f"config.yaml has no account {to}: add it first."
    if section_of(config, company.name) is None:
        yield f"config.yaml does not name {company.name}: it has left."
    end = current_end(session, company.id)
    if end is not None and end.state != CompanyEndState.DONE:
        yield "An end of the company was begun: call it off, or let it finish."
    trackers = select(Tracker.id).where(Tracker.company_id == company.id)
    ports = select(PortOrderRow.id).where(
        col(PortOrderRow.tracker_id).in_(trackers), col(PortOrderRow.status).not_in(FINAL_PORT_STATUSES)
    )
    if session.exec(ports.limit(1)).first() is not None:
        yield "A port order is under way: cancel it, or wait until the numbers are here."
    theirs = {each.name for each in buyer.companies} if buyer else set()
    for name, entry in config.connectors.items():
        others = set(entry.common.companies or ()) - theirs - {company.name}
        if company.name in (entry.common.companies or ()) and others:
            yield (
                f"The connector {name} serves {', '.join(sorted(others))} too, which {to} does not have: give {company.name} a "
                "connector of its own."
            )
