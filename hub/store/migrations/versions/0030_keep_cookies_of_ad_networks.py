"""Visits: the cookies that the company's connectors read, if the visitor allows it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column("visit", sa.Column("cookies", JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("visit", "cookies")
