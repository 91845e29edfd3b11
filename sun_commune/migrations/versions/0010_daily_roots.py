"""the log's daily roots, and which keys the log names

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql

revision = "0010"
down_revision = "0009"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = {"log_daily_roots": ("day",), "log_key_uses": ("id", "leaf_id")}


def upgrade() -> None:
    op.create_table(
        "log_daily_roots",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size >= 1 AND LENGTH(root) = 32", name=op.f("ck_log_daily_roots_size")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_log_daily_roots")),
    )
    op.create_table(
        "log_key_uses",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("is_beginning", sa.Boolean(), nullable=False),
        sa.Column("leaf_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["leaf_id"], ["log_leaves.id"], name=op.f("fk_log_key_uses_leaf_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_key_uses")),
        sa.UniqueConstraint("key", "is_beginning", name=op.f("uq_log_key_uses_key_is_beginning")),
        sa.UniqueConstraint("leaf_id", name=op.f("uq_log_key_uses_leaf_id")),
    )
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        for statement in create_sql(table, keys, dialect):
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.drop_table(table)
