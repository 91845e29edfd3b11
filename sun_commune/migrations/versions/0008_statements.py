"""statements of the charity's accounts: accounts, mappings, files, lines, returns

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "statement_accounts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_by", ROW_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_statement_accounts_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_accounts")),
        sa.UniqueConstraint("code", name=op.f("uq_statement_accounts_code")),
        sa.UniqueConstraint("name", name=op.f("uq_statement_accounts_name")),
    )
    op.create_table(
        "statement_mappings",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("updated_by", ROW_ID, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_statement_mappings_updated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_mappings")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_statement_mappings_fingerprint")),
    )
    _make_files()
    _make_lines()
    _make_returns()


def _make_files() -> None:
    op.create_table(
        "statement_files",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document_id", ROW_ID, nullable=True),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("wrong_count", sa.Integer(), nullable=False),
        sa.Column("read_by", ROW_ID, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", ROW_ID, nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'posted') = (posted_at IS NOT NULL)", name=op.f("ck_statement_files_posted_has_moment")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["statement_accounts.id"], name=op.f("fk_statement_files_account_id")),
        sa.ForeignKeyConstraint(["document_id"], ["uploads.id"], name=op.f("fk_statement_files_document_id")),
        sa.ForeignKeyConstraint(["read_by"], ["users.id"], name=op.f("fk_statement_files_read_by")),
        sa.ForeignKeyConstraint(["posted_by"], ["users.id"], name=op.f("fk_statement_files_posted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_files")),
        sa.UniqueConstraint("code", name=op.f("uq_statement_files_code")),
        sa.UniqueConstraint("sha256", name=op.f("uq_statement_files_sha256")),
    )
    op.create_index(op.f("ix_statement_files_state_read_at"), "statement_files", ["state", "read_at"])


def _make_lines() -> None:
    op.create_table(
        "statement_lines",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("file_id", ROW_ID, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("base", sa.String(length=64), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("payer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("payer_account_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("memo_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("claim_code", sa.String(length=20), nullable=True),
        sa.Column("recorded_fen", sa.BigInteger(), nullable=False),
        sa.Column("open_fen", sa.BigInteger(), nullable=False),
        sa.Column("entry_uid", sa.String(length=40), nullable=True),
        sa.Column("outgoing_kind", sa.String(length=24), nullable=True),
        sa.Column("posted_by", ROW_ID, nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_fen <> 0 AND amount_fen BETWEEN -100000000000 AND 100000000000",
            name=op.f("ck_statement_lines_amount"),
        ),
        sa.CheckConstraint(
            "(state = 'outgoing') = (amount_fen < 0)", name=op.f("ck_statement_lines_outgoing_is_negative")
        ),
        sa.CheckConstraint("(state = 'open') = (open_fen > 0)", name=op.f("ck_statement_lines_open_has_money")),
        sa.CheckConstraint(
            "state = 'outgoing' OR (recorded_fen >= 0 AND open_fen >= 0 AND recorded_fen + open_fen <= amount_fen)",
            name=op.f("ck_statement_lines_parts"),
        ),
        sa.CheckConstraint("nth >= 1", name=op.f("ck_statement_lines_nth")),
        sa.ForeignKeyConstraint(["account_id"], ["statement_accounts.id"], name=op.f("fk_statement_lines_account_id")),
        sa.ForeignKeyConstraint(["file_id"], ["statement_files.id"], name=op.f("fk_statement_lines_file_id")),
        sa.ForeignKeyConstraint(["posted_by"], ["users.id"], name=op.f("fk_statement_lines_posted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_lines")),
        sa.UniqueConstraint("code", name=op.f("uq_statement_lines_code")),
        sa.UniqueConstraint("entry_uid", name=op.f("uq_statement_lines_entry_uid")),
    )
    op.create_index("uq_statement_lines_base_nth", "statement_lines", ["base", "nth"], unique=True)
    for columns in (["state", "booked_on", "id"], ["account_id", "booked_on", "id"], ["file_id", "row"], ["reference"]):
        op.create_index(op.f("ix_statement_lines_" + "_".join(columns)), "statement_lines", columns)


def _make_returns() -> None:
    op.create_table(
        "statement_returns",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("line_id", ROW_ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("taken_by_id", ROW_ID, nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("maker_id", ROW_ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checker_id", ROW_ID, nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=100), nullable=False),
        sa.Column("transfer_uid", sa.String(length=40), nullable=True),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_statement_returns_amount")),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name=op.f("ck_statement_returns_four_eyes")),
        sa.CheckConstraint(
            "(state = 'approved') = (transfer_uid IS NOT NULL)", name=op.f("ck_statement_returns_approved_is_posted")
        ),
        sa.CheckConstraint(
            "(state = 'drafted') = (checker_id IS NULL)", name=op.f("ck_statement_returns_decided_by_somebody")
        ),
        sa.CheckConstraint("state IN ('drafted', 'approved', 'refused')", name=op.f("ck_statement_returns_state")),
        sa.ForeignKeyConstraint(["line_id"], ["statement_lines.id"], name=op.f("fk_statement_returns_line_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["statement_lines.id"], name=op.f("fk_statement_returns_taken_by_id")),
        sa.ForeignKeyConstraint(["maker_id"], ["users.id"], name=op.f("fk_statement_returns_maker_id")),
        sa.ForeignKeyConstraint(["checker_id"], ["users.id"], name=op.f("fk_statement_returns_checker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_returns")),
        sa.UniqueConstraint("code", name=op.f("uq_statement_returns_code")),
        sa.UniqueConstraint("transfer_uid", name=op.f("uq_statement_returns_transfer_uid")),
    )
    op.create_index(
        "uq_statement_returns_open", "statement_returns", ["line_id"], unique=True,
        sqlite_where=sa.text("state = 'drafted'"), postgresql_where=sa.text("state = 'drafted'"),
    )  # fmt: skip
    op.create_index(op.f("ix_statement_returns_state_made_at"), "statement_returns", ["state", "made_at"])


def downgrade() -> None:
    """Refused while lines are there: their entries stay in the books and would name lines that are gone."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM statement_lines")).scalar():
        raise RuntimeError("The books hold entries of statement lines. Restore a backup instead.")
    for table in (
        "statement_returns",
        "statement_lines",
        "statement_files",
        "statement_mappings",
        "statement_accounts",
    ):
        op.drop_table(table)
