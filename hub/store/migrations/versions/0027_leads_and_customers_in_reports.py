"""Count leads and customers in roll-ups, and the days that have some again; name a cost's campaign as its visits do."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from hub.model.columns import new_id

revision = "0027"
down_revision = "0026"

ROLL_UPS = ("day_rollup", "month_rollup", "year_rollup")
NEW = ("leads", "customers", "won")
SUBJECTS = {"call": "started_at", "text_message": "at", "form_submission": "submitted_at"}
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ROLL_UPS:
        for name in NEW:
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("cost", sa.Column("visit_campaign", sa.String(length=300), nullable=True))
    bind, now = op.get_bind(), datetime.now(UTC)
    marks = sa.table("dirty_day", *map(sa.column, ("id", "company_id")), sa.column("day", sa.Date()), sa.column("marked_at", TIME))
    days = {
        (company_id, _aware(at).astimezone(ZoneInfo(zone)).date())
        for subject, moment in SUBJECTS.items()
        for source in ("lead", "outcome")
        for company_id, zone, at in bind.execute(_moments(source, subject, moment))
    }
    for company_id, day in sorted(days):
        bind.execute(sa.insert(marks).values(id=new_id(), company_id=company_id, day=day, marked_at=now))


def _moments(source: str, subject: str, moment: str) -> sa.Select[Any]:
    """The company, its time zone and the moment of each call, text or form that is a lead or has a deal."""
    leads = sa.table(source, sa.column("subject_id"))
    table = sa.table(subject, sa.column("id"), sa.column("company_id"), sa.column(moment, TIME))
    company = sa.table("company", sa.column("id"), sa.column("time_zone"))
    query = sa.select(company.c.id, company.c.time_zone, table.c[moment])
    return query.select_from(
        leads.join(table, table.c.id == leads.c.subject_id).join(company, company.c.id == table.c.company_id)
    )


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def downgrade() -> None:
    op.drop_column("cost", "visit_campaign")
    for table in ROLL_UPS:
        for name in NEW:
            op.drop_column(table, name)
