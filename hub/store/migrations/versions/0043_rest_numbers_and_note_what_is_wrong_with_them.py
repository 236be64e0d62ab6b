"""Why and until when numbers rest, what is wrong with numbers, and a cap on what each company's numbers cost."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
COLUMNS: dict[str, dict[str, Any]] = {
    "tracking_number": {"came_at": TIME, "rest_reason": sa.String(24), "rest_until": TIME},
    "company": {"number_cap": sa.Numeric(14, 4), "cap_currency": sa.String(3)},
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _say_when_they_came()
    op.create_table(
        "number_finding",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id")),
        sa.Column("company_id", sa.String(), sa.ForeignKey("company.id")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("connector", sa.String(64), nullable=False),
        sa.Column("dedup_key", sa.String(200), nullable=False, unique=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("found_at", TIME, nullable=False),
    )
    op.create_index("ix_number_finding_account_id", "number_finding", ["account_id"])
    op.create_index("ix_number_finding_company_id", "number_finding", ["company_id"])


def _say_when_they_came() -> None:
    """A row's id is a UUIDv7, which begins with the time at which it was made, in milliseconds."""
    number = sa.table("tracking_number", sa.column("id", sa.String), sa.column("came_at", TIME))
    for (each,) in op.get_bind().execute(sa.select(number.c.id)).all():
        made = datetime.fromtimestamp(int(each.replace("-", "")[:12], 16) / 1000, UTC)
        op.execute(number.update().where(number.c.id == each).values(came_at=made))


def downgrade() -> None:
    op.drop_table("number_finding")
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as batch_op:
            for name in columns:
                batch_op.drop_column(name)
