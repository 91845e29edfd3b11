"""statements: posted in batches

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("statement_files", sa.Column("expected_count", sa.Integer(), nullable=True))
    op.add_column("statement_files", sa.Column("progressed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    half_posted = sa.text("SELECT count(*) FROM statement_files WHERE state = 'posting'")
    if op.get_bind().execute(half_posted).scalar():
        raise RuntimeError("A statement is being posted. Let it be posted to its end first.")
    op.drop_column("statement_files", "progressed_at")
    op.drop_column("statement_files", "expected_count")
