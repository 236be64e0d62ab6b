"""Brands of accounts: their own name, color and logo."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "brand",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=True),
        sa.Column("accent", sa.String(length=7), nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(length=20), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_index("ix_brand_digest", "brand", ["digest"])


def downgrade() -> None:
    op.drop_index("ix_brand_digest", "brand")
    op.drop_table("brand")
