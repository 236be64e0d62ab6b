"""API keys: whether an assistant that uses one gets personal data in clear. Keys made before do not."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("api_key", sa.Column("personal_data", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("api_key", "personal_data")
