"""Drafts of call flows; count the calls of a version."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

BEGINNINGS = sa.text("position = 0 AND point = 'ringing:'")


def upgrade() -> None:
    op.create_table(
        "flow_draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("replaces", sa.String(length=80), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "company_id", "name"),
    )
    op.create_index("ix_flow_draft_company_id", "flow_draft", ["company_id"])
    op.create_index(
        "ix_call_step_begun", "call_step", ["flow_version", "at"], sqlite_where=BEGINNINGS, postgresql_where=BEGINNINGS
    )


def downgrade() -> None:
    op.drop_index("ix_call_step_begun", "call_step")
    op.drop_index("ix_flow_draft_company_id", "flow_draft")
    op.drop_table("flow_draft")
