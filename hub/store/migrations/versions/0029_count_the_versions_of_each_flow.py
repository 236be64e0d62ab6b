"""Count the versions of each call flow from 1; drafts name the version that they began with so."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

INDEX = "ix_flow_version_revision"
OF_FLOW = "other.company_id = {0}.company_id AND other.name = {0}.name"


def upgrade() -> None:
    op.add_column("flow_version", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    before = f"SELECT count(*) FROM flow_version AS other WHERE {OF_FLOW.format('flow_version')}"
    op.execute(f"UPDATE flow_version SET revision = ({before} AND other.number <= flow_version.number)")  # noqa: S608
    op.create_index(INDEX, "flow_version", ["company_id", "name", "revision"], unique=True)
    _rename_bases("revision", "number")


def downgrade() -> None:
    _rename_bases("number", "revision")
    op.drop_index(INDEX, "flow_version")
    op.drop_column("flow_version", "revision")


def _rename_bases(new: str, old: str) -> None:
    found = f"SELECT other.{new} FROM flow_version AS other WHERE {OF_FLOW.format('flow_draft')}"
    op.execute(f"UPDATE flow_draft SET base = ({found} AND other.{old} = flow_draft.base)")  # noqa: S608
