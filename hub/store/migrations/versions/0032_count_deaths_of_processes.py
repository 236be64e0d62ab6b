"""Work: how many processes died while they handled a row, and which hook began last."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

TABLES = (
    "alert_delivery", "alert_event", "call", "delivery", "form_submission", "inbox", "lead_change", "outgoing_call",
    "recording", "request_task", "sync_slot", "text_media", "text_message", "transcript",
)  # fmt: skip


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("deaths", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("last_hook", sa.String(130), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "last_hook")
        op.drop_column(table, "deaths")
