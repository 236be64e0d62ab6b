"""Every version of every recipient, stored when it changes, so that additions, changes and removals can be announced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session, col, select

from hub.config.models import ConnectorEntry
from hub.model import RecipientVersion
from hub.privacy.datamap.flows import Flow, Key, Party, Seen, declared, transfer_of

Change = Literal["added", "changed", "removed"]
CHANGE_SHOWN = timedelta(days=30)
"""How long a changed recipient stays a finding, as time to announce it."""
FIELD_LABELS = {
    "recipient": "the legal person",
    "role": "its role",
    "regions": "where data lands",
    "hosts": "the hosts that are called",
    "flows": "what it is given, and for what",
    "kept": "how long it keeps it",
    "deletion": "what it can delete",
    "transfer": "by which mechanism data may go to its country",
    "plugin": "the plugin",
}


@dataclass(frozen=True)
class Notice:
    """One change of a recipient to announce."""

    at: datetime
    change: Change
    connector: str
    recipient: str
    details: tuple[str, ...]


def statement(entry: ConnectorEntry, flows: Sequence[Flow]) -> dict[str, Any]:
    """The values by which versions are compared; a plugin's release number is not one of them."""
    manifest = entry.connector_class.manifest
    by_use: defaultdict[str, set[str]] = defaultdict(set)
    for flow in flows:
        by_use[flow.use].add(flow.category)
    transfer = transfer_of(entry)
    return {
        "plugin": manifest.name,
        "recipient": manifest.recipient.name,
        "role": manifest.recipient.role,
        "regions": sorted(manifest.regions),
        "hosts": sorted(manifest.hosts),
        "flows": {use: sorted(categories) for use, categories in sorted(by_use.items())},
        "kept": manifest.retention,
        "deletion": manifest.deletion.note,
        **({"transfer": transfer} if transfer else {}),
    }


def note_recipients(session: Session, entries: Mapping[str, ConnectorEntry], now: datetime) -> int:
    """Store what changed since the last time. Returns the number of additions, changes and removals."""
    flows = list(declared(entries))
    present = {
        name: statement(entry, [flow for flow in flows if flow.connector == name])
        for name, entry in entries.items()
        if entry.connector_class.manifest.recipient.role != "none"
    }
    known = {
        row.connector: row
        for row in session.exec(select(RecipientVersion).where(col(RecipientVersion.until).is_(None)))
    }
    noted = 0
    for name, row in known.items():
        if present.get(name) != row.declared:
            row.until = now
            session.add(row)
            noted += name not in present
    for name, said in present.items():
        before = known.get(name)
        if before is None or before.declared != said:
            noted += 1
            session.add(
                RecipientVersion(
                    connector=name,
                    recipient=said["recipient"],
                    change="added" if before is None else "changed",
                    details=list(_differences(before.declared, said)) if before else [],
                    declared=said,
                    since=now,
                )
            )
    return noted


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for key, words in FIELD_LABELS.items():
        if before.get(key) != after.get(key):
            yield f"{words}: {_spelled(before.get(key))} → {_spelled(after.get(key))}"


def _spelled(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{use} ({', '.join(categories)})" for use, categories in value.items()) or "nothing"
    return (", ".join(value) if isinstance(value, list) else str(value)) or "nothing"


def versions(session: Session) -> list[RecipientVersion]:
    """All versions, oldest first."""
    return list(session.exec(select(RecipientVersion).order_by(col(RecipientVersion.since), RecipientVersion.id)))


def in_use_since(rows: Sequence[RecipientVersion]) -> dict[Party, str]:
    """The day (UTC) since which the present version of each recipient is in use, by its name and role."""
    return {(row.recipient, row.declared["role"]): f"{row.since:%Y-%m-%d}" for row in rows if row.until is None}


def notices(rows: Sequence[RecipientVersion]) -> list[Notice]:
    """Every addition, change and removal, newest first."""
    found = [
        Notice(row.since, row.change, row.connector, row.recipient, tuple(row.details))  # type: ignore[arg-type]
        for row in rows
    ]
    begun = {(row.connector, row.since) for row in rows}
    found += [
        Notice(row.until, "removed", row.connector, row.recipient, ())
        for row in rows
        if row.until is not None and (row.connector, row.until) not in begun
    ]
    return sorted(found, key=lambda notice: (notice.at, notice.connector), reverse=True)


def recent_changes(rows: Sequence[RecipientVersion], now: datetime) -> list[str]:
    """A sentence for each recipient that changed within `CHANGE_SHOWN`."""
    return [
        f"What {notice.connector} declares was changed on {notice.at:%Y-%m-%d} ({'; '.join(notice.details)}); announce it and "
        "look at the privacy statement."
        for notice in notices(rows)
        if notice.change == "changed" and now - notice.at < CHANGE_SHOWN
    ]


def was_declared(rows: Sequence[RecipientVersion], key: Key, seen: Seen) -> bool:
    """Whether a flow that is no longer declared was declared by the version in force when it was last seen."""
    connector, recipient, use, category = key
    return any(
        row.connector == connector
        and row.recipient == recipient
        and category in row.declared.get("flows", {}).get(use, ())
        and row.until is not None
        and seen.last <= row.until
        for row in rows
    )
