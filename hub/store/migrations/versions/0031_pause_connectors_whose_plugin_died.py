"""Connectors: whether one is paused because its plugin's process ended too often."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("connector_state", sa.Column("plugin_died", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("connector_state", "plugin_died")
