"""Migrations of the ingest database, run by alembic whenever it is opened."""
