"""Give each company a label that names its calls."""

import sqlalchemy as sa
from alembic import op

from hub.store.schema import revisions

revision = "9001"
keeps = "0100"  # nobody must fill a label
down_revision = next(each for each in reversed(revisions()) if each < revision)


def upgrade() -> None:
    op.add_column("company", sa.Column("label", sa.String(), nullable=True))
    op.execute(
        "UPDATE company SET label = name || ' has calls: ' || "
        "(SELECT count(*) FROM call WHERE call.company_id = company.id)"
    )
