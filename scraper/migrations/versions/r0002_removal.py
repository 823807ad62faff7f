"""What was purged and must not come back, decisions of the operator, cancelled and full runs, parsers of pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns; what is there already was parsed by an unknown parser in runs of the usual kind."""
    op.add_column("documents", sa.Column("decision", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_documents_decision", "documents", ["decision"], unique=False)
    op.add_column("runs", sa.Column("cancel_requested", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("full", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("fetches", sa.Column("parser", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "suppressed",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "sha256"),
    )
    op.create_table(
        "removals",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "backups",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )


def downgrade() -> None:
    """Take them away again."""
    for name in ("backups", "removals", "suppressed"):
        op.drop_table(name)
    op.drop_index("ix_documents_decision", "documents")
    for table, column in (
        ("fetches", "parser"),
        ("runs", "full"),
        ("runs", "cancel_requested"),
        ("documents", "decision"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
