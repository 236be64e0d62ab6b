"""One journal: what was said, decided, disclosed, stopped and done stands in one chain an account; the two older chains end.
Words of users on mail, and of owners on what they have at a provider, become records of the ledger."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlmodel import Session

from hub.errors import ConfigError
from hub.store.journal.digests import CANONICAL, spelled
from hub.store.journal.entries import GENESIS, link
from hub.store.encryption.vault import Vault

revision = "0009"
down_revision = "0008"

ROWS_PER_FETCH = 500
HUB = "hub"
TIMES = {
    "consent_record": "recorded_at",
    "audit_entry": "at",
    "consent_decision": "decided_at",
    "disclosure": "disclosed_at",
    "suppression": "since",
    "opt_out": "at",
}
CHAINED = {"consent_record": "company_id", "audit_entry": "chain"}
"""The tables that were chained, by this column."""
DROPPED = ("version", "position", "previous_hash", "hash")
OF_SUBJECT = "(SELECT account_id FROM company WHERE id = coalesce({}))".format(
    ", ".join(
        f"(SELECT company_id FROM {table} WHERE id = t.subject_id)"
        for table in ("call", "text_message", "form_submission", "call_step", "privacy_request")
    )
)
ACCOUNT = {
    "consent_record": "coalesce(t.account_id, (SELECT account_id FROM company WHERE id = t.company_id))",
    "audit_entry": "t.chain",
    "consent_decision": OF_SUBJECT,
    "disclosure": OF_SUBJECT,
    "suppression": f"'{HUB}'",
    "opt_out": "(SELECT account_id FROM company WHERE id = t.company_id)",
}


def upgrade() -> None:
    _unguard()
    _create()
    journal = _Journal(op.get_bind())
    _carry(journal, "consent ledger", "consent_record", "consent_chain", "ledger_head", None)
    _carry(journal, "audit log", "audit_entry", "audit_chain", "audit_head", "audit_start")
    for table in ("consent_chain", "ledger_head", "audit_chain", "audit_head", "audit_start"):
        op.drop_table(table)
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        for column in DROPPED[1:]:
            batch_op.drop_column(column)
    with op.batch_alter_table("consent_record", schema=None) as batch_op:
        for column in DROPPED:
            batch_op.drop_column(column)
        batch_op.alter_column("company_id", existing_type=sa.String(), nullable=True)
        batch_op.add_column(sa.Column("account_id", sa.String(), nullable=True))
        batch_op.create_foreign_key("consent_record_account_id_fkey", "account", ["account_id"], ["id"])
    for column in ("company_id", "account_id"):
        op.create_index(f"ix_consent_record_{column}", "consent_record", [column])
    op.create_index("ix_audit_entry_chain", "audit_entry", ["chain"])
    with Session(op.get_bind()) as session:
        _move_words(session, journal)
    for table in ("mail_choice", "owner_consent"):
        op.drop_table(table)
    for name in TIMES:
        _name_rows(journal, name)
    journal.finish()


def _unguard() -> None:
    """The guards of tables that go, or are made anew, go with them; the hub puts all up again after the migration."""
    for table in ("audit_entry", "audit_head", "consent_record", "consent_notice", "ledger_head"):
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")


def _create() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("chain", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", "position"),
    )
    op.create_index("ix_journal_entry_kind", "journal_entry", ["kind", "since"])
    op.create_table(
        "journal_end",
        sa.Column("chain", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain"),
    )
    op.create_table(
        "journal_waiting",
        sa.Column("row_id", sa.String(length=36), nullable=False),
        sa.Column("chain", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
    )


class _Journal:
    """Adds entries behind each other, in memory all but the ends."""

    def __init__(self, bind: sa.Connection) -> None:
        self.bind, self.now = bind, datetime.now(UTC)
        self._entries = self.table("journal_entry")
        self._ends: dict[str, tuple[int, str]] = {}

    def table(self, name: str) -> sa.Table:
        return sa.Table(name, sa.MetaData(), autoload_with=self.bind, resolve_fks=False)

    def add(self, chain: str, kind: str, content: Mapping[str, Any], since: datetime) -> None:
        position, previous = self._ends.get(chain, (0, GENESIS))
        row = link(chain, position + 1, kind, CANONICAL.encode(content), since, self.now, previous, None)
        self.bind.execute(self._entries.insert(), {column.name: getattr(row, column.name) for column in self._entries.c})
        self._ends[chain] = row.position, row.hash

    def finish(self) -> None:
        for chain, (position, digest) in self._ends.items():
            self.bind.execute(
                self.table("journal_end").insert(), {"chain": chain, "position": position, "hash": digest}
            )


def _carry(journal: _Journal, book: str, name: str, ends: str, heads: str, starts: str | None) -> None:
    """Where each of the older chains ended, its newest signed end, and the first record that does not fit, if there is one."""
    rows, column, bind = journal.table(name), CHAINED[name], journal.bind
    end_of, head_of = journal.table(ends), journal.table(heads)
    for end in bind.execute(sa.select(end_of).order_by(end_of.c[column])).mappings().all():
        of = end[column]
        start = bind.execute(sa.select(journal.table(starts)).filter_by(chain=of)).mappings().first() if starts else None
        position, previous = (start["position"], start["hash"]) if start else (0, GENESIS)
        wrong_at: int | None = None
        signed = {
            row["position"]: row["hash"] for row in bind.execute(sa.select(head_of).filter_by(**{column: of})).mappings()
        }
        chained = sa.select(rows).filter_by(**{column: of}).order_by(rows.c.position)
        for row in bind.execute(chained.execution_options(yield_per=ROWS_PER_FETCH)).mappings():
            position += 1
            fits = row["position"] == position and _old_hash(row, previous) == row["hash"]
            if not (fits and signed.get(position, row["hash"]) == row["hash"]) and wrong_at is None:
                wrong_at = position
            previous = row["hash"]
        if wrong_at is None and max([position, *signed]) != position or (end["position"], end["hash"]) != (position, previous):
            wrong_at = wrong_at or position + 1
        head = sa.select(head_of).filter_by(**{column: of}).order_by(head_of.c.position.desc()).limit(1)
        newest = bind.execute(head).mappings().first()
        account = sa.text("SELECT account_id FROM company WHERE id = :of")
        chain = bind.execute(account, {"of": of}).scalar_one() if column == "company_id" else of
        told = {
            "book": book,
            "of": of,
            "position": position,
            "hash": previous,
            "began_behind": [start["position"], start["hash"]] if start else None,
            "signed": {key: _plain(value) for key, value in newest.items()} if newest else None,
            "wrong_at": wrong_at,
        }
        journal.add(chain, "carried", told, journal.now)


def _move_words(session: Session, journal: _Journal) -> None:
    """What users said to mail, and owners at a sign-in, as records of the ledger under the same ids."""
    mail = session.execute(sa.select(journal.table("mail_choice"))).mappings().all()
    owners = session.execute(sa.select(journal.table("owner_consent"))).mappings().all()
    if not mail and not owners:
        return
    vault, last = _vault(session), dict[Any, str]()
    for row in sorted((*mail, *owners), key=lambda each: each["id"]):
        by_mail = "topic" in row
        use = f"marketing.communications.email.{row['topic']}" if by_mail else f"connector/{row['connector']}"
        user = vault.fingerprint(session, row["account_id"], row["address"] or "")[:36] if by_mail else None
        said_at = _utc(row["chosen_at" if by_mail else "spoken_at"])
        given = row["state"] == "given"
        detail = json.dumps({"address": row["address"], "evidence": row["evidence"]}) if by_mail else row["owner"] or ""
        if not by_mail and not given:
            detail = row["text"]
        sealed = vault.seal(session, None, None, row["id"], detail.encode(), f"consent_detail/{row['id']}")
        record = {
            "id": row["id"],
            "account_id": row["account_id"] if by_mail else None,
            "person_id": user,
            "role": "controller",
            "state": row["state"],
            "use": use,
            "categories": [] if by_mail else row["scopes"],
            "recipients": [] if by_mail else [row["recipient"], row["sign_in_host"]],
            "jurisdictions": [],
            "basis": "consent",
            "channel": "mail choice" if by_mail else "sign-in",
            "notice_hash": None if by_mail or not given else _notice(session, journal, row["text"], said_at),
            "detail_hash": hashlib.sha256(sealed).hexdigest(),
            "scope": "person",
            "spoken_at": said_at,
            "lapses_at": _utc(row["expires_at"]) if by_mail and given else None,
            "recorded_at": said_at,
            "supersedes": last.get((use, user)),
        }
        session.execute(journal.table("consent_record").insert(), record)
        told = {"id": row["id"], "sealed": sealed, "expires_at": _utc(row["expires_at"])}
        session.execute(journal.table("consent_detail").insert(), told)
        last[use, user] = row["id"]
    session.flush()


def _notice(session: Session, journal: _Journal, text: str, at: datetime) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    notices = journal.table("consent_notice")
    if session.execute(sa.select(notices.c.hash).where(notices.c.hash == digest)).first() is None:
        session.execute(notices.insert(), {"hash": digest, "language": "en", "text": text, "kept_at": at})
    return digest


def _vault(session: Session) -> Vault:
    made = context.config.attributes.get("vault")
    if made is None:
        raise ConfigError("There are words in this database that only the hub's key can seal; start the hub with it.")
    vault: Vault = made()
    vault.check(session)
    return vault


def _name_rows(journal: _Journal, name: str) -> None:
    """Every row of a table, in entries of one day each, so that none ends much before the others that it stands with."""
    for rows in _chunks(journal, name):
        for (chain, _), group in groupby(rows, lambda row: (row["account"] or HUB, _utc(row[TIMES[name]]).date())):
            mine = list(group)
            content = {_key(name, row): _digest(name, row) for row in mine}
            journal.add(chain, name, content, min(_utc(row[TIMES[name]]) for row in mine))


def _chunks(journal: _Journal, name: str) -> Iterator[Sequence[Mapping[Any, Any]]]:
    table = journal.table(name)
    t = table.alias("t")
    account: Any = sa.literal_column(ACCOUNT[name]).label("account")
    key = [t.c[column.name] for column in table.primary_key.columns]
    if name == "suppression":
        found = journal.bind.execute(sa.select(t, account).order_by(*key)).mappings().all()
        yield from ([*found[start : start + ROWS_PER_FETCH]] for start in range(0, len(found), ROWS_PER_FETCH))
        return
    last = ""
    while True:
        asked = sa.select(t, account).where(t.c.id > last).order_by(t.c.id).limit(ROWS_PER_FETCH)
        found = journal.bind.execute(asked).mappings().all()
        if not found:
            return
        yield sorted(found, key=lambda row: (row["account"] or HUB, row["id"]))
        last = found[-1]["id"]


def _key(name: str, row: Mapping[Any, Any]) -> str:
    return f"{row['fingerprint']}/{row['use']}" if name == "suppression" else str(row["id"])


def _digest(name: str, row: Mapping[Any, Any]) -> str:
    told = {column: _plain(value) for column, value in row.items() if column != "account" and value is not None}
    return hashlib.sha256(f"{name}{CANONICAL.encode(told)}".encode()).hexdigest()


def _old_hash(row: Mapping[Any, Any], previous: str) -> str:
    told = {column: _plain(value) for column, value in row.items() if column not in ("previous_hash", "hash")}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(previous.encode() + canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return spelled(_utc(value)) if isinstance(value, datetime) else value


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
