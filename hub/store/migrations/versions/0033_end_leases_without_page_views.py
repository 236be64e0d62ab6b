"""Pools: a lease ends some time after the visitor's last page view."""

import sqlalchemy as sa
from alembic import op

from hub.model.columns import UTCTime

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("tracker", sa.Column("max_idle_seconds", sa.Integer(), server_default="14400", nullable=False))
    op.add_column("lease", sa.Column("viewed_at", UTCTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("lease", "viewed_at")
    op.drop_column("tracker", "max_idle_seconds")
