"""Requests of programs that are done once; tags with a color; spam; threads of texts that were put aside."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "idempotent_request",
        sa.Column("api_key_id", sa.String(length=16), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("request_signature", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("api_key_id", "key_sha256"),
    )
    op.create_index("ix_idempotent_request_account_id", "idempotent_request", ["account_id"])
    op.create_index("ix_idempotent_request_ends_at", "idempotent_request", ["ends_at"])
    op.create_table(
        "tag_definition",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("company_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("color", sa.String(length=8), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tag_definition_account_id", "tag_definition", ["account_id"])
    op.create_index("ix_tag_definition_company_id", "tag_definition", ["company_id"])
    op.create_index("ix_tag_definition_name", "tag_definition", ["account_id", "name"])
    op.create_table(
        "spam_mark",
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    op.create_index("ix_spam_mark_company_id", "spam_mark", ["company_id"])
    op.create_table(
        "thread_archive",
        sa.Column("text_id", sa.String(length=36), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["text_message.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.PrimaryKeyConstraint("text_id"),
    )
    op.create_index("ix_thread_archive_company_id", "thread_archive", ["company_id"])


def downgrade() -> None:
    for table in ("thread_archive", "spam_mark", "tag_definition", "idempotent_request"):
        op.drop_table(table)
