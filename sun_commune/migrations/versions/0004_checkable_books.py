"""books that anyone can check: suspense, pool, advances, layers, closed periods, budgets, the transparency log

Entries of before get their month as period, their layers by first in, first out, and their leaves in the log.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql
from sun_commune.core.codes import random_code
from sun_commune.core.rebuild import rebuilt
from sun_commune.migrations.older_books import lay_layers, write_leaves
from sun_commune.migrations.statements import first_guards, statements_of

revision = "0004"
down_revision = "0003"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN_BOOKS = {"transfers": ("id", "uid"), "ledger_accounts": ("id", "key")}
APPEND_ONLY = {
    "ledger_uses": ("id",),
    "ledger_closed_periods": ("id", "period"),
    "log_leaves": ("id", "transfer_id"),
    "log_places": ("position", "leaf_id"),
    "log_tiles": ("id",),
    "log_seals": ("size",),
}
NEW_KINDS = sa.text("SELECT count(*) FROM transfers WHERE kind NOT IN ('gift', 'spending', 'goods')")


def upgrade() -> None:
    _open()
    _widen_accounts()
    _widen_transfers()
    _widen_vouchers()
    _make_ledger_tables()
    _make_log_tables()
    connection = op.get_bind()
    lay_layers(connection)
    write_leaves(connection)
    dialect = connection.dialect.name
    keys = {**OPEN_BOOKS, "ledger_accounts": ("id", "key", "code"), **APPEND_ONLY}
    for table, columns in keys.items():
        _run(create_sql(table, columns, dialect))
    _run(statements_of("0004", dialect))
    if dialect == "postgresql":
        _always("transfers", "BEFORE INSERT")


def downgrade() -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    if connection.execute(NEW_KINDS).scalar():
        raise RuntimeError("The books hold entries that the former release cannot read. Restore a backup instead.")
    _open()
    for table in ("log_openings", "log_waiting", "log_places", "log_tiles", "log_seals", "log_leaves"):
        op.drop_table(table)
    for table in ("ledger_uses", "ledger_layers", "ledger_closed_periods", "budget_lines"):
        op.drop_table(table)
    with rebuilt(op, "vouchers") as batch:
        batch.drop_index("ix_vouchers_advance_code")
        batch.drop_constraint(op.f("fk_vouchers_redacted_id"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_vouchers_settlement_of_an_advance"), type_="check")
        for column in ("redacted_id", "advance_code", "kind"):
            batch.drop_column(column)
    with rebuilt(op, "transfers") as batch:
        batch.drop_index("ix_transfers_source_code")
        batch.drop_index("ix_transfers_to_need_code")
        batch.drop_constraint(op.f("ck_transfers_only_moved_goes_elsewhere"), type_="check")
        batch.drop_constraint(op.f("ck_transfers_suspense_by_source"), type_="check")
        for column in ("source_code", "to_category", "to_county_code", "to_need_code", "period"):
            batch.drop_column(column)
    with rebuilt(op, "ledger_accounts") as batch:
        batch.drop_constraint(op.f("uq_ledger_accounts_code"), type_="unique")
        batch.drop_constraint(op.f("ck_ledger_accounts_single_or_of_a_need"), type_="check")
        batch.create_check_constraint(
            op.f("ck_ledger_accounts_fund_has_need"), "kind <> 'fund' OR need_code IS NOT NULL"
        )
        batch.drop_column("code")
    for table, columns in OPEN_BOOKS.items():
        _run(create_sql(table, columns, dialect))
    _run(first_guards(dialect))
    if dialect == "postgresql":
        op.execute("DROP FUNCTION sun_layers_guard() CASCADE")
        op.execute("DROP FUNCTION sun_closed_periods_guard() CASCADE")
        _always("transfers", "BEFORE INSERT")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def _always(table: str, when: str) -> None:
    name = f"{table}_guard"
    op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION sun_{name}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _open() -> None:
    """Take the guards off what is changed here; they are back before the migration is committed."""
    dialect = op.get_bind().dialect.name
    for table in OPEN_BOOKS:
        _run(drop_sql(table, dialect))
    if dialect == "sqlite":
        op.execute("DROP TRIGGER transfers_guard")
        op.execute("DROP TRIGGER vouchers_frozen")
    else:
        op.execute("DROP TRIGGER transfers_guard ON transfers")


def _widen_accounts() -> None:
    with rebuilt(op, "ledger_accounts") as batch:
        batch.add_column(sa.Column("code", sa.String(length=16), nullable=True))
    connection = op.get_bind()
    for number in connection.execute(sa.text("SELECT id FROM ledger_accounts ORDER BY id")).scalars().all():
        name = {"code": random_code("AC", 10), "id": number}
        connection.execute(sa.text("UPDATE ledger_accounts SET code = :code WHERE id = :id"), name)
    with rebuilt(op, "ledger_accounts") as batch:
        batch.alter_column("code", existing_type=sa.String(length=16), nullable=False)
        batch.create_unique_constraint(op.f("uq_ledger_accounts_code"), ["code"])
        batch.drop_constraint(op.f("ck_ledger_accounts_fund_has_need"), type_="check")
        batch.create_check_constraint(
            op.f("ck_ledger_accounts_single_or_of_a_need"),
            "(kind IN ('bank', 'suspense', 'pool')) = (need_code IS NULL)",
        )


def _widen_transfers() -> None:
    texts = {"period": 7, "to_need_code": 20, "to_county_code": 6, "to_category": 24}
    with rebuilt(op, "transfers") as batch:
        for name, length in texts.items():
            batch.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        batch.add_column(sa.Column("source_code", sa.String(length=20), nullable=True))
    op.execute("UPDATE transfers SET period = SUBSTR(CAST(business_on AS TEXT), 1, 7)")
    with rebuilt(op, "transfers") as batch:
        for name, length in texts.items():
            batch.alter_column(name, existing_type=sa.String(length=length), server_default=None)
        batch.create_index(op.f("ix_transfers_source_code"), ["source_code"])
        batch.create_index(op.f("ix_transfers_to_need_code"), ["to_need_code"])
        batch.create_check_constraint(
            op.f("ck_transfers_only_moved_goes_elsewhere"), "kind = 'moved' OR to_need_code = ''"
        )
        batch.create_check_constraint(
            op.f("ck_transfers_suspense_by_source"),
            "kind NOT IN ('unmatched', 'matched', 'sent_back') OR source_code IS NOT NULL",
        )


def _widen_vouchers() -> None:
    with rebuilt(op, "vouchers") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=24), nullable=False, server_default="payment"))
        batch.add_column(sa.Column("advance_code", sa.String(length=20), nullable=True))
        batch.add_column(sa.Column("redacted_id", ROW_ID, nullable=True))
    with rebuilt(op, "vouchers") as batch:
        batch.alter_column("kind", existing_type=sa.String(length=24), server_default=None)
        batch.create_index(op.f("ix_vouchers_advance_code"), ["advance_code"])
        batch.create_foreign_key(op.f("fk_vouchers_redacted_id"), "uploads", ["redacted_id"], ["id"])
        batch.create_check_constraint(
            op.f("ck_vouchers_settlement_of_an_advance"), "(kind = 'settlement') = (advance_code IS NOT NULL)"
        )


def _make_ledger_tables() -> None:
    op.create_table(
        "budget_lines",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("need_code", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("set_by", ROW_ID, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 0 AND 100000000000", name=op.f("ck_budget_lines_amount")),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_budget_lines_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        sa.UniqueConstraint("need_code", "category", name=op.f("uq_budget_lines_need_code_category")),
    )
    op.create_table(
        "ledger_closed_periods",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("figures_sha256", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_ledger_closed_periods_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_closed_periods")),
        sa.UniqueConstraint("period", name=op.f("uq_ledger_closed_periods_period")),
    )
    op.create_table(
        "ledger_layers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("transfer_id", ROW_ID, nullable=False),
        sa.Column("origin_id", ROW_ID, nullable=False),
        sa.Column("parent_id", ROW_ID, nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("left_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen >= 1 AND left_fen BETWEEN 0 AND amount_fen", name=op.f("ck_ledger_layers_left")),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_layers_account_id")),
        sa.ForeignKeyConstraint(["origin_id"], ["transfers.id"], name=op.f("fk_ledger_layers_origin_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["ledger_layers.id"], name=op.f("fk_ledger_layers_parent_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_ledger_layers_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_layers")),
    )
    left = sa.text("left_fen > 0")
    op.create_index(
        "ix_ledger_layers_open", "ledger_layers", ["account_id", "id"], sqlite_where=left, postgresql_where=left
    )
    op.create_table(
        "ledger_uses",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("layer_id", ROW_ID, nullable=False),
        sa.Column("transfer_id", ROW_ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_ledger_uses_amount")),
        sa.ForeignKeyConstraint(["layer_id"], ["ledger_layers.id"], name=op.f("fk_ledger_uses_layer_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_ledger_uses_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_uses")),
    )
    for table, columns in {
        "ledger_layers": ("origin_id", "parent_id", "transfer_id"),
        "ledger_uses": ("layer_id", "transfer_id"),
    }.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _make_log_tables() -> None:
    op.create_table(
        "log_leaves",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("transfer_id", ROW_ID, nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'transfer') = (transfer_id IS NOT NULL)", name=op.f("ck_log_leaves_transfer")),
        sa.CheckConstraint("LENGTH(leaf) BETWEEN 2 AND 2048 AND LENGTH(hash) = 32", name=op.f("ck_log_leaves_size")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_log_leaves_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_leaves")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_log_leaves_transfer_id")),
    )
    op.create_table(
        "log_waiting",
        sa.Column("leaf_id", ROW_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["leaf_id"], ["log_leaves.id"], name=op.f("fk_log_waiting_leaf_id")),
        sa.PrimaryKeyConstraint("leaf_id", name=op.f("pk_log_waiting")),
    )
    op.create_table(
        "log_places",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf_id", ROW_ID, nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_log_places_position")),
        sa.ForeignKeyConstraint(["leaf_id"], ["log_leaves.id"], name=op.f("fk_log_places_leaf_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_places")),
        sa.UniqueConstraint("leaf_id", name=op.f("uq_log_places_leaf_id")),
    )
    op.create_table(
        "log_tiles",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("LENGTH(hashes) = 8192 AND LENGTH(root) = 32", name=op.f("ck_log_tiles_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_tiles")),
        sa.UniqueConstraint("level", "number", name=op.f("uq_log_tiles_level_number")),
    )
    op.create_table(
        "log_seals",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size >= 1 AND LENGTH(root) = 32", name=op.f("ck_log_seals_size")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_seals")),
    )
    op.create_table(
        "log_openings",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("leaf_id", ROW_ID, nullable=False),
        sa.Column("field", sa.String(length=24), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.CheckConstraint("LENGTH(salt) = 32", name=op.f("ck_log_openings_salt")),
        sa.ForeignKeyConstraint(["leaf_id"], ["log_leaves.id"], name=op.f("fk_log_openings_leaf_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_openings")),
        sa.UniqueConstraint("leaf_id", "field", name=op.f("uq_log_openings_leaf_id_field")),
    )
    op.create_index(op.f("ix_log_openings_leaf_id"), "log_openings", ["leaf_id"])
