"""households can be erased, accounts closed

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.rebuild import rebuilt

revision = "0002"
down_revision = "0001"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CAN_SIGN_IN = "phone IS NOT NULL OR email IS NOT NULL"


def upgrade() -> None:
    op.add_column("households", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "erasures",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("asker", sa.String(length=24), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("requested_by", ROW_ID, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", ROW_ID, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done_by IS NULL OR done_by <> requested_by", name=op.f("ck_erasures_two_people")),
        sa.CheckConstraint("(done_by IS NULL) = (done_at IS NULL)", name=op.f("ck_erasures_done_has_doer")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_erasures_household_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_erasures_requested_by")),
        sa.ForeignKeyConstraint(["done_by"], ["users.id"], name=op.f("fk_erasures_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("household_id", name=op.f("uq_erasures_household_id")),
    )
    with rebuilt(op, "users") as batch:
        batch.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch.drop_constraint(op.f("ck_users_can_sign_in"), type_="check")
        batch.create_check_constraint(op.f("ck_users_can_sign_in"), f"closed_at IS NOT NULL OR {CAN_SIGN_IN}")


def downgrade() -> None:
    """Rows of closed accounts get an address that nobody can have, or the former rule would refuse them."""
    op.execute("UPDATE users SET email = code || '@closed.invalid' WHERE closed_at IS NOT NULL")
    with rebuilt(op, "users") as batch:
        batch.drop_constraint(op.f("ck_users_can_sign_in"), type_="check")
        batch.create_check_constraint(op.f("ck_users_can_sign_in"), CAN_SIGN_IN)
        batch.drop_column("closed_at")
    op.drop_table("erasures")
    op.drop_column("households", "erased_at")
