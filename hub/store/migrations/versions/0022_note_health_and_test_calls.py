"""The hub's health: jobs, threads, figures, kinds of errors by the hour; and test calls."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "health_report",
        sa.Column("kind", sa.String(length=8), primary_key=True),
        sa.Column("name", sa.String(length=64), primary_key=True),
        sa.Column("every", sa.Float(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "error_hour",
        sa.Column("event", sa.String(length=100), primary_key=True),
        sa.Column("connector", sa.String(length=64), primary_key=True),
        sa.Column("code", sa.String(length=64), primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "call_test",
        sa.Column("id", sa.String(length=36), primary_key=True),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("company_id", sa.String(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("carrier_call_id", sa.String(length=64), nullable=False),
        sa.Column("tracking_number", sa.String(length=16), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_seconds", sa.Float(), nullable=True),
        sa.Column("heard", JSON, nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=True),
    )
    for column in ("account_id", "company_id", "carrier_call_id", "made_at"):
        op.create_index(f"ix_call_test_{column}", "call_test", [column])


def downgrade() -> None:
    for table in ("call_test", "error_hour", "health_report"):
        op.drop_table(table)
