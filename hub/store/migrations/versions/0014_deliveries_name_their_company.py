"""Deliveries name their company and when a person set them aside, with indexes for the page of deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

SUBJECTS = ("call", "text_message", "form_submission")
INDEXES = {
    "ix_delivery_company": ["company_id", "made_at"],
    "ix_delivery_of_state": ["state", "made_at", "company_id", "hook", "code", "set_aside_at"],
}


def upgrade() -> None:
    op.execute("ALTER TABLE delivery ADD COLUMN company_id VARCHAR REFERENCES company (id)")
    op.add_column("delivery", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    found = [f"(SELECT company_id FROM {table} WHERE {table}.id = delivery.subject_id)" for table in SUBJECTS]  # noqa: S608
    found.append("(SELECT company_id FROM conversion WHERE conversion.id = delivery.conversion_id)")
    op.execute(f"UPDATE delivery SET company_id = coalesce({', '.join(found)})")  # noqa: S608
    for name, columns in INDEXES.items():
        op.create_index(name, "delivery", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "delivery")
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.drop_column("set_aside_at")
        batch_op.drop_column("company_id")
