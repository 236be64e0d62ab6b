"""Find the audit entries of an account in a period by an index."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_index("ix_audit_entry_log", "audit_entry", ["chain", "at", "id"])
    op.drop_index("ix_audit_entry_chain", "audit_entry")


def downgrade() -> None:
    op.create_index("ix_audit_entry_chain", "audit_entry", ["chain"])
    op.drop_index("ix_audit_entry_log", "audit_entry")
