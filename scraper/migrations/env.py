"""Alembic's entry: runs migrations on the connection that `scraper.database` hands over."""

from __future__ import annotations

from alembic import context

from scraper.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
