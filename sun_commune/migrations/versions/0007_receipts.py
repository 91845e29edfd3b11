"""receipts: the gapless series, its void register, fiscal receipts, how donors want to be named

Gifts of before wait in a table of their own; the scheduler (or ``flask receipts issue-waiting``) gives them their
receipts in the order in which they were posted. No number is dated back: they belong to the year of the upgrade.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql
from sun_commune.migrations.statements import statements_of

revision = "0007"
down_revision = "0006"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = {
    "receipts": ("id", "number", "secret"),
    "receipt_voids": ("id", "receipt_id"),
    "official_receipts": ("id",),
}
GIFTS_OF_BEFORE = """
INSERT INTO receipts_waiting (transfer_id)
SELECT id FROM transfers WHERE kind IN ('gift', 'matched', 'goods') AND reverses_id IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("transfer_id", ROW_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaces_id", ROW_ID, nullable=True),
        sa.Column("secret", sa.String(length=32), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("donor_id", ROW_ID, nullable=True),
        sa.Column("naming", sa.String(length=24), nullable=False),
        sa.Column("charity_name", sa.String(length=120), nullable=False),
        sa.Column("charity_credit_code", sa.String(length=18), nullable=False),
        sa.Column("issued_by", ROW_ID, nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("serial >= 1 AND version >= 1", name=op.f("ck_receipts_counts_from_one")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_receipts_amount")),
        sa.CheckConstraint(
            "(version = 1) = (replaces_id IS NULL)", name=op.f("ck_receipts_replacement_names_its_predecessor")
        ),
        sa.CheckConstraint("naming IN ('real', 'shown', 'anonymous', 'waived')", name=op.f("ck_receipts_naming")),
        sa.CheckConstraint("LENGTH(secret) >= 20", name=op.f("ck_receipts_secret")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_receipts_transfer_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["receipts.id"], name=op.f("fk_receipts_replaces_id")),
        sa.ForeignKeyConstraint(["donor_id"], ["users.id"], name=op.f("fk_receipts_donor_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.id"], name=op.f("fk_receipts_issued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("number", name=op.f("uq_receipts_number")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_receipts_replaces_id")),
        sa.UniqueConstraint("secret", name=op.f("uq_receipts_secret")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_receipts_year_serial")),
        sa.UniqueConstraint("transfer_id", "version", name=op.f("uq_receipts_transfer_id_version")),
    )
    op.create_index(op.f("ix_receipts_donor_id_id"), "receipts", ["donor_id", "id"])
    op.create_table(
        "receipt_names",
        sa.Column("receipt_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_names_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt_names")),
    )
    op.create_table(
        "receipts_waiting",
        sa.Column("transfer_id", ROW_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_receipts_waiting_transfer_id")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_receipts_waiting")),
    )
    op.create_table(
        "receipt_voids",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("receipt_id", ROW_ID, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reversal_uid", sa.String(length=40), nullable=True),
        sa.Column("voided_by", ROW_ID, nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_receipt_voids_reason")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_voids_receipt_id")),
        sa.ForeignKeyConstraint(["voided_by"], ["users.id"], name=op.f("fk_receipt_voids_voided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_voids")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_receipt_voids_receipt_id")),
    )
    op.create_table(
        "official_receipts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("receipt_id", ROW_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("invoice_code", sa.String(length=12), nullable=False),
        sa.Column("invoice_number", sa.String(length=20), nullable=False),
        sa.Column("check_code", sa.String(length=20), nullable=False),
        sa.Column("project_code", sa.String(length=30), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("recorded_by", ROW_ID, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_official_receipts_version")),
        sa.CheckConstraint("(version = 1) = (reason = '')", name=op.f("ck_official_receipts_correction_has_reason")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_official_receipts_receipt_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_official_receipts_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_receipts")),
        sa.UniqueConstraint("receipt_id", "version", name=op.f("uq_official_receipts_receipt_id_version")),
    )
    op.create_index(
        op.f("ix_official_receipts_invoice_code_invoice_number"), "official_receipts",
        ["invoice_code", "invoice_number"],
    )  # fmt: skip
    op.create_table(
        "receipt_wishes",
        sa.Column("user_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("naming", sa.String(length=24), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_receipt_wishes_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_receipt_wishes")),
    )
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        for statement in create_sql(table, keys, dialect):
            op.execute(sa.DDL(statement.replace("%", "%%")))
    for statement in statements_of("0007", dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    op.execute(GIFTS_OF_BEFORE)


def downgrade() -> None:
    """Numbers that were given out are lost; the register is taken away as a file before."""
    for table in (
        "receipt_wishes", "official_receipts", "receipt_voids", "receipts_waiting", "receipt_names", "receipts",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute("DELETE FROM counters WHERE series LIKE 'PJ-%'")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION sun_receipts_guard()")
