"""money out: budgets in versions, advances with a due day, what a checker is shown, the end of old drafts

Vouchers of before get the compared form of their payee's name.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql
from sun_commune.core.rebuild import rebuilt
from sun_commune.ledger.payees import payee_key
from sun_commune.migrations.statements import statements_of

revision = "0012"
down_revision = "0011"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = {"voucher_flags": ("id",), "advance_returns": ("id", "transfer_uid")}
TEXTS = {"payee_key": 120, "payee_number": 40, "invoice_number": 40}
INDEXES = (
    ("redacted_id",), ("payee_key",), ("invoice_number",), ("category", "state", "amount_fen"),
)  # fmt: skip
NEW_CHECKS = {
    "advance_has_a_due_day": "(kind = 'advance') = (due_on IS NOT NULL)",
    "advance_of_a_need": "kind = 'payment' OR need_code <> ''",
    "management_from_the_pool": "category <> 'management' OR need_code = ''",
}
CHECKS = {  # as they are now, and as they were
    "decided_by_somebody": (
        "(state IN ('approved', 'refused')) = (checker_id IS NOT NULL)", "(state = 'drafted') = (checker_id IS NULL)",
    ),
    "state": (
        "state IN ('drafted', 'approved', 'refused', 'withdrawn', 'expired')",
        "state IN ('drafted', 'approved', 'refused')",
    ),
}  # fmt: skip
USED = (
    "SELECT count(*) FROM vouchers WHERE state IN ('withdrawn', 'expired') OR kind <> 'payment'",
    "SELECT count(*) FROM budgets",
)


def upgrade() -> None:
    op.add_column("uploads", sa.Column("mark", sa.String(length=64), nullable=False, server_default=""))
    with rebuilt(op, "uploads") as batch:
        batch.alter_column("mark", existing_type=sa.String(length=64), server_default=None)
    _open()
    _widen_vouchers()
    op.drop_table("budget_lines")
    _make_budgets()
    _make_papers()
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        _run(create_sql(table, keys, dialect))
    _run(statements_of("0012", dialect))
    _shut()


def downgrade() -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    if any(connection.execute(sa.text(words)).scalar() for words in USED):
        raise RuntimeError("The books hold papers that the former release cannot read. Restore a backup instead.")
    _open()
    for table in APPEND_ONLY:
        _run(drop_sql(table, dialect))
    for table in ("voucher_flags", "advance_returns", "advance_reminders", "budget_lines", "budgets"):
        op.drop_table(table)
    _make_former_lines()
    with rebuilt(op, "vouchers") as batch:
        for columns in INDEXES:
            batch.drop_index(f"ix_vouchers_{'_'.join(columns)}")
        for name in NEW_CHECKS:
            batch.drop_constraint(op.f(f"ck_vouchers_{name}"), type_="check")
        for name, (_now, before) in CHECKS.items():
            batch.drop_constraint(op.f(f"ck_vouchers_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_vouchers_{name}"), before)
        for column in ("due_on", *TEXTS):
            batch.drop_column(column)
    with rebuilt(op, "uploads") as batch:
        batch.drop_column("mark")
    former = ("TRIGGER transfers_guard", "TRIGGER vouchers_frozen", "sun_transfers_guard()", "sun_vouchers_guard()")
    _run([each for each in statements_of("0004", dialect) if any(name in each for name in former)])
    if dialect == "postgresql":
        op.execute("DROP FUNCTION sun_budgets_guard() CASCADE")
        op.execute("DROP FUNCTION sun_budget_lines_guard() CASCADE")
    _shut()


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def _open() -> None:
    """Take the guards off what is changed here; they are back before the migration is committed."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER transfers_guard")
        op.execute("DROP TRIGGER vouchers_frozen")
    else:
        op.execute("ALTER TABLE vouchers DISABLE TRIGGER vouchers_guard")


def _shut() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE vouchers ENABLE ALWAYS TRIGGER vouchers_guard")


