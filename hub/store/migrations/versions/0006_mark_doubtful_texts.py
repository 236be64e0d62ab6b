"""Mark texts that may ask for a stop."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("text_message", sa.Column("doubt", sa.String(length=8), nullable=True))
    is_open = sa.text("doubt = 'open'")
    op.create_index(
        "ix_text_message_doubt", "text_message", ["at"], sqlite_where=is_open, postgresql_where=is_open
    )


def downgrade() -> None:
    op.drop_index("ix_text_message_doubt", "text_message")
    op.drop_column("text_message", "doubt")
