"""Drop the findings of the nightly comparison: what does not fit is found whenever somebody asks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.drop_table("flow_finding")
    op.execute("DELETE FROM connector_note WHERE connector = 'hub' AND name = 'privacy.compared'")


def downgrade() -> None:
    op.create_table(
        "flow_finding",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
