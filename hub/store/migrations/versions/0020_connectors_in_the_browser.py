"""Connect, pause and repair connectors in the browser: secrets, sign-ins under way, who paused, what went wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("sync_slot", sa.Column("trouble", sa.String(), nullable=True))
    op.add_column("connector_state", sa.Column("paused_by", sa.String(length=36), nullable=True))
    op.create_index("ix_outcome_changed", "outcome", ["connector", "changed_at"])
    op.create_table(
        "stored_secret",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_stored_secret_account_id", "stored_secret", ["account_id"])
    op.create_table(
        "connecting",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("state_sha256", sa.String(length=64), nullable=True),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("state_sha256"),
    )
    op.create_index("ix_connecting_account_id", "connecting", ["account_id"])
    op.create_index("ix_connecting_ends_at", "connecting", ["ends_at"])
    op.create_table(
        "ignored_repair",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("ignored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "key"),
    )
    op.create_index("ix_ignored_repair_account_id", "ignored_repair", ["account_id"])


def downgrade() -> None:
    op.drop_table("ignored_repair")
    op.drop_table("connecting")
    op.drop_table("stored_secret")
    op.drop_index("ix_outcome_changed", "outcome")
    op.drop_column("connector_state", "paused_by")
    op.drop_column("sync_slot", "trouble")
