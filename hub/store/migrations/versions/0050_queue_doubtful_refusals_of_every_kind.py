"""One queue for doubtful refusals in texts, forms, calls and notes; how many refusals an import found."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"

OPEN = sa.text("state = 'open'")
OPEN_TEXT = sa.text("doubt = 'open'")
DECIDE_WITHIN, KEPT = timedelta(days=14), timedelta(days=365)
TEXT = sa.table(
    "text_message",
    sa.column("id", sa.String),
    sa.column("company_id", sa.String),
    sa.column("person_number", sa.String),
    sa.column("doubt", sa.String),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    queue = op.create_table(
        "doubtful_refusal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=9), nullable=False),
        sa.Column("refused", sa.String(length=5), nullable=False),
        sa.Column("person_number", sa.String(length=16), nullable=True),
        sa.Column("learned", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_doubtful_refusal_expires_at", "doubtful_refusal", ["expires_at"])
    op.create_index("ix_doubtful_refusal_subject_id", "doubtful_refusal", ["subject_id"])
    for name, columns in (
        ("ix_doubtful_refusal_open", ["at"]),
        ("ix_doubtful_refusal_person", ["company_id", "person_number"]),
    ):
        op.create_index(name, "doubtful_refusal", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    _move_open_texts(queue)
    op.drop_index("ix_text_message_doubt", "text_message")
    op.drop_column("text_message", "doubt")
    document = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.add_column("import_step", sa.Column("refusals", document, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("import_step", "refusals")
    op.add_column("text_message", sa.Column("doubt", sa.String(length=8), nullable=True))
    queue = sa.table("doubtful_refusal", sa.column("id"), sa.column("state"), sa.column("source"))
    decided = sa.select(queue.c.state).where(queue.c.id == TEXT.c.id, queue.c.source == "text")
    op.execute(sa.update(TEXT).values(doubt=decided.scalar_subquery()))
    op.create_index(
        "ix_text_message_doubt", "text_message", ["at"], sqlite_where=OPEN_TEXT, postgresql_where=OPEN_TEXT
    )
    op.drop_table("doubtful_refusal")


def _move_open_texts(queue: sa.Table) -> None:
    """The texts that nobody has decided on. Of those that are decided the suppression list has what counts."""
    found = sa.select(TEXT).where(
        TEXT.c.doubt == "open", TEXT.c.company_id.is_not(None), TEXT.c.person_number.is_not(None)
    )
    rows = [
        {
            "id": row.id,
            "company_id": row.company_id,
            "subject_id": row.id,
            "source": "text",
            "refused": "texts",
            "person_number": row.person_number,
            "learned": "carrier",
            "state": "open",
            "at": row.at,
            "decide_by": row.at + DECIDE_WITHIN,
            "expires_at": row.at + KEPT,
        }
        for row in op.get_bind().execute(found)
    ]
    if rows:
        op.bulk_insert(queue, rows)
