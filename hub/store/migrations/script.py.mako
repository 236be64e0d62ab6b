"""${message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
# The oldest revision whose processes may go on after this migration. An older number only if it adds what they need not know:
# no column that they must fill, none that they read or write taken away (docs/deploy/upgrades.md).
keeps = ${repr(up_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
