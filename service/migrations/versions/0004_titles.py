"""Conversations that their owners gave a title."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("title", sa.String, nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "title")
