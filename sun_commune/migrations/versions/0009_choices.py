"""choices: money that cannot be used as promised, and what its donor decided

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "choices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("claim_code", sa.String(length=20), nullable=True),
        sa.Column("source_code", sa.String(length=20), nullable=True),
        sa.Column("need_code", sa.String(length=20), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("donor_id", ROW_ID, nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("occasion", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("route", sa.String(length=24), nullable=True),
        sa.Column("to_need_code", sa.String(length=20), nullable=False),
        sa.Column("to_claim_code", sa.String(length=20), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", ROW_ID, nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("bank_reference", sa.String(length=64), nullable=True),
        sa.Column("payer_id", ROW_ID, nullable=True),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("checker_id", ROW_ID, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("transfer_uid", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_choices_amount")),
        sa.CheckConstraint(
            "state IN ('open', 'chosen', 'paid_out', 'done', 'lapsed', 'undone')", name=op.f("ck_choices_state")
        ),
        sa.CheckConstraint("(source_code IS NULL) = (need_code <> '')", name=op.f("ck_choices_of_a_fund_or_of_a_line")),
        sa.CheckConstraint(
            "(state IN ('open', 'lapsed')) = (route IS NULL)", name=op.f("ck_choices_decided_has_route")
        ),
        sa.CheckConstraint("(route IS NULL) = (decided_at IS NULL)", name=op.f("ck_choices_decided_has_moment")),
        sa.CheckConstraint("(COALESCE(route, '') = 'need') = (to_need_code <> '')", name=op.f("ck_choices_other_need")),
        sa.CheckConstraint(
            "state NOT IN ('chosen', 'paid_out') OR route = 'refund'", name=op.f("ck_choices_only_refunds_wait")
        ),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> payer_id", name=op.f("ck_choices_four_eyes")),
        sa.CheckConstraint(
            "(payer_id IS NOT NULL AND bank_reference IS NOT NULL AND paid_on IS NOT NULL)"
            " OR (payer_id IS NULL AND bank_reference IS NULL AND paid_on IS NULL AND state <> 'paid_out')",
            name=op.f("ck_choices_paid_out_by_somebody"),
        ),
        sa.CheckConstraint(
            "COALESCE(route, '') <> 'refund' OR state <> 'done' OR (checker_id IS NOT NULL AND payer_id IS NOT NULL)",
            name=op.f("ck_choices_refund_was_checked"),
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'lapsed', 'undone')) = (ended_at IS NOT NULL)", name=op.f("ck_choices_over_has_end")
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'undone')) = (transfer_uid IS NOT NULL)", name=op.f("ck_choices_done_is_posted")
        ),
        sa.ForeignKeyConstraint(["donor_id"], ["users.id"], name=op.f("fk_choices_donor_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_choices_decided_by")),
        sa.ForeignKeyConstraint(["payer_id"], ["users.id"], name=op.f("fk_choices_payer_id")),
        sa.ForeignKeyConstraint(["checker_id"], ["users.id"], name=op.f("fk_choices_checker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choices")),
        sa.UniqueConstraint("code", name=op.f("uq_choices_code")),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_choices_bank_reference")),
        sa.UniqueConstraint("transfer_uid", name=op.f("uq_choices_transfer_uid")),
    )
    op.create_index(op.f("ix_choices_state_due_on"), "choices", ["state", "due_on"])
    op.create_index(op.f("ix_choices_need_code_state"), "choices", ["need_code", "state"])
    op.create_index(op.f("ix_choices_source_code_state"), "choices", ["source_code", "state"])
    op.create_index(op.f("ix_choices_donor_id_id"), "choices", ["donor_id", "id"])
    op.create_index(op.f("ix_choices_claim_code"), "choices", ["claim_code"])
    op.create_index(op.f("ix_choices_to_claim_code"), "choices", ["to_claim_code"])


def downgrade() -> None:
    op.drop_table("choices")
