"""Filter the list of calls by source, campaign, keyword, tracker, agent and value by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

INDEXES = {
    "ix_attribution_source": ("attribution", ["company_id", "source", "medium"], None),
    "ix_attribution_campaign": ("attribution", ["company_id", "campaign"], "campaign IS NOT NULL"),
    "ix_attribution_keyword": ("attribution", ["company_id", "keyword"], "keyword IS NOT NULL"),
    "ix_call_tracker": ("call", ["tracker_id", "started_at"], None),
    "ix_call_agent": ("call", ["answered_by", "started_at"], "answered_by IS NOT NULL"),
    "ix_lead_value": ("lead", ["company_id", "amount"], None),
}


def upgrade() -> None:
    for name, (table, columns, where) in INDEXES.items():
        some = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)
    op.drop_index("ix_attribution_company_id", "attribution")


def downgrade() -> None:
    op.create_index("ix_attribution_company_id", "attribution", ["company_id"])
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
