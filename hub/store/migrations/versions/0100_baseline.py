"""Create all tables."""

from alembic import op
from sqlalchemy import text

from hub.store.migrations.baseline import baseline_revision, statements

revision = baseline_revision()
down_revision = None


def upgrade() -> None:
    for statement in statements(op.get_bind().dialect.name):
        op.execute(text(statement.replace(":", "\\:")))  # no colon begins a parameter
