"""Seal the labels of companies; none stays in clear."""

import sqlalchemy as sa
from alembic import context, op
from sqlmodel import Session

from hub.errors import ConfigError
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many

revision = "9002"
down_revision = "9001"


def upgrade() -> None:
    connection, vault = op.get_bind(), context.config.attributes["vault"]
    with op.batch_alter_table("company") as company:
        company.add_column(sa.Column("sealed_label", sa.LargeBinary(), nullable=True))
    rows = connection.execute(sa.text("SELECT id, label FROM company ORDER BY id")).all()
    if rows and vault is None:
        raise ConfigError(
            "The database has labels in clear, which are sealed with the hub's key; start the hub with it."
        )
    with Session(connection) as session:
        labels = [Plaintext(f"label/{row.id}", row.label, f"company/{row.id}/label") for row in rows]
        sealed = encrypt_many(vault(), session, labels) if rows else []
        session.flush()
        for row, label in zip(rows, sealed, strict=True):
            session.execute(
                sa.text("UPDATE company SET sealed_label = :label WHERE id = :id"), {"label": label, "id": row.id}
            )
    # SQLite makes the table anew, while calls refer to its rows.
    with op.batch_alter_table("company") as company:
        company.alter_column("sealed_label", nullable=False)
        company.drop_column("label")
