"""Keep the language of a privacy request's page, in which the hub writes to the person."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.add_column("privacy_request", sa.Column("language", sa.String(8), nullable=False, server_default="en"))


def downgrade() -> None:
    with op.batch_alter_table("privacy_request") as batch_op:
        batch_op.drop_column("language")
