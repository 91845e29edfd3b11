"""statements: why a line and an entry are one movement; outgoing lines that wait are found by their amount

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

INDEX = "ix_statement_lines_waiting"
WAITS = sa.text("state = 'outgoing' AND entry_uid IS NULL AND outgoing_kind IS NULL")


def upgrade() -> None:
    op.add_column("statement_lines", sa.Column("tied_by", sa.String(length=24), nullable=True))
    op.create_index(
        INDEX, "statement_lines", ["amount_fen", "booked_on", "id"], sqlite_where=WAITS, postgresql_where=WAITS
    )


def downgrade() -> None:
    op.drop_index(INDEX, "statement_lines")
    op.drop_column("statement_lines", "tied_by")
