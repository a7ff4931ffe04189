"""Conversations, messages and verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False, index=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String,
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("reply", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "verdicts",
        sa.Column("code_hash", sa.String, primary_key=True),
        sa.Column("torch_version", sa.String, primary_key=True),
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("python_version", sa.String, primary_key=True),
        sa.Column("verdict", sa.String, nullable=False),
    )


def downgrade() -> None:
    for table in ("verdicts", "messages", "conversations"):
        op.drop_table(table)
