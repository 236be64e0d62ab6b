"""Say which of the hub's keys a running process has."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    with op.batch_alter_table("config_process") as batch_op:
        batch_op.add_column(sa.Column("key_ids", sa.String(length=512), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("config_process") as batch_op:
        batch_op.drop_column("key_ids")
