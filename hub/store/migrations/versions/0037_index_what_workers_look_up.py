"""Indexes for what workers look up: a caller, a browser, a carrier's texts, the keys of backups, the size of recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

OF_BACKUPS = sa.text("substr(holder, 1, 7) = 'backup|' AND wrapped IS NOT NULL")
KEPT = sa.text("path IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_call_caller_number", "call")
    op.create_index("ix_call_caller", "call", ["caller_number", "company_id", "started_at"])
    op.drop_index("ix_visit_visitor_id", "visit")
    op.create_index("ix_visit_browser", "visit", ["visitor_id", "company_id", "started_at"])
    op.create_index("ix_text_message_told", "text_message", ["connector", "at"])
    op.create_index(
        "ix_person_key_of_backups", "person_key", ["made_at"], sqlite_where=OF_BACKUPS, postgresql_where=OF_BACKUPS
    )
    op.create_index(
        "ix_recording_size", "recording", ["recorded_at", "size"], sqlite_where=KEPT, postgresql_where=KEPT
    )


def downgrade() -> None:
    op.drop_index("ix_recording_size", "recording")
    op.drop_index("ix_person_key_of_backups", "person_key")
    op.drop_index("ix_text_message_told", "text_message")
    op.drop_index("ix_visit_browser", "visit")
    op.create_index("ix_visit_visitor_id", "visit", ["visitor_id"])
    op.drop_index("ix_call_caller", "call")
    op.create_index("ix_call_caller_number", "call", ["caller_number"])
