"""A copy of the directory on disk, with which a process starts while the database is away."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import structlog
from sqlalchemy import make_url
from sqlmodel import col, select

from hub.config.callflow.definition import Flow
from hub.config.models import Config, HubSection
from hub.contracts.sources import OwnRule
from hub.errors import ConfigError
from hub.model import Account, Company, FlowVersion, StoredSecret, Tracker, TrackingNumber
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import Directory, Line, read_directory
from hub.numbers.flows import digest_of, flows_of_versions
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.schema import upgrade
from hub.store.spool import Row, spool_file
from hub.store.spool.values import dumped, loaded

log = structlog.get_logger(__name__)
WHERE = "directory copy"
CLEAR = b"clear:"
"""Before the copy of a hub that has no keys; such a hub has no stored secrets either."""
EVERY_SECONDS = 30.0
VERSIONS = 50
"""The newest versions of flows that are kept for calls that began on them."""
FORMAT = 1


class DirectoryCopy:
    """The file beside the spool. It is encrypted like the spool, belongs to one database, and is replaced as a whole."""

    def __init__(self, file: Path | None, database: str, keyring: Keyring) -> None:
        url = make_url(database)
        self._file, self._keyring = file, keyring
        self._database = f"{url.get_backend_name()}://{url.host or ''}:{url.port or ''}/{url.database or ''}"
        self._written: bytes | None = None
        self._kept: Directory | None = None
        self._looked_at = -EVERY_SECONDS

    def keep(self, directory: Directory, store: Store) -> bool:
        """Write the directory and what belongs to it, if it changed; whether it did. It looks twice a minute, and only at
        another directory than the last one; after an error it looks again at once."""
        if self._file is None or directory is self._kept or time.monotonic() - self._looked_at < EVERY_SECONDS:
            return False
        looked_at = time.monotonic()
        with store.reading() as session:
            newest = select(FlowVersion.number).order_by(col(FlowVersion.number).desc()).limit(VERSIONS)
            former = flows_of_versions(session, session.exec(newest).all())
            secrets = {row.name: row.ciphertext for row in session.exec(select(StoredSecret))}
        plain = dumped(
            {"format": FORMAT, "database": self._database, "secrets": secrets, **_as_plain(directory, former)}
        )
        digest = hashlib.sha256(plain).digest()
        changed = digest != self._written
        if changed:
            _replace(self._file, self._keyring.encrypt(plain, WHERE) if self._keyring else CLEAR + plain)
        self._written, self._kept, self._looked_at = digest, directory, looked_at
        return changed

    def directory(self) -> Directory | None:
        """The directory as it was last; None without one of this database and version."""
        copied = self._read()
        return None if copied is None else _as_directory(copied)

    def secret(self, name: str, where: str) -> str | None:
        """A secret that was entered in the browser."""
        sealed = (self._read() or {}).get("secrets", {}).get(name)
        return None if sealed is None else self._keyring.decrypt(sealed, where).decode()

    def _read(self) -> dict[str, Any] | None:
        try:
            data = self._file.read_bytes() if self._file else b""
            plain = data.removeprefix(CLEAR) if data.startswith(CLEAR) else self._keyring.decrypt(data, WHERE)
            copied = loaded(plain)
        except FileNotFoundError:
            return None
        except (OSError, ConfigError, ValueError) as error:
            log.error("the copy of the directory cannot be read", error=type(error).__name__)
            return None
        return copied if (copied["format"], copied["database"]) == (FORMAT, self._database) else None


def copy_of(hub: HubSection, config_file: Path | None) -> DirectoryCopy:
    """The copy that belongs to a hub."""
    spool = spool_file(hub, config_file)
    file = spool.with_name(f"{spool.name.removesuffix('.spool')}.copy") if spool else None
    return DirectoryCopy(file, hub.database, keyring_of(hub))


def _as_plain(directory: Directory, former: Mapping[int, Flow]) -> dict[str, object]:
    lines = (*directory.resting.values(), *directory.lines.values())
    flows = {**former, **{line.version: line.flow for line in lines}}
    return {
        "companies": [each.model_dump() for each in directory.companies.values()],
        "trackers": [each.model_dump() for own in directory.trackers.values() for each in own],
        "numbers": [[line.number.model_dump(), line.version] for line in directory.lines.values()],
        "resting": [
            [line.number.model_dump(), line.tracker.model_dump(), line.version] for line in directory.resting.values()
        ],
        "flows": {str(version): flow.model_dump(mode="json") for version, flow in sorted(flows.items())},
        "rules": {
            company_id: [[*key, *rule] for key, rule in own.items()]
            for company_id, own in directory.source_rules.items()
        },
    }


def _as_directory(copied: dict[str, Any]) -> Directory:
    companies = {row["id"]: Company(**row) for row in copied["companies"]}
    trackers = {row["id"]: Tracker(**row) for row in copied["trackers"]}
    flows = {int(version): Flow.model_validate(flow) for version, flow in copied["flows"].items()}
    lines = {}
    for row, version in copied["numbers"]:
        tracker = trackers[row["tracker_id"]]
        number = TrackingNumber(**row)
        lines[number.number] = Line(number, tracker, companies[tracker.company_id], flows[version], version)
    resting = {}
    for row, former, version in copied.get("resting", ()):
        tracker = Tracker(**former)
        resting[row["number"]] = Line(
            TrackingNumber(**row), tracker, companies[tracker.company_id], flows[version], version
        )
    by_company: dict[str, list[Tracker]] = {}
    for tracker in trackers.values():
        by_company.setdefault(tracker.company_id, []).append(tracker)
    rules = {
        company_id: {(kind, value): OwnRule(*rule) for kind, value, *rule in own}
        for company_id, own in copied["rules"].items()
    }
    return Directory(lines, {each.name: each for each in companies.values()}, by_company, rules, flows, resting)


UNSEEN = "name:"
"""Before a company's name in its place for an id, in a process that has never seen its database."""
UNSEEN_VERSIONS = 900_000_000
"""The versions of flows in such a process begin here; the digits after it are of the flow's content."""


