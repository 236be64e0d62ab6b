"""Writes the accounts, companies, trackers and numbers of config.yaml to tables: everything is read once, and only what
differs is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.config.models import CompanySection, Config, TrackerSection
from hub.model import Account, Company, Tracker, TrackingNumber, WebhookEndpoint
from hub.numbers.account_moves import move_company
from hub.numbers.flows import FlowVersions
from hub.numbers.rest.rules import may_move
from hub.plugin_host.captured import captured
from hub.reports.dirty_days import mark_company
from hub.store.locks import TransactionLock, lock_transaction
from hub.store.rows import change_rows, write_rows


def write_endpoints(session: Session, sections: Mapping[str, CompanySection], now: datetime) -> None:
    """Make the endpoints match config.yaml, by company id. One that it no longer names is retired: its events keep their
    history, and its secret is there again if it comes back."""
    known = {(row.company_id, row.name): row for row in session.exec(select(WebhookEndpoint))}
    if not known and not any(section.webhooks for section in sections.values()):
        return
    for company_id, section in sections.items():
        for each in section.webhooks:
            row = known.pop((company_id, each.name), None)
            company = session.get_one(Company, company_id)
            if row is None:
                row = WebhookEndpoint(account_id=company.account_id, company_id=company_id, name=each.name, made_at=now)
            row.account_id, row.retired_at = company.account_id, None
            row.events = [event.value for event in each.events] if each.enabled else []
            session.add(row)
    for row in known.values():
        if row.retired_at is None:
            row.retired_at, row.events = now, []
            session.add(row)
    session.flush()


OUT_OF_USE = ("retired_at", "released_at", "rest_reason", "rest_until")
Named = tuple[str, TrackerSection]
"""The id of a tracker, and its section of config.yaml."""


def write_accounts(session: Session, config: Config, now: datetime, actor: str = "hub") -> None:
    """Make accounts, companies, trackers and numbers match config.yaml.

    A number or tracker that config.yaml no longer names is retired, not deleted: its calls keep their history. Numbers
    bought for a tracker with `hub numbers buy` stay with it, and are retired with it. A company
    that config.yaml names in another account moves there with its data; `actor` is who did that.
    """
    # If several processes start together, one writes; the others find the rows already written.
    lock_transaction(session, TransactionLock.ACCOUNTS)
    sections = _write_companies(session, config, now, actor)
    _write_numbers(session, _write_trackers(session, sections, now), now)
    write_endpoints(session, sections, now)


def _write_companies(session: Session, config: Config, now: datetime, actor: str) -> dict[str, CompanySection]:
    """Company id → its section."""
    accounts = {row.name: row for row in session.exec(select(Account))}
    companies = {row.name: row for row in session.exec(select(Company))}
    sections, moved = {}, []
    for account_section in config.accounts:
        account = accounts.get(account_section.name) or Account(name=account_section.name, title="")
        account.title = account_section.title
        session.add(account)
        for section in account_section.companies:
            company = companies.get(section.name)
            if company is None:
                company = Company(name=section.name, title="", account_id=account.id)
            else:
                if company.account_id != account.id:
                    move_company(session, company, account, config.own_connectors(company.name), now, actor)
                if company.time_zone != section.time_zone:
                    moved.append(company)
            company.title, company.time_zone = section.title, section.time_zone
            company.country, company.region, company.domains = section.country, section.region, list(section.domains)
            company.sensitive = section.sensitive
            company.website = section.website.model_dump(mode="json")
            company.captured = captured(config, section.name, company.captured)
            company.disabled_at = None
            session.add(company)
            sections[company.id] = section
    for company in companies.values():
        if company.id not in sections and company.disabled_at is None:
            company.disabled_at = now
            session.add(company)
    session.flush()
    for company in moved:
        mark_company(session, company, now)
    return sections


def _write_trackers(session: Session, sections: dict[str, CompanySection], now: datetime) -> list[Named]:
    versions = FlowVersions(session, now)
    wanted = {}
    for company_id, section in sections.items():
        for flow in section.flows:
            versions.save(company_id, flow)
        shared: dict[str | None, str] = {}
        for tracker in section.trackers:
            if tracker.route is not None:
                version = versions.save(company_id, section.flow_of(tracker))
            elif tracker.flow in shared:
                version = shared[tracker.flow]
            else:
                version = shared[tracker.flow] = versions.save(company_id, section.flow_of(tracker))
            wanted[company_id, tracker.name] = tracker, _columns(tracker, version)
    versions.write()
    before = {(row.company_id, row.name): row._mapping for row in session.execute(select(*_table(Tracker).columns))}
    new = [
        Tracker(company_id=key[0], name=key[1], **columns)
        for key, (_, columns) in wanted.items()
        if key not in before
    ]  # fmt: skip
    write_rows(session, Tracker, new)
    _change(session, Tracker, ((before[key], columns) for key, (_, columns) in wanted.items() if key in before))
    gone = [row["id"] for key, row in before.items() if key not in wanted and row["retired_at"] is None]
    change_rows(session, Tracker, [{"id": each, "retired_at": now} for each in gone])
    ids = {key: row["id"] for key, row in before.items()} | {(row.company_id, row.name): row.id for row in new}
    return [(ids[key], tracker) for key, (tracker, _) in wanted.items()]


def _columns(section: TrackerSection, flow_version_id: str) -> dict[str, Any]:
    return {
        "title": section.title or "",
        "type": section.type,
        "carrier": section.carrier,
        "is_default": section.default,
        "for_signals": section.signals,
        "source": section.source,
        "medium": section.medium,
        "campaign": section.campaign,
        "flow_version_id": flow_version_id,
        "hold_seconds": int(section.hold.total_seconds()),
        "max_idle_seconds": int(section.max_idle.total_seconds()),
        "cool_down_seconds": int(section.cool_down.total_seconds()),
        "reserve": section.reserve,
        "retired_at": None,
    }


def _write_numbers(session: Session, trackers: list[Named], now: datetime) -> None:
    columns = ("id", "number", "tracker_id", "bought", "came_at", *OUT_OF_USE)
    rows = session.execute(select(*(_table(TrackingNumber).c[name] for name in columns)))
    before = {row.number: row._mapping for row in rows}
    wanted: dict[str, dict[str, Any]] = {
        number: {"tracker_id": tracker_id} | dict.fromkeys(OUT_OF_USE)
        for tracker_id, section in trackers
        for number in section.numbers
    }
    new = [TrackingNumber(number=key, came_at=now, **each) for key, each in wanted.items() if key not in before]
    write_rows(session, TrackingNumber, new)
    for row in _moved(session, before, wanted):
        if not may_move(session, row, wanted[row.number]["tracker_id"], now):
            wanted[row.number] = _resting(row, now)
        else:
            wanted[row.number]["came_at"] = now
    _change(session, TrackingNumber, ((before[key], each) for key, each in wanted.items() if key in before))
    named = {tracker_id for tracker_id, _ in trackers}
    gone = [
        row["id"]
        for number, row in before.items()
        if row["retired_at"] is None and number not in wanted and not (row["bought"] and row["tracker_id"] in named)
    ]
    left = {"retired_at": now, "leased_until": None, "rest_reason": "removed", "rest_until": None}
    change_rows(session, TrackingNumber, [{"id": each, **left} for each in gone])
    given_up = [row["id"] for number, row in before.items() if row["rest_reason"] == "moved" and number not in wanted]
    change_rows(session, TrackingNumber, [{"id": each, "rest_reason": "removed"} for each in given_up])


def _resting(row: TrackingNumber, now: datetime) -> dict[str, Any]:
    """The columns of a number that stays with its last tracker until its rest is over."""
    since = row.retired_at or now
    return {
        "tracker_id": row.tracker_id,
        "retired_at": since,
        "released_at": None,
        "rest_reason": "moved",
        "rest_until": row.rest_until,
    }


def _moved(
    session: Session, before: Mapping[str, Any], wanted: Mapping[str, Mapping[str, Any]]
) -> list[TrackingNumber]:
    """The numbers that config.yaml names for another tracker than they are at."""
    ids = [
        before[number]["id"]
        for number, each in wanted.items()
        if number in before and before[number]["tracker_id"] != each["tracker_id"]
    ]
    return list(session.exec(select(TrackingNumber).where(col(TrackingNumber.id).in_(ids)))) if ids else []


def _change(session: Session, table: Any, pairs: Iterable[tuple[Any, dict[str, Any]]]) -> None:
    """Write the columns of the rows whose values before differ."""
    differ = [{"id": row["id"], **columns} for row, columns in pairs if any(row[k] != v for k, v in columns.items())]
    change_rows(session, table, differ)


def _table(model: Any) -> Any:
    return model.__table__