def _widen_vouchers() -> None:
    with rebuilt(op, "vouchers") as batch:
        for name, length in TEXTS.items():
            batch.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        batch.add_column(sa.Column("due_on", sa.Date(), nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, payee_name FROM vouchers ORDER BY id")).all():
        name = {"key": payee_key(row.payee_name), "id": row.id}
        connection.execute(sa.text("UPDATE vouchers SET payee_key = :key WHERE id = :id"), name)
    with rebuilt(op, "vouchers") as batch:
        for name, length in TEXTS.items():
            batch.alter_column(name, existing_type=sa.String(length=length), server_default=None)
        for columns in INDEXES:
            batch.create_index(f"ix_vouchers_{'_'.join(columns)}", list(columns))
        for name, words in NEW_CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_vouchers_{name}"), words)
        for name, (words, _before) in CHECKS.items():
            batch.drop_constraint(op.f(f"ck_vouchers_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_vouchers_{name}"), words)


def _make_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("need_code", sa.String(length=20), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("maker_id", ROW_ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("checker_id", ROW_ID, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("refusal", sa.String(length=100), nullable=False),
        sa.CheckConstraint("total_fen BETWEEN 1 AND 100000000000", name=op.f("ck_budgets_total")),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("ck_budgets_change_has_reason")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_budgets_version")),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name=op.f("ck_budgets_four_eyes")),
        sa.CheckConstraint(CHECKS["decided_by_somebody"][0], name=op.f("ck_budgets_decided_by_somebody")),
        sa.CheckConstraint("state IN ('drafted', 'approved', 'refused', 'withdrawn')", name=op.f("ck_budgets_state")),
        sa.ForeignKeyConstraint(["maker_id"], ["users.id"], name=op.f("fk_budgets_maker_id")),
        sa.ForeignKeyConstraint(["checker_id"], ["users.id"], name=op.f("fk_budgets_checker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
        sa.UniqueConstraint("code", name=op.f("uq_budgets_code")),
        sa.UniqueConstraint("need_code", "version", name=op.f("uq_budgets_need_code_version")),
    )
    drafted = sa.text("state = 'drafted'")
    op.create_index(
        "uq_budgets_open", "budgets", ["need_code"], unique=True, sqlite_where=drafted, postgresql_where=drafted
    )
    op.create_index(op.f("ix_budgets_state_made_at"), "budgets", ["state", "made_at"])
    op.create_table(
        "budget_lines",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("budget_id", ROW_ID, nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_budget_lines_amount")),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name=op.f("fk_budget_lines_budget_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        sa.UniqueConstraint("budget_id", "category", name=op.f("uq_budget_lines_budget_id_category")),
    )


def _make_former_lines() -> None:
    op.create_table(
        "budget_lines",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("need_code", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("set_by", ROW_ID, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 0 AND 100000000000", name=op.f("ck_budget_lines_amount")),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_budget_lines_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        sa.UniqueConstraint("need_code", "category", name=op.f("uq_budget_lines_need_code_category")),
    )


def _make_papers() -> None:
    op.create_table(
        "voucher_flags",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("voucher_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.CheckConstraint("answer <> ''", name=op.f("ck_voucher_flags_answered")),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_voucher_flags_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_flags")),
    )
    op.create_index(op.f("ix_voucher_flags_voucher_id"), "voucher_flags", ["voucher_id"])
    op.create_table(
        "advance_returns",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("voucher_id", ROW_ID, nullable=False),
        sa.Column("transfer_uid", sa.String(length=40), nullable=False),
        sa.Column("bank_reference", sa.String(length=60), nullable=False),
        sa.Column("recorded_by", ROW_ID, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("bank_reference <> ''", name=op.f("ck_advance_returns_has_reference")),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_advance_returns_voucher_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_advance_returns_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advance_returns")),
        sa.UniqueConstraint("transfer_uid", name=op.f("uq_advance_returns_transfer_uid")),
    )
    for column in ("voucher_id", "bank_reference"):
        op.create_index(op.f(f"ix_advance_returns_{column}"), "advance_returns", [column])
    op.create_table(
        "advance_reminders",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("voucher_id", ROW_ID, nullable=False),
        sa.Column("remind_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_advance_reminders_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advance_reminders")),
        sa.UniqueConstraint("voucher_id", "remind_on", name=op.f("uq_advance_reminders_voucher_id_remind_on")),
    )
