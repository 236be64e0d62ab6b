"""Spam scores, blocked and allowed callers, and what reports leave out because of spam."""

from datetime import timedelta

import sqlalchemy as sa
import uuid_utils
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.platform.clock import utc_now

revision = "0044"
down_revision = "0043"

ROLL_UPS = ("day_rollup", "month_rollup", "year_rollup")
MEASURES = ("spam_calls", "spam_answered", "spam_first_time", "spam_texts", "spam_forms")
COUNTED = ["company_id", "started_at", "answered_at", "status", "voicemail", "first_time_caller", "duration"]


def upgrade() -> None:
    document = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.create_table(
        "spam_score",
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("carrier_call_id", sa.String(length=64), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", document, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overruled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overruled_by", sa.String(length=36), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.PrimaryKeyConstraint("connector", "carrier_call_id"),
    )
    op.create_index("ix_spam_score_company_id", "spam_score", ["company_id"])
    op.create_index("ix_spam_score_expires_at", "spam_score", ["expires_at"])
    op.create_table(
        "caller_rule",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("company_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("pattern", sa.String(length=16), nullable=False),
        sa.Column("is_prefix", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("by_verdict", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("account_id", "company_id", "expires_at"):
        op.create_index(f"ix_caller_rule_{column}", "caller_rule", [column])
    op.create_index("ix_caller_rule_pattern", "caller_rule", ["pattern", "account_id"])
    op.add_column("call", sa.Column("spam", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE call SET spam = true WHERE id IN (SELECT subject_id FROM spam_mark)")
    op.drop_index("ix_call_day", "call")
    op.create_index("ix_call_day", "call", [*COUNTED, "spam"])
    for table in ROLL_UPS:
        for measure in MEASURES:
            op.add_column(table, sa.Column(measure, sa.BigInteger(), nullable=False, server_default="0"))
    _count_again()


def _count_again() -> None:
    """Mark the days of what users called spam before: whatever the company's time zone, it is one of three."""
    connection = op.get_bind()
    time, identity = sa.DateTime(timezone=True), sa.String()
    marked = sa.table("spam_mark", sa.column("subject_id", identity), sa.column("company_id", identity))
    days = set()
    for name, at in (("call", "started_at"), ("text_message", "at"), ("form_submission", "submitted_at")):
        subject = sa.table(name, sa.column("id", identity), sa.column(at, time))
        joined = sa.join(marked, subject, subject.c.id == marked.c.subject_id)
        for company_id, begun in connection.execute(sa.select(marked.c.company_id, subject.c[at]).select_from(joined)):
            days |= {(company_id, (begun + timedelta(days=shift)).date()) for shift in (-1, 0, 1)}
    dirty = sa.table(
        "dirty_day",
        sa.column("id", identity),
        sa.column("company_id", identity),
        sa.column("day", sa.Date()),
        sa.column("marked_at", time),
    )
    now = utc_now()
    rows = [
        {"id": str(uuid_utils.uuid7()), "company_id": company_id, "day": day, "marked_at": now}
        for company_id, day in sorted(days)
    ]
    if rows:
        connection.execute(sa.insert(dirty), rows)


def downgrade() -> None:
    for table in ROLL_UPS:
        for measure in MEASURES:
            op.drop_column(table, measure)
    op.drop_index("ix_call_day", "call")
    op.drop_column("call", "spam")
    op.create_index("ix_call_day", "call", COUNTED)
    op.drop_table("caller_rule")
    op.drop_table("spam_score")
