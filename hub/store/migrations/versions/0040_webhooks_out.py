"""Webhooks that the hub sends: endpoints and their outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("company_id", sa.String(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary()),
        sa.Column("former_sealed", sa.LargeBinary()),
        sa.Column("former_until", TIME),
        sa.Column("secret_made_at", TIME),
        sa.Column("paused_at", TIME),
        sa.Column("pause_reason", sa.String(200)),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("retired_at", TIME),
        sa.UniqueConstraint("company_id", "name"),
    )
    op.create_index("ix_webhook_endpoint_account_id", "webhook_endpoint", ["account_id"])
    op.create_table(
        "webhook_event",
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_until", TIME),
        sa.Column("lease_token", sa.String(36)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_hook", sa.String(130)),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("endpoint_id", sa.String(), sa.ForeignKey("webhook_endpoint.id"), nullable=False),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("company_id", sa.String(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("dedup_key", sa.String(120), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("first_tried_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("status", sa.Integer()),
        sa.Column("reason", sa.String()),
        sa.Column("expires_at", TIME, nullable=False),
        sa.UniqueConstraint("endpoint_id", "dedup_key"),
    )
    op.create_index("ix_webhook_event_account_id", "webhook_event", ["account_id"])
    op.create_index("ix_webhook_event_company_id", "webhook_event", ["company_id"])
    op.create_index("ix_webhook_event_expires_at", "webhook_event", ["expires_at"])
    op.create_index("ix_webhook_event_work", "webhook_event", ["state", "endpoint_id", "due_at"])
    op.create_index("ix_webhook_event_newest", "webhook_event", ["endpoint_id", "at"])
    op.create_index("ix_webhook_event_subject", "webhook_event", ["subject_id"])


def downgrade() -> None:
    op.drop_table("webhook_event")
    op.drop_table("webhook_endpoint")
