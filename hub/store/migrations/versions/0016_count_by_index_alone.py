"""Count the calls and the leads of a period from an index alone; find a call by the carrier's
id, and a form by the number in it."""

from alembic import op

revision = "0016"
down_revision = "0015"

WIDER = {
    "ix_call_day": (
        "call",
        ["company_id", "started_at"],
        ["answered_at", "status", "voicemail", "first_time_caller", "duration"],
    ),
    "ix_lead_status": ("lead", ["company_id", "status"], ["marked_at"]),
}


def upgrade() -> None:
    for name, (table, columns, more) in WIDER.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns + more)
    op.create_index("ix_call_carrier_call_id", "call", ["carrier_call_id"])
    op.create_index("ix_form_submission_phone_number", "form_submission", ["phone_number"])


def downgrade() -> None:
    op.drop_index("ix_form_submission_phone_number", "form_submission")
    op.drop_index("ix_call_carrier_call_id", "call")
    for name, (table, columns, _) in WIDER.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
