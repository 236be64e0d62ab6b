"""Find the callers whom nobody has called back, and the calls to place, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

MISSED, SPOKEN = sa.text("answered_at IS NULL"), sa.text("answered_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_call_missed", "call", ["company_id", "started_at"], sqlite_where=MISSED, postgresql_where=MISSED
    )
    op.create_index(
        "ix_call_spoken",
        "call",
        ["caller_number", "company_id", "answered_at"],
        sqlite_where=SPOKEN,
        postgresql_where=SPOKEN,
    )
    op.create_index("ix_outgoing_call_work", "outgoing_call", ["state", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_outgoing_call_work", "outgoing_call")
    op.drop_index("ix_call_spoken", "call")
    op.drop_index("ix_call_missed", "call")
