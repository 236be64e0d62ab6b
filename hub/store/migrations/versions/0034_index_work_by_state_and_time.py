"""Work: one index for each table, along which claims read; those of the state alone and of the time alone go."""

from alembic import op

revision = "0034"
down_revision = "0033"

WORK = {
    "alert_delivery": ["state", "channel", "due_at"],
    "alert_event": ["state", "due_at"],
    "call": ["state", "due_at"],
    "delivery": ["state", "connector", "hook", "due_at"],
    "form_submission": ["state", "due_at"],
    "inbox": ["state", "due_at"],
    "lead_change": ["state", "due_at"],
    "outgoing_call": ["state", "connector", "due_at"],
    "recording": ["state", "due_at", "connector"],
    "request_task": ["state", "due_at"],
    "sync_slot": ["state", "connector", "due_at"],
    "text_media": ["state", "due_at"],
    "text_message": ["state", "due_at"],
    "transcript": ["state", "due_at", "connector"],
}
BEFORE = {
    "alert_delivery": ["channel", "state", "due_at"],
    "call": ["state", "due_at"],
    "delivery": ["connector", "state", "due_at"],
    "inbox": ["state", "due_at"],
    "outgoing_call": ["state", "due_at"],
}
GROUP = ["user_id", "channel", "target", "state"]


def upgrade() -> None:
    for table, columns in WORK.items():
        op.drop_index(f"ix_{table}_state", table)
        op.drop_index(f"ix_{table}_due_at", table)
        if table in BEFORE and BEFORE[table] != columns:
            op.drop_index(f"ix_{table}_work", table)
        if BEFORE.get(table) != columns:
            op.create_index(f"ix_{table}_work", table, columns)
    op.drop_index("ix_sync_slot_connector", "sync_slot")
    op.drop_index("ix_alert_delivery_group", "alert_delivery")
    op.create_index("ix_alert_delivery_group", "alert_delivery", [*GROUP, "due_at"])


def downgrade() -> None:
    op.drop_index("ix_alert_delivery_group", "alert_delivery")
    op.create_index("ix_alert_delivery_group", "alert_delivery", GROUP)
    op.create_index("ix_sync_slot_connector", "sync_slot", ["connector"])
    for table, columns in WORK.items():
        if BEFORE.get(table) != columns:
            op.drop_index(f"ix_{table}_work", table)
        if table in BEFORE and BEFORE[table] != columns:
            op.create_index(f"ix_{table}_work", table, BEFORE[table])
        op.create_index(f"ix_{table}_due_at", table, ["due_at"])
        op.create_index(f"ix_{table}_state", table, ["state"])
