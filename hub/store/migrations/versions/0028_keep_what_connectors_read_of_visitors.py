"""Companies: what their connectors read of visitors. Every start of a hub writes it from config.yaml."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column("company", sa.Column("captured", JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("company", "captured")
