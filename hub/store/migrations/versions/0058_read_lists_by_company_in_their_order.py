"""Indexes by company in the order of their lists: people, visits, consent records."""

from alembic import op

revision = "0058"
down_revision = "0057"

INDEXES = (("person", "id"), ("visit", "started_at"), ("consent_record", "id"))


def upgrade() -> None:
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_company", table, ["company_id", column])
        op.drop_index(f"ix_{table}_company_id", table)


def downgrade() -> None:
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_company_id", table, ["company_id"])
        op.drop_index(f"ix_{table}_company", table)
