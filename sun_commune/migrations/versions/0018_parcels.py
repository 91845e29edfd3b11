"""parcels: which deliveries a voucher has paid for

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql
from sun_commune.migrations.statements import statements_of

revision = "0018"
down_revision = "0017"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "voucher_parcels",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("voucher_id", ROW_ID, nullable=False),
        sa.Column("delivery_code", sa.String(length=20), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("said_by", ROW_ID, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_voucher_parcels_voucher_id")),
        sa.ForeignKeyConstraint(["said_by"], ["users.id"], name=op.f("fk_voucher_parcels_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_parcels")),
    )
    for column in ("voucher_id", "delivery_code"):
        op.create_index(op.f(f"ix_voucher_parcels_{column}"), "voucher_parcels", [column])
    for statement in (*create_sql("voucher_parcels", ("id",), dialect), *statements_of("0018_parcels", dialect)):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in drop_sql("voucher_parcels", dialect):
        op.execute(statement)
    op.drop_table("voucher_parcels")
    if dialect == "postgresql":
        op.execute("DROP FUNCTION sun_voucher_parcels_guard()")
