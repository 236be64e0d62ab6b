"""Alembic's entry: migrates the connection that `hub.store.schema` hands over."""

from alembic import context
from sqlmodel import SQLModel

import hub.model  # noqa: F401 - the tables register themselves

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
