"""Drafts of config.yaml, one for each user."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "config_draft",
        sa.Column("user_id", sa.String(length=36), sa.ForeignKey("app_user.id"), primary_key=True),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("base_sha256", sa.String(length=64), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_config_draft_account_id", "config_draft", ["account_id"])
    op.create_index("ix_config_draft_expires_at", "config_draft", ["expires_at"])


def downgrade() -> None:
    op.drop_table("config_draft")
