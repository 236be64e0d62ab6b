"""Find a person's first contact by an index."""

from alembic import op

revision = "0010"
down_revision = "0009"

TIMES = {"call": "started_at", "text_message": "at", "form_submission": "submitted_at"}


def upgrade() -> None:
    for table, at in TIMES.items():
        op.create_index(f"ix_{table}_person", table, ["person_id", at])
        op.drop_index(f"ix_{table}_person_id", table)


def downgrade() -> None:
    for table in TIMES:
        op.create_index(f"ix_{table}_person_id", table, ["person_id"])
        op.drop_index(f"ix_{table}_person", table)
