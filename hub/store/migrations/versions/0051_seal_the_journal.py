"""Entries of the journal have keyed hashes: each chain is sealed where it ends, and then names recording notices, legal holds,
restrictions, privacy requests, their steps and proofs."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlmodel import Session

from hub.store.encryption.keyring import JOURNAL, Keyring
from hub.store.encryption.vault import Vault
from hub.store.journal.deferred import seal_of_waiting
from hub.store.journal.digests import CANONICAL, spelled
from hub.store.journal.entries import GENESIS, link, seal_of
from hub.store.journal.statements import SEALED, signed_content

revision = "0051"
down_revision = "0050"

ROWS_PER_FETCH = 500
OF_COMPANY = "(SELECT account_id FROM company WHERE id = t.company_id)"
OF_REQUEST = "(SELECT account_id FROM company WHERE id = (SELECT company_id FROM privacy_request WHERE id = t.request_id))"
NAMED = {
    "recording_notice": ("told_at", OF_COMPANY),
    "legal_hold": ("set_at", OF_COMPANY),
    "restriction": ("since", OF_COMPANY),
    "privacy_request": ("received_at", OF_COMPANY),
    "request_step": ("at", OF_REQUEST),
    "identity_proof": ("made_at", OF_REQUEST),
}
"""Table → the column with the time at which a row began, and the account whose chain names it."""
NOT_HASHED = {
    "privacy_request": {
        "phone_number",
        "email",
        "known_as",
        "correction",
        "evidence",
        "expires_at",
        "file_path",
        "file_ends_at",
    },
    "identity_proof": {"tries"},
}


def upgrade() -> None:
    op.add_column("journal_end", sa.Column("key_id", sa.String(16), nullable=False, server_default=""))
    op.add_column("journal_end", sa.Column("seal", sa.String(64), nullable=False, server_default=""))
    op.add_column("journal_waiting", sa.Column("seal", sa.String(64), nullable=False, server_default=""))
    op.add_column("recording_notice", sa.Column("salt", sa.String(32), nullable=True))
    _Journal(op.get_bind()).seal()


class _Journal:
    """The chains, sealed and continued; the hub's key is read when there is something to seal."""

    def __init__(self, bind: sa.Connection) -> None:
        self.bind, self.now = bind, datetime.now(UTC)
        self._ends: dict[str, tuple[int, str]] = {}
        self._keyring: Keyring | None = None

    @property
    def keyring(self) -> Keyring:
        if self._keyring is None:
            self._keyring = context.config.attributes["keyring"]()
            with Session(self.bind) as session:
                Vault(self._keyring, lambda: self.now).check(session)
        return self._keyring

    def table(self, name: str) -> sa.Table:
        return sa.Table(name, sa.MetaData(), autoload_with=self.bind, resolve_fks=False)

    def seal(self) -> None:
        ends, waiting = self.table("journal_end"), self.table("journal_waiting")
        for end in self.bind.execute(sa.select(ends).order_by(ends.c.chain)).mappings().all():
            self._ends[end["chain"]] = end["position"], end["hash"]
            before = {"position": end["position"], "hash": end["hash"]}
            self._add(end["chain"], SEALED, signed_content(self.keyring, end["chain"], SEALED, self.now, before), self.now)
        for row in self.bind.execute(sa.select(waiting)).mappings().all():
            seal = seal_of_waiting(self.keyring, {**row, "since": _utc(row["since"])})
            self.bind.execute(waiting.update().where(waiting.c.row_id == row["row_id"]).values(seal=seal))
        for name, (began, _) in NAMED.items():
            for rows in self._chunks(name):
                for (chain, _day), group in groupby(rows, lambda row: (row["account"], _utc(row[began]).date())):  # noqa: B023
                    mine = list(group)
                    content = {str(row["id"]): _digest(name, row) for row in mine}
                    self._add(chain, name, content, min(_utc(row[began]) for row in mine))
        for chain, (position, last_hash) in self._ends.items():
            sealed = seal_of(self._key, chain, position, last_hash)
            values = {"position": position, "hash": last_hash, "key_id": self.keyring.newest, "seal": sealed}
            changed = self.bind.execute(ends.update().where(ends.c.chain == chain).values(values))
            if not changed.rowcount:
                self.bind.execute(ends.insert(), {"chain": chain, **values})

    @property
    def _key(self) -> bytes:
        return self.keyring.derived_key(JOURNAL, self.keyring.newest)

    def _add(self, chain: str, kind: str, content: Mapping[str, Any], since: datetime) -> None:
        position, previous = self._ends.get(chain, (0, GENESIS))
        row = link(chain, position + 1, kind, CANONICAL.encode(content), since, self.now, previous, self._key)
        entries = self.table("journal_entry")
        self.bind.execute(entries.insert(), {column.name: getattr(row, column.name) for column in entries.c})
        self._ends[chain] = row.position, row.hash

    def _chunks(self, name: str) -> Iterator[Sequence[Mapping[Any, Any]]]:
        table = self.table(name)
        t = table.alias("t")
        account: Any = sa.literal_column(NAMED[name][1]).label("account")
        if name == "recording_notice":
            for (row_id,) in self.bind.execute(sa.select(table.c.id).where(table.c.choice.is_not(None))).all():
                salted = table.update().where(table.c.id == row_id)
                self.bind.execute(salted.values(salt=secrets.token_hex(16)))
        last = ""
        while True:
            query = sa.select(t, account).where(t.c.id > last).order_by(t.c.id).limit(ROWS_PER_FETCH)
            rows = self.bind.execute(query).mappings().all()
            if not rows:
                return
            yield sorted((row for row in rows if row["account"]), key=lambda row: (row["account"], row["id"]))
            last = rows[-1]["id"]


def _digest(name: str, row: Mapping[Any, Any]) -> str:
    left_out = {"account", *NOT_HASHED.get(name, ())}
    values = {
        column: spelled(_utc(value)) if isinstance(value, datetime) else value
        for column, value in row.items()
        if column not in left_out and value is not None
    }
    return hashlib.sha256(f"{name}{CANONICAL.encode(values)}".encode()).hexdigest()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def downgrade() -> None:
    for table, columns in (
        ("recording_notice", ("salt",)),
        ("journal_waiting", ("seal",)),
        ("journal_end", ("key_id", "seal")),
    ):
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
