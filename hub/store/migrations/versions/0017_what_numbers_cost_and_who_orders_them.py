"""What numbers cost and how they stand at the carrier, orders of numbers, the account's cap, pools by the hour; whose
port orders are; the last call of each number by an index."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

OPEN = "state IN ('asked', 'unknown')"
TIME = sa.DateTime(timezone=True)
NUMBER_COLUMNS: dict[str, Any] = {
    "released_at": TIME,
    "monthly_price": sa.Numeric(14, 4),
    "price_currency": sa.String(3),
    "standing": sa.String(24),
    "checked_at": TIME,
}
ACCOUNT_COLUMNS: dict[str, Any] = {"number_cap": sa.Numeric(14, 4), "cap_currency": sa.String(3)}
ONLY_ACCOUNT = "(SELECT min(id) FROM account HAVING count(*) = 1)"


def upgrade() -> None:
    for table, columns in (("tracking_number", NUMBER_COLUMNS), ("account", ACCOUNT_COLUMNS)):
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.execute("ALTER TABLE port_order ADD COLUMN account_id VARCHAR REFERENCES account (id)")
    op.execute("ALTER TABLE port_order ADD COLUMN tracker_id VARCHAR REFERENCES tracker (id)")
    op.add_column("port_order", sa.Column("losing_carrier", sa.String(100), nullable=False, server_default=""))
    op.execute(f"UPDATE port_order SET account_id = {ONLY_ACCOUNT}")  # noqa: S608
    op.create_index("ix_port_order_account_id", "port_order", ["account_id"])
    op.create_index("ix_port_order_tracker_id", "port_order", ["tracker_id"])
    _create_purchases()
    op.create_table(
        "pool_hour",
        sa.Column("tracker_id", sa.String(), sa.ForeignKey("tracker.id"), primary_key=True),
        sa.Column("hour", TIME, primary_key=True),
        *(sa.Column(each, sa.Integer(), nullable=False) for each in ("size", "most_held", "lent", "overflows", "held_seconds")),
    )
    op.drop_index("ix_call_tracking_number", "call")
    op.create_index("ix_call_number", "call", ["tracking_number", "company_id", "started_at"])


def _create_purchases() -> None:
    op.create_table(
        "number_purchase",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("tracker_id", sa.String(), sa.ForeignKey("tracker.id"), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("monthly_price", sa.Numeric(14, 4), nullable=True),
        sa.Column("price_currency", sa.String(3), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
    )
    for column in ("account_id", "tracker_id"):
        op.create_index(f"ix_number_purchase_{column}", "number_purchase", [column])
    op.create_index(
        "ix_number_purchase_open",
        "number_purchase",
        ["number"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_index("ix_call_number", "call")
    op.create_index("ix_call_tracking_number", "call", ["tracking_number"])
    op.drop_table("pool_hour")
    op.drop_table("number_purchase")
    with op.batch_alter_table("port_order") as batch_op:
        for column in ("account_id", "tracker_id"):
            batch_op.drop_index(f"ix_port_order_{column}")
        for column in ("losing_carrier", "account_id", "tracker_id"):
            batch_op.drop_column(column)
    for table, columns in (("account", ACCOUNT_COLUMNS), ("tracking_number", NUMBER_COLUMNS)):
        with op.batch_alter_table(table) as batch_op:
            for name in columns:
                batch_op.drop_column(name)
