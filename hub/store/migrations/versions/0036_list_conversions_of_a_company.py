"""Conversions: one index finds those of a company by time, in place of the company alone."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_index("ix_conversion_company", "conversion", ["company_id", "made_at"])
    op.drop_index("ix_conversion_company_id", "conversion")


def downgrade() -> None:
    op.create_index("ix_conversion_company_id", "conversion", ["company_id"])
    op.drop_index("ix_conversion_company", "conversion")
