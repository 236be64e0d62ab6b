"""Every table keeps to the vocabulary of personal data."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, Column, Table
from sqlmodel import SQLModel

import hub.model  # noqa: F401 - the tables register themselves
from hub.contracts.categories import CATEGORIES
from hub.privacy.retention_rules import RETENTION_RULES

NOT_PERSONAL = {
    ("oauth_client", "name"): "what a program calls itself",
    ("assistant_grant", "client_name"): "what a program calls itself",
    ("tag_definition", "name"): "a topic that the account writes for all its calls",
    ("webhook_endpoint", "name"): "what config.yaml calls an address",
    ("app_user", "name"): "what commands call a user; it stays, so that the audit log can be read",
    ("account", "name"): "what config.yaml calls an agency",
    ("company", "name"): "what config.yaml calls a business",
    ("tracker", "name"): "what config.yaml calls a tracker",
    ("connector_note", "name"): "a note's name",
    ("consent_record", "evidence"): "ids of ours, and hashes",
    ("flow_version", "number"): "a count",
    ("queue_entry", "agent"): "a phone of the business, as config.yaml has it",
    ("queue_agent", "phone"): "a phone of the business, as config.yaml has it",
    ("flow_draft", "name"): "what config.yaml calls a call flow",
    ("greeting", "name"): "what users call a sound file for callers",
    ("config_version", "number"): "a count",
    ("health_report", "name"): "a job's or a thread's name",
    ("stored_secret", "name"): "what config.yaml calls a secret",
    ("call_test", "tracking_number"): "the business's own number",
    ("number_finding", "number"): "a number of ours with which something is wrong, not a caller's",
    ("number_purchase", "number"): "the business's own number",
    ("flow_version", "name"): "what config.yaml calls a call flow",
    ("passkey", "name"): "what a user calls a passkey of their own",
    ("saved_view", "page"): "a list's name",
    ("saved_view", "name"): "what users call a list with filters",
    ("policy_version", "name"): "what an account calls a version",
    ("refusal", "name"): "a field's or a host's name",
    ("fact", "name"): "what kind of fact it is",
    ("tracking_number", "number"): "the business's own number",
    ("call", "tracking_number"): "the business's own number",
    ("text_message", "tracking_number"): "the business's own number",
    ("signal", "name"): "one of the names that config.yaml lists below `insights:`",
    ("outgoing_call", "tracking_number"): "the business's own number",
    ("attempt", "number"): "a count",
    ("consent_decision", "reason"): "a rule's sentence",
}
"""Columns whose names look personal and whose content is not, and why."""
LOOKS_PERSONAL = (
    "name", "number", "caller", "sender", "email", "phone", "address", "body", "url", "page", "referrer", "agent",
    "cookie", "visitor_id", "click_ids", "recording_url", "contact", "keyword", "consent", "ip", "parameters", "evidence",
)  # fmt: skip


def tables() -> list[Table]:
    return list(SQLModel.metadata.sorted_tables)


def category(column: Column) -> str | None:  # type: ignore[type-arg]
    return column.info.get("category")


def looks_personal(name: str) -> bool:
    return name in LOOKS_PERSONAL or name.endswith(("_name", "_number", "_email", "_page", "_url", "_agent"))


def test_every_personal_column_names_a_known_category() -> None:
    for table in tables():
        for column in table.columns:
            assert category(column) is None or category(column) in CATEGORIES, f"{table.name}.{column.name}"


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_a_table_with_personal_data_says_when_each_row_ends(table: Table) -> None:
    if any(category(column) for column in table.columns):
        outlives_it = any(
            life.table.__tablename__ == table.name and life.ending == "emptied" for life in RETENTION_RULES
        )
        assert "expires_at" in table.columns
        assert not table.columns["expires_at"].nullable or outlives_it, "only a row that is emptied has no end any more"


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_a_column_that_looks_personal_has_a_category_or_a_reason(table: Table) -> None:
    for column in table.columns:
        if looks_personal(column.name) and category(column) is None:
            assert (table.name, column.name) in NOT_PERSONAL, (
                f"{table.name}.{column.name} looks personal: give it a category, or tell here why it is none"
            )


def test_every_reason_is_still_needed() -> None:
    there = {(table.name, column.name) for table in tables() for column in table.columns if not category(column)}
    assert set(NOT_PERSONAL) <= there


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_every_time_is_aware(table: Table) -> None:
    for column in table.columns:
        if column.name.endswith(("_at", "_until")) and not isinstance(column.type, JSON):
            assert type(column.type).__name__ == "UTCTime", f"{table.name}.{column.name}"