def directory_of(config: Config, now: datetime) -> Directory:
    """The directory as config.yaml alone says it: the tables are written in memory. Numbers that were bought are not in it."""
    store = Store("sqlite://")
    try:
        upgrade(store)
        with store.writing() as session:
            for account in config.accounts:
                row = Account(name=account.name, title=account.title)
                session.add(row)
                for each in account.companies:
                    session.add(Company(id=UNSEEN + each.name, name=each.name, title="", account_id=row.id))
            session.flush()
            write_accounts(session, config, now)
            found = read_directory(session)
            session.expunge_all()
    finally:
        store.close()
    return replace(
        found, lines={number: replace(line, version=_unseen(line.flow)) for number, line in found.lines.items()}
    )


def with_ids(directory: Directory, rows: Sequence[Row]) -> Iterator[Row]:
    """Rows of the spool, with the database's ids in those of a process that had never seen it."""
    versions: dict[object, int] = {}
    for row in rows:
        name = str(row["company_id"]).removeprefix(UNSEEN)
        company = directory.companies.get(name)
        if name == row["company_id"] or company is None:
            yield row
            continue
        row = row | {"company_id": company.id}
        if "submission_key" in row:
            row["submission_key"] = row["submission_key"].replace(UNSEEN + name, company.id, 1)
        if "flow_version" in row:
            versions = versions or {_unseen(line.flow): line.version for line in directory.lines.values()}
            row["flow_version"] = versions.get(row["flow_version"], row["flow_version"])
        yield row


def _unseen(flow: Flow) -> int:
    return UNSEEN_VERSIONS + int(digest_of(flow.model_dump(mode="json")), 16) % 90_000_000


def _replace(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as made:
        made.write(content)
        made.flush()
        os.fsync(made.fileno())
    Path(made.name).replace(file)
