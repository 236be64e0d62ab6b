"""Alembic's entry: migrates the connection that `hub.store.schema` hands over."""

from alembic import context

from hub.model import every_table

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=every_table(),
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
