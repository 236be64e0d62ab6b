"""Carries out the confirmed end of a company, one small step at a time. Each step finds out itself what is left to do, so a
process that dies is followed by the next one, and doing a step again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import structlog
from sqlmodel import Session, col, select

from hub.config.edit import Change
from hub.errors import RingfenceError
from hub.leaving.certificate import certify_end, digest_of
from hub.leaving.numbers import SETTLED, settle_numbers
from hub.leaving.people import erase_people, open_requests, waiting_for
from hub.leaving.rows import erase_rest
from hub.model import Company, CompanyEnd, Person
from hub.model.company_ends import CompanyEndState
from hub.model.states import ConfigHow
from hub.queries.privacy.company_end import blockers_of
from hub.reload.company_changes import section_of, without_company, without_traffic
from hub.reload.config_file import ConfigFile
from hub.runtime import Hub
from hub.store import audit

log = structlog.get_logger(__name__)


class Progress(StrEnum):
    """What became of one step."""

    MORE = "more"
    """Something was done; call it again."""
    RELOAD = "reload"
    """config.yaml was changed; go on with a hub that has read it."""
    WAITING = "waiting"
    """It cannot go on now; `outcome["trouble"]` says why. It is tried again later."""
    DONE = "done"
    """The company has ended."""


def carry_on(hub: Hub) -> int:
    """A periodic job: a step of each confirmed end. Returns how many of them may go on at once."""
    with hub.store.reading() as session:
        running = select(CompanyEnd.id).where(CompanyEnd.state == CompanyEndState.RUNNING)
        ids = list(session.exec(running.order_by(col(CompanyEnd.confirmed_at))))
    return sum(advance(hub, end_id, config_file_of(hub)) == Progress.MORE for end_id in ids)


def config_file_of(hub: Hub) -> ConfigFile | None:
    """The config.yaml that a hub was read from; None if it was not read from a file."""
    sandbox = any(entry.in_sandbox for entry in hub.config.connectors.values())
    file = hub.config.file
    return ConfigFile(file, hub.store, hub.clock, sandbox=sandbox) if file is not None else None


def advance(hub: Hub, end_id: str, file: ConfigFile | None) -> Progress:
    """Do the next step of a confirmed end."""
    with hub.store.reading() as session:
        end = session.get_one(CompanyEnd, end_id)
        company = session.get_one(Company, end.company_id)
        blockers = blockers_of(session, company.id)
    if end.state != CompanyEndState.RUNNING:
        return Progress.DONE
    if blockers:
        return _wait(hub, end, " ".join(blockers))
    try:
        return _next_step(hub, end, company, file)
    except RingfenceError as error:
        return _wait(hub, end, str(error))


def _next_step(hub: Hub, end: CompanyEnd, company: Company, file: ConfigFile | None) -> Progress:
    actor = end.confirmed_by or "hub"
    section = section_of(hub.config, company.name)
    if section is not None and section.trackers:
        return _edit(hub, end, file, without_traffic(hub.config, company.name), f"the numbers of {company.name} leave")
    unsettled = _settle(hub, end, actor)
    if unsettled:
        return _wait(hub, end, unsettled)
    if erase_people(hub, end, actor):
        return Progress.MORE
    if open_requests(hub, end):
        with hub.store.reading() as session:
            waiting = waiting_for(session, end)
        return _wait(hub, end, "; ".join(f"{name}: {reason}" for name, reason in sorted(waiting.items())))
    if section is not None:
        return _edit(hub, end, file, without_company(hub.config, company.name), f"{company.name} leaves")
    deleted = erase_rest(hub, end)
    if deleted is not None:
        _add(hub, end, deleted)
        return Progress.MORE
    return _finish(hub, end, actor)


def _edit(hub: Hub, end: CompanyEnd, file: ConfigFile | None, changes: Iterable[Change], note: str) -> Progress:
    if file is None:
        return _wait(
            hub, end, "This hub was not started from a config.yaml; remove the company where it is configured."
        )
    proposal = file.apply_edit(changes, end.confirmed_by, ConfigHow.COMMAND, note)
    if proposal.problems:
        return _wait(
            hub, end, f"config.yaml cannot be edited: {proposal.problems[0].text}; remove the company by hand."
        )
    if proposal.changes_nothing:
        return Progress.RELOAD
    if proposal.version is None:
        return _wait(
            hub, end, f"{file.path.name} is read-only here; apply this change where it comes from:\n{proposal.diff}"
        )
    _note(hub, end, config_version=proposal.version)
    return Progress.RELOAD


def _settle(hub: Hub, end: CompanyEnd, actor: str) -> str:
    """Give up the numbers; the reason why one is not settled, or nothing."""
    tried = settle_numbers(hub, end, actor)
    if tried:
        with hub.store.reading() as session:
            before = session.get_one(CompanyEnd, end.id).outcome.get("numbers", {})
        _note(hub, end, numbers={**before, **tried})
    return " ".join(f"{number}: {each['note']}" for number, each in tried.items() if each["outcome"] not in SETTLED)


def _add(hub: Hub, end: CompanyEnd, deleted: Counter[str]) -> None:
    with hub.store.reading() as session:
        before = Counter(session.get_one(CompanyEnd, end.id).outcome.get("deleted", {}))
    _note(hub, end, deleted=dict(sorted((before + deleted).items())))


def _note(hub: Hub, end: CompanyEnd, **values: object) -> None:
    with hub.store.writing() as session:
        row = session.exec(select(CompanyEnd).where(CompanyEnd.id == end.id).with_for_update()).one()
        row.outcome = {**row.outcome, **values}
        session.add(row)


def _wait(hub: Hub, end: CompanyEnd, trouble: str) -> Progress:
    if end.outcome.get("trouble") != trouble:
        _note(hub, end, trouble=trouble)
        log.warning("the end of a company waits", end=end.id)
    return Progress.WAITING


def _finish(hub: Hub, end: CompanyEnd, actor: str) -> Progress:
    now = hub.clock()
    with hub.store.writing() as session:
        row = session.exec(select(CompanyEnd).where(CompanyEnd.id == end.id).with_for_update()).one()
        if row.state != CompanyEndState.RUNNING:
            return Progress.DONE
        if _has_people(session, row):
            return Progress.MORE
        row.outcome = {name: value for name, value in row.outcome.items() if name != "trouble"}
        row.certificate = certify_end(session, hub, row, now)
        row.state, row.finished_at = CompanyEndState.DONE, now
        session.add(row)
        digest = f"certificate sha256:{digest_of(row.certificate)}"
        audit.note(session, now, actor, "company.end.done", row.company_id, digest)
    return Progress.DONE


def _has_people(session: Session, end: CompanyEnd) -> bool:
    query = select(Person.id).where(Person.company_id == end.company_id).limit(1)
    return session.exec(query).first() is not None
