"""PostgreSQL row-level security: a session of one account, or of some of its companies, sees and writes only their rows,
even if a query has no filter.

The policies are generated from the tables' foreign keys. `app.account` is the account's id, `*` for the hub's own work;
without it no row is visible. The policies are FORCEd, so they apply to the tables' owner too; they do not apply to a
superuser or a role with BYPASSRLS (`hub docs access`). SQLite has no row-level security. Source: security.md 2.3, tenancy.
"""

from __future__ import annotations

from sqlalchemy import Table

ALL_ACCOUNTS = "*"
SETTING = "app.account"
COMPANIES = "app.companies"
"""The ids of the companies that a session is limited to, separated by commas; empty: all of the account."""
POLICY = "account_rows"

HUB_WIDE: dict[str, str] = {
    "config_process": "about processes",
    "config_version": "one file for all accounts; pages show it only if there is one account",
    "connector_note": "a connector's own notes; it may serve several accounts",
    "connector_state": "a connector may serve several accounts",
    "connector_token": "a connector's secret; no account's session has business with it",
    "cursor": "how far a connector's stream was read",
    "directory_change": "one row, which says that something changed",
    "error_hour": "counts of the whole hub, without anybody's data",
    "health_report": "jobs and threads of the whole hub",
    "import_match": "ids of another service and ours, read by the command that imports",
    "import_step": "how far an import was read",
    "inbox": "raw webhooks, kept before anybody knows whose they are",
    "oauth_client": "programs that registered themselves, before any user has allowed anything",
    "recipient_version": "about connectors",
    "refusal": "counts of connectors",
    "restoration": "restores of the whole database",
    "suppression": "keyed hashes that name nobody, not even a company",
    "sign_in_challenge": "a step of a sign-in, before anybody knows who it is",
    "switch_step": "ticked by a command on the machine",
    "sync_slot": "a connector may serve several accounts",
    "text_status": "told by carriers before anybody knows whose it is",
    "vendor_recording": "a connector may serve several accounts",
    "vapid_key": "the hub's own key for web push",
    "tombstone": "keyed hashes that name nobody",
}
"""Tables without a link to an account, and why; sessions of an account see none of their rows."""

SHARED_TABLES: dict[str, str] = {
    "consent_notice": "the words that were shown, found by their hash from a record of the account",
    "person_key": "wrapped keys, found from an account's ciphertext; they open nothing without that and the hub's key",
}
"""Tables without a link to an account that each account's session may read, and why."""

CONTACTS = ("subject_id", "call"), ("subject_id", "text_message"), ("subject_id", "form_submission")
PARENT_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "consent_detail": (("id", "consent_record"),),
    "consent_record": (("company_id", "company"), ("account_id", "account")),
    "consent_decision": (
        ("subject_id", "call"),
        ("subject_id", "text_message"),
        ("subject_id", "form_submission"),
        ("subject_id", "call_step"),
        ("subject_id", "archived_call"),
    ),
    # A CRM's deals belong to no account until their call, text or form is found.
    "outcome": (*CONTACTS, ("subject_id", "archived_call")),
    "disclosure": (*CONTACTS, ("subject_id", "archived_call")),
    "fact": CONTACTS,
}
"""References that are not foreign keys: a column, and the table whose `id` it contains. One per table is enough."""

LIMITED = ("cost", "number_finding", "report_subscription")
"""Tables of accounts in which a row without a company concerns the whole account, so no session of some companies sees
it."""

CHAINS = ("audit_entry", "journal_end", "journal_entry", "journal_waiting")
"""Tables whose `chain` is the id of an account or the hub's own chain."""


class NoWay(Exception):
    """A table has no link to an account and is not declared in LINKS, HUB_WIDE or SHARED."""


def condition(table: Table) -> str:
    """SQL condition: a session of one account may see and write a row. NoWay if the table has no link to an account and
    is not declared."""
    mine = f"current_setting('{SETTING}', true)"
    name = table.name
    if name == "account":
        return f"{name}.id = {mine}"
    if name == "company":
        chosen = f"current_setting('{COMPANIES}', true)"
        return (
            f"company.account_id = {mine} AND "
            f"(coalesce({chosen}, '') = '' OR company.id = ANY(string_to_array({chosen}, ',')))"
        )
    if name in LIMITED:
        chosen = f"current_setting('{COMPANIES}', true)"
        limited = f"{name}.company_id = ANY(string_to_array({chosen}, ','))"
        return f"{name}.account_id = {mine} AND (coalesce({chosen}, '') = '' OR {limited})"
    if name in CHAINS:
        return f"{name}.chain = {mine}"
    if name in HUB_WIDE:
        return "false"
    if name in SHARED_TABLES:
        return "true"
    if name in PARENT_COLUMNS:
        ways = PARENT_COLUMNS[name]
    elif "account_id" in table.columns:
        return f"{name}.account_id = {mine}"
    elif "company_id" in table.columns:
        ways = (("company_id", "company"),)
    else:
        ways = tuple((key.parent.name, key.column.table.name) for key in sorted(table.foreign_keys, key=_column))[:1]
    if not ways:
        raise NoWay(f"{name} has no way to an account; declare it in hub/store/row_security.py")
    # The other table's own policy applies inside: each step only checks whether that row is visible.
    seen = (f"EXISTS (SELECT 1 FROM {to} WHERE {to}.id = {name}.{column})" for column, to in ways)  # noqa: S608
    return " OR ".join(seen)


def statements(table: Table) -> list[str]:
    """The policies of one table. Readers may see SHARED rows; a writer must be the hub or write the account's own
    rows."""
    name = table.name
    # A sub-select is evaluated once per statement, and the planner does not assume that it matches few rows.
    hub = f"(SELECT current_setting('{SETTING}', true) = '{ALL_ACCOUNTS}')"
    expression = condition(table)
    using = f"{hub} OR {expression}" if expression != "false" else hub
    check = hub if name in SHARED_TABLES else using
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS {POLICY} ON {name}",
        f"CREATE POLICY {POLICY} ON {name} USING ({using}) WITH CHECK ({check})",
    ]


def _column(key: object) -> str:
    return str(key.parent.name)  # type: ignore[attr-defined]
