"""Alembic's entry: runs the migrations in the transaction that ``service.memory.database`` has begun."""

from alembic import context

from service.memory.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
