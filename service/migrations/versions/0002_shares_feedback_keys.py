"""Share links, requests that must not be answered twice, feedback, keys and sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("share_hash", sa.String, nullable=True))
    op.create_index("ix_conversations_share_hash", "conversations", ["share_hash"], unique=True)
    op.create_table(
        "requests",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        _message(index=True),
    )
    op.create_table(
        "feedback",
        _message(primary_key=True),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("comment", sa.String, nullable=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("token_hash", sa.String, nullable=False, index=True, unique=True),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime, nullable=True),
    )
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("key_id", sa.String, sa.ForeignKey("keys.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )


def _message(**options: bool) -> sa.Column:
    return sa.Column(
        "message_id", sa.String, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, **options
    )


def downgrade() -> None:
    for table in ("sign_ins", "keys", "feedback", "requests"):
        op.drop_table(table)
    op.drop_index("ix_conversations_share_hash", "conversations")
    op.drop_column("conversations", "share_hash")
