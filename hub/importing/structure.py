"""Brings over companies, trackers and users: config.yaml first, because it is the source of truth, then their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, select

from hub.config.document import Path
from hub.config.edit import NAMED_LISTS, Change, edited, tree_of
from hub.config.models import Config
from hub.config.references import literal, texts_in
from hub.contracts.titles import titled
from hub.errors import CannotDo, ConfigError
from hub.importing.config_plan import ConfigPlan, free_name, plan_config
from hub.importing.places import COMPANY, matches_of
from hub.importing.records import Structure, TagRecord, TrackerRecord
from hub.importing.retired import known_places, write_structure
from hub.importing.run import Reader
from hub.importing.steps import NEW, SAME, Tally
from hub.importing.users import write_users
from hub.importing.websites import Websites
from hub.marks.tag_definitions import COLORS, DEFAULT_COLOR, tag_name
from hub.model import Account, TagDefinition
from hub.model.columns import storable
from hub.model.imports import CALLRAIL, connector_of, service_title
from hub.model.states import ConfigHow
from hub.reload import ConfigFile, Proposal
from hub.reload.secret_moves import ConfigEdit
from hub.reload.user_limits import refusals_of_import
from hub.store import audit
from hub.store.engine import Store

NO_CONSENT = (
    "calls are recorded there and not here: config.yaml has no connector that knows the law, like `jurisdictions: {plugin: "
    "jurisdictions}`; add it, and `record: true` with a `recording_notice` to the route"
)


@dataclass(frozen=True)
class Target:
    """Where an import goes: the account here (name and title), and the carrier that gets its numbers."""

    account: str
    title: str
    carrier: str
    may_record: bool = True
    """Whether config.yaml has a connector that can say whether the law allows it."""


@dataclass(frozen=True)
class Proposed:
    """What config.yaml gets; `proposal` is None if it has everything already."""

    plan: ConfigPlan
    proposal: Proposal | None
    as_text: Sequence[str] = ()
    """The places of texts with a `${` in them, which stays text."""

    @property
    def problems(self) -> Mapping[str, Sequence[str]]:
        """What is not, or not wholly, brought over: reason → ids there."""
        return self.plan.problems


def target_of(config: Config, title: str, account: str | None, carrier: str | None) -> Target:
    """The account and the carrier of config.yaml: as named, or the only ones. CannotDo lists them if there are several."""
    carriers = [entry.name for entry in config.of_kind("carrier")]
    chosen = carrier or (carriers[0] if len(carriers) == 1 else None)
    if chosen is None or chosen not in carriers:
        listed = ", ".join(carriers) or "none yet; write one first"
        raise CannotDo(f"Say with --carrier which carrier gets the numbers; config.yaml has {listed}.")
    accounts = {each.name: each.title for each in config.accounts}
    if account is None and len(accounts) > 1:
        raise CannotDo(f"Say with --into which account gets the companies: {', '.join(accounts)}.")
    if account is not None and account not in accounts:
        raise CannotDo(f"config.yaml has no account {account}; it has {', '.join(accounts) or 'none'}.")
    name = account or next(iter(accounts), None) or free_name(title or "imported", ())
    return Target(name, accounts.get(name) or title or name, chosen, bool(config.of_kind("consent")))


def propose_structure(
    store: Store, file: ConfigFile, structure: Structure, source: str, target: Target, dial: str | None = None
) -> Proposed:
    """What config.yaml would get; nothing is written. A text from there is data: a `${` in it stays text, and is listed with
    its place. CannotDo if the change is none that a user of the account could make."""
    with store.reading() as session:
        matched, placed = known_places(session, source)
    trackers = structure.trackers if target.may_record else tuple(map(_unrecorded, structure.trackers))
    plan = plan_config(
        tree_of(file.read().text),
        replace(structure, trackers=trackers),
        account=(target.account, target.title),
        carrier=target.carrier,
        matched=matched,
        placed=placed,
        dial=dial,
    )
    if not plan.changes:
        return Proposed(plan, None)
    before = file.read().text
    text = edited(before, [Change(each.path, literal(storable(each.value))) for each in plan.changes])
    with store.reading() as session:
        for refusal in refusals_of_import(session, target.account, ConfigEdit(old=tree_of(before), new=tree_of(text))):
            raise CannotDo(f"The import may not change this of config.yaml: {refusal.text}")
    places = [place for change in plan.changes for place, _ in texts_in(change.value, change.path)]
    return Proposed(plan, file.propose(text), tuple(map(_spelled, places)))


def _spelled(place: Path) -> str:
    """The place of a text: the names of account, company and tracker, and its key."""
    return " > ".join(str(step) for step in place if step not in NAMED_LISTS)


def with_websites(structure: Structure, websites: Websites) -> Structure:
    """The structure with the hosts that were found."""
    found = websites.domains
    companies = (replace(each, domains=found.get(each.id, each.domains)) for each in structure.companies)
    return replace(structure, companies=tuple(companies))


def _unrecorded(tracker: TrackerRecord) -> TrackerRecord:
    """The tracker without recording, and a word of it."""
    return replace(tracker, record=False, lost=(*tracker.lost, NO_CONSENT)) if tracker.record else tracker


def refuse_problems(proposed: Proposed) -> None:
    """ConfigError if what config.yaml would get is not right; its problems say why."""
    if proposed.proposal is not None and proposed.proposal.problems:
        raise ConfigError(
            "config.yaml cannot take what is imported; mend this first, or name another carrier.",
            proposed.proposal.problems,
        )


def apply_structure(
    store: Store,
    file: ConfigFile,
    structure: Structure,
    reader: Reader,
    target: Target,
    proposed: Proposed,
    now: datetime,
    actor: str,
) -> dict[str, Tally]:
    """Write config.yaml, then the matches, the retired companies and trackers, the users and tags; returns what became of
    users and tags. ConfigError if config.yaml would have problems; CannotDo if it cannot be written."""
    refuse_problems(proposed)
    if proposed.proposal is not None and not proposed.proposal.changes_nothing:
        file.apply(proposed.proposal, actor, ConfigHow.COMMAND, note=f"imported from {service_title(reader.service)}")
    with store.writing() as session:
        account = _account(session, target.account)
        write_structure(session, reader.source, structure, proposed.plan, account.name, target.carrier, now)
    with store.writing() as session:
        account = _account(session, target.account)
        tags = write_tags(session, reader.source, account, structure.tags, now, actor)
        users = write_users(session, reader.source, account, structure.users, now, actor)
        return {"users": users, "tags": tags}


def _account(session: Session, name: str) -> Account:
    found = session.exec(select(Account).where(Account.name == name)).first()
    if found is None:
        raise CannotDo("The hub has not taken config.yaml yet; run hub reload, then the same command again.")
    return found


NO_NAME = "a tag's name is empty or longer than 40 characters"
NO_COMPANY = "a tag's company is not brought over"


def write_tags(
    session: Session, source: str, account: Account, records: Sequence[TagRecord], now: datetime, actor: str
) -> Tally:
    """Define the tags that are not here yet, known by name and company, with audit entries."""
    tally = Tally()
    companies = matches_of(session, source)[COMPANY]
    there = session.exec(select(TagDefinition).where(TagDefinition.account_id == account.id))
    known = {(row.company_id, row.name.casefold()) for row in there}
    for record in records:
        company_id = companies.get(record.company_id) if record.company_id else None
        if record.company_id and company_id is None:
            tally.skip(NO_COMPANY, record.id)
            continue
        try:
            name = tag_name(record.name)
        except CannotDo:
            tally.skip(NO_NAME, record.id)
            continue
        if {(company_id, name.casefold()), (None, name.casefold())} & known:
            tally.counts[SAME] += 1
            continue
        known.add((company_id, name.casefold()))
        row = TagDefinition(
            account_id=account.id,
            company_id=company_id,
            name=name,
            color=record.color if record.color in COLORS else DEFAULT_COLOR,
            enabled=record.enabled,
            made_at=now,
            made_by=titled("connector", connector_of(CALLRAIL)),
        )
        session.add(row)
        session.flush()
        audit.note(session, now, actor, "tags.define", company_id or account.id, row.id)
        tally.counts[NEW] += 1
    return tally
