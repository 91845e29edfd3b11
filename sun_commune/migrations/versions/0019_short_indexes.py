"""short indexes: of what few entries have, over those few alone

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

#: Columns that are NULL in most rows.
GIVEN = (
    ("transfers", "claim_code"),
    ("transfers", "delivery_code"),
    ("transfers", "voucher_code"),
    ("transfers", "source_code"),
    ("ledger_layers", "parent_id"),
    ("vouchers", "advance_code"),
)


def upgrade() -> None:
    for table, column in (*GIVEN, ("transfers", "to_need_code")):
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
    for table, column in GIVEN:
        _create(f"ix_{table}_{column}_given", table, column, f"{column} IS NOT NULL")
    _create("ix_transfers_to_need_code_moved", "transfers", "to_need_code", "kind = 'moved'")


def _create(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_transfers_to_need_code_moved", "transfers")
    for table, column in GIVEN:
        op.drop_index(f"ix_{table}_{column}_given", table)
    for table, column in (*GIVEN, ("transfers", "to_need_code")):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
