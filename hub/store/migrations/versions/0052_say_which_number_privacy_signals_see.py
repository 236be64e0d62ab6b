"""Say which tracker's number browsers see that send a privacy signal."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.add_column("tracker", sa.Column("for_signals", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("tracker") as batch_op:
        batch_op.drop_column("for_signals")
