"""payments: orders to pay online, and providers' messages that were not booked

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql
from sun_commune.migrations.statements import statements_of

revision = "0013"
down_revision = "0012"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'open'")
GUARDS = "0013_payments"


def upgrade() -> None:
    _make_orders()
    _make_notices()
    dialect = op.get_bind().dialect.name
    _run(create_sql("payment_notices", ("id", "code"), dialect))
    _run(statements_of(GUARDS, dialect))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    if op.get_bind().execute(sa.text("SELECT count(*) FROM payment_orders WHERE paid_at IS NOT NULL")).scalar():
        raise RuntimeError("Payments were made online that the former release cannot read. Restore a backup instead.")
    _run(drop_sql("payment_notices", dialect))
    op.drop_table("payment_notices")
    op.drop_table("payment_orders")
    if dialect == "postgresql":
        op.execute("DROP FUNCTION sun_payment_orders_fixed()")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def _make_orders() -> None:
    op.create_table(
        "payment_orders",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("claim_id", ROW_ID, nullable=False),
        sa.Column("donor_id", ROW_ID, nullable=False),
        sa.Column("lane_version_id", ROW_ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("pay_url", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_reason", sa.String(length=24), nullable=True),
        sa.Column("settled_by", ROW_ID, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settlement", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_payment_orders_amount")),
        sa.CheckConstraint("booked_fen BETWEEN 0 AND amount_fen", name=op.f("ck_payment_orders_booked")),
        sa.CheckConstraint(
            "state IN ('open', 'paid', 'held', 'settled', 'expired', 'cancelled')", name=op.f("ck_payment_orders_state")
        ),
        sa.CheckConstraint(
            "(paid_at IS NOT NULL) = (state IN ('paid', 'held', 'settled'))",
            name=op.f("ck_payment_orders_paid_has_moment"),
        ),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (reference IS NULL)", name=op.f("ck_payment_orders_paid_has_reference")
        ),
        sa.CheckConstraint("state <> 'paid' OR booked_fen = amount_fen", name=op.f("ck_payment_orders_paid_is_booked")),
        sa.CheckConstraint("paid_at IS NOT NULL OR booked_fen = 0", name=op.f("ck_payment_orders_booked_was_paid")),
        sa.CheckConstraint(
            "(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_payment_orders_settled_has_moment")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_payment_orders_claim_id")),
        sa.ForeignKeyConstraint(["donor_id"], ["users.id"], name=op.f("fk_payment_orders_donor_id")),
        sa.ForeignKeyConstraint(
            ["lane_version_id"], ["lane_versions.id"], name=op.f("fk_payment_orders_lane_version_id")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name=op.f("fk_payment_orders_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_orders")),
        sa.UniqueConstraint("code", name=op.f("uq_payment_orders_code")),
        sa.UniqueConstraint("gateway", "reference", name=op.f("uq_payment_orders_gateway_reference")),
    )
    op.create_index(
        "uq_payment_orders_open", "payment_orders", ["claim_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(op.f("ix_payment_orders_claim_id"), "payment_orders", ["claim_id"])
    op.create_index(op.f("ix_payment_orders_state_expires_at"), "payment_orders", ["state", "expires_at"])
    op.create_index(op.f("ix_payment_orders_state_paid_at"), "payment_orders", ["state", "paid_at"])


def _make_notices() -> None:
    op.create_table(
        "payment_notices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("order_code", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_notices")),
        sa.UniqueConstraint("code", name=op.f("uq_payment_notices_code")),
        sa.UniqueConstraint(
            "gateway", "reference", "order_code", "outcome",
            name=op.f("uq_payment_notices_gateway_reference_order_code_outcome"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_payment_notices_received_at"), "payment_notices", ["received_at"])
