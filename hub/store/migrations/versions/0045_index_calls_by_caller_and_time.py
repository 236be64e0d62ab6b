"""An index for the calls of a caller to any company in a period: a burst is looked for across the hub."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_index("ix_call_caller_time", "call", ["caller_number", "started_at"])


def downgrade() -> None:
    op.drop_index("ix_call_caller_time", "call")
