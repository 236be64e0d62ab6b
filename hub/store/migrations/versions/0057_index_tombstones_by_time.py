"""An index for the newest erasure, which a periodic job looks for."""

from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.create_index("ix_tombstone_at", "tombstone", ["at"])


def downgrade() -> None:
    op.drop_index("ix_tombstone_at", "tombstone")
